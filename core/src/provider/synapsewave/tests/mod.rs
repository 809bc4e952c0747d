//! The facts of wire.md part 2, without a socket.

mod account;
mod combinations;
mod configuration;
mod contradictions;
mod dealer;
mod outcomes;
mod profile;
mod properties;
mod redaction;
mod refusals;
mod session_calls;
mod trading_day;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::*;
use crate::error::ErrorCode;
use crate::factor::{Callback, Totp};

/// Monday 2026-01-05, 10:33:53 in India.
const NOW: UnixTime = UnixTime(1_767_589_433_000);
/// 23:59:59 of that day there.
const END_OF_DAY: UnixTime = UnixTime(1_767_637_799_000);

fn builder() -> SynapsewaveBuilder {
    Synapsewave::builder().base_url("https://broker.example/prod/interactive").user_id("UCC123456").api_key("api-key-1")
}

/// The usual login: a password and an authenticator.
fn provider() -> Synapsewave {
    builder().password("made-up-word").second_factor(totp()).build().unwrap()
}

fn totp() -> Factor {
    Totp::new("JBSWY3DPEHPK3PXP").unwrap().into()
}

fn otp() -> Factor {
    Factor::Otp(callback())
}

fn callback() -> Callback {
    Callback::new(|_| async { Ok(Secret::new("123456")) })
}

fn text_answer(status: u16, body: &str) -> Answer {
    let body = Zeroizing::new(body.as_bytes().to_vec());
    Answer { status, retry_at: None, received: NOW, date: None, content_type: None, body }
}

fn answer(status: u16, body: &Value) -> Answer {
    text_answer(status, &body.to_string())
}

fn success(data: &Value) -> Answer {
    answer(200, &json!({"status": "success", "code": "s-101", "message": "User logged in Successfully.", "data": data}))
}

fn refusal(status: u16, message: &str, errors: &Value) -> Answer {
    answer(status, &json!({"status": "error", "code": "e-101", "message": message, "errors": errors}))
}

fn jwt(claims: &Value) -> String {
    format!("{}.{}.signature", URL_SAFE_NO_PAD.encode("{}"), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

fn grant(access_token: &str) -> Grant {
    let expiry = Expiry::At(END_OF_DAY);
    Grant { access_token: Secret::new(access_token), refresh_token: None, expiry, details: None }
}

fn granted(answer: &Answer) -> Grant {
    match provider().read_login(answer, &[]) {
        Outcome::Granted(grant) => grant,
        other => panic!("{other:?}"),
    }
}

fn asked(answer: &Answer) -> SecondFactor {
    match provider().read_login(answer, &[]) {
        Outcome::SecondFactor(asked) => asked,
        other => panic!("{other:?}"),
    }
}

fn rejected(answer: &Answer) -> Error {
    match provider().read_login(answer, &[]) {
        Outcome::Rejected(error) | Outcome::Unjudged(error) => error,
        other => panic!("{other:?}"),
    }
}

fn unreadable(answer: &Answer) -> Error {
    match provider().read_login(answer, &[]) {
        Outcome::Unreadable(error) | Outcome::Unjudged(error) => error,
        other => panic!("{other:?}"),
    }
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.expose())
}

fn body(request: &Request) -> Value {
    serde_json::from_str(request.body.as_ref().unwrap().expose()).unwrap()
}

/// What the body holds besides the members that every login has.
fn login_body(request: &Request) -> Map<String, Value> {
    let Value::Object(mut body) = body(request) else { panic!("no object") };
    for (name, value) in [("user_id", "UCC123456"), ("api_key", "api-key-1"), ("source", "WEBAPI")] {
        assert_eq!(body.remove(name), Some(Value::from(value)));
    }
    body
}

#[track_caller]
fn assert_refused<T>(attempt: Result<T, Error>, field: &str) -> Error {
    let error = attempt.err().expect("taken");
    assert_eq!((error.code(), error.field()), (ErrorCode::InvalidConfig, Some(field)), "{error:?}");
    error
}
