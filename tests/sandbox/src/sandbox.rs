//! The handle of a sandbox.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, Weak, mpsc};
use std::time::Duration;

use relatch::ManualClock;
use serde_json::Value;
use tokio::net::TcpSocket;
use tokio::runtime::Handle;

use crate::audit::Seen;
use crate::control;
use crate::counts::Counts;
use crate::fault::Fault;
use crate::port::{reserve, reserve_new};
use crate::server::{Door, Listening};
use crate::settings::Settings;
use crate::seven_g::{Revoke, SevenG};
use crate::shared::{Shared, lock};
use crate::system::System as _;

/// A server on 127.0.0.1 that behaves as the 7G and the Synapsewave API do. It stops when the last clone of its handle is dropped.
///
/// In a forked child of the process that started it the handle still tells the URL; whatever else it does there does
/// not reach the server, for which there are the control calls over HTTP.
///
/// ```
/// use std::time::Duration;
/// use relatch_sandbox::{Sandbox, Settings};
/// let sandbox = Sandbox::start(Settings::default())?;
/// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
/// sandbox.advance(Duration::from_secs(86_400)); // a day passes at once
/// assert_eq!(sandbox.counts().total, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

impl fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Sandbox").field(&self.url()).finish()
    }
}

pub(crate) struct Inner {
    shared: Arc<Shared>,
    handle: Handle,
    port: u16,
    /// The process that serves: a forked child has a copy of this handle and shares the sockets.
    process: u32,
    doors: Mutex<Doors>,
}

struct Doors {
    api: Api,
    control: Option<Listening>,
}

enum Api {
    Up(Listening),
    /// The port is kept where the system allows it.
    Down(Option<TcpSocket>),
    Stopped,
}

