//! What must never be printed: the type that holds it. What keeps it out of foreign text is in `foreign_text`.

use std::fmt;

use zeroize::Zeroize;

/// A password, token or key: its own copy is wiped when dropped, and it is shown as `[redacted]` by every formatter.
///
/// ```
/// let secret = relatch::Secret::new("made up");
/// assert_eq!(format!("{secret:?}"), "[redacted]");
/// assert_eq!(secret.expose(), "made up");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes the secret over.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into().into_boxed_str())
    }

    /// Whether a header can carry it: printable ASCII, and something.
    pub(crate) fn is_sendable(&self) -> bool {
        !self.0.trim().is_empty() && self.0.bytes().all(|byte| (0x20..0x7f).contains(&byte))
    }

    /// The secret itself, for the one place that sends or stores it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<String> for Secret {
    fn from(secret: String) -> Self {
        Self::new(secret)
    }
}

impl From<&str> for Secret {
    fn from(secret: &str) -> Self {
        Self::new(secret)
    }
}

/// Overwrites what functions that have returned left on the stack below the caller: a hash keeps the last block of its
/// input there.
#[inline(never)]
pub(crate) fn wipe_stack() {
    // More than the frames of a hash.
    let mut left = [0_u8; 8192];
    std::hint::black_box(&mut left).zeroize();
    std::hint::black_box(&left);
}
