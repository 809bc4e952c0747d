//! Does what the steps of one scenario say.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use relatch::{Error, Options, Provider, Session, Settings, SevenG, Store, Tokens};
use relatch_sandbox::Sandbox;
use serde_json::{Value, json};

use super::Witness;
use super::calls::{Calls, Pending};
use super::expect::{self, Ended, Yield, same};
use super::file::{Action, End, Object, Scenario, Source, Step};
use crate::support::{self, Heard, LIMIT, PASSWORD, USERNAME};

/// A session, and the kinds of what it has announced.
struct Watched {
    session: Session,
    heard: Heard<&'static str>,
}

pub(super) struct Actor<'a> {
    scenario: &'a Scenario,
    witness: &'a dyn Witness,
    store: Option<Arc<dyn Store>>,
    sandbox: Sandbox,
    sessions: HashMap<String, Watched>,
    saved: HashMap<String, String>,
    started: HashMap<String, (String, Calls)>,
}

impl<'a> Actor<'a> {
    pub(super) fn new(scenario: &'a Scenario, witness: &'a dyn Witness) -> Result<Self, String> {
        same("system", &Some(&json!("7g")), &scenario.provider.get("system"))?;
        let sandbox = support::sandbox(Value::Object(scenario.sandbox.clone()));
        let (sessions, saved, started) = (HashMap::new(), HashMap::new(), HashMap::new());
        Ok(Self { scenario, witness, store: witness.store(), sandbox, sessions, saved, started })
    }

