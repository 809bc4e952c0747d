//! Whether the session may log in: by its rules, and by what became of the logins before.

use super::Rules;

/// What became of the credentials.
#[derive(Debug, Default)]
pub(super) struct LoginRight {
    /// A login was refused: the credentials are not sent again.
    rejected: bool,
    /// A login has brought tokens: a value that is good for one login has been spent.
    used: bool,
    /// Codes that the server refused, one after the other.
    rejected_codes: u8,
}

impl LoginRight {
    /// The right of a forked child: a value for one login is the parent's to spend.
    pub(super) fn inherited() -> Self {
        Self { used: true, ..Self::default() }
    }

    /// Whether the session logs in without being asked to.
    pub(super) fn by_itself(&self, rules: &Rules) -> bool {
        rules.can_login && rules.may_relogin && !rules.attended && !self.rejected
    }

    /// Whether it does for a caller that asks for new tokens: a human may be there to give a factor, or know why the last
    /// login was refused.
    pub(super) fn when_asked(&self, rules: &Rules) -> bool {
        rules.can_login && rules.may_relogin && !(rules.one_login && self.used)
    }

    pub(super) fn is_rejected(&self) -> bool {
        self.rejected
    }

    /// The server refused the credentials.
    pub(super) fn reject(&mut self) {
        self.rejected = true;
    }

    /// The server refused a code, and nothing else.
    pub(super) fn reject_code(&mut self) {
        self.rejected_codes = self.rejected_codes.saturating_add(1);
    }

    /// Whether one code was refused since the last token, and no more.
    pub(super) fn is_one_code_rejected(&self) -> bool {
        self.rejected_codes == 1
    }

    /// New tokens came, of a login or of a refresh.
    pub(super) fn granted(&mut self, by_login: bool) {
        *self = Self { used: self.used || by_login, ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lifecycle::tests::steps::rules;

    #[test]
    fn a_rejected_login_is_not_repeated_unless_somebody_asks() {
        let mut right = LoginRight::default();
        assert!(right.by_itself(&rules()) && right.when_asked(&rules()));
        right.reject();
        assert!(!right.by_itself(&rules()) && right.when_asked(&rules()));
        right.granted(false);
        assert!(right.by_itself(&rules()) && !right.is_rejected());
    }

    #[test]
    fn a_value_for_one_login_is_spent_by_the_login_that_brings_tokens_and_by_no_refresh() {
        let once = Rules { one_login: true, ..rules() };
        let mut right = LoginRight::default();
        right.granted(false);
        assert!(right.when_asked(&once));
        right.granted(true);
        right.granted(false);
        assert!(!right.when_asked(&once) && right.when_asked(&rules()));
        assert!(!LoginRight::inherited().when_asked(&once));
    }

    #[test]
    fn only_the_first_refused_code_is_one() {
        let mut right = LoginRight::default();
        for is_one in [true, false, false] {
            right.reject_code();
            assert_eq!(right.is_one_code_rejected(), is_one);
        }
        right.granted(true);
        assert!(!right.is_one_code_rejected());
    }
}
