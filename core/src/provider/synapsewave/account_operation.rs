//! The calls that manage a user's factors, as a table (wire.md 2.5). Those that the vendor does not describe are left
//! out.

use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::provider::Method;
use crate::secret::Secret;

use super::checks;

/// One of the calls.
pub(crate) struct Operation {
    /// The method of [`SynapsewaveAccount`](super::SynapsewaveAccount) that makes it.
    pub(crate) name: &'static str,
    pub(super) method: Method,
    pub(super) path: &'static str,
    /// Whether it is made with a session's token, and not with the user's name.
    pub(crate) needs_session: bool,
    pub(super) arguments: &'static [Argument],
    pub(super) yields: Yields,
}

/// What a call is given.
pub(super) struct Argument {
    pub(super) name: &'static str,
    pub(super) on_the_wire: &'static str,
    pub(super) value: Value,
    is_optional: bool,
}

/// What an argument must be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Text,
    Code,
    Mpin,
    /// An MPIN that is documented as a number.
    NumberMpin,
    Udid,
}

/// What the answer to a call holds besides words.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Yields {
    Nothing,
    Token,
    Authenticator,
}

/// wire.md 2.5: the longest device identifier.
const LONGEST_UDID: usize = 50;

const fn needed(name: &'static str, on_the_wire: &'static str, value: Value) -> Argument {
    Argument { name, on_the_wire, value, is_optional: false }
}

const fn optional(name: &'static str, on_the_wire: &'static str, value: Value) -> Argument {
    Argument { name, on_the_wire, value, is_optional: true }
}

const fn by_name(
    name: &'static str,
    method: Method,
    path: &'static str,
    arguments: &'static [Argument],
    yields: Yields,
) -> Operation {
    Operation { name, method, path, needs_session: false, arguments, yields }
}

const fn by_session(
    name: &'static str,
    method: Method,
    path: &'static str,
    arguments: &'static [Argument],
) -> Operation {
    Operation { name, method, path, needs_session: true, arguments, yields: Yields::Nothing }
}

const OTP: Argument = needed("otp", "otp", Value::Code);
const UDID: Argument = optional("udid", "mobile_udid", Value::Udid);

pub(crate) const SEND_OTP: Operation =
    by_name("send_otp", Method::Post, "/authentication/v1/user/password/reset/send-otp", &[], Yields::Nothing);
pub(crate) const VERIFY_OTP: Operation =
    by_name("verify_otp", Method::Post, "/authentication/v1/user/otp/verify", &[OTP], Yields::Token);
pub(crate) const SET_PASSWORD: Operation = by_name(
    "set_password",
    Method::Put,
    "/authentication/v1/user/password/reset",
    &[needed("temp_token", "otp", Value::Text), needed("new_password", "new_password", Value::Text)],
    Yields::Nothing,
);
pub(crate) const CHANGE_PASSWORD: Operation = by_name(
    "change_password",
    Method::Put,
    "/authentication/v1/user/password",
    &[needed("old_password", "old_password", Value::Text), needed("new_password", "new_password", Value::Text)],
    Yields::Nothing,
);
pub(crate) const CHANGE_MPIN: Operation = by_name(
    "change_mpin",
    Method::Put,
    "/authentication/v1/user/mpin",
    &[needed("old_mpin", "old_mpin", Value::NumberMpin), needed("new_mpin", "new_mpin", Value::NumberMpin)],
    Yields::Nothing,
);
pub(crate) const SEND_MPIN_OTP: Operation =
    by_name("send_mpin_otp", Method::Post, "/authentication/v1/user/mpin/reset/send-otp", &[], Yields::Nothing);
