//! A local server that behaves as the 7G and the Synapsewave API do, with faults on demand.
//!
//! [`Sandbox::start`] listens on 127.0.0.1. It holds accounts, issues JWTs, rotates refresh tokens, ends a session
//! whose spent refresh token comes back, checks second factors, locks an account after three failed logins, and counts
//! what goes over the wire. Its clock is a [`relatch::ManualClock`]: a day passes in a call of [`Sandbox::advance`].
//!
//! # The 7G API
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
//! ## What the vendor leaves undocumented
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
//!
//! # The Synapsewave API
//!
//! It is below the path [`SynapsewaveSettings::path_prefix`], see [`Sandbox::synapsewave_url`]. Paths are matched
//! exactly; whatever is not there is answered as by the gateway before the vendor's servers: 403 with a `message` alone.
//!
//! | below `/authentication/v1` | answer |
//! |---|---|
//! | `POST /user/session` | a session, or a `register_token` that asks for a second factor |
//! | `PUT /user/session`, `DELETE /user/session` | whether the session is valid; its end |
//! | `GET /user/balance`, `GET /user/profile` | the protected resources |
//! | `POST`, `PUT` and `DELETE /dealer/session` | the same for dealers, who have no second factor |
//! | `POST /user/password/reset/send-otp`, `POST /user/otp/verify`, `PUT /user/password/reset` | a new password by OTP |
//! | `PUT /user/password` | a new password by the old one |
//! | `POST /user/mpin`, `PUT /user/mpin` | an MPIN, also with a UDID, of who is logged in; a new one by the old one |
//! | `POST /user/mpin/reset/send-otp`, `POST /user/mpin/reset/verify-otp` | a new MPIN and UDID by OTP |
//! | `POST /user/registertotp`, `POST /user/verifytotp`, `DELETE /user/registertotp` | a new TOTP secret, which has to be verified; its end |
//!
//! For a dealer `GET /nontransactional/v1/dealer/client-mapping` is the protected resource.
//!
//! | `login_type` | `password` | `second_auth_type` and `second_auth` |
//! |---|---|---|
//! | `PASSWORD`, or none | the password | `OTP`, `TOTP`, `FINGERPRINT`; `REGISTER` for the first of two steps; no type and the PAN |
//! | `TOKEN` | the `register_token` of the first step | `OTP`, `TOTP`, `FINGERPRINT` |
//! | `MPIN` | the MPIN | `OTP`, `TOTP`, `FINGERPRINT` |
//! | `FINGERPRINT` | the UDID | the UDID, or none; the vendor does not say |
//! | `TP_TOKEN` | an SSO token | an SSO token, or none |
//!
//! ## What the vendor leaves undocumented
//!
//! Of the refusals only two have been observed: that of a wrong TOTP, and that of a source without a licence. The
//! others look alike: status 400, `{"status":"error","code":"e-101","message":...,"errors":"e-00"}`. Settings change the
//! status, the form of `errors`, and other things that may differ from server to server.
//!
//! | situation | status | verdict in the audit |
//! |---|---|---|
//! | unknown user; wrong password, MPIN, UDID or SSO token | 400 | `bad_credentials` |
//! | wrong second factor | 400 | `bad_totp` (`e-17`), `bad_otp`, `bad_udid`, `bad_pan` |
//! | a right TOTP of a step that was accepted before, or of one before that | 400 | `totp_step_used` (`e-17`) |
//! | a factor that the user does not have or has switched off; none where one is needed | 400 | `not_enabled`; `no_second_factor` |
//! | `register_token` unknown or another user's; past its lifetime; used, or after three wrong factors | 400 | `unknown_token`; `expired`; `register_token_spent` |
//! | too many failed logins, from then on even with everything right | 400 | `locked` |
//! | right password of a disabled user | 400 | `disabled` |
//! | another API key; a source that is not licensed | 400 | `bad_api_key`; `not_licensed` (`e-14`) |
//! | another body than it should be: also null or an empty text in a field that could be left out | 400 | `malformed` |
//! | the address is not on the list, for all that needs no access token | 403 by the gateway | `blocked` |
//! | another x-api-key, if the server looks at it | 403 by the gateway | `bad_x_api_key` |
//! | an unknown path or method | 403 by the gateway | `no_route` |
//! | access token missing; without `Bearer`; never issued; past its end; of a session that has ended | 401 | `no_authorization`; `not_bearer`; `unknown_token`; `expired`; `revoked` |
//! | another token in its place: a dealer's for a user's; the first step's; the broadcast token, if it differs | 401 | `wrong_authorization`; `register_token_as_bearer`; `broadcast_token_as_bearer` |
//! | first step of a login, or a login that is challenged again | 200 | `challenged` |
//!
//! The vendor documents no lockout: the one of the 7G API is applied, and every wrong guess at a factor counts, a TOTP
//! step that was used included. An OTP to log in is sent by the first step of a login, which is an assumption, or by
//! [`Sandbox::send_otp`]. A session of a user who is disabled later, or whose password changes, is good to its end.
//!
//! # The fault proxy
//!
//! With the feature `fault-proxy` there is `fault_proxy::FaultProxy`: a proxy on a port of its own that passes bytes
//! between a client and a sandbox, and breaks things on demand that a server cannot break in itself. It resets or closes
//! connections at any point of an exchange, holds an exchange there until released, spoils the length, the framing or the
//! pace of an answer, closes connections that are idle, and stands for proxies that want credentials or fail. It speaks
//! TLS with certificates that are made on the spot, in order or with a flaw, and breaks the handshake. What went through
//! it, in connections, requests and bytes, is compared with [`Sandbox::counts`].
//!
//! # Another system
//!
//! A system is a folder with an implementation of the trait in `system.rs`, and a line in the list there. What it can be
//! told to be is a key in [`Settings`]; what it is asked for beyond the kinds that there are is one more of them, in
//! `request.rs`, with its count and its name for faults.

mod audit;
mod body;
mod clock;
mod control;
mod control_http;
mod counts;
mod exchange;
mod failures;
mod fault;
#[cfg(feature = "fault-proxy")]
pub mod fault_proxy;
mod fault_queue;
mod faulted;
mod issuer;
mod port;
mod request;
mod sandbox;
mod server;
mod settings;
mod seven_g;
mod shared;
mod socket;
mod state;
mod synapsewave;
mod system;

pub use audit::Seen;
pub use counts::Counts;
pub use fault::{Fault, FaultKind, On, RetryAfterForm, When};
pub use sandbox::Sandbox;
pub use settings::{Account, ExpiryForm, Lockout, Settings};
pub use seven_g::{Revoke, Revoked};
pub use synapsewave::{
    DeadToken, Dealer, ErrorsForm, Purpose, SecondLogin, Sent, Settings as SynapsewaveSettings, User, ValidateData,
};
