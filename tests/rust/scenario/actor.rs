//! Does what the steps of one scenario say.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use relatch::{Challenge, FactorKind, Session, Store};
use relatch_sandbox::Sandbox;
use serde_json::{Value, json};

use super::Witness;
use super::action::Action;
use super::callback::Callbacks;
use super::calls::{Calls, Pending};
use super::expect::{self, Ended, same};
use super::file::{End, Object, Scenario, Step};
use super::operations;
use crate::support::{self, Heard, LIMIT};

/// A session, and the kinds of what it has announced.
pub(super) struct Watched {
    pub(super) session: Session,
    heard: Heard<&'static str>,
}

pub(super) struct Actor<'a> {
    pub(super) scenario: &'a Scenario,
    pub(super) witness: &'a dyn Witness,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) sandbox: Sandbox,
    pub(super) callbacks: Callbacks,
    sessions: HashMap<String, Watched>,
    challenges: HashMap<String, Challenge>,
    pub(super) saved: HashMap<String, String>,
    started: HashMap<String, (String, Calls)>,
}

impl<'a> Actor<'a> {
    pub(super) fn new(scenario: &'a Scenario, witness: &'a dyn Witness) -> Self {
        let sandbox = support::sandbox(Value::Object(scenario.sandbox.clone()));
        let callbacks = Callbacks { sandbox: sandbox.clone(), asked: Arc::default() };
        Self {
            scenario,
            witness,
            store: witness.store(),
            sandbox,
            callbacks,
            sessions: HashMap::new(),
            challenges: HashMap::new(),
            saved: HashMap::new(),
            started: HashMap::new(),
        }
    }

    pub(super) async fn act(&mut self, step: &Step) -> Result<(), String> {
        match &step.action {
            Action::Logout {} => self.watched(&step.session)?.session.logout().await,
            Action::Resume(source) => {
                let ended = self.resume(source);
                self.meet(step, &step.session, vec![ended])?;
            }
            Action::Cancel { r#as: name, which } => {
                let (_, calls) = self.started.get_mut(name).ok_or(format!("nothing was started as {name}"))?;
                calls.cancel(*which).await?;
            }
            Action::Join { r#as: name } => {
                let started = self.started.remove(name);
                let (session, calls) = started.ok_or(format!("nothing was started as {name}"))?;
                let ended = calls.join().await?;
                self.meet(step, &session, ended)?;
            }
            Action::Sandbox { control, body } => drop(self.sandbox.control(control, body.clone())?),
            Action::Advance { seconds } => drop(self.sandbox.control("advance", json!({ "seconds": seconds }))?),
            Action::WaitCount { what, at_least } => self.sandbox.wait_for(what, *at_least, LIMIT).await?,
            Action::WaitEvent { kind, times } => {
                let often = |events: &[&str]| events.iter().filter(|event| *event == kind).count() >= *times;
                self.watched(&step.session)?.heard.until(often).await?;
            }
            Action::Check { state, counts } => {
                if let Some(state) = state {
                    same("state", &state.as_str(), &self.watched(&step.session)?.session.state().as_str())?;
                }
                expect::counts(counts, &self.sandbox.control("counts", Value::Null)?)?;
            }
            _ => self.call(step).await?,
        }
        Ok(())
    }

    /// Compares the end of the scenario.
    pub(super) async fn finish(&mut self, end: &End) -> Result<(), String> {
        self.witness.finished(&self.sandbox);
        if let Some(events) = &end.events {
            let heard = self.watched("main")?.heard.until(|heard| heard.len() >= events.len()).await?;
            same("events", &events.iter().map(String::as_str).collect(), &heard)?;
        }
        expect::counts(&end.counts, &self.sandbox.control("counts", Value::Null)?)?;
        expect::audit(&end.audit, &self.sandbox.control("audit", Value::Null)?)?;
        let asked = self.callbacks.asked.load(Ordering::SeqCst);
        same("asked", &end.asked, &Some(asked).filter(|_| end.asked.is_some()))?;
        if let Some(state) = &end.state {
            same("state", &state.as_str(), &self.watched("main")?.session.state().as_str())?;
        }
        Ok(())
    }

