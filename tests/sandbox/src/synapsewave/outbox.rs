//! The one-time passwords that the server sends to its users, who get them by text message elsewhere.

use serde::{Deserialize, Serialize};

use crate::clock::{milliseconds, seconds};

/// What an OTP is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To log in.
    Login,
    /// To set a new password, or to register a TOTP: the vendor has one endpoint for both.
    Password,
    /// To set a new MPIN and fingerprint.
    Mpin,
    /// To register a TOTP. Sent only by the control call.
    Totp,
}

/// An OTP that was sent.
#[derive(Clone, PartialEq, Serialize)]
pub struct Sent {
    /// To whom.
    pub user_id: String,
    /// What for.
    pub purpose: Purpose,
    /// The OTP, six digits.
    pub otp: String,
    /// When, in seconds since 1970 by the server's clock.
    pub at: f64,
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Sent")
            .field("user_id", &self.user_id)
            .field("purpose", &self.purpose)
            .finish_non_exhaustive()
    }
}

struct Pending {
    user_id: String,
    purpose: Purpose,
    otp: String,
    /// Milliseconds since 1970.
    expires: i64,
}

/// Everything that was sent, and the OTPs that are still good: the last one for each user and purpose.
#[derive(Default)]
pub(super) struct Outbox {
    sent: Vec<Sent>,
    pending: Vec<Pending>,
}

impl Outbox {
    /// Sends an OTP, which takes the place of one sent for the same purpose before.
    pub(super) fn send(&mut self, user_id: &str, purpose: Purpose, random: [u8; 4], now: i64, lifetime: f64) -> String {
        let otp = format!("{:06}", u32::from_be_bytes(random) % 1_000_000);
        self.pending.retain(|pending| pending.user_id != user_id || pending.purpose != purpose);
        let expires = now.saturating_add(milliseconds(lifetime));
        self.pending.push(Pending { user_id: user_id.to_owned(), purpose, otp: otp.clone(), expires });
        self.sent.push(Sent { user_id: user_id.to_owned(), purpose, otp: otp.clone(), at: seconds(now) });
        otp
    }

    /// Whether an OTP is good for one of these purposes.
    pub(super) fn is_good(&self, user_id: &str, purposes: &[Purpose], otp: &str, now: i64) -> bool {
        self.pending.iter().any(|pending| pending.is(user_id, purposes, otp) && now < pending.expires)
    }

    /// Uses up an OTP that has been found good.
    pub(super) fn spend(&mut self, user_id: &str, purposes: &[Purpose], otp: &str) {
        self.pending.retain(|pending| !pending.is(user_id, purposes, otp));
    }

    pub(super) fn sent(&self) -> &[Sent] {
        &self.sent
    }
}

impl Pending {
    fn is(&self, user_id: &str, purposes: &[Purpose], otp: &str) -> bool {
        self.user_id == user_id && purposes.contains(&self.purpose) && self.otp == otp
    }
}
