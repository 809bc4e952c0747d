//! The systems that the sandbox plays, and what each has to offer.

use serde_json::{Map, Value};

use crate::request::{Endpoint, Outcome, Request};
use crate::settings::Settings;
use crate::seven_g::SevenG;
use crate::synapsewave::Synapsewave;

/// A system that the sandbox plays. Times are in milliseconds since 1970 by the server's clock.
pub(crate) trait System: Sized {
    /// Its name in the audit and in control calls.
    const NAME: &'static str;
    /// What a request asks of it.
    type Call: Send;
    /// Changes of who may log in.
    type Changes;

    /// The system at its start. Takes the users that may log in out of the settings.
    fn new(settings: &mut Settings) -> Result<Self, String>;
    /// Takes the changes of who may log in out of a change of settings.
    fn changes(change: &mut Map<String, Value>) -> Result<Self::Changes, String>;
    /// Whether these changes can be made.
    fn check(&self, changes: &Self::Changes) -> Result<(), String>;
    /// Makes changes that have been checked.
    fn change(&mut self, changes: Self::Changes);
    /// What a request asks for; none if its path belongs to another system.
    fn read(request: &Request, settings: &Settings) -> Option<(Endpoint, Self::Call)>;
    /// What the audit shall say of a request that has arrived, whether or not the server will act on it.
    fn arrived(&mut self, call: &Self::Call, now: i64, settings: &Settings) -> Note;
    /// Acts on a request.
    fn act(&mut self, call: &Self::Call, now: i64, settings: &Settings) -> Outcome;
    /// Invalidates tokens on the server's side.
    fn revoke(&mut self, revoke: Value) -> Result<(), String>;

    /// Carries out a control call that only this system knows; none if it does not.
    fn control(
        &mut self,
        _name: &str,
        _body: &Value,
        _now: i64,
        _settings: &Settings,
    ) -> Option<Result<Value, String>> {
        None
    }
}

/// What a system says of a request for the audit and the counts; nothing of it is secret.
#[derive(Default)]
pub(crate) struct Note {
    pub(crate) username: Option<String>,
    pub(crate) token: Option<u64>,
    pub(crate) x_api_key: Option<&'static str>,
    pub(crate) login_type: Option<String>,
    pub(crate) second_auth_type: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) fields: Option<Vec<String>>,
    /// The request presents a TOTP step that was presented before.
    pub(crate) totp_reused: bool,
}

macro_rules! systems {
    ($($field:ident: $system:ident,)*) => {
        /// Every system with its state.
        pub(crate) struct Systems { $(pub(crate) $field: $system,)* }

        /// What a request asks of one of the systems.
        pub(crate) enum Call { $($system(<$system as System>::Call),)* }

        /// Changes of who may log in, for all systems.
        pub(crate) struct Changes { $(pub(crate) $field: <$system as System>::Changes,)* }

        impl Changes {
            /// Takes them out of a change of settings.
            pub(crate) fn take(change: &mut Map<String, Value>) -> Result<Self, String> {
                Ok(Self { $($field: $system::changes(change)?,)* })
            }
        }

        impl Call {
            /// What a request asks for, by the first system that has its path.
            pub(crate) fn read(request: &Request, settings: &Settings) -> Option<(Endpoint, Self)> {
                $(
                    if let Some((endpoint, call)) = $system::read(request, settings) {
                        return Some((endpoint, Self::$system(call)));
                    }
                )*
                None
            }

            /// The name of the system.
            pub(crate) fn system(&self) -> &'static str {
                match self { $(Self::$system(_) => $system::NAME,)* }
            }
        }

        impl Systems {
            pub(crate) fn new(settings: &mut Settings) -> Result<Self, String> {
                Ok(Self { $($field: $system::new(settings)?,)* })
            }

            /// Makes all changes, or none if one of them is in error.
            pub(crate) fn change(&mut self, changes: Changes) -> Result<(), String> {
                $(self.$field.check(&changes.$field)?;)*
                $(self.$field.change(changes.$field);)*
                Ok(())
            }

            pub(crate) fn arrived(&mut self, call: &Call, now: i64, settings: &Settings) -> Note {
                match call { $(Call::$system(call) => self.$field.arrived(call, now, settings),)* }
            }

            pub(crate) fn act(&mut self, call: &Call, now: i64, settings: &Settings) -> Outcome {
                match call { $(Call::$system(call) => self.$field.act(call, now, settings),)* }
            }

            /// Invalidates tokens of the system of that name.
            pub(crate) fn revoke(&mut self, system: &str, revoke: Value) -> Result<(), String> {
                match system {
                    $($system::NAME => self.$field.revoke(revoke),)*
                    _ => Err(format!("there is no system '{system}', but {}", [$($system::NAME),*].join(", "))),
                }
            }

            /// Carries out a control call of the one system that knows it; none if no system does.
            pub(crate) fn control(
                &mut self,
                name: &str,
                body: &Value,
                now: i64,
                settings: &Settings,
            ) -> Option<Result<Value, String>> {
                let mut result = None;
                $(result = result.or_else(|| self.$field.control(name, body, now, settings));)*
                result
            }
        }
    };
}

// The list of all systems. A request belongs to the first that has its path, so that the one that answers whatever
// is left comes last.
systems! {
    synapsewave: Synapsewave,
    seven_g: SevenG,
}
