//! The login that the ledger bears after a failed one: it is kept for when the token is about to end.

use crate::error::{Error, ErrorCode};
use crate::time::BootTime;

/// What failed logins since the last token leave of the ledger's two.
#[derive(Debug, Default)]
pub(super) struct LoginBudget {
    reserved_until: Option<BootTime>,
    /// A login since the last token counts in the ledger: not one that the server had no time for.
    counted: bool,
}

impl LoginBudget {
    /// A login failed. `needed` is when the token that is still valid must be replaced.
    pub(super) fn spend(&mut self, needed: Option<BootTime>, error: &Error) {
        self.reserved_until = needed;
        self.counted |= error.code() != ErrorCode::RateLimited;
    }

    /// Until when no further login is made while the token is valid.
    pub(super) fn reserved_until(&self) -> Option<BootTime> {
        self.reserved_until
    }

    /// Until when a login is reserved that the ledger counts.
    pub(super) fn counted_until(&self, now: BootTime) -> Option<BootTime> {
        self.reserved_until.filter(|at| self.counted && *at > now)
    }

    /// A token came.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_had_no_time_for_is_not_counted_until_something_else_fails() {
        let (now, needed) = (BootTime(0), BootTime(1_000));
        let busy = Error::new(ErrorCode::RateLimited, "busy");
        let mut budget = LoginBudget::default();
        budget.spend(Some(needed), &busy);
        assert_eq!((budget.reserved_until(), budget.counted_until(now)), (Some(needed), None));
        budget.spend(Some(needed), &Error::new(ErrorCode::Timeout, "lost"));
        budget.spend(Some(needed), &busy);
        assert_eq!(budget.counted_until(now), Some(needed));
        assert_eq!(budget.counted_until(needed), None);
        budget.clear();
        assert_eq!((budget.reserved_until(), budget.counted_until(now)), (None, None));
    }
}
