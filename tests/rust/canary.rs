//! No secret is ever printed (wire.md 2.10.18): every scenario once more in a program whose loggers are all on, at TRACE.

mod printing;
mod scenario;
mod seeing;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{Debug, Write as _};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use relatch::{Error, ErrorCode, MemoryStore, Provider, Store, Tokens};
use relatch_sandbox::Sandbox;
use tracing::level_filters::LevelFilter;

use crate::scenario::{Ended, Witness, carry_out, names};
use crate::seeing::{SeeingProvider, SeeingStore};
use crate::support::{DEALER_PASSWORD, PASSWORD, TOTP_SECRET, USER_PASSWORD, run};

/// Everything that was printed, and everything that must not be.
#[derive(Clone, Default)]
pub(crate) struct Canary {
    printed: Arc<Mutex<String>>,
    /// By their texts, with what they are.
    secrets: Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>,
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
        // The time has digits enough to look like any code.
        let subscriber = subscriber.without_time();
        tracing::subscriber::set_global_default(subscriber.with_writer(move || writer.clone()).finish()).unwrap();
        log::set_logger(Box::leak(Box::new(canary.clone()))).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
        canary
    }

    pub(crate) fn print(&self, shown: &impl Debug) {
        let mut printed = locked(&self.printed);
        let _ = writeln!(printed, "{shown:?} {shown:#?}");
    }

    pub(crate) fn print_error(&self, error: &Error) {
        locked(&self.codes).insert(error.code().as_str());
        self.print(error);
        self.print(&error.details());
        self.print(&error.challenge());
        let mut printed = locked(&self.printed);
        let mut next: Option<&dyn std::error::Error> = Some(error);
        while let Some(error) = next {
            let _ = writeln!(printed, "{error} {error:?}");
            next = error.source();
        }
    }

    /// A secret of some kind; of a JWT its signature as well.
    pub(crate) fn keep(&self, kind: &str, secret: &str) {
        let mut secrets = locked(&self.secrets);
        let signature = secret.split('.').nth(2).filter(|signature| signature.len() >= SHORTEST);
        for part in signature.into_iter().chain([secret]).filter(|part| part.len() >= SHORTEST) {
            secrets.entry(part.to_owned()).or_default().insert(kind.to_owned());
        }
    }

    fn keep_all(&self, tokens: &Tokens) {
        self.keep("access_token", tokens.access_token.expose());
        tokens.refresh_token.iter().for_each(|token| self.keep("refresh_token", token.expose()));
    }

    /// What was printed of a secret and where: the line before it.
    fn leak(&self) -> Option<String> {
        let (printed, secrets) = (locked(&self.printed), locked(&self.secrets));
        let found = secrets.iter().find_map(|(secret, kinds)| Some((find(&printed, secret)?, kinds)));
        found.map(|(at, kinds)| format!("{kinds:?} after: {}", printed[..at].lines().last().unwrap_or_default()))
    }

    /// The kinds of all secrets that it looks for.
    fn kinds(&self) -> BTreeSet<String> {
        locked(&self.secrets).values().flatten().cloned().collect()
    }
}

/// A shorter text is found in any log.
const SHORTEST: usize = 4;

/// Where a secret stands: one of nothing but digits, only where it stands alone, for other numbers may have its digits.
fn find(printed: &str, secret: &str) -> Option<usize> {
    if !secret.bytes().all(|byte| byte.is_ascii_digit()) {
        return printed.find(secret);
    }
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
    let bytes = printed.as_bytes();
    let alone = |at: usize| !is_part(bytes[..at].last()) && !is_part(bytes.get(at + secret.len()));
    printed.match_indices(secret).map(|(at, _)| at).find(|at| alone(*at))
}

