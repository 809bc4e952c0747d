//! A proxy between a client and a server that breaks things on the way, on real sockets.
//!
//! What goes wrong is said beforehand with [`FaultProxy::next`], one thing after the other: a fault of a connection
//! waits for the next connection, one of an exchange for the next request, one of a tunnel for the next CONNECT.
//! Nothing is timed: where an exchange is to stop, it is held at a [`Spot`] until it is released.

mod exchange;
mod fault;
mod identity;
mod message;
mod shared;
mod stream;
mod tunnel;

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;

pub use fault::{Cut, Spot, WireFault};
pub use identity::{Authority, Flaw, Identity};
use shared::Shared;
pub use shared::Traffic;

use crate::port::{reserve, reserve_new};
use crate::shared::lock;

/// Room for callers that all connect at once.
const BACKLOG: u32 = 1024;

/// A proxy on a port of 127.0.0.1. It ends when the last clone of its handle is dropped.
///
/// It can stand in a server's place, with TLS or without; or be used as an HTTP proxy, where it passes everything to
/// its target, whatever was asked for.
///
/// ```
/// use relatch_sandbox::fault_proxy::{Cut, FaultProxy, Spot, WireFault};
/// use relatch_sandbox::{Sandbox, Settings};
/// let sandbox = Sandbox::start(Settings::default())?;
/// let proxy = FaultProxy::start(sandbox.url().trim_start_matches("http://").parse().unwrap())?;
/// // The server acts on the next request, and its answer is lost.
/// proxy.next(WireFault::CutAt(Spot::AfterActing, Cut::Reset));
/// assert_eq!(proxy.seen().connections, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone)]
pub struct FaultProxy(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    handle: Handle,
    port: u16,
    door: Mutex<Door>,
}

/// The listening socket can be taken from outside of the task that accepts.
type Slot = Arc<Mutex<Option<TcpListener>>>;

enum Door {
    Up(Slot),
    /// The port is kept.
    Down(Option<TcpSocket>),
}

impl FaultProxy {
    /// Starts a proxy before `target`, on the one runtime that [`relatch`] has.
    ///
    /// # Errors
    /// When no port can be had, or the operating system refuses the runtime's threads.
    pub fn start(target: SocketAddr) -> io::Result<Self> {
        Self::open(target, None)
    }

    /// Starts one that speaks TLS with its clients, and none with `target`.
    ///
    /// # Errors
    /// Those of [`Self::start`].
    pub fn start_tls(target: SocketAddr, identity: Identity) -> io::Result<Self> {
        Self::open(target, Some(identity))
    }

    fn open(target: SocketAddr, identity: Option<Identity>) -> io::Result<Self> {
        let handle = relatch::runtime::handle().map_err(io::Error::other)?;
        let socket = reserve_new()?;
        let port = socket.local_addr()?.port();
        let (shared, door) = (Arc::new(Shared::new(target, identity)), Mutex::new(Door::Down(Some(socket))));
        let proxy = Self(Arc::new(Inner { shared, handle, port, door }));
        proxy.up()?;
        Ok(proxy)
    }

    /// Where it listens: `http://127.0.0.1:PORT`, or `https` with TLS.
    pub fn url(&self) -> String {
        let scheme = if self.0.shared.identity.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address())
    }

    /// Its address without the scheme.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.0.port))
    }

    /// Lets this go wrong, after what was said before.
    pub fn next(&self, fault: WireFault) {
        self.0.shared.add(fault);
    }

    /// How many faults have not happened yet.
    pub fn pending(&self) -> usize {
        self.0.shared.faults()
    }

    /// What has come through so far.
    pub fn seen(&self) -> Traffic {
        self.0.shared.traffic.borrow().clone()
    }

    /// Waits until what has come through is so, for at most `limit`.
    ///
    /// # Errors
    /// What has come through by then.
    pub async fn until(&self, limit: Duration, so: impl FnMut(&Traffic) -> bool) -> Result<(), Traffic> {
        let mut traffic = self.0.shared.traffic.subscribe();
        let met = tokio::time::timeout(limit, traffic.wait_for(so)).await.is_ok_and(|met| met.is_ok());
        if met { Ok(()) } else { Err(self.seen()) }
    }

    /// Lets all held exchanges go on.
    pub fn release(&self) {
        self.0.shared.release();
    }

    /// Ends the connections that wait for a request.
    pub fn close_idle(&self, cut: Cut) {
        self.0.shared.close_idle(cut);
    }

    /// Cuts all connections and stops listening: to connect is refused from now on. The port stays reserved.
    pub fn down(&self) {
        let mut door = lock(&self.0.door);
        if let Door::Up(slot) = &*door {
            drop(lock(slot).take());
            self.0.shared.cut_all();
            *door = Door::Down(reserve(self.0.port).ok());
        }
    }

    /// Listens again, on the same port.
    ///
    /// # Errors
    /// When the port has been lost.
    pub fn up(&self) -> io::Result<()> {
        let mut door = lock(&self.0.door);
        let Door::Down(socket) = &mut *door else { return Ok(()) };
        let socket = socket.take().map_or_else(|| reserve(self.0.port), Ok)?;
        let _context = self.0.handle.enter();
        let slot = Arc::new(Mutex::new(Some(socket.listen(BACKLOG)?)));
        let shared = &self.0.shared;
        self.0.handle.spawn(shared.until_cut(accept(Arc::clone(&slot), Arc::clone(shared))));
        *door = Door::Up(slot);
        Ok(())
    }
}

impl fmt::Debug for FaultProxy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FaultProxy").field("url", &self.url()).field("target", &self.0.shared.target).finish()
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        if let Door::Up(slot) = &*lock(&self.door) {
            drop(lock(slot).take());
        }
        self.shared.cut_all();
    }
}

/// Serves what connects until the listening socket is taken away.
async fn accept(slot: Slot, shared: Arc<Shared>) {
    while poll_fn(|context| poll_accept(&slot, &shared, context)).await {}
}

/// Ready when a connection has been accepted, and false when there is nothing to accept on. Under the lock, so that a
/// connection is there before or not at all when the socket is taken away.
fn poll_accept(slot: &Mutex<Option<TcpListener>>, shared: &Arc<Shared>, context: &mut Context<'_>) -> Poll<bool> {
    let listener = lock(slot);
    let Some(listener) = &*listener else { return Poll::Ready(false) };
    // An error says that the client is gone again.
    if let Ok((stream, _)) = ready!(listener.poll_accept(context)) {
        shared.note(|traffic| (traffic.connections, traffic.open) = (traffic.connections + 1, traffic.open + 1));
        let (serving, shared) = (shared.until_cut(exchange::serve(Arc::clone(shared), stream)), Arc::clone(shared));
        tokio::spawn(async move {
            serving.await;
            shared.note(|traffic| traffic.open -= 1);
        });
    }
    Poll::Ready(true)
}
