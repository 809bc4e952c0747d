//! What went over the wire, in numbers.

use serde::Serialize;

use crate::request::Endpoint;

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How often each thing happened since the sandbox started. Requests are counted when they have arrived whole
        /// and before the server acts; what is rejected, when the verdict falls.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct Counts { $($(#[$doc])* pub $name: u64,)* }

        impl Counts {
            /// The names of all counts.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// The count of that name, if there is one.
            pub fn get(&self, name: &str) -> Option<u64> {
                match name {
                    $(stringify!($name) => Some(self.$name),)*
                    _ => None,
                }
            }
        }
    };
}

counts! {
    /// Requests that can grant a session, in either system: also the second step of a login, not its first.
    login,
    /// Logins refused, for whatever reason.
    login_rejected,
    /// Refreshes asked for.
    refresh,
    /// Refreshes refused, for whatever reason.
    refresh_rejected,
    /// Refreshes with a token that had been spent: each cost a whole session.
    reused,
    /// Requests for the protected resource.
    account,
    /// Those among them whose access token was refused.
    account_rejected,
    /// Health checks.
    health,
    /// Lookups.
    lookup,
    /// First steps of a login, which can only lead to a second.
    register,
    /// Those among them that were refused, for whatever reason.
    register_rejected,
    /// Questions whether a session is valid.
    validate,
    /// Those among them whose access token was refused, or whose session is not valid.
    validate_rejected,
    /// Logouts asked for.
    logout,
    /// Logouts refused, for whatever reason.
    logout_rejected,
    /// Requests that change a password, an MPIN, a fingerprint or a TOTP, or send an OTP for that.
    factor,
    /// Those among them that were refused, for whatever reason.
    factor_rejected,
    /// Requests with a TOTP of a step of which one had arrived before, whatever became of it.
    totp_reused,
    /// Connections that carried at least one request.
    connections,
    /// Requests of any kind, unknown paths included.
    total,
}

impl Counts {
    /// A request has arrived whole.
    pub(crate) fn arrived(&mut self, endpoint: Endpoint) {
        self.total += 1;
        match endpoint {
            Endpoint::Login => self.login += 1,
            Endpoint::Refresh => self.refresh += 1,
            Endpoint::Account => self.account += 1,
            Endpoint::Health => self.health += 1,
            Endpoint::Lookup => self.lookup += 1,
            Endpoint::Register => self.register += 1,
            Endpoint::Validate => self.validate += 1,
            Endpoint::Logout => self.logout += 1,
            Endpoint::Factor => self.factor += 1,
            Endpoint::Other => {}
        }
    }

    /// The server refused a request.
    pub(crate) fn rejected(&mut self, endpoint: Endpoint, verdict: &str) {
        match endpoint {
            Endpoint::Login => self.login_rejected += 1,
            Endpoint::Refresh => self.refresh_rejected += 1,
            Endpoint::Account => self.account_rejected += 1,
            Endpoint::Register => self.register_rejected += 1,
            Endpoint::Validate => self.validate_rejected += 1,
            Endpoint::Logout => self.logout_rejected += 1,
            Endpoint::Factor => self.factor_rejected += 1,
            Endpoint::Health | Endpoint::Lookup | Endpoint::Other => {}
        }
        if verdict == "reused" {
            self.reused += 1;
        }
    }
}
