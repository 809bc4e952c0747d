//! Second factors, by their number.

use std::sync::Arc;

use napi::Either;
use napi_derive::napi;
use relatch::{Error, Factor, Options, Totp};

use crate::environment::{self, Environment};
use crate::mailbox::locked;
use crate::{errors, questions, time};

fn hold(environment: &Environment, made: Result<Factor, Error>) -> Either<u32, String> {
    match made {
        Ok(factor) => Either::A(locked(&environment.factors).add(factor)),
        Err(error) => Either::B(errors::encode(&error)),
    }
}

/// The codes of a secret: the factor's number, or the error as JSON.
#[napi(catch_unwind)]
pub fn totp(environment: u32, secret: String) -> napi::Result<Either<u32, String>> {
    Ok(hold(&*environment::find(environment)?, Totp::new(&secret).map(Factor::from)))
}

/// One-time passwords that the callback of that number is asked for, with a time limit in milliseconds.
#[napi(catch_unwind)]
pub fn otp(environment: u32, callback: u32, timeout: Option<f64>) -> napi::Result<Either<u32, String>> {
    let environment = environment::find(environment)?;
    Ok(hold(&environment, asked_for(&environment, callback, timeout)))
}

fn asked_for(environment: &Arc<Environment>, callback: u32, timeout: Option<f64>) -> Result<Factor, Error> {
    let mut callback = questions::callback(environment, callback);
    if let Some(timeout) = timeout {
        let limit = time::limit("timeout", timeout)?;
        // As sensible as any other time limit must be.
        Options::default().timeout(limit)?;
        callback = callback.limit(limit);
    }
    Ok(Factor::Otp(callback))
}

/// The identifier of a device.
#[napi(catch_unwind)]
pub fn fingerprint(environment: u32, udid: String) -> napi::Result<Either<u32, String>> {
    Ok(hold(&*environment::find(environment)?, Ok(Factor::fingerprint(udid))))
}

/// A PAN.
#[napi(catch_unwind)]
pub fn pan(environment: u32, pan: String) -> napi::Result<Either<u32, String>> {
    Ok(hold(&*environment::find(environment)?, Ok(Factor::pan(pan))))
}

/// JavaScript has let go of a factor.
#[napi(catch_unwind)]
pub fn release_factor(environment: u32, factor: u32) -> napi::Result<()> {
    let environment = environment::find(environment)?;
    let factor = locked(&environment.factors).remove(factor);
    drop(factor);
    Ok(())
}
