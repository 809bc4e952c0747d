//! No secret is ever printed: every scenario once more in a program whose loggers are all on, at TRACE.

mod scenario;
mod support;

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use relatch::{
    Error, ErrorCode, Event, MemoryStore, Options, Pending, Settings, SevenG, Store, Stored, Tokens, stored_tokens,
};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::scenario::{Ended, Witness, carry_out, names};
use crate::support::{PASSWORD, USERNAME, listen, options, provider, run, sandbox};

/// Everything that was printed, and everything that must not be.
#[derive(Clone, Default)]
struct Canary {
    printed: Arc<Mutex<String>>,
    secrets: Arc<Mutex<BTreeSet<String>>>,
    codes: Arc<Mutex<BTreeSet<&'static str>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl io::Write for Canary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        locked(&self.printed).push_str(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Canary {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        let _ = writeln!(locked(&self.printed), "{} {}: {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

impl Canary {
    /// Listens to every logger of the process.
    fn on() -> Self {
        let canary = Self::default();
        let writer = canary.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(LevelFilter::TRACE).with_ansi(false);
        tracing::subscriber::set_global_default(subscriber.with_writer(move || writer.clone()).finish()).unwrap();
        log::set_logger(Box::leak(Box::new(canary.clone()))).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        canary
    }

    fn print(&self, shown: &impl Debug) {
        let mut printed = locked(&self.printed);
        let _ = writeln!(printed, "{shown:?} {shown:#?}");
    }

    fn print_error(&self, error: &Error) {
        locked(&self.codes).insert(error.code().as_str());
        self.print(error);
        self.print(&error.details());
        let mut printed = locked(&self.printed);
        let mut next: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = next {
            let _ = writeln!(printed, "{error} {error:?}");
            next = error.source();
        }
    }

    /// A token, and the signature of one that is a JWT. Words that a scenario made up are no secrets.
    fn keep_secret(&self, token: &str) {
        let mut secrets = locked(&self.secrets);
        secrets.extend(token.split('.').nth(2).map(ToOwned::to_owned));
        secrets.insert(token.to_owned());
    }

    fn keep_all_secret(&self, tokens: &Tokens) {
        self.keep_secret(tokens.access_token.expose());
        tokens.refresh_token.iter().for_each(|token| self.keep_secret(token.expose()));
    }

    /// The line before a secret that was printed.
    fn leak(&self) -> Option<String> {
        let (printed, secrets) = (locked(&self.printed), locked(&self.secrets));
        let at = secrets.iter().find_map(|secret| printed.find(secret.as_str()))?;
        Some(printed[..at].lines().last().unwrap_or_default().to_owned())
    }
}

impl Witness for Canary {
    fn ended(&self, ended: &Ended) {
        match ended {
            Err(error) => self.print_error(error),
            Ok(got) => {
                got.token.iter().for_each(|token| self.keep_secret(token));
                if let Some(session) = &got.session {
                    let canary = self.clone();
                    session.subscribe(move |event| canary.print(event)).forever();
                    self.print(session);
                    session.tokens().iter().for_each(|tokens| self.keep_all_secret(tokens));
                }
            }
        }
    }

    /// Every pair of tokens of a session comes by here.
    fn store(&self) -> Option<Arc<dyn Store>> {
        Some(Arc::new(Seeing { canary: self.clone(), inner: MemoryStore::new() }))
    }
}

/// A store that tells the canary what it is to look for.
struct Seeing {
    canary: Canary,
    inner: MemoryStore,
}

impl Debug for Seeing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.inner.fmt(formatter)
    }
}

impl Store for Seeing {
    fn get<'a>(&'a self, key: &'a str) -> Pending<'a, Option<Stored>> {
        self.inner.get(key)
    }

    fn put<'a>(&'a self, key: &'a str, value: Vec<u8>, expected: Option<u64>) -> Pending<'a, bool> {
        let read: Value = serde_json::from_slice(&value).unwrap_or_default();
        for name in ["access_token", "refresh_token"] {
            read[name].as_str().into_iter().for_each(|token| self.canary.keep_secret(token));
        }
        self.canary.print(&Stored { value: value.clone(), version: 1 });
        self.inner.put(key, value, expected)
    }

