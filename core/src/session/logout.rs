//! A logout on its way to the server.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::system::runtime::Running;

/// What [`Session::logout`](super::Session::logout) returns: ready when the server has been told, at once where there is
/// nothing to tell.
#[derive(Debug)]
pub struct LogoutFuture(pub(super) Option<Running<()>>);

impl Future for LogoutFuture {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(task) = &mut self.0 else { return Poll::Ready(()) };
        // However telling it ended, the session is over.
        let told = Pin::new(task).poll(context).map(|_| ());
        if told.is_ready() {
            self.0 = None;
        }
        told
    }
}
