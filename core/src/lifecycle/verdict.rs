//! What the end of a login means for the account's ledger.

use super::{Ended, ErrorCode, LoginPart, Outcome};
use crate::error::Error;
use crate::lockout::Verdict;
use crate::time::{BootTime, Now};

/// How the login counts, and until when the server says that the account is locked.
pub(crate) fn verdict(ended: &Ended, part: &LoginPart, now: Now) -> (Verdict, Option<BootTime>) {
    let status = |error: &Error| error.status().unwrap_or_default();
    match ended {
        // The credential was taken with the first step: it may have been changed since, and refused to others meanwhile.
        Ended::Answered(Outcome::Granted(_), _) if matches!(part, LoginPart::Second(..)) => (Verdict::NotCounted, None),
        Ended::Answered(Outcome::Granted(_) | Outcome::SecondFactor(_), _) => (Verdict::Accepted, None),
        Ended::Answered(Outcome::Rejected(error), _) => match error.code() {
            // A second step is made with what the first one was given: the credentials were right then.
            ErrorCode::InvalidCredentials if !matches!(part, LoginPart::Second(..)) => {
                (Verdict::Refused(status(error)), None)
            }
            ErrorCode::AccountLocked => (Verdict::Failed(status(error)), error.not_before(now)),
            _ => (Verdict::Failed(status(error)), None),
        },
        Ended::Answered(Outcome::Unjudged(error), _) => (Verdict::Unjudged(status(error)), None),
        // The server may have counted it: nobody can tell.
        Ended::Answered(Outcome::Unreadable(error), _) => (Verdict::Unknown(status(error)), None),
        Ended::Ambiguous(_) => (Verdict::Lost, None),
        Ended::Answered(Outcome::Busy(_), _) | Ended::NotSent(_) | Ended::Guarded(_) | Ended::NoValue(..) => {
            (Verdict::NotCounted, None)
        }
    }
}
