//! A login between its two steps: the server took the first factor, and a human gives the second.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{Error, ErrorCode};
use crate::factor::FactorKind;
use crate::grant::SecondFactor;
use crate::keeper::{Keeper, Need, wait};
use crate::lifecycle::{Input, LoginPart};
use crate::policy::Options;
use crate::provider::Provider;
use crate::secret::Secret;
use crate::time::UnixTime;

use super::Session;

/// A login that waits for its second factor. Clones are handles of the same login.
///
/// A factor that is refused ends it: begin again.
#[derive(Clone)]
pub struct Challenge {
    keeper: Arc<Keeper>,
    asked: Arc<SecondFactor>,
}

/// Logs in with the first factor alone and returns what the server asks for then.
///
/// # Errors
/// `invalid_config` for a system or a first factor that has no such step; else as [`login`](crate::login).
///
/// ```no_run
/// # async fn example(provider: relatch::Synapsewave) -> Result<(), relatch::Error> {
/// let challenge = relatch::begin(provider, relatch::Options::default()).await?;
/// println!("one of {:?}, please", challenge.methods());
/// let session = challenge.complete(relatch::FactorKind::Otp, "123456").await?;
/// # Ok(())
/// # }
/// ```
pub async fn begin(provider: impl Into<Arc<dyn Provider>>, options: Options) -> Result<Challenge, Error> {
    let provider = provider.into();
    provider.check_login()?;
    provider.begin()?;
    let (force, limit) = (options.forces(), options.call_limit());
    let options = options.routed(provider.base_url())?;
    let keeper = Keeper::new(provider, options);
    let reply = keeper.ask(Input::Login { force, part: LoginPart::First });
    let Err(error) = wait(&keeper, reply, Need::Rotation, limit)?.await else {
        drop(keeper.close());
        return Err(not_asked());
    };
    Challenge::of(&keeper).filter(|_| error.code() == ErrorCode::SecondFactorRequired).ok_or(error)
}

fn not_asked() -> Error {
    let message =
        "The server asked for no second factor and opened a session at once, which was ended again. Use login.";
    Error::new(ErrorCode::Protocol, message)
}

impl Challenge {
    /// What this session waits for, if it does.
    pub(crate) fn of(keeper: &Arc<Keeper>) -> Option<Self> {
        let now = keeper.options().time().now();
        let asked = keeper.look(|lifecycle| lifecycle.challenged(now).map(Arc::clone))?;
        Some(Self { keeper: Arc::clone(keeper), asked })
    }

    /// The factors that [`complete`](Self::complete) takes, as far as the server says which its user has.
    pub fn methods(&self) -> &[FactorKind] {
        &self.asked.methods
    }

    /// Until when the login can be completed, by the server's clock.
    pub fn expires_at(&self) -> UnixTime {
        self.asked.expires_at
    }

    /// What else the server says of the user's factors.
    pub fn details(&self) -> &Map<String, Value> {
        &self.asked.fields
    }

    /// Gives the second factor and returns the session.
    ///
    /// A caller that is cancelled takes nothing with it: the login goes on, and completing again returns its session.
    ///
    /// # Errors
    /// `invalid_config` for a value that cannot be one of that kind, with nothing sent and nothing lost;
    /// `second_factor_rejected`; `second_factor_required` where the challenge is over; else as
    /// [`login`](crate::login).
    pub async fn complete(&self, kind: FactorKind, value: impl Into<Secret>) -> Result<Session, Error> {
        let value = Secret::new(value.into().expose().trim());
        // The value is looked at before it can cost anything.
        self.keeper.provider().complete(&self.asked, kind, &value)?;
        let (asked, force) = (Arc::clone(&self.asked), self.keeper.options().forces());
        let reply = self.keeper.ask(Input::Complete { asked, given: (kind, value), force });
        wait(&self.keeper, reply, Need::Rotation, self.keeper.options().call_limit())?.await?;
        Ok(Session(Arc::clone(&self.keeper)))
    }
}

impl fmt::Debug for Challenge {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Challenge {{ methods: {:?}, expires_at: {:?} }}", self.methods(), self.expires_at())
    }
}

impl Error {
    /// The login to complete, where the server waits for a second factor: of `second_factor_required`, and of an error
    /// that kept the second step from being sent.
    pub fn challenge(&self) -> Option<Challenge> {
        self.attachment().and_then(|attachment| attachment.downcast_ref::<Challenge>().cloned())
    }

    /// This error with the challenge that the session is in, if it is.
    pub(crate) fn with_challenge(self, keeper: &Arc<Keeper>) -> Self {
        match Challenge::of(keeper) {
            Some(challenge) => self.with_attachment(Arc::new(challenge)),
            None => self,
        }
    }
}
