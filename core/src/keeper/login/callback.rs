//! The value of a login that a callback is asked for: once for a flight, and not beyond the time that there is.

use super::{Login, forsaken, logged_out};
use crate::error::{Error, ErrorCode, Sent};
use crate::factor::{Callback, FactorKind, NotAText, Question};
use crate::lifecycle::{Ended, Input, LoginPart};
use crate::secret::Secret;
use crate::system::runtime;
use crate::time::BootTime;

impl Login {
    /// Asks a callback, once for the whole flight: what it gives is kept there for its next try.
    pub(super) async fn ask(&mut self, callback: &Callback, wanted: &'static str) -> Result<Secret, Ended> {
        let over = self.over_at();
        let answer = self.answer(callback, wanted, over).await?;
        if over.is_some_and(|over| over <= self.keeper.options.time().boot_time()) {
            let late = not_had(wanted, "answered when the server's time was up", ErrorCode::Timeout);
            return Err(Ended::NoValue(late));
        }
        let value = Secret::new(answer.expose().trim());
        // A slip of the human who was asked costs nothing.
        self.request(Some(&value)).map_err(|error| Ended::NoValue(nonsense(wanted, error)))?;
        self.part = match std::mem::replace(&mut self.part, LoginPart::First) {
            LoginPart::Second(asked, _) => {
                let kind = self.keeper.provider.second_factor().map_or(FactorKind::Otp, crate::factor::Factor::kind);
                LoginPart::Second(asked, Some((kind, value.clone())))
            }
            _ => LoginPart::Whole(Some(value.clone())),
        };
        self.keeper.ask(Input::Supplied(self.number, self.part.clone()));
        Ok(value)
    }

    /// When the server stops waiting for the second factor; None if it does not say, or says a time that is over,
    /// so that one of the clocks is wrong.
    fn over_at(&self) -> Option<BootTime> {
        let LoginPart::Second(asked, _) = &self.part else { return None };
        let left = self.keeper.likely_server_time().until(asked.expires_at);
        (!left.is_zero()).then(|| self.keeper.options.time().boot_time().after(left))
    }

    async fn answer(&self, callback: &Callback, wanted: &'static str, over: Option<BootTime>) -> Result<Secret, Ended> {
        // An answer to a prompt that nobody expects would be taken from one that somebody does.
        if self.keeper.is_forsaken(self.number) {
            return Err(Ended::Guarded(forsaken()));
        }
        let (provider, clock) = (&self.keeper.provider, self.keeper.options.time());
        let asked = match &self.part {
            LoginPart::Second(asked, _) => Some(asked),
            _ => None,
        };
        let question = Question {
            wanted,
            system: provider.system(),
            user: provider.user().map(ToOwned::to_owned),
            methods: asked.map(|asked| asked.methods.clone()).unwrap_or_default(),
        };
        let limit = callback.time_limit();
        let own = clock.boot_time().after(limit);
        // An answer that comes after the server's time is up is of no use.
        let deadline = over.map_or(own, |over| over.min(own));
        let callback = callback.clone();
        // A task of its own, from its first line on: what is not ours may panic.
        let mut asking = runtime::spawn(async move { callback.ask(question).await }).map_err(Ended::Guarded)?;
        let none = |how: &str| not_had(wanted, how, ErrorCode::Transport);
        let ended = tokio::select! {
            biased;
            answer = &mut asking => return match answer {
                Ok(Ok(value)) => Ok(value),
                Ok(Err(error)) if error.is::<NotAText>() => {
                    let what = "answered with something that is no text";
                    Err(Ended::NoValue(not_had(wanted, what, ErrorCode::InvalidConfig)))
                }
                Ok(Err(error)) => Err(Ended::NoValue(none("failed").with_boxed_source(error))),
                Err(_) => Err(Ended::NoValue(none("panicked"))),
            },
            () = clock.sleep_until(deadline) => {
                let late = if deadline == own {
                    format!("did not answer within {} seconds", limit.as_secs_f64())
                } else {
                    "did not answer before the server's time was up".to_owned()
                };
                Ended::NoValue(not_had(wanted, &late, ErrorCode::Timeout))
            }
            () = self.over() => Ended::Guarded(logged_out()),
        };
        asking.abort();
        Err(ended)
    }
}

fn nonsense(wanted: &'static str, error: Error) -> Error {
    not_had(wanted, "answered with something that cannot be one", ErrorCode::InvalidConfig).with_source(error)
}

/// What is said when a callback gave no value. `code` tells it of an SSO token, which comes from another system and needs
/// no human.
fn not_had(wanted: &'static str, how: &str, code: ErrorCode) -> Error {
    if wanted == "sso_token" {
        let message = format!("The callback for the SSO token {how}; nothing was sent.");
        return Error::new(code, message).with_field(wanted).with_sent(Sent::No);
    }
    let message = format!(
        "A second factor is needed and the callback for it {how} ({wanted}). Log in again, or complete the challenge if \
         this error carries one."
    );
    Error::new(ErrorCode::SecondFactorRequired, message).with_field(wanted)
}
