//! What a login grants: tokens, and what the broker says of the user.

use serde_json::{Value, json};

use super::fields::Fields;
use super::login::LOGGED_IN;
use super::sessions::Holder;
use super::settings::SecondLogin;
use super::users::User;
use super::{Synapsewave, answer, ist};
use crate::clock::milliseconds;
use crate::issuer::Issuer;
use crate::request::Outcome;
use crate::settings::Settings;

/// The second factors that a user may have: the only value that has been observed.
pub(super) const FACTORS: &str = "TOTP_OPT";
const TENANT: u64 = 1;
const GROUP: &str = "HO";
const EXCHANGES: [&str; 2] = ["NSE_EQ", "BSE_EQ"];
const PRODUCTS: [&str; 3] = ["INTRADAY", "DELIVERY", "BTST"];

/// The tokens of a new session, and when they end.
pub(super) struct Tokens {
    pub(super) access: String,
    pub(super) broadcast: String,
    /// Made anew at each login.
    pub(super) oc_token: String,
    /// Milliseconds since 1970: the first at which they are good no more.
    pub(super) expires: i64,
}

/// The second that `exp` names, and the first millisecond at which the token is good no more. A token that ends with
/// the day is good to the end of the day's last second, which is its `exp`.
fn end(now: i64, settings: &Settings) -> (i64, i64) {
    match settings.synapsewave.session_lifetime {
        None => {
            let last = ist::end_of_day(now);
            (last, (last + 1).saturating_mul(1000))
        }
        Some(lifetime) => {
            let expires = now.saturating_add(milliseconds(lifetime)).div_euclid(1000);
            (expires, expires.saturating_mul(1000))
        }
    }
}

/// The tokens of a new session.
pub(super) fn tokens(
    issuer: &Issuer,
    user_id: &str,
    user: &User,
    source: &str,
    now: i64,
    settings: &Settings,
) -> Tokens {
    let (exp, expires) = end(now, settings);
    let oc_token = oc_token(issuer);
    let issued_at = now.div_euclid(1000);
    let mut claims = json!({
        "memberId": user.number,
        "userid": user.number,
        "tenantid": TENANT,
        "memberInfo": {
            "tenantId": TENANT.to_string(),
            "groupId": GROUP,
            "userId": user_id,
            "templateId": "DEFAULT",
            "udId": user.udid.as_deref().unwrap_or_default(),
            "ocToken": oc_token,
            "userCode": user.number.to_string(),
            "groupCode": "AAAAA",
            "apikeyData": {
                "CustomerId": user.number.to_string(),
                "ProductSource": source,
                "userId": user_id,
                "iat": issued_at,
            },
            "source": source,
        },
        "exp": exp,
        "iat": issued_at,
    });
    let token = |claims: &Value| if settings.opaque_access_tokens { issuer.opaque::<32>() } else { issuer.jwt(claims) };
    let access = token(&claims);
    let broadcast = if settings.synapsewave.separate_broadcast_token {
        claims["broadcast"] = true.into();
        token(&claims)
    } else {
        access.clone()
    };
    Tokens { access, broadcast, oc_token, expires }
}

/// A token that asks for the second factor, and when it ends in milliseconds since 1970.
pub(super) fn register_token(
    issuer: &Issuer,
    user_id: &str,
    user: &User,
    source: &str,
    now: i64,
    settings: &Settings,
) -> (String, i64) {
    let lifetime = milliseconds(settings.synapsewave.register_token_lifetime);
    let exp = now.saturating_add(lifetime).div_euclid(1000);
    let claims = json!({
        "CustomerId": user.number.to_string(),
        "userId": user_id,
        "groupId": GROUP,
        "udid": user.udid.as_deref().unwrap_or_default(),
        "source": source,
        "ocToken": oc_token(issuer),
        "exp": exp,
        "iat": now.div_euclid(1000),
    });
    (issuer.jwt(&claims), exp.saturating_mul(1000))
}

fn oc_token(issuer: &Issuer) -> String {
    format!("0x{:032x}", u128::from_be_bytes(issuer.bytes()))
}

