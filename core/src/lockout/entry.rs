//! One login in the ledger, and how several of them are told.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::credential::{Credential, Tag};
use super::{LATE, LockoutRule, SLACK};
use crate::time::{BootTime, Now};

/// What is known of how it ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum End {
    /// It is under way, or its process is gone.
    #[default]
    Open,
    /// No answer came.
    Lost,
    /// The answer does not say what the server did.
    Unknown,
    /// The server refused it.
    Rejected,
    /// What answered is no login endpoint.
    Unjudged,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde wants it
fn is_zero(status: &u16) -> bool {
    *status == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_open(end: &End) -> bool {
    *end == End::Open
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_no_process(process: &u32) -> bool {
    *process == 0
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)] // each is stored by itself
pub(super) struct Entry {
    pub(super) number: u64,
    pub(super) boot: i64,
    pub(super) unix: i64,
    /// Whether it may count from a later time on than this.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) late: bool,
    #[serde(default, skip_serializing_if = "is_open")]
    pub(super) end: End,
    /// The HTTP status of the answer, or none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub(super) status: u16,
    /// Whose credential it carried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) of: Option<Tag>,
    /// Which process has it on its way.
    #[serde(default, skip_serializing_if = "is_no_process")]
    pub(super) by: u32,
    /// It carried something else that may have been refused although the credential was right.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) doubtful: bool,
    /// Its credential has logged in since, so that it counts only if something is rejected after that: it may have arrived
    /// late, and found another password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) void: bool,
    /// It was sent by force; of one that has ended: a login by force got in with the same credential after it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) forced: bool,
}

impl Entry {
    /// A time, as the ledger stores it.
    pub(super) fn time(now: Now, at: BootTime) -> Self {
        let (boot, unix) = (at.0, now.unix_at(at).0);
        Self {
            number: 0,
            boot,
            unix,
            late: false,
            end: End::Open,
            status: 0,
            of: None,
            by: 0,
            doubtful: false,
            void: false,
            forced: false,
        }
    }

    /// When it stops to count.
    pub(super) fn over_at(&self, rule: LockoutRule) -> BootTime {
        let late = if self.late { LATE } else { Duration::ZERO };
        BootTime(self.boot).after(rule.window).after(SLACK).after(late)
    }

    /// Puts it at `latest` if it lies after that, by both clocks: the next restart of the machine goes by the wall's.
    pub(super) fn bound(&mut self, now: Now, latest: BootTime) {
        if self.boot > latest.0 {
            (self.boot, self.unix) = (latest.0, now.unix_at(latest).0);
        }
    }

    /// Whether the server may have counted it.
    pub(super) fn may_count(&self) -> bool {
        self.end != End::Unjudged && !self.void
    }

    /// Whether it may matter still, now that this credential has logged in.
    pub(super) fn survives(&mut self, proven: Tag, now: BootTime) -> bool {
        if self.of != Some(proven) || self.end == End::Rejected || self.doubtful {
            return self.end != End::Unjudged;
        }
        // What was answered was judged before.
        self.void = matches!(self.end, End::Open | End::Lost) && now < BootTime(self.boot).after(LATE);
        self.void
    }

    /// Whether this credential was rejected, and not what went along with it.
    pub(super) fn is_rejection_of(&self, credential: Tag) -> bool {
        self.of == Some(credential) && self.end == End::Rejected && !self.doubtful
    }

    /// Whether that does not hold the credential back, for somebody who knew better sent it by force and it got in.
    pub(super) fn is_pardoned_for(&self, credential: Tag) -> bool {
        self.is_rejection_of(credential) && self.forced
    }

    /// Whether the process that sent it is the one that is to send this credential, which then knows how it ended.
    pub(super) fn is_by_sender_of(&self, credential: Credential) -> bool {
        // One that was forked names credentials as its parent does.
        self.by == credential.process && self.of.is_some_and(|tag| tag.is_of_process(credential.tag))
    }

    fn words(&self) -> String {
        match self.end {
            End::Open => "a login whose end is not known".to_owned(),
            End::Lost => "a login without an answer".to_owned(),
            _ => format!("HTTP {}", self.status),
        }
    }
}

/// How these ended, as in `HTTP 401 and HTTP 500 twice`.
pub(super) fn told<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    for words in entries.into_iter().map(Entry::words) {
        match counts.iter_mut().find(|(known, _)| *known == words) {
            Some((_, count)) => *count += 1,
            None => counts.push((words, 1)),
        }
    }
    let mut told = String::new();
    for (index, (words, count)) in counts.iter().enumerate() {
        told.push_str(match index {
            0 => "",
            _ if index + 1 == counts.len() => " and ",
            _ => ", ",
        });
        told.push_str(words);
        match count {
            1 => {}
            2 => told.push_str(" twice"),
            // A text takes whatever is written to it.
            _ => drop(write!(told, " {count} times")),
        }
    }
    told
}
