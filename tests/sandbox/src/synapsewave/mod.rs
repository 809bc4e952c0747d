//! The Synapsewave API: which paths there are, and what they answer.

mod answer;
mod control;
mod dealer;
mod factors;
mod fields;
mod grant;
mod handle;
mod ist;
mod login;
mod outbox;
mod refusal;
mod routes;
mod sessions;
mod settings;
mod totp;
mod users;

use std::sync::Arc;

use serde_json::{Map, Value, json};

use self::factors::Permit;
use self::fields::Fields;
use self::outbox::Outbox;
pub use self::outbox::{Purpose, Sent};
use self::refusal::Refusal;
use self::routes::Route;
use self::sessions::{Holder, Sessions};
pub use self::settings::{DeadToken, Dealer, ErrorsForm, SecondLogin, Settings, User, ValidateData};
use self::users::Users;
use crate::control::read;
use crate::issuer::{Issuer, fingerprint};
use crate::request::{Authorization, Endpoint, Outcome, Request};
use crate::settings::Settings as AllSettings;
use crate::system::{Note, System};

/// What a request asks of the Synapsewave API.
pub(crate) struct Call {
    route: Route,
    /// None if the body is no JSON object.
    body: Option<Fields>,
    authorization: Authorization,
    x_api_key: Option<String>,
}

/// The users, dealers and sessions of a Synapsewave server.
pub(crate) struct Synapsewave {
    users: Users,
    dealers: Users,
    sessions: Sessions,
    outbox: Outbox,
    permits: Vec<Permit>,
    issuer: Issuer,
}

/// Changes of who may log in.
pub(crate) struct Changes {
    users: Vec<User>,
    dealers: Vec<User>,
}

impl System for Synapsewave {
    const NAME: &'static str = "synapsewave";
    type Call = Call;
    type Changes = Changes;

    fn new(settings: &mut AllSettings) -> Result<Self, String> {
        let mut synapsewave = Self {
            users: Users::new(User::standard()),
            dealers: Users::new(Dealer::standard().into()),
            sessions: Sessions::default(),
            outbox: Outbox::default(),
            permits: Vec::new(),
            issuer: Issuer::new(),
        };
        let changes = Changes {
            users: std::mem::take(&mut settings.synapsewave.users),
            dealers: std::mem::take(&mut settings.synapsewave.dealers).into_iter().map(User::from).collect(),
        };
        synapsewave.check(&changes)?;
        synapsewave.change(changes);
        Ok(synapsewave)
    }

    fn changes(change: &mut Map<String, Value>) -> Result<Changes, String> {
        let mut mine = change.get_mut(Self::NAME).and_then(Value::as_object_mut);
        let mut take = |name: &str| mine.as_mut().and_then(|mine| mine.remove(name)).unwrap_or_else(|| json!([]));
        let users = serde_json::from_value(take("users")).map_err(|error| format!("users: {error}"))?;
        let dealers = serde_json::from_value::<Vec<Dealer>>(take("dealers"));
        let dealers = dealers.map_err(|error| format!("dealers: {error}"))?.into_iter().map(User::from).collect();
        Ok(Changes { users, dealers })
    }

    fn check(&self, changes: &Changes) -> Result<(), String> {
        self.users.check(&changes.users)?;
        self.dealers.check(&changes.dealers)
    }

    fn change(&mut self, changes: Changes) {
        self.users.change(changes.users);
        self.dealers.change(changes.dealers);
    }

    fn read(request: &Request, settings: &AllSettings) -> Option<(Endpoint, Call)> {
        let path = request.uri.path().strip_prefix(&settings.synapsewave.path_prefix)?;
        if !path.is_empty() && !path.starts_with('/') {
            return None;
        }
        let route = Route::find(&request.method, path);
        let body = Fields::read(&request.body);
        let register = body.as_ref().is_some_and(|body| body.peek("second_auth_type") == Some("REGISTER"));
        let endpoint = match route {
            Route::Login(Holder::User) if register => Endpoint::Register,
            route => route.endpoint(),
        };
        let (authorization, x_api_key) = (request.authorization.clone(), request.x_api_key.clone());
        Some((endpoint, Call { route, body, authorization, x_api_key }))
    }

    fn arrived(&mut self, call: &Call, now: i64, settings: &AllSettings) -> Note {
        let text = |name: &str| call.body.as_ref().and_then(|body| body.peek(name)).map(str::to_owned);
        let owner = || {
            let token = call.authorization.token()?;
            self.sessions.owner(&fingerprint(token)).map(ToString::to_string)
        };
        let username = if call.route.wants_token() { owner() } else { text("user_id") };
        let totp_reused = username.as_deref().is_some_and(|user_id| self.totp_reused(call, user_id, now));
        Note {
            username,
            token: None,
            x_api_key: Some(match (&call.x_api_key, &settings.synapsewave.x_api_key) {
                (None, _) => "none",
                (Some(_), None) => "given",
                (Some(given), Some(right)) if given == right => "right",
                (Some(_), Some(_)) => "wrong",
            }),
            login_type: text("login_type"),
            second_auth_type: text("second_auth_type"),
            source: text("source"),
            fields: call.body.as_ref().map(Fields::names),
            totp_reused,
        }
    }

