//! The 7G API: which paths there are, and what they answer.

mod accounts;
mod answer;
mod claims;
mod revoke;
mod sessions;

use hyper::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use self::accounts::{Accounts, Refusal};
pub use self::revoke::{Revoke, Revoked};
use self::sessions::Sessions;
use crate::issuer::{Fingerprint, fingerprint};
use crate::request::{Endpoint, Outcome, Request};
use crate::settings::{AccountChange, Settings};
use crate::system::{Note, System};

/// No username, password or refresh token is longer, says the vendor.
const LONGEST_FIELD: usize = 255;

/// What a request asks of the 7G API.
pub(crate) enum Call {
    Login(LoginRequest),
    Refresh { token: Fingerprint, authorization: Option<Fingerprint> },
    Account { access: Option<Fingerprint>, unknown: bool },
    Health,
    Lookup(Option<String>),
    Malformed,
    WrongMethod,
    NotFound,
}

/// The body of a login. The vendor's server does not mind the case of a property's first letter.
#[derive(Deserialize)]
pub(crate) struct LoginRequest {
    #[serde(alias = "Username", alias = "userName", alias = "UserName")]
    username: String,
    #[serde(alias = "Password")]
    password: String,
}

#[derive(Deserialize)]
struct RefreshRequest {
    #[serde(rename = "refreshToken", alias = "RefreshToken")]
    refresh_token: String,
}

/// What a request asks for. Paths are matched in any case.
fn read(request: &Request) -> (Endpoint, Call) {
    let (method, endpoint) = match request.uri.path().trim_end_matches('/').to_ascii_lowercase().as_str() {
        "/user/login" => (Method::POST, Endpoint::Login),
        "/user/refreshtoken" => (Method::POST, Endpoint::Refresh),
        "/common/healthcheck" => (Method::GET, Endpoint::Health),
        "/common/lookup" => (Method::GET, Endpoint::Lookup),
        "/account" => (Method::GET, Endpoint::Account),
        _ => return (Endpoint::Other, Call::NotFound),
    };
    if request.method != method {
        return (Endpoint::Other, Call::WrongMethod);
    }
    let authorization = || request.authorization.token().map(fingerprint);
    let call = match endpoint {
        Endpoint::Login => match serde_json::from_slice::<LoginRequest>(&request.body) {
            Ok(login) if login.username.len().max(login.password.len()) <= LONGEST_FIELD => Call::Login(login),
            _ => Call::Malformed,
        },
        Endpoint::Refresh => match serde_json::from_slice::<RefreshRequest>(&request.body) {
            Ok(RefreshRequest { refresh_token }) if refresh_token.len() <= LONGEST_FIELD => {
                Call::Refresh { token: fingerprint(&refresh_token), authorization: authorization() }
            }
            _ => Call::Malformed,
        },
        Endpoint::Account => Call::Account {
            access: authorization(),
            unknown: request.parameter("id").is_some_and(|id| id.eq_ignore_ascii_case("unknown")),
        },
        Endpoint::Health => Call::Health,
        Endpoint::Lookup => Call::Lookup(request.parameter("Name").map(str::to_owned)),
        _ => Call::NotFound,
    };
    (endpoint, call)
}

/// The accounts and sessions of a 7G server.
pub(crate) struct SevenG {
    accounts: Accounts,
    sessions: Sessions,
}

impl System for SevenG {
    const NAME: &'static str = "seven_g";
    type Call = Call;
    type Changes = Vec<AccountChange>;

    fn new(settings: &mut Settings) -> Result<Self, String> {
        let accounts = Accounts::new(std::mem::take(&mut settings.accounts));
        Ok(Self { accounts, sessions: Sessions::new() })
    }

    fn changes(change: &mut Map<String, Value>) -> Result<Self::Changes, String> {
        let accounts = change.remove("accounts").map_or(Ok(Vec::new()), serde_json::from_value);
        accounts.map_err(|error| format!("accounts: {error}"))
    }

    fn check(&self, changes: &Self::Changes) -> Result<(), String> {
        self.accounts.check_changes(changes)
    }

    fn change(&mut self, changes: Self::Changes) {
        self.accounts.change(changes);
    }

    /// Paths that no other system has are its own, to be answered as unknown.
    fn read(request: &Request, _settings: &Settings) -> Option<(Endpoint, Call)> {
        Some(read(request))
    }

    fn arrived(&mut self, call: &Call, _now: i64, _settings: &Settings) -> Note {
        let owner = match call {
            Call::Login(login) => return Note { username: Some(login.username.clone()), ..Note::default() },
            Call::Refresh { token, .. } => self.sessions.refresh_owner(token),
            Call::Account { access: Some(access), .. } => self.sessions.access_owner(access),
            _ => None,
        };
        let username = owner.as_ref().map(|owner| owner.username.to_string());
        Note { username, token: owner.and_then(|owner| owner.number), ..Note::default() }
    }

