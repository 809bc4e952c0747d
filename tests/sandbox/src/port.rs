//! Ports of 127.0.0.1.

use std::collections::HashSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Mutex, OnceLock};

use tokio::net::TcpSocket;

use crate::shared::lock;

/// So many ports in a row that were given before are passed over: then there are hardly others left.
const TRIES: usize = 100;

/// A socket that has a port of 127.0.0.1 but does not listen: to connect to it is refused, and the port stays ours.
pub(crate) fn reserve(port: u16) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections that were cut a moment ago must not keep the port. On Windows the option means something else.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    Ok(socket)
}

/// A socket with a port that nothing of this process has had. Clients remember for minutes what has failed at an address:
/// the next sandbox must not be taken for one that is gone.
pub(crate) fn reserve_new() -> io::Result<TcpSocket> {
    static GIVEN: OnceLock<Mutex<HashSet<u16>>> = OnceLock::new();
    // Kept until one is found, so that the system does not offer them again.
    let mut passed_over = Vec::new();
    loop {
        let socket = reserve(0)?;
        let is_new = lock(GIVEN.get_or_init(Mutex::default)).insert(socket.local_addr()?.port());
        if is_new || passed_over.len() == TRIES {
            return Ok(socket);
        }
        passed_over.push(socket);
    }
}
