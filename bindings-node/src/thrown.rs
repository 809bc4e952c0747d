//! What a callback in JavaScript threw, as an error of Rust's.

use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Weak};

use crate::mailbox::{Mailbox, Message};

/// What a callback threw: the value stays in JavaScript, which forgets it when no error carries it any more.
pub(crate) struct Thrown {
    mailbox: Weak<Mailbox>,
    number: u32,
}

impl Thrown {
    /// What the environment of this mailbox holds by that number.
    pub(crate) fn new(mailbox: &Arc<Mailbox>, number: u32) -> Self {
        Self { mailbox: Arc::downgrade(mailbox), number }
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }
}

impl Drop for Thrown {
    fn drop(&mut self) {
        if let Some(mailbox) = self.mailbox.upgrade() {
            mailbox.post(Message { forget: Some(self.number), ..Message::default() });
        }
    }
}

impl fmt::Debug for Thrown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Thrown")
    }
}

impl fmt::Display for Thrown {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the callback threw")
    }
}

impl StdError for Thrown {}
