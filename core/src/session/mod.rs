//! `Session`: the handle that callers hold.

mod challenge;
mod logout;
mod open;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::carried;
use crate::error::Error;
use crate::event::Event;
use crate::grant::{Claims, Feed, Profile, Tokens};
use crate::jwt;
use crate::keeper::{Keeper, Listeners, Need, Subscription, wait};
use crate::lifecycle::{Held, Input, State};
use crate::secret::Secret;
use crate::time::UnixTime;

pub use challenge::{Challenge, begin};
pub use logout::LogoutFuture;
pub use open::{login, refresh, resume};
pub use token::{Token, TokenFuture};

/// A session that stays valid. Clones are handles of the same session; it works on any thread and any runtime.
#[derive(Clone)]
pub struct Session(pub(crate) Arc<Keeper>);

impl Session {
    /// An access token with at least 30 seconds to live, while the server answers.
    ///
    /// A fresh one is handed out at once. Else this waits for the one refresh, or login, that all callers share; if that
    /// fails, the old token is handed out to its real end.
    ///
    /// # Errors
    /// `relogin_required`, `forked_session`, `closed`, `timeout`, and what a login can raise.
    pub fn token(&self) -> TokenFuture<'_> {
        self.token_within(self.0.wait_limit())
    }

    /// Like [`token`](Self::token), but waits at most `limit`; retries while the server is unreachable or busy.
    pub fn token_within(&self, limit: Duration) -> TokenFuture<'_> {
        TokenFuture::new(&self.0, limit)
    }

    /// The access token if that is fresh: no lock, no wait. Else [`token`](Self::token) finds one.
    #[inline]
    pub fn fresh_token(&self) -> Option<Token> {
        self.0.fresh().map(Token::of)
    }

    /// The headers that authorise a request.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub async fn headers(&self) -> Result<Vec<(&'static str, String)>, Error> {
        let token = self.token().await?;
        Ok(self.headers_for(&token))
    }

    /// The headers that authorise a request with this token, a [`Token`] or its text.
    pub fn headers_for(&self, token: &(impl AsRef<str> + ?Sized)) -> Vec<(&'static str, String)> {
        self.0.provider().headers(token.as_ref())
    }

    /// Gets new tokens now. Calls at the same time share one exchange.
    ///
    /// While the server cannot be reached or is busy this waits and tries again until its time is up; calls for a token go
    /// on with the old one meanwhile. Where the system has no refresh this is a login, for which a callback may ask a human
    /// for the second factor.
    ///
    /// # Errors
    /// As [`token`](Self::token); a failure leaves a valid token in use.
    pub async fn refresh(&self) -> Result<Tokens, Error> {
        self.refresh_within(self.0.login_limit()).await
    }

    /// Like [`refresh`](Self::refresh), but waits at most `limit`.
    pub async fn refresh_within(&self, limit: Duration) -> Result<Tokens, Error> {
        let refreshed = match wait(&self.0, self.0.ask(Input::Refresh), Need::Rotation, limit) {
            Ok(waiting) => waiting.await,
            Err(error) => Err(error),
        };
        refreshed.map(|held| shown(&held)).map_err(|error| error.with_challenge(&self.0))
    }

    /// Says that the server refused what was `sent`, and returns a token to try again with.
    ///
    /// `sent` is what the refused request carried: the token, or the value of the header, with or without its scheme. Only
    /// the current token causes a refresh, and only one. For an older one the current token is returned; so is one that
    /// came less than 5 seconds ago, for the refused request may have carried the one before it: try again with that.
    ///
    /// # Errors
    /// As [`token`](Self::token); `relogin_required` with cause `token_refused` where new tokens are refused as well;
    /// `invalid_config` with field `token` for what this session never had.
    pub async fn report_unauthorized(&self, sent: &str) -> Result<Token, Error> {
        self.report_unauthorized_within(sent, self.0.wait_limit()).await
    }

    /// Like [`report_unauthorized`](Self::report_unauthorized), but waits at most `limit`.
    pub async fn report_unauthorized_within(&self, sent: &str, limit: Duration) -> Result<Token, Error> {
        let found = carried::in_text(&**self.0.provider(), sent);
        let known = self.0.look(|lifecycle| found.iter().position(|token| lifecycle.had(token)));
        let token = found.into_iter().nth(known.unwrap_or_default()).unwrap_or_else(|| Secret::new(sent));
        let reply = self.0.ask(Input::Unauthorized(token));
        let token = match wait(&self.0, reply, Need::Token, limit) {
            Ok(waiting) => waiting.await,
            Err(error) => Err(error),
        };
        token.map(Token::of).map_err(|error| error.with_challenge(&self.0))
    }

    /// What [`report_unauthorized`](Self::report_unauthorized) takes, out of all the headers of a request.
    ///
    /// # Errors
    /// `invalid_config` with field `headers` where the header is missing that carries the token.
    pub fn authorization_in<'a>(
        &self,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<&'a str, Error> {
        let provider = &**self.0.provider();
        carried::in_headers(provider, headers).ok_or_else(|| {
            let wanted = carried::names(provider).collect::<Vec<_>>().join(", ");
            let message = format!("These headers carry no token: the server reads it in {wanted}.");
            Error::invalid("headers", message)
        })
    }

    /// Forgets the tokens, at once, and ends the session on the server where the system can do that.
    ///
    /// What is returned waits for the server's answer, whatever that is; dropping it changes nothing. Where the system has
    /// no logout, what it issued lives on at the server until it ends.
    ///
    /// ```
    /// # async fn example(session: relatch::Session) {
    /// session.logout().await;
    /// # }
    /// ```
    pub fn logout(&self) -> LogoutFuture {
        LogoutFuture(self.0.close())
    }

    /// Whether the server still knows the session, by its own word. The token is not checked for its age.
    ///
    /// Where the server knows it no more, that is reported as [`report_unauthorized`](Self::report_unauthorized) does:
    /// the session goes on with a new login if it can make one by itself.
    ///
    /// # Errors
    /// `invalid_config` where the system cannot be asked; else what kept the question from being answered.
    pub async fn validate(&self) -> Result<bool, Error> {
        self.0.validate().await
    }

    /// What is needed to open the market data feed, with a token that is valid now.
    ///
    /// The event `feed_changed` tells when what was returned is out of date.
    ///
    /// # Errors
    /// `invalid_config` where the system has no feed, or its address is not known because the session was resumed; else as
    /// [`token`](Self::token).
    pub async fn feed(&self) -> Result<Feed, Error> {
        self.feed_within(self.0.wait_limit()).await
    }

    /// Like [`feed`](Self::feed), but waits at most `limit`.
    pub async fn feed_within(&self, limit: Duration) -> Result<Feed, Error> {
        let token = self.token_within(limit).await?;
        let none = || Error::invalid("feed", "This system has no market data feed.");
        let feed = self.0.provider().feed(&token.0.grant).ok_or_else(none)?;
        if feed.url.is_none() && token.0.grant.details.is_none() {
            let message = "These tokens came from elsewhere, and tokens do not tell the feed's address: a login does. Call \
                           session.refresh(), or log in; or open the address that you know with session.token().";
            return Err(Error::invalid("feed", message));
        }
        Ok(feed)
    }

    /// The second factor that the server waits for, if it does.
    pub fn challenge(&self) -> Option<Challenge> {
        Challenge::of(&self.0)
    }

    /// What the session is doing.
    pub fn state(&self) -> State {
        let now = self.0.options().time().now();
        self.0.look(|lifecycle| lifecycle.state(now))
    }

    /// The end of the access token by the server's clock.
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.held().map(|held| held.expires_at)
    }

    /// The tokens as they are, for programs that keep them elsewhere. No traffic.
    ///
    /// A refresh token that was sent and got no answer, or was refused, is left out: its second use would end the session. So
    /// is the parent's in a forked child.
    pub fn tokens(&self) -> Option<Tokens> {
        let (held, spent) = self.0.look(|lifecycle| (lifecycle.held().map(Arc::clone), lifecycle.is_spent()));
        let mut tokens = shown(&*held?);
        tokens.refresh_token = tokens.refresh_token.filter(|_| !spent);
        Some(tokens)
    }

    /// What the access token's issuer says in it; empty where the token is no JWT. Secrets in it are left out.
    pub fn claims(&self) -> Claims {
        self.0.provider().shown(self.all_claims())
    }

    fn all_claims(&self) -> Claims {
        self.held().and_then(|held| jwt::claims(held.grant.access_token.expose())).unwrap_or_default()
    }

    /// The user as the system describes it; empty where it does not.
    pub fn profile(&self) -> Profile {
        let described = self.held().and_then(|held| held.grant.details.as_ref().map(|said| said.profile.clone()));
        described.unwrap_or_else(|| self.0.provider().profile(&self.all_claims()))
    }

    /// The system's short name.
    pub fn system(&self) -> &'static str {
        self.0.provider().system()
    }

    /// The user, where credentials are held.
    pub fn user(&self) -> Option<&str> {
        self.0.provider().user()
    }

    /// Calls `listener` for everything that happens to the session, until the subscription is dropped.
    ///
    /// It is called on the thread where the thing happened, and must be quick.
    pub fn subscribe(&self, listener: impl Fn(&Event) + Send + Sync + 'static) -> Subscription {
        Listeners::add(&self.0, listener)
    }

    /// How long [`fresh_token`](Self::fresh_token) will go on handing out this token.
    pub fn fresh_for(&self, token: &Token) -> Duration {
        match self.0.current() {
            Some(held) if Arc::ptr_eq(&held, &token.0) => self.0.options().time().boot_time().until(held.windows.due),
            _ => Duration::ZERO,
        }
    }

    fn held(&self) -> Option<Arc<Held>> {
        self.0.look(|lifecycle| lifecycle.held().map(Arc::clone))
    }
}

/// The tokens on their way to a caller, who may put them on a request.
fn shown(held: &Held) -> Tokens {
    held.handed.note();
    held.tokens()
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Session {{ provider: {:?}, state: {} }}", self.0.provider(), self.state().as_str())
    }
}
