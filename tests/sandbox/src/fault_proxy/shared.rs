//! What a proxy's connections and its handle have in common.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;

use tokio::sync::watch;

use super::fault::{Cut, Stage, WireFault};
use super::identity::Identity;
use crate::shared::lock;

/// What has come through a proxy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections that were accepted.
    pub connections: u64,
    /// Those among them that have not ended: one that was closed in order ends when the client has closed it too.
    pub open: u64,
    /// Connections that wait for a request now.
    pub idle: u64,
    /// Exchanges that are held now.
    pub held: u64,
    /// Bytes of requests, or in tunnels, that were passed on.
    pub to_server: u64,
    /// Bytes of answers, or in tunnels, that were passed back.
    pub to_client: u64,
    /// The method and the target of each request whose head came whole, with a blank between.
    pub requests: Vec<String>,
}

impl Traffic {
    /// How many requests there were for that path, wherever it was said to be.
    pub fn asked(&self, path: &str) -> usize {
        self.requests.iter().filter(|request| request.ends_with(path)).count()
    }
}

/// What connections are told.
#[derive(Clone, Copy, Default)]
struct Signals {
    releases: u64,
    closings: u64,
    closing: Option<Cut>,
    /// Grows when all connections are to be cut.
    epoch: u64,
}

pub(super) struct Shared {
    pub(super) target: SocketAddr,
    pub(super) identity: Option<Identity>,
    pub(super) traffic: watch::Sender<Traffic>,
    faults: Mutex<VecDeque<WireFault>>,
    signals: watch::Sender<Signals>,
}

impl Shared {
    pub(super) fn new(target: SocketAddr, identity: Option<Identity>) -> Self {
        let (traffic, signals) = (watch::channel(Traffic::default()).0, watch::channel(Signals::default()).0);
        Self { target, identity, traffic, faults: Mutex::default(), signals }
    }

    pub(super) fn note(&self, change: impl FnOnce(&mut Traffic)) {
        self.traffic.send_modify(change);
    }

    /// Notes a request, and says whether it asks for a tunnel.
    pub(super) fn note_request(&self, head: &[u8]) -> bool {
        let head = String::from_utf8_lossy(head);
        let mut words = head.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        self.note(|traffic| traffic.requests.push(format!("{method} {target}")));
        method == "CONNECT"
    }

    pub(super) fn add(&self, fault: WireFault) {
        lock(&self.faults).push_back(fault);
    }

    /// The next fault, if this is what it waits for.
    pub(super) fn take(&self, stage: Stage) -> Option<WireFault> {
        let mut faults = lock(&self.faults);
        let is_next = faults.front().is_some_and(|fault| fault.stage() == stage);
        if is_next { faults.pop_front() } else { None }
    }

    pub(super) fn faults(&self) -> usize {
        lock(&self.faults).len()
    }

    pub(super) fn release(&self) {
        self.signals.send_modify(|signals| signals.releases += 1);
    }

    /// Waits for the next release.
    pub(super) async fn hold(&self) {
        let mut signals = self.signals.subscribe();
        let releases = signals.borrow_and_update().releases;
        self.note(|traffic| traffic.held += 1);
        // The sender lives in `self`, so this cannot fail.
        let _ = signals.wait_for(|signals| signals.releases > releases).await;
        self.note(|traffic| traffic.held -= 1);
    }

    pub(super) fn close_idle(&self, cut: Cut) {
        self.signals.send_modify(|signals| (signals.closings, signals.closing) = (signals.closings + 1, Some(cut)));
    }

    /// Counts a connection as idle as long as the result lives.
    pub(super) fn idle(&self) -> Idle<'_> {
        let signals = self.signals.subscribe();
        let closings = signals.borrow().closings;
        self.note(|traffic| traffic.idle += 1);
        Idle { shared: self, signals, closings }
    }

    /// Cuts all connections.
    pub(super) fn cut_all(&self) {
        self.signals.send_modify(|signals| signals.epoch += 1);
    }

    /// Does this until all connections are cut after this call.
    pub(super) fn until_cut<T: Future<Output = ()>>(&self, act: T) -> impl Future<Output = ()> + use<T> {
        let mut signals = self.signals.subscribe();
        let epoch = signals.borrow().epoch;
        async move {
            tokio::select! {
                () = act => {}
                _ = signals.wait_for(|signals| signals.epoch != epoch) => {}
            }
        }
    }
}

/// A connection that waits for a request.
pub(super) struct Idle<'a> {
    shared: &'a Shared,
    signals: watch::Receiver<Signals>,
    closings: u64,
}

impl Idle<'_> {
    /// Waits until idle connections are to be closed.
    pub(super) async fn told_to_close(&mut self) -> Cut {
        let told = self.signals.wait_for(|signals| signals.closings > self.closings).await;
        told.ok().and_then(|signals| signals.closing).unwrap_or(Cut::Close)
    }
}

impl Drop for Idle<'_> {
    fn drop(&mut self) {
        self.shared.note(|traffic| traffic.idle -= 1);
    }
}
