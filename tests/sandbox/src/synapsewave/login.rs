//! Logging in: which combinations of a first and a second factor there are, and what becomes of them.

use serde_json::{Value, json};

use super::fields::{Fields, Malformed};
use super::outbox::{Outbox, Purpose};
use super::refusal::Refusal;
use super::sessions::Sessions;
use super::totp::Verdict;
use super::users::User;
use super::{Synapsewave, answer, grant};
use crate::issuer::{Fingerprint, fingerprint};
use crate::request::Outcome;
use crate::settings::Settings;

pub(super) const LOGGED_IN: &str = "User logged in Successfully.";
const LOGIN_OTP: &[Purpose] = &[Purpose::Login];

/// What `password` holds, by `login_type`.
enum First<'a> {
    Password(&'a str),
    Mpin(&'a str),
    Udid(&'a str),
    SsoToken(&'a str),
    RegisterToken(Fingerprint),
}

/// What `second_auth` holds, by `second_auth_type`.
enum Second<'a> {
    None,
    Register,
    Otp(&'a str),
    Totp(&'a str),
    Udid(&'a str),
    /// The one without a type.
    Pan(&'a str),
}

/// What a login presents.
struct Login<'a> {
    first: First<'a>,
    second: Second<'a>,
}

impl<'a> Login<'a> {
    fn read(body: &'a Fields) -> Result<Self, Malformed> {
        check_device(body)?;
        let secret = body.text("password")?;
        let first = match body.optional("login_type")?.unwrap_or("PASSWORD") {
            "PASSWORD" => First::Password(secret),
            "MPIN" => First::Mpin(secret),
            "FINGERPRINT" => First::Udid(secret),
            "TP_TOKEN" => First::SsoToken(secret),
            "TOKEN" => First::RegisterToken(fingerprint(secret)),
            _ => return Err(Malformed),
        };
        let factor = || body.text("second_auth");
        let second = match body.optional("second_auth_type")? {
            Some("REGISTER") if matches!(first, First::Password(_)) => Second::Register,
            Some("OTP") => Second::Otp(factor()?),
            Some("TOTP") => Second::Totp(factor()?),
            Some("FINGERPRINT") => Second::Udid(factor()?),
            Some(_) => return Err(Malformed),
            None => match (&first, body.optional("second_auth")?) {
                (_, None) => Second::None,
                (First::Password(_), Some(pan)) => Second::Pan(pan),
                (_, Some(_)) => return Err(Malformed),
            },
        };
        Ok(Self { first, second })
    }
}

/// The fields that tell of the device and of the program. One of them may be empty.
fn check_device(body: &Fields) -> Result<(), Malformed> {
    for name in ["UDID", "version", "build_version"] {
        body.optional(name)?;
    }
    let told = |name: &str, good: fn(&Value) -> bool| body.value(name).is_none_or(good);
    let device = |device: &Value| device.as_object().is_some_and(|device| device.values().all(Value::is_string));
    if told("iosversion", Value::is_string) && told("deviceinfo", device) { Ok(()) } else { Err(Malformed) }
}

impl Synapsewave {
    /// A login of a user, or its first step.
    pub(super) fn login(&mut self, body: &Fields, now: i64, settings: &Settings) -> Result<Outcome, Refusal> {
        let login = Login::read(body)?;
        let user_id = body.user_id(settings)?;
        let user = self.users.get_mut(user_id).ok_or(Refusal::BadCredentials)?;
        if user.failures.locked(now) {
            return Err(Refusal::Locked);
        }
        let Self { sessions, outbox, .. } = self;
        let judged = check_first(&login.first, user_id, user, sessions, now)
            .and_then(|()| check_second(&login, user_id, user, outbox, now));
        if let Err(refusal) = judged {
            if refusal.is_guess() {
                user.failures.add(now, &settings.lockout);
                if let First::RegisterToken(token) = &login.first {
                    sessions.register_failed(token);
                }
            }
            return Err(refusal);
        }
        spend(&login, user_id, user, sessions, outbox, now, settings);
        let challenged = settings.synapsewave.challenge_again && !matches!(login.first, First::RegisterToken(_));
        if matches!(login.second, Second::Register) || challenged {
            return Ok(self.challenge(user_id, body, now, settings));
        }
        Ok(self.open_session(user_id, body, now, settings))
    }

    /// The first step has succeeded. The vendor does not say what makes the server send a login OTP; it is assumed that
    /// this does.
    fn challenge(&mut self, user_id: &str, body: &Fields, now: i64, settings: &Settings) -> Outcome {
        // A user who can be locked out is there, so that nothing can go wrong here.
        let _ = self.send_otp(user_id, Purpose::Login, now, settings);
        let Some(user) = self.users.get(user_id) else {
            return Refusal::BadCredentials.answer(settings);
        };
        let source = body.peek("source").unwrap_or_default();
        let (token, expires) = grant::register_token(&self.issuer, user_id, user, source, now, settings);
        self.sessions.registered(&token, user_id, expires);
        let data = json!({
            "register_token": token,
            "ptnType": grant::FACTORS,
            "mpin_enabled": user.mpin_enabled,
            "fingerprint_enabled": user.fingerprint_enabled,
            "totp_enabled": user.totp_enabled,
        });
        answer::login(settings, "challenged", LOGGED_IN, data)
    }
}

fn check_first(first: &First, user_id: &str, user: &User, sessions: &Sessions, now: i64) -> Result<(), Refusal> {
    let right = match first {
        First::Password(password) => user.password == *password,
        First::Mpin(_) if !user.mpin_enabled => return Err(Refusal::NotEnabled),
        First::Mpin(mpin) => user.mpin.as_deref() == Some(mpin),
        First::Udid(_) if !user.fingerprint_enabled => return Err(Refusal::NotEnabled),
        First::Udid(udid) => user.udid.as_deref() == Some(udid),
        First::SsoToken(token) => user.sso_tokens.iter().any(|known| known == token),
        First::RegisterToken(token) => {
            sessions.check_register(token, user_id, now).map_err(Refusal::BadRegisterToken)?;
            true
        }
    };
    match right {
        false => Err(Refusal::BadCredentials),
        true if user.disabled => Err(Refusal::Disabled),
        true => Ok(()),
    }
}

fn check_second(login: &Login, user_id: &str, user: &User, outbox: &Outbox, now: i64) -> Result<(), Refusal> {
    let check = |right: bool, refusal| if right { Ok(()) } else { Err(refusal) };
    match &login.second {
        Second::Register => Ok(()),
        Second::None => check(matches!(login.first, First::Udid(_) | First::SsoToken(_)), Refusal::NoSecondFactor),
        Second::Pan(pan) => check(user.pan.as_deref() == Some(pan), Refusal::BadPan),
        Second::Otp(otp) => check(outbox.is_good(user_id, LOGIN_OTP, otp, now), Refusal::BadOtp),
        Second::Udid(_) if !user.fingerprint_enabled => Err(Refusal::NotEnabled),
        Second::Udid(udid) => check(user.udid.as_deref() == Some(udid), Refusal::BadUdid),
        Second::Totp(code) => match &user.authenticator {
            Some(authenticator) if user.totp_enabled => match authenticator.check(code, now) {
                Verdict::Right(_) => Ok(()),
                Verdict::Wrong => Err(Refusal::BadTotp),
                Verdict::Used => Err(Refusal::TotpStepUsed),
            },
            _ => Err(Refusal::NotEnabled),
        },
    }
}

/// Uses up what is good only once.
fn spend(
    login: &Login,
    user_id: &str,
    user: &mut User,
    sessions: &mut Sessions,
    outbox: &mut Outbox,
    now: i64,
    settings: &Settings,
) {
    match &login.first {
        First::SsoToken(token) if settings.synapsewave.sso_single_use => user.sso_tokens.retain(|left| left != token),
        First::RegisterToken(token) => sessions.register_over(token),
        _ => {}
    }
    match &login.second {
        Second::Otp(otp) => outbox.spend(user_id, LOGIN_OTP, otp),
        Second::Totp(code) => {
            if let Some(authenticator) = &mut user.authenticator
                && let Verdict::Right(step) = authenticator.check(code, now)
            {
                authenticator.accept(step);
            }
        }
        _ => {}
    }
}
