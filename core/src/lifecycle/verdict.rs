//! What the end of a login means for the account's ledger.

use super::{Ended, ErrorCode, LoginPart, Outcome};
use crate::clock::{BootTime, Now};
use crate::lockout::Verdict;

/// How the login counts, and until when the server says that the account is locked.
pub(crate) fn verdict(ended: &Ended, part: &LoginPart, now: Now) -> (Verdict, Option<BootTime>) {
    match ended {
        Ended::Answered(Outcome::Granted(_) | Outcome::SecondFactor(_), _) => (Verdict::Accepted, None),
        Ended::Answered(Outcome::Rejected(error), _) => match error.code() {
            // A second step is made with what the first one was given: the credentials were right then.
            ErrorCode::InvalidCredentials if !matches!(part, LoginPart::Second(..)) => (Verdict::Refused, None),
            ErrorCode::AccountLocked => (Verdict::Failed, error.not_before(now)),
            _ => (Verdict::Failed, None),
        },
        // The server may have counted it: nobody can tell.
        Ended::Answered(Outcome::Unreadable(_), _) => (Verdict::Failed, None),
        Ended::Ambiguous(_) => (Verdict::Lost, None),
        Ended::Answered(Outcome::Busy(_), _) | Ended::NotSent(_) | Ended::Guarded(_) | Ended::NoValue(..) => {
            (Verdict::NotCounted, None)
        }
    }
}