impl Witness for Canary {
    fn ended(&self, ended: &Ended) {
        match ended {
            Err(error) => self.print_error(error),
            Ok(got) => {
                got.token.iter().for_each(|token| self.keep("token", token));
                got.challenge.iter().for_each(|challenge| self.print(challenge));
                got.profile.iter().for_each(|profile| self.print(profile));
                if let Some(session) = &got.session {
                    let canary = self.clone();
                    session.subscribe(move |event| canary.print(event)).forever();
                    self.print(session);
                    self.print(&session.profile());
                    self.print(&session.challenge());
                    session.tokens().iter().for_each(|tokens| self.keep_all(tokens));
                }
            }
        }
    }

    /// Every pair of tokens of a session comes by here.
    fn store(&self) -> Option<Arc<dyn Store>> {
        Some(Arc::new(SeeingStore { canary: self.clone(), inner: MemoryStore::new() }))
    }

    /// Everything that is sent and answered comes by here.
    fn provider(&self, provider: Arc<dyn Provider>) -> Arc<dyn Provider> {
        self.print(&provider);
        Arc::new(SeeingProvider { canary: self.clone(), inner: provider })
    }

    fn finished(&self, sandbox: &Sandbox) {
        sandbox.outbox().iter().for_each(|sent| self.keep("OTP", &sent.otp));
    }
}

/// The codes of errors that these scenarios cannot bring about.
const ELSEWHERE: [ErrorCode; 3] = [ErrorCode::ForkedSession, ErrorCode::Tls, ErrorCode::Store];

/// What must have come by, or the canary has not looked for it.
const KINDS: [&str; 20] = [
    "CFT",
    "FINGERPRINT",
    "MPIN",
    "OTP",
    "PAN",
    "PASSWORD",
    "TOKEN",
    "TOTP",
    "TOTP secret",
    "TP_TOKEN",
    "UDID",
    "accessToken",
    "access_token",
    "api_key",
    "broadcast_access_token",
    "dealer_token",
    "ocToken",
    "register_token",
    "session_token",
    "x-api-key",
];

#[test]
fn no_secret_is_ever_printed() {
    let canary = Canary::on();
    let wrong = ["made-up-wrong-1", "made-up-wrong-2", "made-up-wrong-3"];
    let others = ["made-up-password-4", "made-up-password-5"];
    for password in [PASSWORD, USER_PASSWORD, DEALER_PASSWORD].into_iter().chain(wrong).chain(others) {
        canary.keep("PASSWORD", password);
    }
    canary.keep("TOTP secret", TOTP_SECRET);
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
    run(printing::print_the_rest(&canary));
    assert_eq!(canary.leak(), None, "a secret was printed after this");

    // It has listened: to us and to the HTTP client, and knows what it was looking for.
    let printed = locked(&canary.printed);
    for line in ["sending", "answered", "refreshed", "reqwest", "hyper_util"] {
        assert!(printed.contains(line), "nothing was logged with {line}");
    }
    assert!(locked(&canary.secrets).len() > 1000, "too few secrets were seen");
    let kinds = canary.kinds();
    let unseen: Vec<_> = KINDS.iter().filter(|kind| !kinds.contains(**kind)).collect();
    assert!(unseen.is_empty(), "not looked for: {unseen:?}");
    let codes = locked(&canary.codes);
    for code in ErrorCode::ALL.iter().filter(|code| !ELSEWHERE.contains(code)) {
        assert!(codes.contains(code.as_str()), "no error was {}", code.as_str());
    }
}

#[test]
fn a_canary_that_sees_a_secret_sings() {
    let canary = Canary::default();
    canary.keep("token", "first.second.third-part");
    canary.keep("OTP", "123456");
    canary.print(&"first.second 1767123456000 0.123456s");
    assert_eq!(canary.leak(), None);
    canary.print(&"signed with third-part");
    assert!(canary.leak().is_some_and(|line| line.contains("signed with")));

    let canary = Canary::default();
    canary.keep("OTP", "123456");
    canary.print(&"the code 123456");
    assert!(canary.leak().is_some_and(|line| line.contains("OTP") && line.contains("the code")));
}
