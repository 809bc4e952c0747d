//! Errors on their way to JavaScript: JSON with the code, the message, all details and the errors beneath. Times in
//! milliseconds since 1970.

use std::error::Error as StdError;

use relatch::{Detail, Error, ErrorCode};
use serde_json::{Map, Value, json};

use crate::thrown::Thrown;
use crate::time;

/// The error as JSON text.
pub(crate) fn encode(error: &Error) -> String {
    object(error).to_string()
}

/// The error of a call that was waiting when the process began to exit.
pub(crate) fn exiting() -> String {
    let code = ErrorCode::Closed.as_str();
    json!({ "code": code, "message": "The process is exiting.", "details": {} }).to_string()
}

fn object(error: &Error) -> Value {
    let details: Map<String, Value> =
        error.details().into_iter().map(|(name, detail)| (name.to_owned(), value(detail))).collect();
    json!({
        "code": error.code().as_str(),
        "message": error.to_string(),
        "details": details,
        "source": error.source().map(source),
    })
}

fn value(detail: Detail) -> Value {
    match detail {
        Detail::Text(text) => text.into(),
        Detail::Number(number) => number.into(),
        Detail::Time(seconds) => time::milliseconds(seconds).into(),
        Detail::List(texts) => texts.into(),
    }
}

fn source(error: &(dyn StdError + 'static)) -> Value {
    if let Some(thrown) = error.downcast_ref::<Thrown>() {
        return json!({ "message": error.to_string(), "thrown": thrown.number() });
    }
    match error.downcast_ref::<Error>() {
        Some(own) => object(own),
        None => json!({ "message": error.to_string(), "source": error.source().map(source) }),
    }
}
