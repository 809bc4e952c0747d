//! The login of dealers, which knows no second factor.

use serde_json::{Value, json};

use super::fields::Fields;
use super::refusal::Refusal;
use super::sessions::Holder;
use super::settings::SecondLogin;
use super::{Synapsewave, answer, grant, ist};
use crate::request::Outcome;
use crate::settings::Settings;

const SOURCE: &str = "DEALERAPI";
const LOGGED_IN: &str = "Dealer session created successfully";

impl Synapsewave {
    /// A login of a dealer.
    pub(super) fn dealer_login(&mut self, body: &Fields, now: i64, settings: &Settings) -> Result<Outcome, Refusal> {
        for name in ["version", "build_version"] {
            body.optional(name)?;
        }
        if ["login_type", "second_auth_type", "second_auth"].iter().any(|name| body.has(name)) {
            return Err(Refusal::Malformed);
        }
        let password = body.text("password")?;
        let user_id = body.user_id_with(settings, |source| source == SOURCE)?;
        let Self { dealers, sessions, issuer, .. } = self;
        let dealer = dealers.get_mut(user_id).ok_or(Refusal::BadCredentials)?;
        if dealer.failures.locked(now) {
            return Err(Refusal::Locked);
        }
        if dealer.password != password {
            dealer.failures.add(now, &settings.lockout);
            return Err(Refusal::BadCredentials);
        }
        if dealer.disabled {
            return Err(Refusal::Disabled);
        }
        if settings.synapsewave.second_login == SecondLogin::EndsFirst {
            dealer.sessions.iter().for_each(|&session| sessions.end(session));
        }
        let tokens = grant::tokens(issuer, user_id, dealer, SOURCE, now, settings);
        let session = sessions.open(user_id, Holder::Dealer, tokens.expires, &tokens.access, &tokens.broadcast);
        dealer.sessions.push(session);
        let mut data = grant::rights(dealer);
        let mine = json!({
            "dealer_token": tokens.access,
            "user_id": user_id,
            "user_name": dealer.name,
            "login_time": ist::in_digits(now),
            "others": {"ocToken": tokens.oc_token, "othersFutureKey": "made-up"},
            "futureKey": "made-up",
        });
        if let (Value::Object(data), Value::Object(mine)) = (&mut data, mine) {
            data.extend(mine);
        }
        Ok(answer::login(settings, "granted", LOGGED_IN, data))
    }
}
