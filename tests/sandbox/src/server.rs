//! Listening and connections.

use std::future::poll_fn;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;

use crate::exchange::{self, Connection};
use crate::sandbox::Inner;
use crate::shared::{Shared, Signals, lock};
use crate::socket::Socket;

/// Room for callers that all connect at once.
const BACKLOG: u32 = 1024;
/// After an error of accept, such as too many open files, which goes away only with time.
const PAUSE: Duration = Duration::from_millis(10);

/// A listening socket that is closed from outside of the task that accepts.
pub(crate) struct Listening {
    slot: Arc<Mutex<Option<TcpListener>>>,
    pub(crate) address: SocketAddr,
}

impl Listening {
    /// Listens, and serves what connects until it is closed.
    pub(crate) fn open(handle: &Handle, socket: TcpSocket, shared: Arc<Shared>, door: Door) -> io::Result<Self> {
        let _context = handle.enter();
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        let slot = Arc::new(Mutex::new(Some(listener)));
        handle.spawn(accept(Arc::clone(&slot), shared, door));
        Ok(Self { slot, address })
    }

    /// Stops listening before it returns.
    pub(crate) fn close(&self) {
        if let Some(listener) = lock(&self.slot).take() {
            // A forked child may hold a copy, which would go on accepting connections that nobody serves. Systems
            // that cannot do this say so, and closing has to be enough there.
            let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
        }
    }
}

/// What a listening socket is for.
#[derive(Clone)]
pub(crate) struct Door {
    pub(crate) epoch: u64,
    pub(crate) only_control: bool,
    pub(crate) sandbox: Weak<Inner>,
}

impl Door {
    /// Whether its connections are to be served no more.
    pub(crate) fn closed(&self, signals: &Signals) -> bool {
        signals.stopped || (!self.only_control && signals.epoch != self.epoch)
    }
}

async fn accept(slot: Arc<Mutex<Option<TcpListener>>>, shared: Arc<Shared>, door: Door) {
    let closed = shared.signalled(|signals| door.closed(signals));
    let mut closed = pin!(closed);
    loop {
        let next = poll_fn(|context| poll_accept(&slot, context));
        let accepted = tokio::select! { accepted = next => accepted, () = &mut closed => return };
        match accepted {
            None => return,
            Some(Ok(stream)) => drop(tokio::spawn(serve(stream, Arc::clone(&shared), door.clone()))),
            Some(Err(_)) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Nothing once the listener has been closed.
fn poll_accept(slot: &Mutex<Option<TcpListener>>, context: &mut Context<'_>) -> Poll<Option<io::Result<TcpStream>>> {
    match &*lock(slot) {
        None => Poll::Ready(None),
        Some(listener) => listener.poll_accept(context).map(|accepted| Some(accepted.map(|(stream, _)| stream))),
    }
}

/// Serves a connection until the client or the sandbox ends it.
async fn serve(stream: TcpStream, shared: Arc<Shared>, door: Door) {
    let _open = Open::new(&shared);
    let connection = Arc::new(Connection::new(door.clone()));
    let service = service_fn(|request| exchange::serve(Arc::clone(&shared), Arc::clone(&connection), request));
    let served = http1::Builder::new().auto_date_header(false).serve_connection(Socket::new(stream), service);
    let mut served = pin!(served);
    tokio::select! {
        // An error says that one of the two sides has cut the connection, which is nothing to tell anybody.
        _ = served.as_mut() => return,
        () = shared.signalled(|signals| door.closed(signals)) => {}
    }
    if connection.controlling.load(Ordering::Acquire) {
        served.as_mut().graceful_shutdown();
        let _ = served.await;
    }
}

/// Counts a connection as open as long as it lives.
struct Open<'a>(&'a Shared);

impl<'a> Open<'a> {
    fn new(shared: &'a Shared) -> Self {
        shared.open.send_modify(|open| *open += 1);
        Self(shared)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}
