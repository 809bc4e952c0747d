//! One run: the system, its users, the processes and sessions, and what they are set to.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::World;
use super::deaf_spells::Spell;
use super::executor::TaskNumber;
use super::journey::Weather;
use super::network::Model;
use super::seven_g::SevenGServer;
use super::store::{LastingStore, Trouble};
use super::synapsewave::{OTP, SynapsewaveServer, TOTP};
use crate::error::Error;
use crate::factor::{Callback, Factor, Totp};
use crate::policy::{Options, Relogin};
use crate::provider::{Provider, SevenG, Synapsewave};
use crate::secret::Secret;
use crate::session::Session;

/// What the seed decided before anything happened.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools)] // each was drawn by itself
pub(super) struct Setting {
    /// What a token lives, in seconds; nothing for the system whose tokens end with the day.
    pub(super) lifetime: Option<i64>,
    /// A login asks a human for a code.
    pub(super) attended: bool,
    /// Nothing goes wrong on the network, at the server or in the process: then nothing may go wrong at all.
    pub(super) calm: bool,
    /// Sessions and ledgers outlive their process, and processes die.
    pub(super) stored: bool,
    /// The store fails at times, or takes long; then no process dies.
    pub(super) store_fails: bool,
    pub(super) relogin: Relogin,
    pub(super) keep_alive: bool,
    pub(super) users: usize,
    /// Nobody knows the passwords any more, and the programs go on trying.
    pub(super) wrong_passwords: bool,
    /// There are spells in which passwords are changed and the answers to logins are lost.
    pub(super) deaf: bool,
}

/// One user of 7G whose session nothing heals, and nothing that goes wrong by itself: for runs that are written down.
pub(super) const SETTING: Setting = Setting {
    lifetime: Some(1200),
    attended: false,
    calm: true,
    stored: false,
    store_fails: false,
    relogin: Relogin::Never,
    keep_alive: false,
    users: 1,
    wrong_passwords: false,
    deaf: false,
};

/// A session that somebody uses.
#[derive(Clone)]
pub(super) struct Client {
    pub(super) process: u32,
    pub(super) user: usize,
    pub(super) session: Session,
    /// The tokens that callers got from it, the latest last.
    pub(super) handed_out: Rc<RefCell<Vec<String>>>,
    pub(super) logged_out: Rc<RefCell<bool>>,
    /// It was taken up by a process that knew nothing of the server's clock, and so by the local one: it may fail.
    pub(super) blind: bool,
    /// The token that it was taken up with, and the milliseconds that it had left: its margins are shares of those, for
    /// how long it lived before is not known.
    pub(super) taken_up: Option<(String, i64)>,
}

/// What the callers' tasks and the driver share.
#[derive(Default)]
pub(super) struct Shared {
    pub(super) clients: RefCell<Vec<Client>>,
    /// Tokens that a caller reported as refused.
    pub(super) reported: RefCell<HashSet<String>>,
    /// Calls under way, by their tasks, and what each is.
    pub(super) calls: RefCell<HashMap<TaskNumber, &'static str>>,
    /// How many calls of each name were made.
    pub(super) made: RefCell<HashMap<&'static str, usize>>,
    /// A password has changed: sessions may need a login that they cannot make.
    pub(super) changed_passwords: Cell<bool>,
}

pub(super) struct Scene {
    pub(super) world: Rc<World>,
    pub(super) setting: Setting,
    pub(super) shared: Rc<Shared>,
    pub(super) store: Arc<LastingStore>,
    /// The process that is alive.
    pub(super) process: u32,
    /// How many tasks of the library were ended, and processes.
    pub(super) ended: (usize, usize),
    /// The password that the programs of each user have.
    pub(super) passwords: Vec<String>,
    /// The spell in which answers to logins are lost, if there is one.
    pub(super) spell: Option<Spell>,
}

/// All passwords that there are, each user's at first in front.
pub(super) const PASSWORDS: [&str; 3] = ["made-up-password", "another", "a third"];
const PASSWORD: &str = PASSWORDS[0];

impl Scene {
    /// One that the seed has chosen.
    pub(super) fn new(world: &Rc<World>) -> Self {
        Self::set(world, world.random(Setting::draw))
    }

