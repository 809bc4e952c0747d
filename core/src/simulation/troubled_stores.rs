//! Schedules of stores that fail or answer late.

use super::journey::Fate;
use super::scene::{SETTING, Setting, name};
use super::schedule::{Schedule, in_any_order};
use super::store::Trouble;
use crate::grant::Tokens;
use crate::policy::Relogin;
use crate::store::stored_tokens;

/// What the store holds of the account's session.
fn stored(schedule: &Schedule) -> Option<Tokens> {
    let account = format!("{}|{}", schedule.scene.provider(0).base_url().as_str(), name(0));
    let store = std::sync::Arc::clone(&schedule.scene.store);
    let called = schedule.call(async move { stored_tokens(&*store, &account).await });
    schedule.pass(100);
    called.ended().0.expect("the store is well")
}

#[test]
fn nothing_is_written_into_the_store_after_a_logout() {
    // Cut short before the answer, and between its parts.
    for wait in [100, 200, 400, 600, 900, 1_050] {
        in_any_order(Setting { stored: true, ..SETTING }, |schedule| {
            let session = schedule.log_in();
            assert!(stored(schedule).is_some());
            // The note that the refresh token is on its way fails, and so does the refresh.
            schedule.scene.store.set(Trouble { failing_writes: 1, ..Trouble::default() });
            schedule.always(Fate::LostAfter, 500);
            let _refresh = schedule.refresh(&session);
            schedule.pass(wait);
            let _logout = schedule.call(async move { session.logout().await });
            schedule.pass(10_000);
            assert!(stored(schedule).is_none(), "logged out after {wait} ms");
        });
    }
}

#[test]
fn a_store_that_answers_late_leaves_no_failure_in_the_ledger() {
    in_any_order(Setting { relogin: Relogin::Auto, stored: true, ..SETTING }, |schedule| {
        // The entry is written, and who wrote it no longer waits to be told so.
        schedule.scene.store.set(Trouble { answering: 6_000, ..Trouble::default() });
        for _ in 0..2 {
            // Whether a login is let through without its entry is not the matter here.
            let _ = schedule.try_to_log_in();
        }
        schedule.scene.store.set(Trouble::default());
        let third = schedule.try_to_log_in();
        assert!(third.is_ok(), "{third:?}");
    });
}
