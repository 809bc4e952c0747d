//! Passwords, MPINs, fingerprints and TOTPs, as users set them themselves.

use serde_json::json;

use super::fields::Fields;
use super::outbox::Purpose;
use super::refusal::Refusal;
use super::routes::Route;
use super::sessions::Holder;
use super::totp::{self, Verdict};
use super::users::User;
use super::{Call, Synapsewave, answer};
use crate::clock::milliseconds;
use crate::issuer::{Fingerprint, fingerprint};
use crate::request::Outcome;
use crate::settings::Settings;

/// No UDID is longer, says the vendor.
const LONGEST_UDID: usize = 50;
const PASSWORD_OTP: &[Purpose] = &[Purpose::Password];
const MPIN_OTP: &[Purpose] = &[Purpose::Mpin];
/// The vendor has one endpoint that sends an OTP both for a password and for a TOTP.
const TOTP_OTP: &[Purpose] = &[Purpose::Totp, Purpose::Password];
/// A picture of one pixel: the sandbox draws no QR codes.
const PICTURE: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// What a verified OTP is exchanged for: it lets its user set a new password, once.
pub(super) struct Permit {
    token: Fingerprint,
    user_id: String,
    /// Milliseconds since 1970.
    expires: i64,
}

impl Synapsewave {
    /// A request that changes how a user logs in.
    pub(super) fn factor(&mut self, call: &Call, now: i64, settings: &Settings) -> Result<Outcome, Refusal> {
        if call.route == Route::DeleteTotp {
            return self.delete_totp(call, now, settings);
        }
        let body = call.body.as_ref().ok_or(Refusal::Malformed)?;
        match call.route {
            Route::RegisterMpin => self.register_mpin(call, body, now, settings),
            Route::VerifyTotp => self.verify_totp(call, body, now, settings),
            route => {
                let user_id = body.user_id(settings)?;
                let user = self.users.get(user_id).ok_or(Refusal::BadCredentials)?;
                if user.disabled {
                    return Err(Refusal::Disabled);
                }
                self.factor_by_key(route, user_id, body, now, settings)
            }
        }
    }

    /// One that is authorised by the API key.
    fn factor_by_key(
        &mut self,
        route: Route,
        user_id: &str,
        body: &Fields,
        now: i64,
        settings: &Settings,
    ) -> Result<Outcome, Refusal> {
        let (message, data) = match route {
            Route::SendPasswordOtp => {
                self.sends(user_id, Purpose::Password, now, settings)?;
                ("OTP sent to reset Password.", None)
            }
            Route::SendMpinOtp => {
                self.sends(user_id, Purpose::Mpin, now, settings)?;
                ("OTP Sent Reset MPIN & Fingerprint", None)
            }
            Route::VerifyOtp => {
                self.spend_otp(user_id, PASSWORD_OTP, body, now)?;
                ("OTP Verified Successfully", Some(json!(self.permit(user_id, now, settings))))
            }
            Route::SetPassword => {
                self.set_password(user_id, body, now)?;
                ("Password changed Successfully", None)
            }
            Route::ChangePassword => {
                let (old, new) = (body.text("old_password")?, body.text("new_password")?);
                let user = self.user(user_id)?;
                if user.password != old {
                    return Err(Refusal::BadCredentials);
                }
                new.clone_into(&mut user.password);
                ("Password changed successfully.", None)
            }
            Route::ChangeMpin => {
                let (old, new) = (body.mpin("old_mpin")?, body.mpin("new_mpin")?);
                let user = self.user(user_id)?;
                if user.mpin.as_ref() != Some(&old) {
                    return Err(Refusal::BadCredentials);
                }
                user.mpin = Some(new);
                ("MPIN changed successfully.", None)
            }
            Route::SetMpin => {
                let (mpin, udid) = (body.mpin_text("mpin")?, body.text("mobile_udid").map(udid)??);
                self.spend_otp(user_id, MPIN_OTP, body, now)?;
                register(self.user(user_id)?, mpin.to_owned(), Some(udid));
                ("MPIN& Fingerprint Set Successfully", None)
            }
            _ => {
                body.optional("app_name")?;
                self.spend_otp(user_id, TOTP_OTP, body, now)?;
                let secret = totp::base32(self.issuer.bytes());
                self.user(user_id)?.unverified = totp::read(&secret);
                let data = json!({"qrImg": PICTURE, "authSecret": secret, "userID": user_id});
                ("QR Code Generated", Some(data))
            }
        };
        Ok(answer::success(settings, "ok", message, data))
    }

