//! Looks up names: one look-up at a time for a host, on threads that a silent name server cannot use up.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

use super::lookup_queue::{LookupQueue, Standing};
use crate::base_url::is_loopback;
use crate::system::clock::Clock;
use crate::system::fork::PerProcess;
use crate::system::locked;
use crate::system::runtime;
use crate::time::BootTime;

/// Addresses that were found are good for so long where a look-up fails or does not end.
const GOOD: Duration = Duration::from_secs(3_600);
/// A failure is remembered for so long.
const BAD: Duration = Duration::from_secs(600);
/// How long a caller waits who could do with the addresses that were found before.
const PATIENCE: Duration = Duration::from_millis(500);
/// How long a caller waits at most: less than connecting may take, so that the error can say what it waited for.
const LONGEST: Duration = Duration::from_millis(4_500);
/// More hosts than any program talks to; names may come from a form on a page.
const MOST_HOSTS: usize = 4_096;
/// The look-up needs little of it, and there may be many.
const STACK: usize = 256 << 10;

type Found = Result<Arc<[IpAddr]>, Arc<io::Error>>;
type LookUp = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// The names of a process. A child forgets its parent's, with the threads that it does not have.
pub(super) struct Resolver {
    look_up: Box<LookUp>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    hosts: HashMap<Arc<str>, Host>,
    queue: LookupQueue<Arc<str>>,
}

#[derive(Default)]
struct Host {
    found: Option<(Arc<[IpAddr]>, BootTime)>,
    failed: Option<BootTime>,
    under_way: Option<(watch::Sender<Option<Found>>, BootTime)>,
}

/// A look-up that somebody waits for.
struct Joined {
    answer: watch::Receiver<Option<Found>>,
    /// The addresses that were found before.
    kept: Option<Arc<[IpAddr]>>,
    begun: BootTime,
}

/// Why a name has no address.
#[derive(Clone, Debug)]
pub(super) enum NoAddress {
    /// The system's resolver says so.
    Failed(Arc<io::Error>),
    /// No answer came in time.
    NoAnswer,
}

static RESOLVER: PerProcess<Arc<Resolver>> = PerProcess::new();

/// This process's resolver.
pub(super) fn resolver() -> Arc<Resolver> {
    let make = || Ok::<_, std::convert::Infallible>(Arc::new(Resolver::new(Box::new(by_system), Clock::system())));
    match RESOLVER.with(make, |_| (), Arc::clone) {
        Ok(resolver) => resolver,
        Err(never) => match never {},
    }
}

fn by_system(host: &str) -> io::Result<Vec<IpAddr>> {
    Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect())
}

impl Resolver {
    fn new(look_up: Box<LookUp>, clock: Clock) -> Self {
        Self { look_up, clock, state: Mutex::default() }
    }

    /// The addresses of `host`, which is a name and no address.
    ///
    /// Names of this machine are its own addresses, whatever a name server says: what is sent to them may be in clear.
    pub(super) async fn addresses(self: &Arc<Self>, host: &str) -> Result<Arc<[IpAddr]>, NoAddress> {
        if is_loopback(host) {
            return Ok([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].into());
        }
        let Joined { mut answer, kept, begun } = self.join(host);
        let now = self.clock.boot_time();
        let patience = if kept.is_some() { PATIENCE } else { LONGEST };
        // Who comes while a look-up hangs need not find that out again.
        let waited = if kept.is_some() { begun.until(now) } else { Duration::ZERO };
        let answered = async { answer.wait_for(Option::is_some).await.ok().and_then(|found| found.clone()) };
        let found = tokio::select! {
            biased;
            found = answered => Some(found.unwrap_or_else(|| Err(Arc::new(io::Error::other("the look-up was given up"))))),
            () = runtime::sleep(patience.saturating_sub(waited)) => None,
        };
        match (found, kept) {
            (Some(Ok(addresses)), _) if !addresses.is_empty() => Ok(addresses),
            (_, Some(kept)) => Ok(kept),
            (Some(Err(error)), None) => Err(NoAddress::Failed(error)),
            (Some(Ok(_)), None) => Err(NoAddress::Failed(Arc::new(io::Error::other("the name has no address")))),
            (None, None) => Err(NoAddress::NoAnswer),
        }
    }

