//! Whether the server still knows a session (wire.md 2.4, 2.10.11).

use serde_json::Value;

use crate::error::Error;
use crate::provider::Answer;
use crate::secret::Secret;

use super::envelope::Envelope;
use super::reading::Reading;

/// Reads the answer to `PUT` on the session path.
pub(super) fn read_validate(answer: &Answer, known: Vec<Secret>) -> Result<bool, Error> {
    let reading = Reading::new(answer, "question whether the session is good", known);
    match (answer.status, &reading.envelope) {
        (401, _) => Ok(false),
        (200..300, Some(envelope)) if !envelope.denies() => {
            is_active(envelope).ok_or_else(|| reading.unreadable().error())
        }
        // What refuses the question does not answer it, and a good token is not thrown away for that.
        _ => Err(reading.error()),
    }
}

fn is_active(envelope: &Envelope) -> Option<bool> {
    let said = match envelope.data() {
        Some(Value::Bool(active)) => Some(*active),
        Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("true") => Some(true),
        Some(Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    };
    said.or_else(|| envelope.succeeds().then_some(true))
}