pub(crate) const SET_MPIN: Operation = by_name(
    "set_mpin",
    Method::Post,
    "/authentication/v1/user/mpin/reset/verify-otp",
    &[needed("mpin", "mpin", Value::Mpin), OTP, UDID],
    Yields::Nothing,
);
pub(crate) const REGISTER_TOTP: Operation = by_name(
    "register_totp",
    Method::Post,
    "/authentication/v1/user/registertotp",
    &[OTP, optional("app_name", "app_name", Value::Text)],
    Yields::Authenticator,
);
pub(crate) const REGISTER_MPIN: Operation = by_session(
    "register_mpin",
    Method::Post,
    "/authentication/v1/user/mpin",
    &[needed("mpin", "mpin", Value::NumberMpin), UDID],
);
pub(crate) const VERIFY_TOTP: Operation = by_session(
    "verify_totp",
    Method::Post,
    "/authentication/v1/user/verifytotp",
    &[needed("code", "second_auth", Value::Code)],
);
pub(crate) const DELETE_TOTP: Operation =
    by_session("delete_totp", Method::Delete, "/authentication/v1/user/registertotp", &[]);

const ALL: [&Operation; 11] = [
    &SEND_OTP,
    &VERIFY_OTP,
    &SET_PASSWORD,
    &CHANGE_PASSWORD,
    &CHANGE_MPIN,
    &SEND_MPIN_OTP,
    &SET_MPIN,
    &REGISTER_TOTP,
    &REGISTER_MPIN,
    &VERIFY_TOTP,
    &DELETE_TOTP,
];

impl Operation {
    /// The call of that name.
    ///
    /// # Errors
    /// `invalid_config` with field `operation`.
    pub(crate) fn named(name: &str) -> Result<&'static Self, Error> {
        ALL.into_iter().find(|operation| operation.name == name).ok_or_else(|| {
            let known = ALL.map(|operation| operation.name).join(", ");
            Error::invalid("operation", format!("There is no such operation. Known are: {known}."))
        })
    }

    /// Whether it carries a body; a call without one is not given a Content-Type.
    pub(super) fn has_body(&self) -> bool {
        !matches!(self.method, Method::Get | Method::Delete)
    }

    /// The arguments as other languages pass them: texts by their names.
    ///
    /// # Errors
    /// `invalid_config` with the argument as its field; `arguments` where there is no such argument.
    pub(crate) fn arguments(&self, given: &Map<String, Json>) -> Result<Vec<(&'static str, Secret)>, Error> {
        let is_known = |name: &String| self.arguments.iter().any(|argument| argument.name == *name);
        if !given.keys().all(is_known) {
            let known = self.arguments.iter().map(|argument| argument.name).collect::<Vec<_>>().join(", ");
            let known = if known.is_empty() { "none" } else { &known };
            let message = format!("{} was given an argument that it does not take. It takes: {known}.", self.name);
            return Err(Error::invalid("arguments", message));
        }
        let mut arguments = Vec::new();
        for Argument { name, .. } in self.arguments {
            match given.get(*name) {
                None | Some(Json::Null) => {}
                Some(Json::String(text)) => arguments.push((*name, Secret::new(text.as_str()))),
                // A number has lost its leading zeros.
                Some(_) => return Err(Error::invalid(name, format!("{name} is not a text. Give it as one."))),
            }
        }
        Ok(arguments)
    }
}

impl Argument {
    /// The value as it is sent; None if it is left out.
    pub(super) fn check<'a>(&self, given: Option<&'a str>) -> Result<Option<&'a str>, Error> {
        let Some(value) = given else {
            let message = format!("{} is missing.", self.name);
            return if self.is_optional { Ok(None) } else { Err(Error::invalid(self.name, message)) };
        };
        match self.value {
            Value::Code => return checks::code(self.name, value).map(Some),
            Value::Mpin | Value::NumberMpin => checks::mpin(self.name, value)?,
            Value::Udid if value.chars().count() > LONGEST_UDID => {
                let message = format!("{} is longer than {LONGEST_UDID} characters, which is the most.", self.name);
                return Err(Error::invalid(self.name, message));
            }
            Value::Text | Value::Udid => checks::text(self.name, value)?,
        }
        Ok(Some(value))
    }
}