impl Synapsewave {
    /// A user has logged in.
    pub(super) fn open_session(&mut self, user_id: &str, body: &Fields, now: i64, settings: &Settings) -> Outcome {
        let Self { users, sessions, issuer, .. } = self;
        let Some(user) = users.get_mut(user_id) else {
            return answer::malformed(settings);
        };
        if settings.synapsewave.second_login == SecondLogin::EndsFirst {
            user.sessions.iter().for_each(|&session| sessions.end(session));
        }
        let source = body.peek("source").unwrap_or_default();
        let tokens = tokens(issuer, user_id, user, source, now, settings);
        user.sessions.push(sessions.open(user_id, Holder::User, tokens.expires, &tokens.access, &tokens.broadcast));
        let mut data = data(user_id, user, &tokens, issuer, now);
        if body.has("second_auth_type") {
            data["session_token"] = issuer.opaque::<128>().into();
        }
        answer::login(settings, "granted", LOGGED_IN, data)
    }
}

fn data(user_id: &str, user: &User, tokens: &Tokens, issuer: &Issuer, now: i64) -> Value {
    let mut data = rights(user);
    let mine = json!({
        "access_token": tokens.access,
        "broadcast_access_token": tokens.broadcast,
        "user_id": user_id,
        "alias_id": "",
        "user_name": user.name,
        "user_status": 1,
        "login_time": ist::with_month_name(now),
        "totp_enabled": user.totp_enabled,
        "ptnType": FACTORS,
        "others": others(user, tokens, issuer),
        "futureKey": "made-up",
    });
    if let (Value::Object(data), Value::Object(mine)) = (&mut data, mine) {
        data.extend(mine);
    }
    data
}

/// What users and dealers alike are told of where they may trade, and how they log in.
pub(super) fn rights(user: &User) -> Value {
    json!({
        "exchanges": EXCHANGES,
        "bcastExchanges": EXCHANGES,
        "product_types": PRODUCTS,
        "product_types_exchange": {"NSE_EQ": PRODUCTS, "BSE_EQ": PRODUCTS, "NSE_FO": ["INTRADAY", "DELIVERY"]},
        "mpin_enabled": user.mpin_enabled,
        "fingerprint_enabled": user.fingerprint_enabled,
    })
}

/// What is for the vendor's own programs. Nothing listens at the sockets.
fn others(user: &User, tokens: &Tokens, issuer: &Issuer) -> Value {
    json!({
        "userCode": user.number.to_string(),
        "groupId": GROUP,
        "groupCode": "AAAAA",
        "newsCategories": "",
        "messageSocket": "wss://127.0.0.1:8443",
        "broadCastSocket": "wss://127.0.0.1:4516",
        "secondBroadCastSocket": ["ws://127.0.0.1:4514"],
        "POA": "0",
        "nGTDDefault": 2,
        "nGTDMaxDays": 45,
        "sGTDValidityName": "GTD",
        "sGTDConfigDetails": "2|9",
        "ocToken": tokens.oc_token,
        "managerIP": "trade.example.invalid",
        "tslAllowed": [],
        "edisForMTF": false,
        "showJumpPriceBothLtpAndTriggerPrice": false,
        "CFT": issuer.opaque::<153>(),
        "passExpDays": "",
        "bAMOAllowedForUser": true,
        "maxOrderSlices": 10,
        "othersFutureKey": "made-up",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_second_of_the_day_is_the_exp_and_still_good() {
        let mut settings = Settings::default();
        // 2026-01-05T18:29:59Z is 23:59:59 in India.
        let last = 1_767_637_799;
        assert_eq!(end(last * 1000 - 86_399_000, &settings), (last, (last + 1) * 1000));
        assert_eq!(end(last * 1000 + 999, &settings), (last, (last + 1) * 1000));
        assert_eq!(end(last * 1000 + 1000, &settings).0, last + 86_400);
        settings.synapsewave.session_lifetime = Some(60.0);
        assert_eq!(end(1500, &settings), (61, 61_000));
    }
}
