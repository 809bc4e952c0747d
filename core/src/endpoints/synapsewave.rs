//! A user's factors at a Synapsewave broker: one request for each method, and none again.

use serde_json::{Map, Value};

use crate::error::Error;
use crate::policy::Options;
use crate::provider::{AccountReply as Reply, SynapsewaveAccount, account_operation as operation, read_account};
use crate::secret::Secret;
use crate::session::Session;

use operation::Operation;

/// What an authenticator app is set up with.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TotpRegistration {
    /// What codes are made of: the base32 text that [`Totp::new`](crate::Totp::new) takes.
    pub secret: Secret,
    /// The secret as a picture to scan, as the server sent it.
    pub qr_image: Option<Secret>,
    /// The user, as the server spells it.
    pub user_id: Option<String>,
}

/// Methods that yield nothing else return the server's words. Their errors are those of a login, and `protocol` where
/// an answer lacks what it should yield.
impl SynapsewaveAccount {
    /// Has a one-time password sent to the user, for [`verify_otp`](Self::verify_otp) or
    /// [`register_totp`](Self::register_totp).
    ///
    /// ```no_run
    /// # async fn example(account: relatch::SynapsewaveAccount) -> Result<(), relatch::Error> {
    /// let options = relatch::Options::default();
    /// account.send_otp(&options).await?;
    /// let temporary = account.verify_otp("123456", &options).await?;
    /// account.set_password(temporary, "made up", &options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn send_otp(&self, options: &Options) -> Result<String, Error> {
        self.ask(&operation::SEND_OTP, Vec::new(), options).await.map(|reply| reply.message)
    }

    /// Exchanges the one-time password for a temporary token, which [`set_password`](Self::set_password) takes.
    pub async fn verify_otp(&self, otp: impl Into<Secret>, options: &Options) -> Result<Secret, Error> {
        let reply = self.ask(&operation::VERIFY_OTP, vec![("otp", otp.into())], options).await?;
        Ok(reply.secret.unwrap_or_else(|| Secret::new("")))
    }

    /// Sets a new password with the temporary token of [`verify_otp`](Self::verify_otp).
    pub async fn set_password(
        &self,
        temp_token: impl Into<Secret>,
        new_password: impl Into<Secret>,
        options: &Options,
    ) -> Result<String, Error> {
        let arguments = vec![("temp_token", temp_token.into()), ("new_password", new_password.into())];
        self.ask(&operation::SET_PASSWORD, arguments, options).await.map(|reply| reply.message)
    }

    /// Replaces the password.
    pub async fn change_password(
        &self,
        old_password: impl Into<Secret>,
        new_password: impl Into<Secret>,
        options: &Options,
    ) -> Result<String, Error> {
        let arguments = vec![("old_password", old_password.into()), ("new_password", new_password.into())];
        self.ask(&operation::CHANGE_PASSWORD, arguments, options).await.map(|reply| reply.message)
    }

    /// Replaces the MPIN. Both have 4 to 6 digits.
    pub async fn change_mpin(
        &self,
        old_mpin: impl Into<Secret>,
        new_mpin: impl Into<Secret>,
        options: &Options,
    ) -> Result<String, Error> {
        let arguments = vec![("old_mpin", old_mpin.into()), ("new_mpin", new_mpin.into())];
        self.ask(&operation::CHANGE_MPIN, arguments, options).await.map(|reply| reply.message)
    }

    /// Has a one-time password sent to the user, for [`set_mpin`](Self::set_mpin).
    pub async fn send_mpin_otp(&self, options: &Options) -> Result<String, Error> {
        self.ask(&operation::SEND_MPIN_OTP, Vec::new(), options).await.map(|reply| reply.message)
    }

    /// Sets a new MPIN, and the device of the user's fingerprint if one is given (50 characters at most). The vendor's
    /// table lists the device among what is needed: a broker may refuse a call without one.
    pub async fn set_mpin(
        &self,
        mpin: impl Into<Secret>,
        otp: impl Into<Secret>,
        udid: Option<Secret>,
        options: &Options,
    ) -> Result<String, Error> {
        let arguments = [("mpin", mpin.into()), ("otp", otp.into())].into_iter();
        let arguments = arguments.chain(udid.map(|udid| ("udid", udid))).collect();
        self.ask(&operation::SET_MPIN, arguments, options).await.map(|reply| reply.message)
    }

    /// Registers an authenticator app; it counts once [`verify_totp`](Self::verify_totp) has seen a code of it.
    pub async fn register_totp(
        &self,
        otp: impl Into<Secret>,
        app_name: Option<&str>,
        options: &Options,
    ) -> Result<TotpRegistration, Error> {
        let app_name = app_name.map(|name| ("app_name", Secret::from(name)));
        let arguments = [("otp", otp.into())].into_iter().chain(app_name).collect();
        let reply = self.ask(&operation::REGISTER_TOTP, arguments, options).await?;
        let secret = reply.secret.unwrap_or_else(|| Secret::new(""));
        Ok(TotpRegistration { secret, qr_image: reply.qr_image, user_id: reply.user_id })
    }

    /// Registers an MPIN of 4 to 6 digits for the session's user, and the device of the fingerprint if one is given (50
    /// characters at most).
    pub async fn register_mpin(
        &self,
        session: &Session,
        mpin: impl Into<Secret>,
        udid: Option<Secret>,
        options: &Options,
    ) -> Result<String, Error> {
        let arguments = [("mpin", mpin.into())].into_iter().chain(udid.map(|udid| ("udid", udid))).collect();
        self.run(&operation::REGISTER_MPIN, arguments, Some(session), options).await.map(|reply| reply.message)
    }

    /// Puts the registered authenticator app to use, with a code that it shows.
    pub async fn verify_totp(
        &self,
        session: &Session,
        code: impl Into<Secret>,
        options: &Options,
    ) -> Result<String, Error> {
        let arguments = vec![("code", code.into())];
        self.run(&operation::VERIFY_TOTP, arguments, Some(session), options).await.map(|reply| reply.message)
    }

    /// Takes the authenticator app out of use.
    pub async fn delete_totp(&self, session: &Session, options: &Options) -> Result<String, Error> {
        self.run(&operation::DELETE_TOTP, Vec::new(), Some(session), options).await.map(|reply| reply.message)
    }

    /// Any of the methods by its name, with its arguments by theirs, all as texts: for other languages.
    ///
    /// What is returned has `message`, the server's words, and what else the call yields: `secret`, `qr_image`,
    /// `user_id`. The first two are secrets.
    ///
    /// # Errors
    /// `invalid_config` with field `operation`, `arguments`, `session` or the argument's name; else as the methods.
    pub async fn call(
        &self,
        operation: &str,
        arguments: &Map<String, Value>,
        session: Option<&Session>,
        options: &Options,
    ) -> Result<Value, Error> {
        let operation = Operation::named(operation)?;
        let reply = self.run(operation, operation.arguments(arguments)?, session, options).await?;
        let mut result = Map::from_iter([("message".to_owned(), Value::from(reply.message))]);
        let secrets = [("secret", reply.secret), ("qr_image", reply.qr_image)];
        for (name, secret) in secrets {
            result.extend(secret.map(|secret| (name.to_owned(), Value::from(secret.expose()))));
        }
        result.extend(reply.user_id.map(|user_id| ("user_id".to_owned(), Value::from(user_id))));
        Ok(Value::Object(result))
    }

    async fn ask(
        &self,
        operation: &'static Operation,
        arguments: Vec<(&'static str, Secret)>,
        options: &Options,
    ) -> Result<Reply, Error> {
        self.run(operation, arguments, None, options).await
    }

    async fn run(
        &self,
        operation: &'static Operation,
        arguments: Vec<(&'static str, Secret)>,
        session: Option<&Session>,
        options: &Options,
    ) -> Result<Reply, Error> {
        // Before a session is asked for a token, which may cost a login.
        self.check(operation, &arguments)?;
        let token = match session.filter(|_| operation.needs_session) {
            Some(session) => Some(self.token_of(session).await?),
            None if operation.needs_session => {
                return Err(Error::invalid("session", "This call is made with a session."));
            }
            None => None,
        };
        let call = self.prepare(operation, &arguments, token.as_ref())?;
        let answer = super::send(self.base_url(), options, call.request).await?;
        read_account(operation, &answer, call.secrets)
    }

    /// A token goes only where its session is, and counts only for its user.
    async fn token_of(&self, session: &Session) -> Result<Secret, Error> {
        let provider = session.0.provider();
        let is_elsewhere = session.system() != "synapsewave" || provider.base_url() != self.base_url();
        if is_elsewhere || session.user().is_some_and(|user| user != self.user_id()) {
            let message = "The session is another user's, or one with another server. Give one of this user.";
            return Err(Error::invalid("session", message));
        }
        Ok(Secret::new(session.token().await?.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grant::Tokens;
    use crate::provider::Synapsewave;
    use crate::session::resume;
    use crate::system::runtime;

    const HERE: &str = "https://broker.example/prod/interactive";

    fn account() -> SynapsewaveAccount {
        SynapsewaveAccount::builder().base_url(HERE).user_id("UCC123456").api_key("api-key-1").build().unwrap()
    }

    fn session(base_url: &str, user_id: &str) -> Session {
        let provider = Synapsewave::builder().base_url(base_url).user_id(user_id).api_key("api-key-1").build().unwrap();
        resume(provider, Tokens::new("access-1", None), Options::default()).unwrap()
    }

    /// The field that a call is refused for, before any traffic.
    fn refused(operation: &str, arguments: &Value, session: Option<&Session>) -> Option<&'static str> {
        let (account, options) = (account(), Options::default());
        let call = account.call(operation, arguments.as_object().unwrap(), session, &options);
        runtime::handle().unwrap().block_on(call).unwrap_err().field()
    }

    #[test]
    fn what_cannot_be_called_is_refused_before_any_traffic() {
        assert_eq!(refused("forget_user", &json!({}), None), Some("operation"));
        assert_eq!(refused("send_otp", &json!({"user": "x"}), None), Some("arguments"));
        assert_eq!(refused("verify_otp", &json!({}), None), Some("otp"));
        assert_eq!(refused("delete_totp", &json!({}), None), Some("session"));
        assert_eq!(refused("verify_totp", &json!({"code": "x"}), None), Some("code"));
    }

    #[test]
    fn a_token_goes_only_to_the_server_and_for_the_user_that_it_is_of() {
        let dealer = crate::provider::SynapsewaveDealer::builder().base_url(HERE).user_id("UCC123456").api_key("k");
        let dealer = resume(dealer.build().unwrap(), Tokens::new("access-1", None), Options::default()).unwrap();
        let elsewhere = session("https://other.example/prod/interactive", "UCC123456");
        for session in [elsewhere, session(HERE, "UCC2"), dealer] {
            assert_eq!(refused("delete_totp", &json!({}), Some(&session)), Some("session"));
        }
        let own = account();
        let token = runtime::handle().unwrap().block_on(own.token_of(&session(HERE, "UCC123456")));
        assert_eq!(token.unwrap().expose(), "access-1");
    }

    #[test]
    fn a_registration_shows_no_secret() {
        let secret = Secret::new("JBSWY3DPEHPK3PXP");
        let registration = TotpRegistration { secret: secret.clone(), qr_image: Some(secret), user_id: None };
        assert!(!format!("{registration:?}").contains("JBSW"));
    }
}
