//! What the tests have in common: sandboxes, providers, calls left waiting, and a plain HTTP client.
#![allow(dead_code)] // each test program uses a part of it

use std::fmt::Debug;
use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use relatch::{
    Callback, Error, Event, Factor, Options, Session, SevenG, SevenGBuilder, Subscription, Synapsewave,
    SynapsewaveBuilder, Totp,
};
use relatch_sandbox::{Sandbox, Settings};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// Longer than anything may take: what would hang fails instead.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// What a call waits that does not say how long.
pub(crate) const CALL_LIMIT: Duration = Duration::from_secs(30);
pub(crate) const USERNAME: &str = "api_user";
pub(crate) const PASSWORD: &str = "made-up-password-1";
/// The sandbox's default user and dealer of the Synapsewave API.
pub(crate) const USER_ID: &str = "UCC123456";
pub(crate) const USER_PASSWORD: &str = "made-up-password-2";
pub(crate) const TOTP_SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DP";
pub(crate) const DEALER: &str = "DEALER01";
pub(crate) const DEALER_PASSWORD: &str = "made-up-password-3";
pub(crate) const API_KEY: &str = "made-up-api-key-1";
/// Monday 2026-01-05, 09:00:00 in India: the start of a step of 30 seconds.
pub(crate) const MONDAY: u64 = 1_767_583_800;

/// Starts a sandbox that lasts as long as the process. The ledger of failed logins is kept by address: a port that is
/// given out again would bring the failures of another test with it.
pub(crate) fn sandbox(settings: Value) -> Sandbox {
    static KEPT: Mutex<Vec<Sandbox>> = Mutex::new(Vec::new());
    let settings: Settings = serde_json::from_value(settings).expect("settings of the sandbox");
    let sandbox = Sandbox::start(settings).expect("a port");
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(sandbox.clone());
    sandbox
}

/// The sandbox's default account.
pub(crate) fn provider(sandbox: &Sandbox) -> SevenG {
    provider_with(sandbox, |builder| builder.username(USERNAME).password(PASSWORD))
}

/// A provider for the sandbox with what `change` gives it.
pub(crate) fn provider_with(sandbox: &Sandbox, change: impl FnOnce(SevenGBuilder) -> SevenGBuilder) -> SevenG {
    change(SevenG::builder().base_url(sandbox.url())).build().expect("a provider")
}

/// Options with the sandbox's clock.
pub(crate) fn options(sandbox: &Sandbox) -> Options {
    Options::default().clock(sandbox.manual_clock().clock())
}

/// A session of the sandbox's default account.
pub(crate) async fn login(sandbox: &Sandbox) -> Session {
    relatch::login(provider(sandbox), options(sandbox)).await.expect("a session")
}

/// The sandbox's default user of the Synapsewave API, with the password.
pub(crate) fn user(sandbox: &Sandbox) -> SynapsewaveBuilder {
    let builder = Synapsewave::builder().base_url(sandbox.synapsewave_url()).api_key(API_KEY);
    builder.user_id(USER_ID).password(USER_PASSWORD)
}

/// Like the one above, with a second factor.
pub(crate) fn user_with(sandbox: &Sandbox, factor: impl Into<Factor>) -> Synapsewave {
    user(sandbox).second_factor(factor).build().expect("a provider")
}

/// The authenticator of that user.
pub(crate) fn totp() -> Totp {
    Totp::new(TOTP_SECRET).expect("a secret")
}

/// The PAN of that user: a factor that can be used as often as is liked.
pub(crate) fn pan() -> Factor {
    Factor::pan("ABCDE1234F")
}

/// The newest OTP that the sandbox has sent.
pub(crate) fn newest_otp(sandbox: &Sandbox) -> String {
    sandbox.outbox().pop().expect("an OTP").otp
}

/// A human who gives the newest OTP, but not before being let; and who says how often they were asked.
pub(crate) fn human(sandbox: &Sandbox) -> (Callback, Arc<Human>) {
    let human = Arc::new(Human { asked: Semaphore::new(0), may: Semaphore::new(0) });
    let (asked, sandbox) = (Arc::clone(&human), sandbox.clone());
    let callback = Callback::new(move |_| {
        let (human, sandbox) = (Arc::clone(&asked), sandbox.clone());
        async move {
            human.asked.add_permits(1);
            human.may.acquire().await?.forget();
            Ok(newest_otp(&sandbox).into())
        }
    });
    (callback, human)
}

/// Somebody who is asked for an OTP.
pub(crate) struct Human {
    asked: Semaphore,
    may: Semaphore,
}

impl Human {
    /// Waits until they have been asked once more.
    pub(crate) async fn is_asked(&self) {
        let asked = tokio::time::timeout(LIMIT, self.asked.acquire());
        asked.await.expect("nobody asks").expect("never closed").forget();
    }

