//! The three ways to get tokens: a login, tokens that are held elsewhere, and an exchange of those.

use std::sync::Arc;

use crate::error::Error;
use crate::grant::Tokens;
use crate::keeper::{Keeper, Need, wait};
use crate::lifecycle::{Input, LoginPart};
use crate::policy::{Options, Relogin};
use crate::provider::Provider;
use crate::secret::Secret;

use super::Session;

/// Logs in and returns a session that stays valid.
///
/// A caller that is cancelled, or whose time is up, takes nothing with it: a login that is on the wire goes on and is
/// counted. One that still waits for its turn is not sent.
///
/// # Errors
/// `invalid_config` without credentials; `invalid_credentials`, `account_locked`, `access_denied`,
/// `second_factor_required` as the server says; `lockout_guard` where sending could lock the account; `transport`,
/// `timeout`, `tls`, `proxy`, `rate_limited`, `protocol` where no good answer came.
///
/// ```no_run
/// # async fn example() -> Result<(), relatch::Error> {
/// let provider = relatch::SevenG::builder().username("api_user").password("made up").environment("test").build()?;
/// let session = relatch::login(provider, relatch::Options::default()).await?;
/// let token = session.token().await?;
/// # Ok(())
/// # }
/// ```
pub async fn login(provider: impl Into<Arc<dyn Provider>>, options: Options) -> Result<Session, Error> {
    let provider = provider.into();
    provider.check_login()?;
    let (force, options) = (options.forces(), options.routed(provider.base_url())?);
    let keeper = Keeper::new(provider, options);
    let reply = keeper.ask(Input::Login { force, part: LoginPart::Whole(None) });
    wait(&keeper, reply, Need::Rotation, keeper.login_limit())?.await.map_err(|error| error.with_challenge(&keeper))?;
    Ok(Session(keeper))
}

/// A session from tokens that are held elsewhere. No traffic.
///
/// ```
/// let provider = relatch::SevenG::builder().environment("test").build()?;
/// let tokens = relatch::Tokens::new("an access token", Some("a refresh token".to_owned()));
/// let session = relatch::resume(provider, tokens, relatch::Options::default())?;
/// # Ok::<(), relatch::Error>(())
/// ```
///
/// # Errors
/// `invalid_config` for an empty token, or one that no header can carry.
pub fn resume(provider: impl Into<Arc<dyn Provider>>, tokens: Tokens, options: Options) -> Result<Session, Error> {
    let provider = provider.into();
    check_token("access_token", &tokens.access_token)?;
    if let Some(refresh_token) = &tokens.refresh_token {
        check_token("refresh_token", refresh_token)?;
    }
    let options = options.routed(provider.base_url())?;
    let grant = tokens.into_grant(provider.default_expiry(options.time().unix_time()));
    Ok(Session(Keeper::resumed(provider, options, grant)))
}

/// Exchanges tokens for new ones, for programs that keep tokens in their own database. No session is kept.
///
/// # Errors
/// `relogin_required` where the refresh token is refused or missing, or the answer was lost; else as [`login`].
///
/// ```no_run
/// # async fn example(stored: relatch::Tokens) -> Result<relatch::Tokens, relatch::Error> {
/// let provider = relatch::SevenG::builder().environment("test").build()?;
/// relatch::refresh(provider, stored, relatch::Options::default()).await
/// # }
/// ```
pub async fn refresh(
    provider: impl Into<Arc<dyn Provider>>,
    tokens: Tokens,
    options: Options,
) -> Result<Tokens, Error> {
    let provider = provider.into();
    // Where tokens are exchanged, credentials are not touched; where they are not, new ones come of a login.
    let options = if provider.has_refresh() { options.relogin(Relogin::Never) } else { options };
    resume(provider, tokens, options.without_store())?.refresh().await
}

fn check_token(field: &'static str, token: &Secret) -> Result<(), Error> {
    if !token.is_sendable() {
        return Err(Error::invalid(
            field,
            format!("The {field} is empty, or holds characters that no header can carry."),
        ));
    }
    Ok(())
}
