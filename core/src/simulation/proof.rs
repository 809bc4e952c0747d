//! What processes know of their credentials, told by the ends of their logins: a proven one is not refused for what is not
//! known alone. It is kept apart from the ledger, which is what is checked.

use std::collections::HashMap;
use std::time::Duration;

use super::scene::PASSWORDS;
use super::{World, with};
use crate::lockout::{Along, Refusal, Verdict};
use crate::time::BootTime;

/// For as long a failure counts at most, in milliseconds.
const COUNTS: i64 = 661_000;

/// For so long after its process died a login may be under way.
const UNDER_WAY: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Proof {
    /// By process and credential: whether it logged in and was not rejected since.
    proven: HashMap<(u32, String), bool>,
    /// When logins of an account were rejected, and when nothing was heard of one.
    rejected: HashMap<String, Vec<BootTime>>,
    lost: HashMap<String, Vec<BootTime>>,
    /// When the logins began whose end is not known: the process that sent them may be gone.
    open: HashMap<String, Vec<BootTime>>,
    /// When any began: a store that fails may not have been told how they ended.
    entered: HashMap<String, Vec<BootTime>>,
    pub(super) store_fails: bool,
    /// When a process died last, with what it had under way.
    pub(super) died: Option<BootTime>,
}

impl World {
    fn at(&self) -> BootTime {
        self.executor.now().boot
    }
}

fn lately(all: &HashMap<String, Vec<BootTime>>, account: &str, now: BootTime) -> usize {
    all.get(account).into_iter().flatten().filter(|at| now.0 - at.0 < COUNTS).count()
}

/// A login is about to be sent.
pub(crate) fn entered(account: &str) {
    with(|world| {
        let mut proof = world.proof.borrow_mut();
        proof.open.entry(account.to_owned()).or_default().push(world.at());
        proof.entered.entry(account.to_owned()).or_default().push(world.at());
    });
}

/// A login has ended and is settled.
pub(crate) fn settled(account: &str, user: Option<&str>, credential: &str, verdict: Verdict) {
    with(|world| {
        let mut proof = world.proof.borrow_mut();
        let (known, account) = ((world.executor.process(), credential.to_owned()), account.to_owned());
        // One at a time for an account of a process: the last that began.
        proof.open.entry(account.clone()).or_default().pop();
        match verdict {
            Verdict::Accepted => {
                proof.proven.insert(known, true);
            }
            Verdict::Failed(_) | Verdict::Refused(_) => {
                proof.proven.insert(known, false);
                proof.rejected.entry(account).or_default().push(world.at());
                let sent = credential.split('\0').find(|part| PASSWORDS.contains(part)).unwrap_or_default();
                let user = user.unwrap_or_default();
                world.network.with_model(|model| model.accounts().told(user, sent, world.at()));
            }
            Verdict::Lost | Verdict::Unknown(_) => proof.lost.entry(account).or_default().push(world.at()),
            Verdict::NotCounted | Verdict::Unjudged(_) => {}
        }
    });
}

/// The ledger refuses a login.
pub(crate) fn guarded(account: &str, credential: &str, along: Along, refusal: &Refusal) {
    let Refusal::TooMany { .. } = refusal else { return };
    with(|world| {
        let proof = world.proof.borrow();
        let process = world.executor.process();
        if proof.proven.get(&(process, credential.to_owned())) != Some(&true) || along == Along::Typed {
            return;
        }
        let now = world.at();
        // What a process had under way when it died may still arrive.
        if proof.died.is_some_and(|at| now < at.after(UNDER_WAY)) {
            return;
        }
        let rejected = lately(&proof.rejected, account, now);
        let open = if proof.store_fails && rejected > 0 { &proof.entered } else { &proof.open };
        let unknown = lately(&proof.lost, account, now) + lately(open, account, now);
        // A code may have come late where nothing was heard.
        let counts = if rejected > 0 || along == Along::Code { unknown } else { 0 };
        if rejected + counts < 2 {
            world.is_broken(format!("a proven credential is refused after {rejected} rejections: {refusal:?}"));
        }
    });
}
