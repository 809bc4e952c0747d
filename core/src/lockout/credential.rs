//! How the ledger knows a credential again without holding it.

use ring::rand::{SecureRandom, SystemRandom};
use ring::{digest, hmac, pbkdf2};
use serde::{Deserialize, Serialize};

use crate::secret::wipe_stack;
use crate::time::UnixTime;

/// What this process names credentials by. It never leaves the process's memory, so that a stored [`Tag`] says nothing
/// to a program that guesses.
pub(crate) struct Key {
    key: hmac::Key,
    id: u64,
}

impl Key {
    /// A key that nobody knows.
    pub(crate) fn random() -> Self {
        use std::hash::BuildHasher;
        let mut bytes = [0; 32];
        // Where the system has no randomness this must not be a key that everybody knows.
        if SystemRandom::new().fill(&mut bytes).is_err() {
            for part in bytes.chunks_exact_mut(8) {
                part.copy_from_slice(&std::hash::RandomState::new().hash_one(part.as_ptr()).to_le_bytes());
            }
        }
        Self::new(&bytes)
    }

    pub(crate) fn new(bytes: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, bytes);
        let id = first(&hmac::sign(&key, b"the key's own name"));
        Self { key, id }
    }
}

fn first(tag: &hmac::Tag) -> u64 {
    tag.as_ref().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A credential by its keyed hash: fast, and comparable within the process that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tag {
    key: u64,
    mac: u64,
}

impl Tag {
    /// Whether both were made by one process, and those that it forked.
    pub(super) fn is_of_process(self, other: Self) -> bool {
        self.key == other.key
    }
}

/// What a request carries besides the credential, and what may be refused although the credential is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Along {
    /// Nothing.
    Nothing,
    /// A code of the time, which may come late.
    Code,
    /// What somebody typed.
    Typed,
}

/// A credential on its way to the ledger.
#[derive(Clone, Copy)]
pub(crate) struct Credential<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) tag: Tag,
    pub(super) along: Along,
    /// The process that sends it.
    pub(super) process: u32,
    /// Since when another ledger of this process knows that it is proven, if it does.
    pub(super) vouched_for: Option<UnixTime>,
}

impl<'a> Credential<'a> {
    pub(crate) fn new(key: &Key, bytes: &'a [u8], along: Along) -> Self {
        let tag = Tag { key: key.id, mac: first(&hmac::sign(&key.key, bytes)) };
        wipe_stack();
        Self { bytes, tag, along, process: std::process::id(), vouched_for: None }
    }

    /// This credential, of which another ledger of this process says since when it is proven: a ledger in a store that failed
    /// may not know.
    pub(crate) fn vouched_for(self, since: Option<UnixTime>) -> Self {
        Self { vouched_for: since, ..self }
    }
}

/// A salted hash that is slow to guess, for what other processes are to know again.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct SlowHash {
    salt: [u8; 16],
    digest: [u8; digest::SHA256_OUTPUT_LEN],
}

impl SlowHash {
    #[cfg(not(any(test, fuzzing)))]
    const ROUNDS: u32 = 100_000;
    #[cfg(any(test, fuzzing))]
    const ROUNDS: u32 = 1;

    fn new(credential: &[u8], salt: [u8; 16]) -> Self {
        let mut digest = [0; digest::SHA256_OUTPUT_LEN];
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, Self::rounds(), &salt, credential, &mut digest);
        wipe_stack();
        Self { salt, digest }
    }

    fn is(&self, credential: &[u8]) -> bool {
        let verified = pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, Self::rounds(), &self.salt, credential, &self.digest);
        wipe_stack();
        verified.is_ok()
    }

    const fn rounds() -> std::num::NonZeroU32 {
        std::num::NonZeroU32::new(Self::ROUNDS).expect("not zero")
    }
}

/// A credential that the ledger knows: one that was refused, or one that logged in.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Known {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<Tag>,
    #[serde(flatten)]
    slow: Option<SlowHash>,
    /// Since when, by the wall clock; nothing in a ledger of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unix: Option<i64>,
}

impl Known {
    /// With a salt other processes know it again as well.
    pub(super) fn new(credential: Credential, salt: Option<[u8; 16]>, now: UnixTime) -> Self {
        let slow = salt.map(|salt| SlowHash::new(credential.bytes, salt));
        Self { tag: Some(credential.tag), slow, unix: Some(now.0) }
    }

    /// None if only the slow hash can tell.
    fn quick(&self, credential: Credential) -> Option<bool> {
        match (self.tag, &self.slow) {
            (Some(tag), _) if tag.key == credential.tag.key => Some(tag.mac == credential.tag.mac),
            (_, None) => Some(false),
            (_, Some(_)) => None,
        }
    }

    pub(super) fn is(&self, credential: Credential) -> bool {
        self.quick(credential).unwrap_or_else(|| self.slow.as_ref().is_some_and(|slow| slow.is(credential.bytes)))
    }

    /// Whether telling takes a while.
    pub(super) fn is_slow_to_tell(&self, credential: Credential) -> bool {
        self.quick(credential).is_none()
    }

    /// Whether other processes know it as this credential, for certain and without hashing.
    pub(super) fn is_lastingly(&self, credential: Credential) -> bool {
        self.slow.is_some() && self.quick(credential) == Some(true)
    }

    /// Whether both are one credential, as far as that is known without hashing.
    pub(super) fn is_known_as(&self, other: &Self) -> bool {
        self.tag.is_some() && self.tag == other.tag
    }

    /// It was compared with the slow hash: from now on the quick one tells.
    pub(super) fn recognised(&mut self, credential: Credential) {
        self.tag = Some(credential.tag);
    }

    /// It holds from now on.
    pub(super) fn renewed(&mut self, now: UnixTime) {
        self.unix = Some(now.0);
    }

    /// What a wall clock that was ahead has stored is of now, as is what does not say since when.
    pub(super) fn bound(&mut self, now: UnixTime) {
        self.unix = Some(self.unix.map_or(now.0, |unix| unix.min(now.0)));
    }

    pub(super) fn since(&self) -> UnixTime {
        UnixTime(self.unix.unwrap_or_default())
    }
}
