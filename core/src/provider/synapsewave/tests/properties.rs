//! No answer panics a reader, and none gets a secret into an error.

use proptest::prelude::*;

use super::*;
use crate::provider::synapsewave::account::read;
use crate::provider::synapsewave::account_operation::{REGISTER_TOTP, VERIFY_OTP};

const HELD: [&str; 4] = ["made-up-word", "api-key-1", "sent-code-1", "held-token-1"];

/// The names of secrets in answers, and of what is none.
const NAMES: [&str; 14] = [
    "access_token",
    "register_token",
    "dealer_token",
    "session_token",
    "broadcast_access_token",
    "ocToken",
    "CFT",
    "authSecret",
    "qrImg",
    "newPassword",
    "api_key",
    "others",
    "user_id",
    "errors",
];

fn is_of_a_secret(name: &str) -> bool {
    !["others", "user_id", "errors"].contains(&name)
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), any::<i64>().prop_map(Value::from), text()]
}

fn text() -> impl Strategy<Value = Value> {
    prop_oneof![
        ".{0,20}".prop_map(Value::from),
        prop::sample::select(HELD.to_vec()).prop_map(|held| Value::from(format!("see {held}."))),
        Just(Value::from("[\"e-17\"]")),
    ]
}

/// Members by names that matter; the values of secrets are all the same canary.
fn members() -> impl Strategy<Value = Value> {
    let member = (prop::sample::select(NAMES.to_vec()), leaf()).prop_map(|(name, value)| {
        let value = if is_of_a_secret(name) { Value::from("canary-7") } else { value };
        (name.to_owned(), value)
    });
    prop::collection::vec(member, 0..6).prop_map(|members| members.into_iter().collect())
}

fn data() -> impl Strategy<Value = Value> {
    prop_oneof![leaf(), members(), nested(), nested().prop_map(|data| Value::from(data.to_string()))]
}

fn nested() -> impl Strategy<Value = Value> {
    (members(), members()).prop_map(|(mut outer, inner)| {
        outer["others"] = inner;
        outer
    })
}

fn envelope() -> impl Strategy<Value = Value> {
    let status = prop::sample::select(vec!["success", "Error", "error", "pending", ""]);
    let errors = prop_oneof![leaf(), prop::collection::vec(leaf(), 0..3).prop_map(Value::from)];
    let message = prop_oneof![text(), Just(Value::from("Invalid password canary-7")), Just(Value::from("OTP wrong"))];
    (status, errors, message, data()).prop_map(|(status, errors, message, data)| {
        json!({"status": status, "code": "e-101", "errors": errors, "message": message, "data": data})
    })
}

/// A body: an envelope, whole or cut off, or anything at all.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => envelope().prop_map(|body| body.to_string().into_bytes()),
        2 => (envelope(), 0.0..1.0).prop_map(|(body, part): (Value, f64)| {
            let body = body.to_string().into_bytes();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let length = (body.len() as f64 * part) as usize;
            body[..length].to_vec()
        }),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn statuses() -> impl Strategy<Value = u16> {
    prop_oneof![Just(200), Just(400), Just(401), Just(403), Just(429), Just(500), 100_u16..600]
}

/// What the answer holds that is secret: the canary, if it goes by the name of a secret anywhere.
fn holds_canary(body: &[u8]) -> bool {
    let body = String::from_utf8_lossy(body);
    NAMES.iter().filter(|name| is_of_a_secret(name)).any(|name| body.contains(name))
}

proptest! {
    #[test]
    fn no_answer_panics_or_gets_a_secret_into_an_error(
        status in statuses(),
        body in bodies(),
        retry_at in any::<Option<i64>>(),
    ) {
        let has_canary = holds_canary(&body);
        let (retry_at, date) = (retry_at.map(UnixTime), retry_at.map(UnixTime));
        let answer = Answer { status, retry_at, received: NOW, date, content_type: None, body: Zeroizing::new(body) };
        let sent = Secret::new("sent-code-1");
        let held = grant("held-token-1");
        let known = || vec![sent.clone(), held.access_token.clone(), "made-up-word".into(), "api-key-1".into()];
        let mut errors = Vec::new();
        for outcome in [
            provider().read_login(&answer, &[&sent, &held.access_token]),
            dealer::provider().read_login(&answer, &[&sent, &held.access_token]),
        ] {
            match outcome {
                Outcome::Rejected(error)
            | Outcome::Busy(error)
            | Outcome::Unjudged(error)
            | Outcome::Unreadable(error) => errors.push(error),
                Outcome::Granted(grant) => {
                    let fields = Value::Object(grant.details.unwrap().profile.fields.clone()).to_string();
                    prop_assert!(!fields.contains("canary-7"), "{}", fields);
                }
                Outcome::SecondFactor(asked) => {
                    let fields = Value::Object(asked.fields).to_string();
                    prop_assert!(!fields.contains("canary-7"), "{}", fields);
                }
            }
        }
        errors.extend(provider().read_validate(&answer, &held).err());
        errors.extend(read(&VERIFY_OTP, &answer, known()).err());
        errors.extend(read(&REGISTER_TOTP, &answer, known()).err());
        for error in errors {
            let shown = format!("{error:?} {error}");
            prop_assert!(!has_canary || !shown.contains("canary-7"), "{}", shown);
        }
    }

    #[test]
    fn what_was_sent_and_is_held_never_comes_back(status in statuses(), body in bodies()) {
        let answer = Answer { status, retry_at: None, received: NOW, date: None, content_type: None, body: Zeroizing::new(body) };
        let sent = Secret::new("sent-code-1");
        let outcome = provider().read_login(&answer, &[&sent]);
        if let Outcome::Rejected(error) | Outcome::Busy(error) | Outcome::Unreadable(error) = outcome {
            let shown = format!("{error:?} {error}");
            for secret in ["made-up-word", "api-key-1", "sent-code-1"] {
                prop_assert!(!shown.contains(secret), "{}", shown);
            }
        }
    }
}