    async fn call(&mut self, step: &Step) -> Result<(), String> {
        let pending: Result<Vec<Pending>, String> = (0..step.many).map(|_| self.pending(step)).collect();
        let calls = Calls::start(pending?).await;
        if let Some(name) = &step.started {
            self.started.insert(name.clone(), (step.session.clone(), calls));
            return Ok(());
        }
        let ended = calls.join().await?;
        self.meet(step, &step.session, ended)
    }

    fn pending(&self, step: &Step) -> Result<Pending, String> {
        let session = || self.watched(&step.session).map(|watched| watched.session.clone());
        Ok(match &step.action {
            Action::Login { provider, options } => {
                Box::pin(operations::login(self.provider(provider), self.options(options)))
            }
            Action::Begin { provider, options, .. } => {
                Box::pin(operations::begin(self.provider(provider), self.options(options)))
            }
            Action::Complete { challenge, totp, otp, fingerprint } => {
                let challenge = self.challenges.get(challenge).ok_or(format!("there is no challenge {challenge}"))?;
                let given = [totp, otp, fingerprint];
                let kinds = [FactorKind::Totp, FactorKind::Otp, FactorKind::Fingerprint];
                let given = kinds.into_iter().zip(given).find_map(|(kind, given)| Some((kind, given.as_ref()?)));
                let (kind, given) = given.ok_or("complete needs a factor")?;
                Box::pin(operations::complete(challenge.clone(), kind, self.factor(kind, given)?))
            }
            Action::RefreshTokens(source) => {
                let (provider, options) = (self.provider(&source.provider), self.options(&source.options));
                Box::pin(operations::refresh_tokens(provider, self.tokens(source)?, options))
            }
            Action::Token { timeout } => Box::pin(operations::token(session()?, *timeout)),
            Action::Headers {} => {
                let (version, says_bearer) = self.says();
                Box::pin(operations::headers(session()?, version, says_bearer))
            }
            Action::Refresh {} => Box::pin(operations::refresh(session()?)),
            Action::ReportUnauthorized { token } => {
                Box::pin(operations::report_unauthorized(session()?, self.saved(token)?.clone()))
            }
            Action::Call {} => Box::pin(operations::call(session()?, self.protected())),
            Action::Validate {} => Box::pin(operations::validate(session()?)),
            Action::Feed {} => Box::pin(operations::feed(session()?)),
            Action::Profile {} => Box::pin(std::future::ready(Ok(operations::profile(&session()?)))),
            Action::Account { operation, arguments, provider } => {
                let account = self.described(provider).account();
                let (arguments, options) = (self.arguments(arguments)?, self.options(&Object::new()));
                Box::pin(operations::account(account, operation.clone(), arguments, session().ok(), options))
            }
            other => return Err(format!("{other:?} is no call")),
        })
    }

    /// Compares how the calls of a step ended, and keeps what they yielded.
    fn meet(&mut self, step: &Step, session: &str, ended: Vec<Ended>) -> Result<(), String> {
        let mut tokens = Vec::new();
        for end in ended {
            self.witness.ended(&end);
            step.expect.check(&end, &self.saved)?;
            if let (Err(error), Some(name)) = (&end, &step.expect.challenge) {
                self.challenges.extend(error.challenge().map(|challenge| (name.clone(), challenge)));
            }
            let Ok(got) = end else { continue };
            tokens.extend(got.token);
            if let (Some(new), Action::Begin { challenge, .. }) = (got.challenge, &step.action) {
                self.challenges.insert(challenge.clone(), new);
            }
            if let Some(new) = got.session {
                let heard = support::listen(&new, |event| event.kind.as_str());
                self.sessions.insert(session.to_owned(), Watched { session: new, heard });
            }
        }
        if tokens.windows(2).any(|pair| pair[0] != pair[1]) {
            return Err("the callers got different tokens".into());
        }
        if let Some(name) = &step.save {
            self.saved.insert(name.clone(), tokens.pop().ok_or("there is no token to save")?);
        }
        Ok(())
    }

    pub(super) fn watched(&self, name: &str) -> Result<&Watched, String> {
        self.sessions.get(name).ok_or(format!("there is no session {name}"))
    }

    pub(super) fn saved(&self, name: &str) -> Result<&String, String> {
        self.saved.get(name).ok_or(format!("nothing was saved as {name}"))
    }
}
