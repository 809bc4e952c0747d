//! A local server that behaves as the 7G API does, with faults on demand.
//!
//! [`Sandbox::start`] listens on 127.0.0.1. It holds accounts, issues JWTs, rotates refresh tokens, ends a session
//! whose spent refresh token comes back, locks an account after three failed logins, and counts what goes over the
//! wire. Its clock is a [`relatch::ManualClock`]: a day passes in a call of [`Sandbox::advance`].
//!
//! | path (in any case) | answer |
//! |---|---|
//! | `POST /User/Login` | a pair of tokens |
//! | `POST /User/RefreshToken` | the next pair |
//! | `GET /Common/HealthCheck` | an empty list |
//! | `GET /Common/Lookup?Name=` | the list of that name: `info`, which is the default, or `accountStatusID` |
//! | `GET /Account` | needs an access token; a list of one `{"username"}`, or `result:false` for `?id=unknown` |
//! | `POST /sandbox/<name>` | a control call, see [`Sandbox::control`]; also `wait_for {what, at_least, limit}` |
//!
//! # What the vendor leaves undocumented
//!
//! Every refusal has the body `{"result":false,"message":...,"recordCount":0,"data":{}}`.
//!
//! | situation | status | verdict in the audit |
//! |---|---|---|
//! | unknown user, wrong password | 401 | `bad_credentials` |
//! | three failures in ten minutes, from then on even with the right password, no Retry-After | 403, message with "locked" and "attempts" | `locked` |
//! | the address is not on the list; also for a refresh | 403 | `blocked` |
//! | right password of a disabled account; also for a refresh | 403 | `disabled` |
//! | refresh token that was never issued | 401 | `unknown_token` |
//! | refresh token past its lifetime | 401 | `expired` |
//! | refresh token of a session that has ended, or revoked by itself | 401 | `revoked` |
//! | refresh token that was spent: its whole session ends | 401 | `reused` |
//! | refresh without Authorization; the refresh token stays good | 401 | `no_authorization` |
//! | refresh with a token of another session; the refresh token stays good | 401 | `wrong_authorization` |
//! | access token missing, never issued, past `exp`, revoked | 401 | `no_authorization`, `unknown_token`, `expired`, `revoked` |
//! | a body that is not the JSON it should be, or a value of more than 255 bytes | 400 | `malformed` |
//! | an unknown entity or list | 200 with `result:false` | `not_found` |
//! | an unknown path; another method | 404; 405 | `not_found`; `wrong_method` |
//! | no Version header, another Content-Type | accepted, and visible in the audit | |
//!
//! A successful login does not forget the failures before it. A lock forgets them, and tries while it lasts do not
//! prolong it. Unknown users cannot be locked. An access token of an account that is disabled later is good to its
//! end. On a refresh the access token in Authorization may be expired or revoked, raw or after `Bearer`.

mod audit;
mod body;
mod clock;
mod control;
mod control_http;
mod counts;
mod exchange;
mod fault;
mod fault_queue;
mod faulted;
mod request;
mod sandbox;
mod server;
mod settings;
mod seven_g;
mod shared;
mod socket;
mod state;

pub use audit::Seen;
pub use counts::Counts;
pub use fault::{Fault, FaultKind, On, RetryAfterForm, When};
pub use sandbox::Sandbox;
pub use settings::{Account, Lockout, Settings};
pub use seven_g::{Revoke, Revoked};
