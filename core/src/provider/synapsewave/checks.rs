//! What a value must be like before it is sent anywhere. No message quotes a value.

use crate::error::Error;
use crate::factor::FactorKind;
use crate::provider::answer::holds_line_ends;
use crate::secret::Secret;

/// A text that says something.
pub(super) fn text(field: &'static str, value: &str) -> Result<(), Error> {
    if value.trim().is_empty() {
        return Err(Error::invalid(field, format!("{field} is empty. Leave it off where there is none.")));
    }
    if holds_line_ends(value) {
        let message =
            format!("{field} holds a line break or another control character. Copy it again, without line ends.");
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

/// A key that goes into a header.
pub(super) fn key(field: &'static str, value: &Secret) -> Result<(), Error> {
    text(field, value.expose())?;
    if !value.is_sendable() {
        let message = format!("{field} holds characters that no header can carry. Copy it again, without line ends.");
        return Err(Error::invalid(field, message));
    }
    Ok(())
}

/// wire.md 2.5: an MPIN has 4 to 6 digits.
pub(super) fn mpin(field: &'static str, value: &str) -> Result<(), Error> {
    text(field, value)?;
    if !is_number(value, 4, 6) {
        return Err(Error::invalid(field, format!("{field} is not an MPIN: that has 4 to 6 digits and nothing else.")));
    }
    Ok(())
}

/// A code that somebody typed, without the blanks around it.
pub(super) fn code<'a>(field: &'static str, value: &'a str) -> Result<&'a str, Error> {
    let code = value.trim();
    if is_number(code, 4, 8) {
        return Ok(code);
    }
    let message = format!("{field} is not a code: that has 4 to 8 digits and nothing else. Nothing was sent.");
    Err(Error::invalid(field, message))
}

/// The value of a second factor, as it is sent.
pub(super) fn factor(kind: FactorKind, value: &str) -> Result<&str, Error> {
    match kind {
        FactorKind::Totp | FactorKind::Otp => code(kind.as_str(), value),
        FactorKind::Fingerprint | FactorKind::Pan => text(kind.as_str(), value).map(|()| value),
    }
}

fn is_number(text: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