    fn act(&mut self, call: &Call, now: i64, settings: &AllSettings) -> Outcome {
        if call.route == Route::Unknown {
            return answer::gateway("no_route", false, "Missing Authentication Token");
        }
        if settings.blocked && !call.route.wants_token() {
            return answer::gateway("blocked", true, "Forbidden");
        }
        if settings.synapsewave.x_api_key.is_some() && settings.synapsewave.x_api_key != call.x_api_key {
            return answer::gateway("bad_x_api_key", true, "Forbidden");
        }
        self.judge(call, now, settings).unwrap_or_else(|refusal| refusal.answer(settings))
    }

    fn revoke(&mut self, revoke: Value) -> Result<(), String> {
        self.revoke_sessions(&read(revoke)?)
    }

    fn control(&mut self, name: &str, body: &Value, now: i64, settings: &AllSettings) -> Option<Result<Value, String>> {
        self.call(name, body.clone(), now, settings).transpose()
    }
}

impl Synapsewave {
    fn judge(&mut self, call: &Call, now: i64, settings: &AllSettings) -> Result<Outcome, Refusal> {
        match call.route {
            Route::Login(holder) => {
                let body = call.body.as_ref().ok_or(Refusal::Malformed)?;
                match holder {
                    Holder::User => self.login(body, now, settings),
                    Holder::Dealer => self.dealer_login(body, now, settings),
                }
            }
            Route::Validate(holder) => self.validate(call, holder, now, settings),
            Route::Logout(holder) => {
                let (session, _) = self.session(call, holder, now)?;
                self.sessions.end(session);
                let message = match holder {
                    Holder::User => "Successfully Logged Out",
                    Holder::Dealer => "Dealer logged out successfully",
                };
                Ok(answer::success(settings, "ok", message, None))
            }
            Route::Balance | Route::Profile => {
                let (_, user_id) = self.session(call, Holder::User, now)?;
                let user_name = self.users.get(&user_id).map(|user| user.name.as_str());
                let data = match call.route {
                    Route::Balance => json!({"equity": 1000.0, "commodity": 0.0, "currency": 0.0}),
                    _ => json!({"user_id": *user_id, "user_name": user_name}),
                };
                Ok(answer::success(settings, "ok", "Data fetched successfully", Some(data)))
            }
            Route::ClientMapping => {
                self.session(call, Holder::Dealer, now)?;
                let data = json!([{"ClientId": "UCC123456", "GroupId": "HO", "Status": "Active"}]);
                Ok(answer::success(settings, "ok", "Data fetched successfully", Some(data)))
            }
            _ => self.factor(call, now, settings),
        }
    }

    /// The session and the user of the token in Authorization, which has to be good.
    fn session(&self, call: &Call, holder: Holder, now: i64) -> Result<(usize, Arc<str>), Refusal> {
        let token = match &call.authorization {
            Authorization::None => return Err(Refusal::Unauthorized("no_authorization")),
            Authorization::Raw(_) if !call.route.takes_raw_token() => return Err(Refusal::Unauthorized("not_bearer")),
            Authorization::Raw(token) | Authorization::Bearer(token) => fingerprint(token),
        };
        let (session, user_id) = self.sessions.check(&token, holder, now).map_err(Refusal::Unauthorized)?;
        Ok((session, Arc::clone(user_id)))
    }

    fn validate(&self, call: &Call, holder: Holder, now: i64, settings: &AllSettings) -> Result<Outcome, Refusal> {
        let (valid, verdict) = match self.session(call, holder, now) {
            Ok(_) => (true, "ok"),
            Err(Refusal::Unauthorized(verdict @ ("expired" | "revoked" | "unknown_token")))
                if settings.synapsewave.dead_token == DeadToken::False =>
            {
                (false, verdict)
            }
            Err(refusal) => return Err(refusal),
        };
        let data = match (settings.synapsewave.validate_data, valid) {
            (ValidateData::Text, valid) => Some(json!(valid.to_string())),
            (ValidateData::Capital, true) => Some(json!("True")),
            (ValidateData::Capital, false) => Some(json!("False")),
            (ValidateData::Boolean, valid) => Some(json!(valid)),
            (ValidateData::Absent, _) => None,
        };
        let outcome = answer::success(settings, verdict, "Session Verified", data);
        Ok(Outcome { rejected: !valid, ..outcome })
    }

    /// Whether the request presents a TOTP of a step that was presented before.
    fn totp_reused(&mut self, call: &Call, user_id: &str, now: i64) -> bool {
        let typed = call.body.as_ref().is_some_and(|body| body.peek("second_auth_type") == Some("TOTP"));
        let verifies = call.route == Route::VerifyTotp;
        let code = call.body.as_ref().and_then(|body| body.peek("second_auth"));
        let (Some(code), Some(user), true) = (code, self.users.get_mut(user_id), typed || verifies) else {
            return false;
        };
        let authenticator = match &mut user.unverified {
            Some(unverified) if verifies => Some(unverified),
            _ => user.authenticator.as_mut(),
        };
        authenticator.is_some_and(|authenticator| authenticator.presents_again(code, now))
    }
}