    /// Lets them answer once.
    pub(crate) fn answers(&self) {
        self.may.add_permits(1);
    }

    /// How often they were asked and nobody waited for it.
    pub(crate) fn questions(&self) -> usize {
        self.asked.available_permits()
    }
}

pub(crate) fn fault(sandbox: &Sandbox, fault: Value) {
    sandbox.control("fault", fault).expect("a fault");
}

/// Lets the next refresh happen at the server, and its answer wait until it is released.
pub(crate) fn hold_refresh(sandbox: &Sandbox) {
    fault(sandbox, json!({"on": "refresh", "fault": "hold", "when": "after"}));
}

/// Seconds pass at once.
pub(crate) fn advance(sandbox: &Sandbox, seconds: u64) {
    sandbox.advance(Duration::from_secs(seconds));
}

/// Runs `test` on the runtime of the library.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    let limited = async { tokio::time::timeout(30 * LIMIT, test).await.expect("the test hangs") };
    relatch::runtime::handle().expect("a runtime").block_on(limited)
}

/// Makes a call and leaves it waiting: it has asked for what it wants when this returns.
pub(crate) async fn ask<T: Send + 'static>(call: impl Future<Output = T> + Send + 'static) -> JoinHandle<T> {
    ask_pinned(Box::pin(call)).await
}

/// Like the one above, for a call that is pinned already.
pub(crate) async fn ask_pinned<T: Send + 'static>(mut call: Pin<Box<dyn Future<Output = T> + Send>>) -> JoinHandle<T> {
    let asked = poll_fn(|context| Poll::Ready(call.as_mut().poll(context))).await;
    match asked {
        Poll::Ready(ended) => tokio::spawn(async { ended }),
        Poll::Pending => tokio::spawn(call),
    }
}

/// How a refresh fails that could only try again until its time was up.
pub(crate) async fn refresh_in_vain(session: &Session, sandbox: &Sandbox) -> Error {
    let asked = session.clone();
    let call = ask(async move { asked.refresh().await }).await;
    // As a sleep does: the flight is over with its next failure, which tells why, and the caller waits for that.
    sandbox.advance(CALL_LIMIT + Duration::from_secs(10));
    call.await.expect("no panic").expect_err("nobody is there")
}

/// What a listener noted of each event, which comes from another thread.
pub(crate) struct Heard<T> {
    notes: watch::Receiver<Vec<T>>,
    _subscription: Subscription,
}

/// Listens to a session and notes something of each event.
pub(crate) fn listen<T: Send + Sync + 'static>(
    session: &Session,
    note: impl Fn(&Event) -> T + Send + Sync + 'static,
) -> Heard<T> {
    let (sender, notes) = watch::channel(Vec::new());
    let subscription = session.subscribe(move |event| {
        let note = note(event);
        sender.send_modify(|notes| notes.push(note));
    });
    Heard { notes, _subscription: subscription }
}

impl<T: Clone + Debug> Heard<T> {
    /// All notes, once there are that many.
    pub(crate) async fn wait(&self, count: usize) -> Vec<T> {
        self.until(|notes| notes.len() >= count).await.unwrap()
    }

    /// All notes, once they are so.
    pub(crate) async fn until(&self, so: impl Fn(&[T]) -> bool) -> Result<Vec<T>, String> {
        let mut notes = self.notes.clone();
        let waiting = tokio::time::timeout(LIMIT, notes.wait_for(|notes| so(notes)));
        let met = waiting.await.is_ok_and(|notes| notes.is_ok());
        if met { Ok(self.now()) } else { Err(format!("only this was heard: {:?}", self.now())) }
    }

    /// The notes so far.
    pub(crate) fn now(&self) -> Vec<T> {
        self.notes.borrow().clone()
    }
}

/// The status of `GET` with these headers, by nothing but a socket.
pub(crate) fn get(url: &str, headers: &[(&str, String)]) -> std::io::Result<u16> {
    let answer = exchange("GET", url, headers, "")?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    status.ok_or_else(|| std::io::Error::other("no status line"))
}

/// The answer to `POST` of some JSON, by the same means.
pub(crate) fn post(url: &str, body: &Value) -> std::io::Result<Value> {
    let body = body.to_string();
    let length = ("Content-Length", body.len().to_string());
    let answer = exchange("POST", url, &[("Content-Type", "application/json".into()), length], &body)?;
    let (_, answer) = answer.split_once("\r\n\r\n").unwrap_or_default();
    serde_json::from_str(answer).map_err(std::io::Error::other)
}

/// The whole answer to a request.
fn exchange(method: &str, url: &str, headers: &[(&str, String)], body: &str) -> std::io::Result<String> {
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap_or_default();
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let mut request = format!("{method} /{path} HTTP/1.1\r\nHost: sandbox\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.extend([*name, ": ", value, "\r\n"]);
    }
    stream.write_all((request + "\r\n" + body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
