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
    /// Logins asked for.
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
            Endpoint::Other => {}
        }
    }

    /// The server refused a request.
    pub(crate) fn rejected(&mut self, endpoint: Endpoint, verdict: &str) {
        match endpoint {
            Endpoint::Login => self.login_rejected += 1,
            Endpoint::Refresh => self.refresh_rejected += 1,
            Endpoint::Account => self.account_rejected += 1,
            Endpoint::Health | Endpoint::Lookup | Endpoint::Other => {}
        }
        if verdict == "reused" {
            self.reused += 1;
        }
    }
}