    pub(super) fn set(world: &Rc<World>, setting: Setting) -> Self {
        let network = &world.network;
        let stormy = Weather { faults: world.random(|random| random.u8(5..50)), slow: 5, down: false };
        network.instant.set(!setting.stored && setting.lifetime.is_some());
        network.weather.set(if setting.calm { Weather::default() } else { stormy });
        network.dated.set(world.random(|random| random.u8(..4) > 0));
        let (skewed, base) = (world.random(|random| random.i64(-4_000_000..4_000_000)), 1_767_000_000_000);
        network.ahead.set(base + if setting.calm && !network.dated.get() { 0 } else { skewed });
        let mut model = match setting.lifetime {
            Some(lifetime) => Model::SevenG(SevenGServer::new(lifetime)),
            None => Model::Synapsewave(SynapsewaveServer::new()),
        };
        for user in 0..setting.users {
            let password = if setting.wrong_passwords { "another" } else { PASSWORD };
            model.accounts().set_password(&name(user), password);
        }
        *network.model.borrow_mut() = Some(model);
        let world = Rc::clone(world);
        let (shared, store) = (Rc::default(), Arc::<LastingStore>::default());
        world.proof.borrow_mut().store_fails = setting.store_fails;
        if setting.store_fails {
            store.set(Trouble { faults: 10, slow: 10, ..Trouble::default() });
        }
        let passwords = vec![PASSWORD.to_owned(); setting.users];
        Self { world, setting, shared, store, process: 1, ended: (0, 0), passwords, spell: None }
    }

    pub(super) fn provider(&self, user: usize) -> Arc<dyn Provider> {
        provider(self.setting, user, &self.passwords[user]).expect("a provider")
    }

    /// A user takes another password. The sessions there are go on with the old one, and so do programs until they are told.
    pub(super) fn change_password(&self, user: usize, password: &str) {
        self.shared.changed_passwords.set(true);
        self.world.network.with_model(|model| model.accounts().set_password(&name(user), password));
    }

    /// The programs of a user are told its password: those that log in from now on have it.
    pub(super) fn tell_password(&mut self, user: usize) {
        let password = self.world.network.with_model(|model| model.accounts().password(&name(user)).to_owned());
        self.passwords[user] = password;
    }

    pub(super) fn options(&self) -> Options {
        let options = Options::default().relogin(self.setting.relogin).keep_alive(self.setting.keep_alive);
        if self.setting.stored { options.store(Arc::clone(&self.store) as _) } else { options }
    }
}

impl Setting {
    fn draw(random: &mut fastrand::Rng) -> Self {
        let lifetime = (random.u8(..3) > 0).then(|| [1200, 1200, 300, 60, 8][random.usize(..5)]);
        let (calm, stored) = (random.u8(..4) == 0, random.bool());
        Self {
            lifetime,
            attended: lifetime.is_none() && random.u8(..4) == 0,
            calm,
            stored,
            store_fails: stored && !calm && random.bool(),
            relogin: if random.u8(..5) == 0 { Relogin::Never } else { Relogin::Auto },
            keep_alive: random.bool(),
            users: random.usize(1..3),
            wrong_passwords: !calm && random.u8(..6) == 0,
            deaf: !calm && random.u8(..4) == 0,
        }
    }
}

pub(super) fn name(user: usize) -> String {
    format!("user-{user}")
}

/// What a human types, who makes mistakes where anything goes wrong.
fn code(setting: Setting) -> Secret {
    let mistaken = !setting.calm && super::with(|world| world.random(|random| random.u8(..6) == 0)) == Some(true);
    Secret::new(if mistaken { "654321" } else { OTP })
}

fn provider(setting: Setting, user: usize, password: &str) -> Result<Arc<dyn Provider>, Error> {
    if setting.lifetime.is_some() {
        let builder = SevenG::builder().base_url("https://7g.example").username(name(user));
        return Ok(builder.password(password).build()?.into());
    }
    let builder = Synapsewave::builder().base_url("https://broker.example").user_id(name(user)).api_key("api-key-1");
    let factor = if setting.attended {
        Factor::Otp(Callback::new(move |_| async move { Ok(code(setting)) }))
    } else {
        Totp::new(TOTP)?.into()
    };
    Ok(builder.password(password).second_factor(factor).build()?.into())
}
