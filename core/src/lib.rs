//! Logs in to a trading or registry API once and keeps the session valid.
//!
//! [`login`] returns a [`Session`]. It hands out access tokens, refreshes them on its own, and keeps its promise under
//! concurrent and cancelled callers, lost answers, forks and sleeping laptops: one refresh on the wire, no caller fails,
//! and the account is never locked.
//!
//! ```no_run
//! # async fn example() -> Result<(), relatch::Error> {
//! use relatch::{Options, SevenG};
//!
//! let provider = SevenG::builder().username("api_user").password("made up").environment("test").build()?;
//! let session = relatch::login(provider, Options::default()).await?;
//! for (name, value) in session.headers().await? {
//!     println!("{name}: {} characters", value.len());
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(any(test, fuzzing))]
pub mod properties;

mod account;
mod backlog;
mod base_url;
mod carried;
mod cool_down;
mod endpoints;
mod error;
mod event;
mod factor;
mod foreign_text;
mod freshness;
mod grant;
mod identity;
mod json;
mod jwt;
mod keeper;
mod lifecycle;
mod lockout;
mod moment;
mod policy;
mod provider;
mod secret;
mod session;
#[cfg(test)]
mod simulation;
mod store;
mod system;
mod time;
mod transport;
mod words;

pub use backlog::{Backlog, Waiting};
pub use endpoints::{Health, LookupEntry, TotpRegistration};
pub use error::{Cause, Detail, Error, ErrorCode, Recovery, Sent};
pub use event::{Event, EventKind, WaitReason};
pub use factor::{Answering, Callback, Factor, FactorKind, NotAText, Question, Source, Totp};
pub use grant::{Claims, Details, Expiry, Feed, Grant, Profile, SecondFactor, Tokens};
pub use keeper::Subscription;
pub use lifecycle::State;
pub use lockout::LockoutRule;
pub use policy::{Options, Relogin, Settings, seconds};
pub use provider::{
    Answer, BaseUrl, Method, Outcome, Provider, Renewal, Request, SevenG, SevenGBuilder, Synapsewave,
    SynapsewaveAccount, SynapsewaveAccountBuilder, SynapsewaveBuilder, SynapsewaveDealer, SynapsewaveDealerBuilder,
};
pub use secret::Secret;
pub use session::{Challenge, LogoutFuture, Session, Token, TokenFuture, begin, login, refresh, resume};
pub use store::{MemoryStore, Pending, Store, Stored, stored_tokens};
pub use system::clock::{Clock, ManualClock};
pub use system::runtime;
pub use time::{BootTime, Now, UnixTime};