    fn user(&mut self, user_id: &str) -> Result<&mut User, Refusal> {
        self.users.get_mut(user_id).ok_or(Refusal::BadCredentials)
    }

    fn sends(&mut self, user_id: &str, purpose: Purpose, now: i64, settings: &Settings) -> Result<(), Refusal> {
        self.send_otp(user_id, purpose, now, settings).map(drop).map_err(|_| Refusal::BadCredentials)
    }

    fn spend_otp(&mut self, user_id: &str, purposes: &[Purpose], body: &Fields, now: i64) -> Result<(), Refusal> {
        let otp = body.text("otp")?;
        if !self.outbox.is_good(user_id, purposes, otp, now) {
            return Err(Refusal::BadOtp);
        }
        self.outbox.spend(user_id, purposes, otp);
        Ok(())
    }

    fn permit(&mut self, user_id: &str, now: i64, settings: &Settings) -> String {
        let token = self.issuer.opaque::<32>();
        let expires = now.saturating_add(milliseconds(settings.synapsewave.otp_lifetime));
        self.permits.push(Permit { token: fingerprint(&token), user_id: user_id.to_owned(), expires });
        token
    }

    fn set_password(&mut self, user_id: &str, body: &Fields, now: i64) -> Result<(), Refusal> {
        let (password, token) = (body.text("new_password")?, fingerprint(body.text("otp")?));
        let mine = |permit: &Permit| permit.token == token && permit.user_id == user_id && now < permit.expires;
        let index = self.permits.iter().position(mine).ok_or(Refusal::BadOtp)?;
        self.permits.swap_remove(index);
        password.clone_into(&mut self.user(user_id)?.password);
        Ok(())
    }

    fn register_mpin(&mut self, call: &Call, body: &Fields, now: i64, settings: &Settings) -> Result<Outcome, Refusal> {
        let (_, user_id) = self.session(call, Holder::User, now)?;
        let (mpin, udid) = (body.mpin("mpin")?, body.optional("mobile_udid")?.map(udid).transpose()?);
        register(self.user(&user_id)?, mpin, udid);
        Ok(answer::success(settings, "ok", "MPIN/Fingerprint Registered Successfully.", None))
    }

    /// Enables the authenticator that was registered last; without one, that which was disabled.
    fn verify_totp(&mut self, call: &Call, body: &Fields, now: i64, settings: &Settings) -> Result<Outcome, Refusal> {
        let (_, user_id) = self.session(call, Holder::User, now)?;
        let code = body.text("second_auth")?;
        let user = self.user(&user_id)?;
        let slot = if user.unverified.is_some() { &mut user.unverified } else { &mut user.authenticator };
        let authenticator = slot.as_mut().ok_or(Refusal::NotEnabled)?;
        match authenticator.check(code, now) {
            Verdict::Wrong => return Err(Refusal::BadTotp),
            Verdict::Used => return Err(Refusal::TotpStepUsed),
            Verdict::Right(step) => authenticator.accept(step),
        }
        user.authenticator = user.unverified.take().or_else(|| user.authenticator.take());
        user.totp_enabled = true;
        Ok(answer::success(settings, "ok", "TOTP Verified successfully", Some(json!({ "userID": *user_id }))))
    }

    fn delete_totp(&mut self, call: &Call, now: i64, settings: &Settings) -> Result<Outcome, Refusal> {
        let (_, user_id) = self.session(call, Holder::User, now)?;
        self.user(&user_id)?.totp_enabled = false;
        Ok(answer::success(settings, "ok", "TOTP disabled successfully", Some(json!({ "user_id": *user_id }))))
    }
}

fn udid(udid: &str) -> Result<String, Refusal> {
    if udid.len() <= LONGEST_UDID { Ok(udid.to_owned()) } else { Err(Refusal::Malformed) }
}

fn register(user: &mut User, mpin: String, udid: Option<String>) {
    user.mpin = Some(mpin);
    user.mpin_enabled = true;
    if let Some(udid) = udid {
        user.udid = Some(udid);
        user.fingerprint_enabled = true;
    }
}