    fn remove<'a>(&'a self, key: &'a str, expected: u64) -> Pending<'a, bool> {
        self.inner.remove(key, expected)
    }
}

/// Everything public that can be printed and was not on the way.
async fn print_the_rest(canary: &Canary) {
    let sandbox = sandbox(json!({}));
    let store = canary.store().expect("a store");
    let session = relatch::login(provider(&sandbox), options(&sandbox).store(Arc::clone(&store))).await.unwrap();
    let heard = listen(&session, Event::clone);
    canary.print(&session.token().await.unwrap());
    let tokens = session.refresh().await.unwrap();
    canary.print(&(&tokens, session.tokens(), session.claims(), session.profile(), session.expires_at()));
    canary.print(&(session.state(), session.user(), heard.wait(1).await));
    canary.print(&stored_tokens(&*store, &format!("{}|{USERNAME}", sandbox.url())).await.unwrap());
    let builder = SevenG::builder().username(USERNAME).password(PASSWORD).base_url(sandbox.url());
    canary.print(&builder);
    let provider = builder.build().unwrap();
    canary.print(&(provider.health(&options(&sandbox)).await, provider.lookup(None, &options(&sandbox)).await));
    canary.print(&provider);
    let proxy = format!("http://someone:{PASSWORD}@127.0.0.1:9");
    let settings = Settings { proxy: Some(proxy.clone()), ..Settings::default() };
    canary.print(&settings);
    canary.print(&(Options::try_from(settings).unwrap(), &store, relatch::Secret::new(PASSWORD)));
    // Errors that no scenario has.
    canary.print_error(&Options::default().proxy(&format!("{PASSWORD} {proxy}")).unwrap_err());
    let base_url = format!("https://someone:{PASSWORD}@host.example");
    canary.print_error(&SevenG::builder().base_url(base_url).build().unwrap_err());
    // A proxy that is not there: the host has no address, so that nothing can go past it.
    let beyond = SevenG::builder().username(USERNAME).password(PASSWORD).base_url("https://registry.invalid");
    let options = options(&sandbox).proxy(&proxy).unwrap().timeout(Duration::from_millis(870)).unwrap();
    canary.print_error(&relatch::login(beyond.build().unwrap(), options).await.unwrap_err());
}

/// The codes of errors that these scenarios cannot bring about.
const ELSEWHERE: [ErrorCode; 5] = [
    ErrorCode::SecondFactorRequired,
    ErrorCode::SecondFactorRejected,
    ErrorCode::ForkedSession,
    ErrorCode::Tls,
    ErrorCode::Store,
];

#[test]
fn no_secret_is_ever_printed() {
    let canary = Canary::on();
    for password in [PASSWORD, "made-up-password-2", "made-up-wrong-1", "made-up-wrong-2", "made-up-wrong-3"] {
        locked(&canary.secrets).insert(password.to_owned());
    }
    let mut names = names();
    let queue = Mutex::new(names.drain(..));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let Some(name) = locked(&queue).next() else { break };
                    carry_out(&name, &canary);
                }
            });
        }
    });
    run(print_the_rest(&canary));
    assert_eq!(canary.leak(), None, "a secret was printed after this");

    // It has listened: to us and to the HTTP client, and knows what it was looking for.
    let printed = locked(&canary.printed);
    for line in ["sending", "answered", "refreshed", "reqwest", "hyper_util"] {
        assert!(printed.contains(line), "nothing was logged with {line}");
    }
    assert!(locked(&canary.secrets).len() > 300, "too few secrets were seen");
    let codes = locked(&canary.codes);
    for code in ErrorCode::ALL.iter().filter(|code| !ELSEWHERE.contains(code)) {
        assert!(codes.contains(code.as_str()), "no error was {}", code.as_str());
    }
}

#[test]
fn a_canary_that_sees_a_secret_sings() {
    let canary = Canary::default();
    canary.keep_secret("one.two.three");
    canary.print(&"one.two");
    assert_eq!(canary.leak(), None);
    canary.print(&"signed with three");
    assert!(canary.leak().is_some_and(|line| line.contains("signed with")));
}