    fn act(&mut self, call: &Call, now: i64, settings: &Settings) -> Outcome {
        let pascal = settings.pascal_case;
        match call {
            Call::Login(login) => self.login(login, now, settings),
            Call::Refresh { token, authorization } => self.refresh(token, authorization.as_ref(), now, settings),
            Call::Account { access, unknown } => self.account(access.as_ref(), *unknown, now, pascal),
            Call::Health => answer::list(pascal, &[]),
            Call::Lookup(name) => lookup(name.as_deref(), pascal),
            Call::Malformed => answer::refusal(pascal, 400, "malformed", "The request body is not valid"),
            Call::WrongMethod => answer::failure(pascal, 405, "wrong_method", "Method not allowed"),
            Call::NotFound => answer::failure(pascal, 404, "not_found", "Not found"),
        }
    }

    fn revoke(&mut self, revoke: Value) -> Result<(), String> {
        self.revoke_tokens(serde_json::from_value(revoke).map_err(|error| error.to_string())?)
    }
}

impl SevenG {
    fn login(&mut self, login: &LoginRequest, now: i64, settings: &Settings) -> Outcome {
        let pascal = settings.pascal_case;
        if settings.blocked {
            return blocked(pascal);
        }
        match self.accounts.check(&login.username, &login.password, now, &settings.lockout) {
            Ok(account) => {
                let (session, issued) = self.sessions.open(&login.username, account.user_id, now, settings);
                account.sessions.push(session);
                answer::tokens(pascal, &issued.access, issued.refresh.as_deref())
            }
            Err(Refusal::BadCredentials) => {
                answer::refusal(pascal, 401, "bad_credentials", "Invalid username or password")
            }
            Err(Refusal::Locked) => {
                answer::refusal(pascal, 403, "locked", "The account is locked after too many failed login attempts")
            }
            Err(Refusal::Disabled) => disabled(pascal),
        }
    }

    fn refresh(
        &mut self,
        token: &Fingerprint,
        authorization: Option<&Fingerprint>,
        now: i64,
        settings: &Settings,
    ) -> Outcome {
        let pascal = settings.pascal_case;
        if settings.blocked {
            return blocked(pascal);
        }
        let session = match self.sessions.check_refresh(token, now) {
            Ok(session) => session,
            Err(verdict) => return answer::refusal(pascal, 401, verdict, "Invalid refresh token"),
        };
        if settings.require_authorization_on_refresh {
            match authorization {
                None => return answer::refusal(pascal, 401, "no_authorization", "Authorization is required"),
                Some(access) if !self.sessions.belongs(access, session) => {
                    return answer::refusal(pascal, 401, "wrong_authorization", "Invalid access token");
                }
                Some(_) => {}
            }
        }
        let owner = self.sessions.refresh_owner(token).and_then(|owner| self.accounts.get(owner.username));
        match owner {
            Some(account) if account.disabled => disabled(pascal),
            Some(account) => match self.sessions.renew(token, account.user_id, now, settings) {
                Some(issued) => answer::tokens(pascal, &issued.access, issued.refresh.as_deref()),
                None => answer::refusal(pascal, 401, "unknown_token", "Invalid refresh token"),
            },
            None => answer::refusal(pascal, 401, "unknown_token", "Invalid refresh token"),
        }
    }

    fn account(&self, access: Option<&Fingerprint>, unknown: bool, now: i64, pascal: bool) -> Outcome {
        let checked = access.ok_or("no_authorization").and_then(|access| self.sessions.check_access(access, now));
        match checked {
            Ok(_) if unknown => answer::failure(pascal, 200, "not_found", "Invalid entity ID provided"),
            Ok(username) => answer::list(pascal, &[json!({ "username": username })]),
            Err(verdict) => answer::refusal(pascal, 401, verdict, "Invalid or expired access token"),
        }
    }
}

fn blocked(pascal: bool) -> Outcome {
    answer::refusal(pascal, 403, "blocked", "This address is not allowed to use the API")
}

fn disabled(pascal: bool) -> Outcome {
    answer::refusal(pascal, 403, "disabled", "This account is disabled")
}

/// The lists that can be looked up; their names are matched exactly, as the vendor says.
fn lookup(name: Option<&str>, pascal: bool) -> Outcome {
    match name {
        None | Some("info") => {
            answer::list(pascal, &[json!({"id": "accountStatusID", "value": "Account.accountStatusID"})])
        }
        Some("accountStatusID") => {
            answer::list(pascal, &[json!({"id": "1", "value": "Active"}), json!({"id": "2", "value": "Closed"})])
        }
        Some(_) => answer::failure(pascal, 200, "not_found", "Invalid lookup name"),
    }
}
