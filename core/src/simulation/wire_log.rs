//! What went over the simulated wire, as the client saw it: every exchange, how it ended, and what may not happen.

use std::collections::HashMap;

use crate::time::BootTime;

/// What an exchange carried.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Carried {
    /// The credentials of this user.
    Login(String),
    /// This refresh token.
    Refresh(String),
    /// Neither.
    Other,
}

/// How it ended, as the client knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Not yet; or the process that sent it is gone.
    Open,
    NotSent,
    /// The server said that it did not look at it.
    NotLookedAt,
    /// A whole answer, which let nobody in.
    Answered,
    Granted,
    Lost,
}

pub(super) struct Entry {
    pub(super) carried: Carried,
    pub(super) process: u32,
    /// Whose credentials or token it carried.
    user: String,
    pub(super) at: BootTime,
    pub(super) end: End,
    /// The process that sent it still waits.
    pub(super) active: bool,
}

#[derive(Default)]
pub(super) struct WireLog {
    pub(super) entries: Vec<Entry>,
    /// Until when the server asked the accounts of a process to wait.
    pauses: HashMap<(u32, String), BootTime>,
}

impl WireLog {
    /// Enters an exchange and says what is wrong with it, if anything.
    pub(super) fn begin(
        &mut self,
        carried: Carried,
        user: String,
        process: u32,
        at: BootTime,
    ) -> (usize, Option<String>) {
        let paused = self.pauses.get(&(process, user.clone())).filter(|until| at < **until);
        let paused = paused.map(|until| format!("{carried:?} goes out at {at:?}, and the server asked for {until:?}"));
        let broken = match &carried {
            Carried::Refresh(token) => {
                let mut before = self.entries.iter().filter(|entry| entry.carried == carried);
                let spent = before.find(|entry| !matches!(entry.end, End::NotSent | End::NotLookedAt));
                spent.map(|entry| format!("invariant 4: {token} goes out again, {:?} since {:?}", entry.end, entry.at))
            }
            Carried::Login(user) => {
                let mut active = self.entries.iter().filter(|entry| entry.active && entry.process == process);
                let other = active.find(|entry| entry.carried == carried);
                other.map(|_| format!("invariant 1: two logins of {user} at once in process {process}"))
            }
            Carried::Other => None,
        };
        self.entries.push(Entry { carried, process, user, at, end: End::Open, active: true });
        (self.entries.len() - 1, broken.or(paused))
    }

    /// The server asked the account of this exchange to wait.
    pub(super) fn pause(&mut self, number: usize, until: BootTime) {
        let entry = &self.entries[number];
        let known = self.pauses.entry((entry.process, entry.user.clone())).or_default();
        *known = until.max(*known);
    }

    pub(super) fn count(&self, wanted: impl Fn(&Entry) -> bool) -> usize {
        self.entries.iter().filter(|entry| wanted(entry)).count()
    }
}