    /// The look-up that is under way, or a new one.
    fn join(self: &Arc<Self>, host: &str) -> Joined {
        let now = self.clock.boot_time();
        let mut state = self.state();
        state.sweep(now);
        let name: Arc<str> = host.to_ascii_lowercase().into();
        let entry = state.hosts.entry(Arc::clone(&name)).or_default();
        let kept = entry.found.as_ref().filter(|(_, at)| at.until(now) < GOOD).map(|(found, _)| Arc::clone(found));
        if let Some((sender, begun)) = &entry.under_way {
            return Joined { answer: sender.subscribe(), kept, begun: *begun };
        }
        let (sender, receiver) = watch::channel(None);
        entry.under_way = Some((sender, now));
        let standing = entry.standing(now);
        let begins = state.queue.begin(name, standing);
        drop(state);
        if let Some(name) = begins {
            self.begin(name);
        }
        Joined { answer: receiver, kept, begun: now }
    }

    /// On a thread of its own, which goes on with the look-up that waits next.
    fn begin(self: &Arc<Self>, mut name: Arc<str>) {
        loop {
            let (resolver, host) = (Arc::clone(self), Arc::clone(&name));
            let thread = thread::Builder::new().name("relatch-lookup".into()).stack_size(STACK);
            let Err(error) = thread.spawn(move || resolver.run(host)) else { return };
            match self.end(&name, Err(Arc::new(error)), Duration::ZERO) {
                Some(next) => name = next,
                None => return,
            }
        }
    }

    fn run(&self, host: Arc<str>) {
        let mut next = Some(host);
        while let Some(host) = next {
            let begun = self.clock.boot_time();
            let found = (self.look_up)(&host).map(Arc::from).map_err(Arc::new);
            next = self.end(&host, found, begun.until(self.clock.boot_time()));
        }
    }

    /// Tells the waiters, and returns the look-up that may begin now.
    fn end(&self, name: &Arc<str>, found: Found, took: Duration) -> Option<Arc<str>> {
        let now = self.clock.boot_time();
        let mut state = self.state();
        let under_way = state.hosts.get_mut(name).and_then(|host| {
            host.failed = (found.is_err() || took > LONGEST).then_some(now);
            if let Some(addresses) = found.as_ref().ok().filter(|addresses| !addresses.is_empty()) {
                host.found = Some((Arc::clone(addresses), now));
            }
            host.under_way.take()
        });
        let next = state.queue.end();
        drop(state);
        if let Some((sender, _)) = under_way {
            sender.send_replace(Some(found));
        }
        next
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

impl Host {
    fn standing(&self, now: BootTime) -> Standing {
        let is_recent = |at: Option<BootTime>, limit| at.is_some_and(|at| at.until(now) < limit);
        if is_recent(self.found.as_ref().map(|(_, at)| *at), GOOD) {
            Standing::Found
        } else if is_recent(self.failed, BAD) {
            Standing::Failed
        } else {
            Standing::New
        }
    }
}

impl State {
    /// Names that nothing is known of any more, and all but those under way where there are too many.
    fn sweep(&mut self, now: BootTime) {
        if self.hosts.len() >= MOST_HOSTS {
            self.hosts.retain(|_, host| host.under_way.is_some() || host.standing(now) != Standing::New);
        }
        if self.hosts.len() >= MOST_HOSTS {
            self.hosts.retain(|_, host| host.under_way.is_some());
        }
    }
}

impl fmt::Display for NoAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(error) => error.fmt(formatter),
            Self::NoAnswer => formatter.write_str("looking up its name got no answer"),
        }
    }
}

impl StdError for NoAddress {}

impl reqwest::dns::Resolve for Resolver {
    fn resolve(&self, name: reqwest::dns::Name) -> reqwest::dns::Resolving {
        Box::pin(async move {
            let found = resolver().addresses(name.as_str()).await?;
            let addresses: Vec<_> = found.iter().map(|address| SocketAddr::new(*address, 0)).collect();
            Ok(Box::new(addresses.into_iter()) as reqwest::dns::Addrs)
        })
    }
}

#[cfg(test)]
#[path = "resolver_tests.rs"]
mod tests;
