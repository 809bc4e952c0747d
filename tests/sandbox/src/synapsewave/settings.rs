//! What the Synapsewave side of the sandbox can be told to be.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

/// How the Synapsewave API behaves. Every key is optional; an unknown key is an error.
#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // each is a setting of its own, spelled out in JSON
pub struct Settings {
    /// The path below which the API is: `/prod/interactive` by default. It begins with a slash and ends without one.
    #[serde(deserialize_with = "path_prefix")]
    pub path_prefix: String,
    /// What `api_key` in a body must be. `made-up-api-key-1` by default.
    pub api_key: String,
    /// What the header x-api-key must be; none, the default, lets the server not look at it, as the broker's server
    /// that has been observed.
    pub x_api_key: Option<String>,
    /// Who may log in, besides or instead of the default user of the same id: `UCC123456` with `made-up-password-2`,
    /// MPIN `739164`, TOTP secret `JBSWY3DPEHPK3PXPJBSWY3DP`, PAN `ABCDE1234F`, UDID `made-up-udid-1` and the SSO token
    /// `made-up-sso-token-1`.
    #[serde(skip_serializing)]
    pub users: Vec<User>,
    /// The dealers who may log in, besides or instead of the default one: `DEALER01` with `made-up-password-3`.
    #[serde(skip_serializing)]
    pub dealers: Vec<Dealer>,
    /// What a login does to the sessions that the user has already. The vendor does not say.
    pub second_login: SecondLogin,
    /// The sources that the users' licence covers.
    pub licensed_sources: Vec<String>,
    /// The HTTP status of a refusal that is neither 401 nor 403. 400 by default.
    #[serde(deserialize_with = "status")]
    pub failure_status: u16,
    /// How a refusal writes its `errors`.
    pub errors_form: ErrorsForm,
    /// How the answer of validate writes its `data`.
    pub validate_data: ValidateData,
    /// What validate says of a token that is good no more.
    pub dead_token: DeadToken,
    /// The broadcast token is a JWT of its own, good for nothing here, and not the access token once more.
    pub separate_broadcast_token: bool,
    /// Seconds that a session lives; none, the default, lets it end with the day in India on which it began.
    pub session_lifetime: Option<f64>,
    /// Seconds that a `register_token` is good for. 900 by default.
    pub register_token_lifetime: f64,
    /// Seconds that an OTP is good for, and what is given for one. 300 by default.
    pub otp_lifetime: f64,
    /// The `data` of a login is a JSON text and not an object.
    pub data_as_text: bool,
    /// An SSO token is good for one login.
    pub sso_single_use: bool,
    /// A login that would have succeeded is answered with a `register_token`, as if one more factor were needed.
    pub challenge_again: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            path_prefix: "/prod/interactive".into(),
            api_key: "made-up-api-key-1".into(),
            x_api_key: None,
            users: Vec::new(),
            dealers: Vec::new(),
            second_login: SecondLogin::KeepsFirst,
            licensed_sources: vec!["WEBAPI".into(), "MOBILEAPI".into()],
            failure_status: 400,
            errors_form: ErrorsForm::Text,
            validate_data: ValidateData::Text,
            dead_token: DeadToken::Unauthorized,
            separate_broadcast_token: false,
            session_lifetime: None,
            register_token_lifetime: 900.0,
            otp_lifetime: 300.0,
            data_as_text: false,
            sso_single_use: true,
            challenge_again: false,
        }
    }
}

/// The keys are secrets, and the rest would be long.
impl fmt::Debug for Settings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Settings").field("path_prefix", &self.path_prefix).finish_non_exhaustive()
    }
}

