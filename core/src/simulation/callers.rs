//! What callers do with a session, each call a task that somebody may drop at any time, and what they must not see.

use std::cell::RefCell;
use std::rc::Rc;

use super::checks;
use super::executor::{Owner, TaskNumber};
use super::patience::{PATIENT, Waiting};
use super::scene::{Client, Scene, Shared, name};
use super::synapsewave::OTP;
use crate::error::Error;
use crate::factor::FactorKind;
use crate::grant::Tokens;
use crate::policy::Relogin;
use crate::session::{Challenge, begin};
use crate::session::{Session, login, refresh, resume};
use crate::store::{Store, stored_tokens};

/// Makes a call's task known to the part that cancels calls, until it ends.
struct Call {
    shared: Rc<Shared>,
    number: Rc<std::cell::Cell<TaskNumber>>,
}

impl Drop for Call {
    fn drop(&mut self) {
        self.shared.calls.borrow_mut().remove(&self.number.get());
    }
}

impl Scene {
    /// Starts a call of this process.
    fn call(&self, process: u32, name: &'static str, act: impl Future<Output = ()> + 'static) {
        let number = Rc::new(std::cell::Cell::new(TaskNumber::MAX));
        let call = Call { shared: Rc::clone(&self.shared), number: Rc::clone(&number) };
        let task = async move {
            let _call = call;
            act.await;
        };
        self.world.tell(|| format!("{name} is called"));
        number.set(self.world.executor.as_process(process, || self.world.executor.spawn(Owner::Caller, task)));
        self.shared.calls.borrow_mut().insert(number.get(), name);
        *self.shared.made.borrow_mut().entry(name).or_default() += 1;
    }

    pub(super) fn log_in(&self, user: usize) {
        let (provider, options, shared, process) =
            (self.provider(user), self.options(), Rc::clone(&self.shared), self.process);
        let setting = self.setting;
        self.call(process, "login", async move {
            match login(provider, options).await {
                Ok(session) => shared.clients.borrow_mut().push(Client {
                    process,
                    user,
                    session,
                    handed_out: Rc::default(),
                    logged_out: Rc::default(),
                    blind: false,
                    taken_up: None,
                }),
                Err(error) => checks::login_failed(setting, &error),
            }
        });
    }

    /// What a program does that starts again: it takes up the session that its store knows, or logs in.
    pub(super) fn take_up(&self, user: usize) {
        let (provider, options, shared, process) =
            (self.provider(user), self.options(), Rc::clone(&self.shared), self.process);
        let (store, setting) = (self.store.clone() as std::sync::Arc<dyn Store>, self.setting);
        self.call(process, "take up", async move {
            let account = format!("{}|{}", provider.base_url().as_str(), name(user));
            let session = match stored_tokens(&*store, &account).await {
                Ok(Some(tokens)) => resume(provider, tokens, options),
                Ok(None) => login(provider, options).await,
                Err(error) => Err(error),
            };
            match session {
                Ok(session) => {
                    let (handed_out, logged_out) = Default::default();
                    // Or while a session that nobody holds any more was about to replace what it took up.
                    let blind = process > 1 || setting.relogin == Relogin::Never;
                    let taken_up = session.tokens().and_then(|tokens| {
                        let token = tokens.access_token.expose().to_owned();
                        checks::left(&token).map(|left| (token, left))
                    });
                    let client = Client { process, user, session, handed_out, logged_out, blind, taken_up };
                    shared.clients.borrow_mut().push(client);
                }
                Err(error) => checks::login_failed(setting, &error),
            }
        });
    }

    /// Asks for a token; a patient caller waits longer than is usual.
    pub(super) fn token(&self, client: &Client, patient: bool) {
        let (of, shared, setting) = (client.clone(), Rc::clone(&self.shared), self.setting);
        self.call(client.process, "token", async move {
            let waiting = Waiting::begin(&of, patient);
            let token = if patient { of.session.token_within(PATIENT) } else { of.session.token() };
            let result = token.await.map(|token| token.as_str().to_owned());
            waiting.check_token(setting, &of, &shared);
            if let Err(error) = &result {
                waiting.check_failed(setting, &of, error);
            }
            ended(&of, &shared, setting, "token", result);
        });
    }

    pub(super) fn refresh(&self, client: &Client, patient: bool) {
        let (of, setting) = (client.clone(), self.setting);
        self.call(client.process, "refresh", async move {
            let waiting = Waiting::begin(&of, patient);
            let refreshed = if patient { of.session.refresh_within(PATIENT).await } else { of.session.refresh().await };
            match refreshed {
                Ok(tokens) => waiting.check_refreshed(setting, &tokens),
                Err(error) => {
                    waiting.check_failed(setting, &of, &error);
                    checks::refresh_failed(setting, &of, &error);
                }
            }
        });
    }

    /// Reports a token as refused: the current one, or one of the past.
    pub(super) fn report(&self, client: &Client, token: String) {
        let (of, shared, setting) = (client.clone(), Rc::clone(&self.shared), self.setting);
        self.call(client.process, "report", async move {
            let late = checks::Late::of(&of, &token);
            if late.is_none() {
                shared.reported.borrow_mut().insert(token.clone());
            }
            let mut call = std::pin::pin!(of.session.report_unauthorized(&token));
            if let Some(late) = late {
                let first = std::future::poll_fn(|context| std::task::Poll::Ready(call.as_mut().poll(context))).await;
                return late.check(&of, first);
            }
            let result = call.await.map(|token| token.as_str().to_owned());
            ended(&of, &shared, setting, "report", result);
        });
    }

    /// Exchanges tokens that no session holds.
    pub(super) fn exchange(&self, tokens: &Tokens) -> Rc<RefCell<Option<Tokens>>> {
        let (brought, provider, options) = (Rc::<RefCell<_>>::default(), self.provider(0), self.options());
        let (tokens, kept) = (tokens.clone(), Rc::clone(&brought));
        self.call(self.process, "exchange", async move {
            *kept.borrow_mut() = refresh(provider, tokens, options).await.ok();
        });
        brought
    }

    /// Logs in with the first factor alone.
    pub(super) fn begin(&self) -> Rc<RefCell<Option<Challenge>>> {
        let (begun, provider, options) = (Rc::<RefCell<_>>::default(), self.provider(0), self.options());
        let kept = Rc::clone(&begun);
        self.call(self.process, "begin", async move {
            *kept.borrow_mut() = begin(provider, options).await.ok();
        });
        begun
    }

    /// Gives the second factor.
    pub(super) fn complete(&self, challenge: &Challenge) -> Rc<RefCell<Option<Session>>> {
        let (completed, challenge) = (Rc::<RefCell<_>>::default(), challenge.clone());
        let kept = Rc::clone(&completed);
        self.call(self.process, "complete", async move {
            *kept.borrow_mut() = challenge.complete(FactorKind::Otp, OTP).await.ok();
        });
        completed
    }

    pub(super) fn log_out(&self, client: &Client) {
        let of = client.clone();
        *of.logged_out.borrow_mut() = true;
        self.call(client.process, "logout", async move { of.session.logout().await });
    }
}

fn ended(of: &Client, shared: &Shared, setting: super::scene::Setting, call: &str, result: Result<String, Error>) {
    match result {
        Ok(token) => {
            checks::handed_out(setting, of, shared, &token);
            of.handed_out.borrow_mut().push(token);
        }
        Err(error) => checks::call_failed(setting, of, shared, call, &error),
    }
}
