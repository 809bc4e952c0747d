//! What a ledger knows of the credentials of its account: which have logged in, and which were rejected.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::credential::{Along, Credential, Known};
use crate::time::{Now, UnixTime};

/// For so long a refused credential is remembered, and one that logged in.
const REFUSED_FOR: Duration = Duration::from_secs(7 * 86_400);
const PROVEN_FOR: Duration = Duration::from_secs(90 * 86_400);

/// So many credentials of one account are known to be good: a password and an MPIN can both be.
const MOST_PROVEN: usize = 4;

/// So many rejected credentials of one account are told apart. With one more, the oldest may have been any.
const MOST_REJECTIONS: usize = 4;

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Credentials {
    /// What the server refused as wrong, until something logs in.
    pub(super) refused: Option<Known>,
    /// When a credential was rejected last of which it is not known any more which one it was, by the wall clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rejected: Option<i64>,
    /// The credentials that were rejected, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rejections: Vec<Known>,
    /// The credentials that have logged in and were not refused since, the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) proven: Vec<Known>,
}

impl Credentials {
    /// What a wall clock that was ahead has stored is of now.
    pub(super) fn bound(&mut self, now: Now) {
        for known in self.refused.iter_mut().chain(&mut self.proven).chain(&mut self.rejections) {
            known.bound(now.unix);
        }
        self.rejected = self.rejected.map(|at| at.min(now.unix.0));
    }

    /// Whether the server has refused this credential as wrong, and nothing has logged in since.
    pub(super) fn is_refused(&self, credential: Credential) -> bool {
        self.refused.as_ref().is_some_and(|refused| refused.is(credential))
    }

    /// Whether this credential has logged in and was not refused since. What somebody types is new each time.
    pub(super) fn is_proven(&mut self, credential: Credential) -> bool {
        if credential.along == Along::Typed {
            return false;
        }
        if credential.vouched_for.is_some_and(|since| !self.may_be_rejected_since(since, credential)) {
            return true;
        }
        let found = self.proven.iter_mut().find(|known| known.is(credential));
        found.map(|known| known.recognised(credential)).is_some()
    }

    /// Whether another process may have seen the rejection of what this one trusts since then.
    fn may_be_rejected_since(&self, since: UnixTime, credential: Credential) -> bool {
        let mut later = self.rejections.iter().filter(|known| known.since() >= since);
        self.rejected.is_some_and(|at| at >= since.0) || later.any(|known| known.is(credential))
    }

    /// When this process has logged in with the credential, if it has and was not refused since.
    pub(super) fn vouches_for(&self, credential: Credential) -> Option<UnixTime> {
        let mut proven = self.proven.iter();
        proven.find(|known| !known.is_slow_to_tell(credential) && known.is(credential)).map(Known::since)
    }

    /// The credential has logged in.
    pub(super) fn prove(&mut self, now: Now, credential: Credential, salt: Option<[u8; 16]>) {
        let known = self.known(now, credential, salt);
        self.proven.retain(|other| !other.is(credential));
        self.proven.push(known);
        self.proven.drain(..self.proven.len().saturating_sub(MOST_PROVEN));
        self.refused = None;
    }

    /// The credential was rejected; `as_wrong`: and it was the credential that was wrong.
    pub(super) fn reject(&mut self, now: Now, credential: Credential, as_wrong: bool, salt: Option<[u8; 16]>) {
        let known = self.known(now, credential, salt);
        self.proven.retain(|known| !known.is(credential));
        if as_wrong {
            self.refused = Some(known.clone());
        }
        // Only a ledger that other processes read is asked about what they trust.
        if salt.is_some() {
            self.keep_rejection(known);
        }
    }

    fn keep_rejection(&mut self, known: Known) {
        self.rejections.retain(|other| !other.is_known_as(&known));
        self.rejections.push(known);
        let over = self.rejections.len().saturating_sub(MOST_REJECTIONS);
        let forgotten = self.rejections.drain(..over).map(|known| known.since().0);
        self.rejected = forgotten.chain(self.rejected).max();
    }

    /// What is kept of a credential from now on. A slow hash that is there already is not made again.
    fn known(&self, now: Now, credential: Credential, salt: Option<[u8; 16]>) -> Known {
        let mut kept = self.kept().filter(|known| salt.is_some() && known.is_lastingly(credential));
        let mut known = kept.next().cloned().unwrap_or_else(|| Known::new(credential, salt, now.unix));
        known.renewed(now.unix);
        known
    }

    fn kept(&self) -> impl Iterator<Item = &Known> {
        self.proven.iter().chain(&self.refused).chain(&self.rejections)
    }

    /// Whether to begin or to settle a login with this credential may take a while, because it is compared with what only
    /// a slow hash tells; `lasting`: or because one is made.
    pub(super) fn may_hash(&self, credential: Credential, lasting: bool) -> bool {
        let is_later = |known: &&Known| credential.vouched_for.is_some_and(|since| known.since() >= since);
        let compared = self.refused.iter().chain(&self.proven).chain(self.rejections.iter().filter(is_later));
        let is_compared = compared.into_iter().any(|known| known.is_slow_to_tell(credential));
        is_compared || lasting && !self.kept().any(|known| known.is_lastingly(credential))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rejected.is_none() && self.kept().next().is_none()
    }

    /// Until when any of it is remembered, by the wall clock.
    pub(super) fn known_until(&self) -> Option<UnixTime> {
        let refused = self.refused.iter().chain(&self.rejections).map(Known::since).chain(self.rejected.map(UnixTime));
        let proven = self.proven.iter().map(|proven| proven.since().after(PROVEN_FOR));
        refused.map(|at| at.after(REFUSED_FOR)).chain(proven).max()
    }

    /// Forgets what does not matter any more.
    pub(super) fn forget_old(&mut self, now: Now) {
        let lasts = |known: &Known, time: Duration| known.since().after(time) > now.unix;
        self.refused.take_if(|refused| !lasts(refused, REFUSED_FOR));
        self.rejected.take_if(|at| UnixTime(*at).after(REFUSED_FOR) <= now.unix);
        self.rejections.retain(|rejected| lasts(rejected, REFUSED_FOR));
        self.proven.retain(|proven| lasts(proven, PROVEN_FOR));
    }
}