    pub(super) async fn act(&mut self, step: &Step) -> Result<(), String> {
        match &step.action {
            Action::Logout {} => self.watched(&step.session)?.session.logout(),
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
        if let Some(events) = &end.events {
            let heard = self.watched("main")?.heard.until(|heard| heard.len() >= events.len()).await?;
            same("events", &events.iter().map(String::as_str).collect(), &heard)?;
        }
        expect::counts(&end.counts, &self.sandbox.control("counts", Value::Null)?)?;
        expect::audit(&end.audit, &self.sandbox.control("audit", Value::Null)?)?;
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
            Action::Login { provider, options } => Box::pin(login(self.provider(provider), self.options(options))),
            Action::RefreshTokens(source) => {
                let (provider, options) = (self.provider(&source.provider), self.options(&source.options));
                Box::pin(refresh_tokens(provider, self.tokens(source)?, options))
            }
            Action::Token { timeout } => Box::pin(token(session()?, *timeout)),
            Action::Headers {} => Box::pin(headers(session()?, self.says_bearer())),
            Action::Refresh {} => Box::pin(refresh(session()?)),
            Action::ReportUnauthorized { token } => {
                let token = self.saved.get(token).ok_or(format!("nothing was saved as {token}"))?;
                Box::pin(report_unauthorized(session()?, token.clone()))
            }
            Action::Call {} => Box::pin(call(session()?, self.sandbox.url())),
            other => return Err(format!("{other:?} is no call")),
        })
    }

    /// Compares how the calls of a step ended, and keeps what they yielded.
    fn meet(&mut self, step: &Step, session: &str, ended: Vec<Ended>) -> Result<(), String> {
        let mut tokens = Vec::new();
        for end in ended {
            self.witness.ended(&end);
            step.expect.check(&end, &self.saved)?;
            let Ok(got) = end else { continue };
            tokens.extend(got.token);
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

    fn resume(&self, source: &Source) -> Ended {
        let tokens = self.tokens(source).expect("tokens to resume");
        let session = relatch::resume(self.provider(&source.provider)?, tokens, self.options(&source.options)?)?;
        Ok(Yield { session: Some(session), ..Yield::default() })
    }

    fn tokens(&self, source: &Source) -> Result<Tokens, String> {
        match (&source.from, source.tokens.clone()) {
            (Some(name), None) => self.watched(name)?.session.tokens().ok_or(format!("{name} has no tokens")),
            (None, Some(tokens)) => Ok(Tokens::new(tokens.access_token, tokens.refresh_token)),
            _ => Err("give either 'from' or 'tokens'".into()),
        }
    }

    fn provider(&self, over: &Object) -> Result<Arc<dyn Provider>, Error> {
        let given = overlay(&self.scenario.provider, over);
        let text = |key: &str| given.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let is = |key: &str| given.get(key).and_then(Value::as_bool);
        let mut builder = SevenG::builder().base_url(text("base_url").unwrap_or_else(|| self.sandbox.url()));
        if is("credentials") != Some(false) {
            builder = builder.username(text("username").unwrap_or_else(|| USERNAME.into()));
            builder = builder.password(text("password").unwrap_or_else(|| PASSWORD.into()));
        }
        Ok(builder.bearer(is("bearer") == Some(true)).build()?.into())
    }

    fn options(&self, over: &Object) -> Result<Options, Error> {
        let given = overlay(&self.scenario.options, over);
        let (seconds, is) =
            (|key: &str| given.get(key).and_then(Value::as_f64), |key: &str| given.get(key).and_then(Value::as_bool));
        let options = Options::try_from(Settings {
            relogin: given.get("relogin").and_then(Value::as_str).map(ToOwned::to_owned),
            keep_alive: is("keep_alive"),
            force: is("force"),
            mandatory_margin: seconds("mandatory_margin"),
            advisory_margin: seconds("advisory_margin"),
            timeout: seconds("timeout"),
            exchange_timeout: seconds("exchange_timeout"),
            clock: Some(self.sandbox.manual_clock().clock()),
            ..Settings::default()
        })?;
        Ok(match &self.store {
            Some(store) => options.store(Arc::clone(store)),
            None => options,
        })
    }

    fn says_bearer(&self) -> bool {
        self.scenario.provider.get("bearer") == Some(&json!(true))
    }

    fn watched(&self, name: &str) -> Result<&Watched, String> {
        self.sessions.get(name).ok_or(format!("there is no session {name}"))
    }
}

fn overlay(under: &Object, over: &Object) -> Object {
    let both = under.iter().chain(over);
    both.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn yields(token: &str) -> Yield {
    Yield { token: Some(token.to_owned()), ..Yield::default() }
}

async fn login(provider: Result<Arc<dyn Provider>, Error>, options: Result<Options, Error>) -> Ended {
    let session = relatch::login(provider?, options?).await?;
    Ok(Yield { session: Some(session), ..Yield::default() })
}

async fn refresh_tokens(
    provider: Result<Arc<dyn Provider>, Error>,
    tokens: Tokens,
    options: Result<Options, Error>,
) -> Ended {
    Ok(yields(relatch::refresh(provider?, tokens, options?).await?.access_token.expose()))
}

async fn token(session: Session, limit: Option<f64>) -> Ended {
    let limit = limit.map(Duration::from_secs_f64);
    let token = match limit {
        None => session.token().await?,
        Some(limit) => session.token_within(limit).await?,
    };
    Ok(yields(token.as_str()))
}

async fn headers(session: Session, says_bearer: bool) -> Ended {
    let headers = session.headers().await?;
    let find = |wanted| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
    assert_eq!(find("Version"), Some("2.0"));
    let authorization = find("Authorization").expect("an Authorization header");
    assert_eq!(authorization.starts_with("Bearer "), says_bearer);
    Ok(yields(authorization.trim_start_matches("Bearer ")))
}

async fn refresh(session: Session) -> Ended {
    Ok(yields(session.refresh().await?.access_token.expose()))
}

async fn report_unauthorized(session: Session, token: String) -> Ended {
    Ok(yields(session.report_unauthorized(&token).await?.as_str()))
}

async fn call(session: Session, url: String) -> Ended {
    let headers = session.headers().await?;
    let status = support::get_account(&url, &headers).expect("an answer of the sandbox");
    Ok(Yield { status: Some(status), ..Yield::default() })
}
