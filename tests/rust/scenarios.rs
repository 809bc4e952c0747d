//! Every scenario is a test of its own, named after it.

use crate::scenario;

macro_rules! scenarios {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            scenario::carry_out(&stringify!($name).replace('_', "-"), &());
        })*

        /// A scenario that nobody carries out holds nothing.
        #[test]
        fn all_of_them_are_here() {
            let mut here = vec![$(stringify!($name).replace('_', "-"),)*];
            here.sort();
            assert_eq!(here, scenario::names());
        }
    };
}

scenarios! {
    account_locked,
    all_callers_cancelled,
    background_refresh_when_used,
    bearer,
    blocked_address,
    blocked_during_session,
    caller_timeout_with_valid_token,
    caller_timeout,
    clock_ahead,
    clock_behind,
    clock_set_ahead,
    clock_set_behind,
    disabled_account,
    disabled_during_session,
    explicit_refresh_rate_limited,
    explicit_refresh,
    first_caller_cancelled,
    first_of_many_cancelled,
    force,
    guard_opens_after_ten_minutes,
    guard_while_healing,
    hundred_callers_on_expired_token,
    keep_alive,
    locked_while_healing,
    log_in_and_use,
    login_answer_500,
    login_answer_garbage,
    login_answer_half,
    login_answer_oversize,
    login_answer_redirect,
    login_answer_without_tokens,
    login_answers_lost,
    login_busy_for_long,
    login_busy,
    login_cancelled,
    login_rate_limited_date,
    login_rate_limited_seconds,
    login_rejected_while_healing,
    login_without_credentials,
    logout_during_refresh,
    logout_then_use,
    no_background_refresh_when_unused,
    no_date_header_clock_ahead,
    no_date_header,
    no_rotation,
    opaque_tokens,
    outage_with_valid_token,
    pascal_case,
    refresh_answer_500_without_credentials,
    refresh_answer_500,
    refresh_answer_garbage,
    refresh_answer_half,
    refresh_answer_oversize,
    refresh_answer_redirect,
    refresh_at_mandatory_margin,
    refresh_busy,
    refresh_cut_before_server_acts,
    refresh_joins_flight,
    refresh_not_answered,
    refresh_rate_limited_date,
    refresh_rate_limited_past_expiry_date,
    refresh_rate_limited_past_expiry_seconds,
    refresh_rate_limited_seconds,
    refresh_token_expired,
    refresh_token_revoked_without_credentials,
    refresh_token_revoked,
    refresh_token_spent_elsewhere,
    refused_credential_is_remembered,
    relogin_never,
    resume_with_bad_token,
    resume_with_clock_ahead,
    resume_with_expired_token,
    resume_without_refresh_token_with_credentials,
    resume_without_refresh_token,
    resume,
    rotation_lost_without_credentials,
    rotation_lost,
    selective_revocation,
    server_clock_ahead,
    server_clock_behind,
    server_down_at_login,
    server_down_during_refresh,
    server_down_past_expiry,
    short_lived_tokens,
    stateless_refresh_rejected,
    stateless_refresh_shared,
    stateless_refresh,
    token_refused_twice,
    two_sessions_of_one_user,
    unauthorized_current_token,
    unauthorized_hundred_callers,
    unauthorized_old_token,
    wider_mandatory_margin,
    wrong_password,
}
