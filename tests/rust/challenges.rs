//! A login between its two steps: a caller that gives it up takes nothing with it, and its register token goes nowhere else.

use relatch::{Callback, Cause, Challenge, ErrorCode, Factor, FactorKind, Session, Synapsewave};
use relatch_sandbox::Sandbox;
use serde_json::json;

use crate::support::{
    API_KEY, LIMIT, MONDAY, USER_ID, USER_PASSWORD, advance, ask, fault, human, newest_otp, options, pan, post, run,
    sandbox, totp, user, user_with,
};

async fn begun() -> (Sandbox, Challenge) {
    let sandbox = sandbox(json!({"starts_at": MONDAY}));
    let provider = user(&sandbox).build().unwrap();
    let challenge = relatch::begin(provider, options(&sandbox)).await.expect("a challenge");
    (sandbox, challenge)
}

fn completing(
    challenge: &Challenge,
    otp: String,
) -> impl Future<Output = Result<Session, relatch::Error>> + Send + use<> {
    let challenge = challenge.clone();
    async move { challenge.complete(FactorKind::Otp, otp).await }
}

#[test]
fn a_challenge_says_what_is_asked_for_until_when_and_shows_no_secret() {
    run(async {
        let (sandbox, challenge) = begun().await;
        assert_eq!(challenge.methods(), [FactorKind::Otp, FactorKind::Totp, FactorKind::Fingerprint]);
        let left = sandbox.manual_clock().clock().unix_time().until(challenge.expires_at()).as_secs();
        assert!((890..=900).contains(&left), "{left}");
        let details = json!({
            "ptn_type": "TOTP_OPT", "totp_enabled": true, "mpin_enabled": true, "fingerprint_enabled": true,
        });
        assert_eq!(json!(challenge.details()), details);
        // A JWT would be seen by how it begins.
        assert!(!format!("{challenge:?} {challenge:#?}").contains("eyJ"));
    });
}

#[test]
fn a_completion_that_is_cancelled_at_once_and_repeated_is_one_login() {
    run(async {
        let (sandbox, challenge) = begun().await;
        fault(&sandbox, json!({"on": "login", "fault": "hold", "when": "after"}));
        let otp = newest_otp(&sandbox);
        let first = ask(completing(&challenge, otp.clone())).await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        let again = ask(completing(&challenge, otp.clone())).await;
        sandbox.wait_for("login", 1, LIMIT).await.unwrap();
        sandbox.release();
        let session = again.await.unwrap().expect("the session of the first");
        let later = challenge.complete(FactorKind::Otp, otp).await.expect("the same once more");
        assert!(later.token().await.unwrap().is(&session.token().await.unwrap()));
        assert_eq!((sandbox.counts().login, sandbox.counts().login_rejected), (1, 0));
    });
}

#[test]
fn a_completion_that_was_never_polled_sends_nothing() {
    run(async {
        let (sandbox, challenge) = begun().await;
        drop(challenge.complete(FactorKind::Otp, "123456"));
        assert_eq!(sandbox.counts().login, 0);
        challenge.complete(FactorKind::Otp, newest_otp(&sandbox)).await.expect("a session");
    });
}

#[test]
fn a_challenge_that_is_dropped_leaves_its_completion_its_answer() {
    run(async {
        let (sandbox, challenge) = begun().await;
        let waiting = ask(completing(&challenge, newest_otp(&sandbox))).await;
        drop(challenge);
        waiting.await.unwrap().expect("a session");
        assert_eq!(sandbox.counts().login, 1);
    });
}

#[test]
fn an_error_that_carries_a_challenge_can_be_cloned_and_completed() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let provider = user(&sandbox).build().unwrap();
        let error = relatch::login(provider, options(&sandbox)).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::SecondFactorRequired);
        assert_eq!(error.methods(), ["otp", "totp", "fingerprint"]);
        let copy = error.clone();
        drop(error);
        let challenge = copy.challenge().expect("a challenge");
        challenge.complete(FactorKind::Otp, newest_otp(&sandbox)).await.expect("a session");
    });
}

#[test]
fn a_session_that_is_active_waits_for_no_factor() {
    run(async {
        let (sandbox, challenge) = begun().await;
        let session = challenge.complete(FactorKind::Otp, newest_otp(&sandbox)).await.unwrap();
        assert!(session.challenge().is_none());
        let other = relatch::login(user_with(&sandbox, pan()), options(&sandbox)).await.unwrap();
        assert!(other.challenge().is_none());
    });
}

#[test]
fn a_challenge_is_over_by_the_servers_clock_and_not_by_ours() {
    run(async {
        let (sandbox, challenge) = begun().await;
        sandbox.shift_wall(86_400_000);
        challenge.complete(FactorKind::Otp, newest_otp(&sandbox)).await.expect("fifteen minutes have not passed");
        let (sandbox, challenge) = begun().await;
        sandbox.shift_wall(-86_400_000);
        advance(&sandbox, 905);
        let error = challenge.complete(FactorKind::Otp, newest_otp(&sandbox)).await.unwrap_err();
        assert_eq!((error.code(), sandbox.counts().login), (ErrorCode::SecondFactorRequired, 0));
    });
}

/// The register token of a first step that another program made.
fn register_token(sandbox: &Sandbox) -> String {
    let body = json!({
        "user_id": USER_ID, "password": USER_PASSWORD, "second_auth_type": "REGISTER", "api_key": API_KEY,
        "source": "WEBAPI",
    });
    let url = sandbox.synapsewave_url() + "/authentication/v1/user/session";
    let answer = post(&url, &body).expect("an answer");
    answer["data"]["register_token"].as_str().expect("a register token").to_owned()
}

#[test]
fn a_first_step_that_was_made_elsewhere_is_completed_by_its_register_token() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        for factor in [totp().into(), Factor::fingerprint("made-up-udid-1"), Factor::Otp(ready(&sandbox))] {
            let builder = Synapsewave::builder().base_url(sandbox.synapsewave_url()).api_key(API_KEY).user_id(USER_ID);
            let builder = builder.register_token(register_token(&sandbox)).second_factor(factor);
            let session = relatch::login(builder.build().unwrap(), options(&sandbox)).await.expect("a session");
            // The token was good for one login.
            advance(&sandbox, 86_400);
            let error = session.token().await.unwrap_err();
            assert_eq!(error.cause(), Some(Cause::FactorRequired));
        }
        assert_eq!((sandbox.counts().login, sandbox.counts().login_rejected), (3, 0));
    });
}

/// A human who knows the OTP at once.
fn ready(sandbox: &Sandbox) -> Callback {
    let (callback, human) = human(sandbox);
    human.answers();
    callback
}
