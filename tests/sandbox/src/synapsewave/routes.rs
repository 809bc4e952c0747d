//! Which endpoints there are below the path prefix.

use hyper::Method;

use super::sessions::Holder;
use crate::request::Endpoint;

/// What a method and a path lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Login(Holder),
    Validate(Holder),
    Logout(Holder),
    Balance,
    Profile,
    ClientMapping,
    SendPasswordOtp,
    VerifyOtp,
    SetPassword,
    ChangePassword,
    RegisterMpin,
    ChangeMpin,
    SendMpinOtp,
    SetMpin,
    RegisterTotp,
    VerifyTotp,
    DeleteTotp,
    /// Nowhere, as the gateway before the server finds.
    Unknown,
}

impl Route {
    /// The route of a path without its prefix. Case matters.
    pub(super) fn find(method: &Method, path: &str) -> Self {
        let user = path.strip_prefix("/authentication/v1/user/");
        let found = match (method.as_str(), user) {
            (method, Some("session")) => session(method, Holder::User),
            ("GET", Some("balance")) => Some(Self::Balance),
            ("GET", Some("profile")) => Some(Self::Profile),
            ("POST", Some("password/reset/send-otp")) => Some(Self::SendPasswordOtp),
            ("POST", Some("otp/verify")) => Some(Self::VerifyOtp),
            ("PUT", Some("password/reset")) => Some(Self::SetPassword),
            ("PUT", Some("password")) => Some(Self::ChangePassword),
            ("POST", Some("mpin")) => Some(Self::RegisterMpin),
            ("PUT", Some("mpin")) => Some(Self::ChangeMpin),
            ("POST", Some("mpin/reset/send-otp")) => Some(Self::SendMpinOtp),
            ("POST", Some("mpin/reset/verify-otp")) => Some(Self::SetMpin),
            ("POST", Some("registertotp")) => Some(Self::RegisterTotp),
            ("DELETE", Some("registertotp")) => Some(Self::DeleteTotp),
            ("POST", Some("verifytotp")) => Some(Self::VerifyTotp),
            (method, None) => match (method, path) {
                (method, "/authentication/v1/dealer/session") => session(method, Holder::Dealer),
                ("GET", "/nontransactional/v1/dealer/client-mapping") => Some(Self::ClientMapping),
                _ => None,
            },
            _ => None,
        };
        found.unwrap_or(Self::Unknown)
    }

    /// What it is counted as. A first step of a login is a login here.
    pub(super) fn endpoint(self) -> Endpoint {
        match self {
            Self::Login(_) => Endpoint::Login,
            Self::Validate(_) => Endpoint::Validate,
            Self::Logout(_) => Endpoint::Logout,
            Self::Balance | Self::Profile | Self::ClientMapping => Endpoint::Account,
            Self::Unknown => Endpoint::Other,
            _ => Endpoint::Factor,
        }
    }

    /// Whether it wants an access token, and not the API key in the body.
    pub(super) fn wants_token(self) -> bool {
        match self.endpoint() {
            Endpoint::Factor => matches!(self, Self::RegisterMpin | Self::VerifyTotp | Self::DeleteTotp),
            endpoint => endpoint != Endpoint::Login,
        }
    }

    /// Whether the documents show the token without the word Bearer, so that either form is taken.
    pub(super) fn takes_raw_token(self) -> bool {
        matches!(self, Self::RegisterMpin | Self::DeleteTotp | Self::ClientMapping)
    }
}

/// For dealers the vendor's pages show a logout but neither its method nor its path, and no validation; those of users
/// are taken for both.
fn session(method: &str, holder: Holder) -> Option<Route> {
    match method {
        "POST" => Some(Route::Login(holder)),
        "PUT" => Some(Route::Validate(holder)),
        "DELETE" => Some(Route::Logout(holder)),
        _ => None,
    }
}