impl Sandbox {
    /// Starts a sandbox from any thread. It runs on the one runtime that [`relatch`] has.
    ///
    /// # Errors
    /// When the port cannot be had, a user has no password, or the operating system refuses the runtime's threads.
    pub fn start(settings: Settings) -> io::Result<Self> {
        let handle = relatch::runtime::handle().map_err(io::Error::other)?;
        let socket = if settings.port == 0 { reserve_new()? } else { reserve(settings.port)? };
        let port = socket.local_addr()?.port();
        let doors = Mutex::new(Doors { api: Api::Down(Some(socket)), control: None });
        let shared = Shared::new(settings).map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let shared = Arc::new(shared);
        let sandbox = Self(Arc::new(Inner { shared, handle, port, process: std::process::id(), doors }));
        sandbox.up()?;
        Ok(sandbox)
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port)
    }

    /// The clock to give to sessions that are opened against this sandbox.
    pub fn manual_clock(&self) -> &ManualClock {
        &self.0.shared.manual
    }

    /// Lets time pass at once, for the server and for all who use [`Self::manual_clock`].
    pub fn advance(&self, time: Duration) {
        self.0.shared.manual.advance(time);
    }

    /// Sets the wall clock of users of [`Self::manual_clock`], in milliseconds forward. The server's stays right.
    pub fn shift_wall(&self, milliseconds: i64) {
        self.0.shared.manual.shift_wall(milliseconds);
    }

    /// Changes the settings that `change` names, by the keys of [`Settings`]. Accounts are added, or changed where the
    /// name is known; others stay.
    ///
    /// # Errors
    /// A text that names an unknown key or a wrong value; nothing has changed then.
    pub fn configure(&self, change: Value) -> Result<(), String> {
        let mut state = self.0.shared.state();
        let merged = state.settings.merged(change)?;
        state.configure(merged)
    }

    /// Sets a fault, behind those that are set already.
    pub fn fault(&self, fault: Fault) {
        self.0.shared.state().faults.add(fault);
    }

    /// Forgets all faults. Exchanges that are held or delayed stay so.
    pub fn clear_faults(&self) {
        self.0.shared.state().faults.clear();
    }

    /// Lets all held exchanges go on.
    pub fn release(&self) {
        self.0.shared.signal(|signals| signals.releases += 1);
    }

    /// What went over the wire, in numbers.
    pub fn counts(&self) -> Counts {
        self.0.shared.state().counts
    }

    /// What went over the wire, oldest first: at most the last 100,000 requests.
    pub fn audit(&self) -> Vec<Seen> {
        self.0.shared.state().audit.all()
    }

    /// Waits until a count is at least that, for at most `limit` of real time. Works in any runtime, and has begun
    /// when it returns.
    ///
    /// # Errors
    /// A text that tells how far the count has come, or which counts there are.
    pub fn wait_for(
        &self,
        what: &str,
        at_least: u64,
        limit: Duration,
    ) -> impl Future<Output = Result<(), String>> + Send + use<> {
        let (shared, what) = (Arc::clone(&self.0.shared), what.to_owned());
        let waiting = self.0.handle.spawn(async move { shared.wait_for(&what, at_least, limit).await });
        async move { waiting.await.unwrap_or_else(|error| Err(error.to_string())) }
    }

    /// [`Self::wait_for`] for a thread outside of any runtime.
    ///
    /// # Errors
    /// Those of [`Self::wait_for`].
    pub fn wait_for_blocking(&self, what: &str, at_least: u64, limit: Duration) -> Result<(), String> {
        let (done, waiting) = mpsc::channel();
        let arrived = self.wait_for(what, at_least, limit);
        self.0.handle.spawn(async move { done.send(arrived.await) });
        waiting.recv().unwrap_or_else(|_| Err("the runtime has been shut down".into()))
    }

    /// Invalidates tokens of the 7G API on the server's side.
    ///
    /// # Errors
    /// A text, if there is no such account or session.
    pub fn revoke(&self, revoke: Revoke) -> Result<(), String> {
        self.0.shared.state().systems.seven_g.revoke_tokens(revoke)
    }

    /// The control call `revoke`: its key `system` names the system, which is the 7G API if there is none.
    pub(crate) fn revoke_in(&self, mut revoke: Value) -> Result<(), String> {
        let system = revoke.as_object_mut().and_then(|revoke| revoke.remove("system"));
        let system = system.as_ref().map_or(Ok(SevenG::NAME), |system| system.as_str().ok_or("system: not a text"))?;
        self.0.shared.state().systems.revoke(system, revoke)
    }

    /// A control call that only one of the systems knows; none if there is none of that name.
    pub(crate) fn control_system(&self, name: &str, body: &Value) -> Option<Result<Value, String>> {
        let mut state = self.0.shared.state();
        let now = self.0.shared.now(&state);
        state.control(name, body, now)
    }

    /// Cuts all connections and stops listening: to connect is refused from now on. The port stays reserved.
    pub fn down(&self) {
        if self.0.inherited() {
            return;
        }
        let mut doors = lock(&self.0.doors);
        if let Api::Up(listening) = &doors.api {
            listening.close();
            self.0.shared.signal(|signals| signals.epoch += 1);
            doors.api = Api::Down(reserve(self.0.port).ok());
        }
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    /// When the port has been lost, the sandbox was stopped, or this is a forked child of the process that serves.
    pub fn up(&self) -> io::Result<()> {
        if self.0.inherited() {
            return Err(io::Error::other("the sandbox belongs to another process"));
        }
        let mut doors = lock(&self.0.doors);
        let socket = match &mut doors.api {
            Api::Up(_) => return Ok(()),
            Api::Stopped => return Err(io::Error::other("the sandbox has been stopped")),
            Api::Down(socket) => socket.take().map_or_else(|| reserve(self.0.port), Ok)?,
        };
        doors.api = Api::Up(self.open(socket, false)?);
        Ok(())
    }

    /// Opens a second port that answers nothing but control calls, and is there when the sandbox is down. Answers
    /// their base, `http://127.0.0.1:PORT/sandbox`.
    ///
    /// # Errors
    /// When the operating system gives no port.
    pub fn open_control_port(&self) -> io::Result<String> {
        let mut doors = lock(&self.0.doors);
        if doors.control.is_none() {
            doors.control = Some(self.open(reserve_new()?, true)?);
        }
        let port = doors.control.as_ref().map_or(0, |listening| listening.address.port());
        Ok(format!("http://127.0.0.1:{port}/sandbox"))
    }

    /// Ends everything: listening, connections, and exchanges that are held or delayed. Cannot be undone.
    pub fn stop(&self) {
        self.0.stop();
    }

    /// Waits until the sandbox has been stopped and its last connection is gone.
    pub async fn stopped(&self) {
        let mut open = self.0.shared.open.subscribe();
        self.0.shared.signalled(|signals| signals.stopped).await;
        // The sender lives as long as `self`, so this cannot fail.
        let _ = open.wait_for(|open| *open == 0).await;
    }

    /// Every call above by its name, with JSON in and out: `configure`, `fault`, `clear_faults`, `release`,
    /// `advance {seconds}`, `shift_wall {seconds}`, `counts`, `audit`, `revoke`, `down`, `up`, `stop`. `revoke` takes the
    /// fields of [`Revoke`], or `{"system": "synapsewave", "user_id", "what", "session"}`. For the Synapsewave API alone
    /// there are `outbox`, `send_otp {user_id, purpose}` and `totp {user_id}`.
    ///
    /// # Errors
    /// A text that tells what is wrong with the call.
    ///
    /// ```
    /// # use relatch_sandbox::{Sandbox, Settings};
    /// use serde_json::json;
    /// let sandbox = Sandbox::start(Settings::default()).unwrap();
    /// sandbox.control("fault", json!({"on": "login", "fault": "answer", "status": 503}))?;
    /// assert_eq!(sandbox.control("counts", json!({}))?["login"], 0);
    /// # Ok::<(), String>(())
    /// ```
    pub fn control(&self, name: &str, body: Value) -> Result<Value, String> {
        control::call(self, name, body)
    }

    /// The sandbox that a connection belongs to, as long as somebody holds it.
    pub(crate) fn held(inner: &Weak<Inner>) -> Option<(Self, Arc<Shared>)> {
        let inner = inner.upgrade()?;
        let shared = Arc::clone(&inner.shared);
        Some((Self(inner), shared))
    }

    /// What the systems' own calls are carried out on.
    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    fn open(&self, socket: TcpSocket, only_control: bool) -> io::Result<Listening> {
        let shared = Arc::clone(&self.0.shared);
        let epoch = shared.signals.borrow().epoch;
        let door = Door { epoch, only_control, sandbox: Arc::downgrade(&self.0) };
        Listening::open(&self.0.handle, socket, shared, door)
    }
}

impl Inner {
    /// Whether this is a forked child of the process that serves, which must leave the sockets alone.
    fn inherited(&self) -> bool {
        self.process != std::process::id()
    }

    fn stop(&self) {
        if self.inherited() {
            return;
        }
        let mut doors = lock(&self.doors);
        if let Api::Up(listening) = &doors.api {
            listening.close();
        }
        if let Some(control) = doors.control.take() {
            control.close();
        }
        doors.api = Api::Stopped;
        self.shared.signal(|signals| signals.stopped = true);
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop();
    }
}