/// Somebody who may log in. What is not given stays as it is; in a new user it is absent, but for the password, which
/// must be given.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// The client code, compared exactly.
    pub user_id: String,
    /// The password.
    #[serde(default)]
    pub password: Option<String>,
    /// The MPIN, four to six digits.
    #[serde(default)]
    pub mpin: Option<String>,
    /// The TOTP secret in base32 without padding.
    #[serde(default, deserialize_with = "base32")]
    pub totp_secret: Option<String>,
    /// The PAN.
    #[serde(default)]
    pub pan: Option<String>,
    /// The device that has been registered.
    #[serde(default)]
    pub udid: Option<String>,
    /// The SSO tokens; a list that is given takes the place of those there were.
    #[serde(default)]
    pub sso_tokens: Option<Vec<String>>,
    /// The name. A new user's is the client code.
    #[serde(default)]
    pub user_name: Option<String>,
    /// The user exists but may not log in. False in a new user.
    #[serde(default)]
    pub disabled: Option<bool>,
    /// TOTPs are taken. True in a new user.
    #[serde(default)]
    pub totp_enabled: Option<bool>,
    /// The MPIN is taken. True in a new user.
    #[serde(default)]
    pub mpin_enabled: Option<bool>,
    /// The UDID is taken. True in a new user.
    #[serde(default)]
    pub fingerprint_enabled: Option<bool>,
}

impl User {
    /// The user there is if none is named.
    pub(super) fn standard() -> Self {
        let text = |text: &str| Some(text.to_owned());
        Self {
            user_id: "UCC123456".into(),
            password: text("made-up-password-2"),
            mpin: text("739164"),
            totp_secret: text("JBSWY3DPEHPK3PXPJBSWY3DP"),
            pan: text("ABCDE1234F"),
            udid: text("made-up-udid-1"),
            sso_tokens: Some(vec!["made-up-sso-token-1".into()]),
            user_name: text("TEST USER"),
            ..Self::default()
        }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("User").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// A dealer who may log in. What is not given stays as it is; a new dealer needs a password.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dealer {
    /// The dealer's id, compared exactly.
    pub user_id: String,
    /// The password.
    #[serde(default)]
    pub password: Option<String>,
    /// The dealer exists but may not log in. False in a new dealer.
    #[serde(default)]
    pub disabled: Option<bool>,
}

impl Dealer {
    /// The dealer there is if none is named.
    pub(super) fn standard() -> Self {
        Self { user_id: "DEALER01".into(), password: Some("made-up-password-3".into()), disabled: None }
    }
}

impl fmt::Debug for Dealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Dealer").field("user_id", &self.user_id).finish_non_exhaustive()
    }
}

/// What a login does to the sessions that the user has already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecondLogin {
    /// Nothing.
    KeepsFirst,
    /// It ends them.
    EndsFirst,
}

/// How a refusal writes its `errors`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorsForm {
    /// The code as a text, as observed.
    Text,
    /// A list of the one code.
    Array,
    /// Null.
    Null,
    /// The key is left out.
    Absent,
}

/// How the answer of validate writes its `data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ValidateData {
    /// `"true"`, as documented.
    Text,
    /// `"True"`.
    Capital,
    /// `true`.
    Boolean,
    /// The key is left out.
    Absent,
}

/// What validate says of a token that is good no more. The vendor does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadToken {
    /// 401.
    Unauthorized,
    /// 200 with `data` false.
    False,
}

fn path_prefix<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let prefix = String::deserialize(deserializer)?;
    if prefix.len() > 1 && prefix.starts_with('/') && !prefix.ends_with('/') {
        Ok(prefix)
    } else {
        Err(serde::de::Error::custom("path_prefix must begin with a slash and end without one"))
    }
}

fn status<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    let status = u16::deserialize(deserializer)?;
    if (200..600).contains(&status) {
        Ok(status)
    } else {
        Err(serde::de::Error::custom("failure_status must be from 200 to 599"))
    }
}

fn base32<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let secret = Option::<String>::deserialize(deserializer)?;
    if secret.as_ref().is_some_and(|secret| super::totp::read(secret).is_none()) {
        return Err(serde::de::Error::custom("totp_secret must be base32 without padding"));
    }
    Ok(secret)
}
