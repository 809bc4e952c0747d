//! The sandbox as a Synapsewave server: logging in, what a session is told, and how it ends.

mod support;

use std::time::Duration;

use serde_json::{Value, json};
use support::synapsewave::{MPIN, PAN, PASSWORD, SSO_TOKEN, STARTS_AT, UDID, USER, Wave, body, start_with, text};
use support::{Client, claims, start, verdicts};

const STEP: Duration = Duration::from_secs(30);

#[test]
fn every_combination_of_the_table_gives_what_it_says() {
    let sandbox = start_with(json!({"sso_single_use": false}));
    let mut wave = Wave::new(&sandbox);
    let firsts =
        [("PASSWORD", PASSWORD), ("MPIN", MPIN), ("FINGERPRINT", UDID), ("TP_TOKEN", SSO_TOKEN), ("TOKEN", "")];
    for (login_type, secret) in firsts {
        for kind in ["OTP", "TOTP", "FINGERPRINT"] {
            let secret = if secret.is_empty() { wave.register() } else { secret.to_owned() };
            sandbox.advance(STEP);
            let factor = match kind {
                "OTP" => sandbox.send_otp(USER).unwrap(),
                "TOTP" => wave.totp(),
                _ => UDID.to_owned(),
            };
            let fields = json!({"login_type": login_type, "password": secret});
            let answer = wave.login(body(fields, json!({"second_auth_type": kind, "second_auth": factor})));
            assert_eq!((answer.status, wave.verdict()), (200, "granted"), "{login_type} {kind}: {}", answer.text());
            assert_eq!(text(&answer, "session_token").len(), 172);
            assert_eq!(wave.bearer("PUT", "session", &text(&answer, "access_token")).json()["data"], "true");
        }
    }
    for (fields, granted) in [
        (json!({"password": PASSWORD, "second_auth": PAN}), true),
        (json!({"login_type": "PASSWORD", "password": PASSWORD, "second_auth": PAN}), true),
        (json!({"login_type": "TP_TOKEN", "password": SSO_TOKEN}), true),
        (json!({"login_type": "FINGERPRINT", "password": UDID}), true),
        (json!({"login_type": "PASSWORD", "password": PASSWORD}), false),
        (json!({"login_type": "MPIN", "password": MPIN}), false),
    ] {
        let answer = wave.login(fields);
        assert_eq!(wave.verdict(), if granted { "granted" } else { "no_second_factor" }, "{}", answer.text());
        assert!(answer.json()["data"].get("session_token").is_none());
    }
    assert_eq!(sandbox.counts().register, 3);
}

#[test]
fn combinations_outside_of_the_table_are_malformed() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let password = json!({"password": PASSWORD});
    for more in [
        json!({"login_type": "GUESS"}),
        json!({"login_type": ""}),
        json!({"password": 1}),
        json!({"password": ""}),
        json!({"user_id": ""}),
        json!({"source": null}),
        json!({"second_auth": ""}),
        json!({"second_auth_type": "TOTP"}),
        json!({"second_auth_type": "TOTP", "second_auth": 123_456}),
        json!({"second_auth_type": "GUESS", "second_auth": "1"}),
        json!({"login_type": "MPIN", "password": MPIN, "second_auth_type": "REGISTER"}),
        json!({"login_type": "MPIN", "password": MPIN, "second_auth": PAN}),
        json!({"second_auth": PAN, "UDID": ""}),
        json!({"second_auth": PAN, "version": 2}),
        json!({"second_auth": PAN, "deviceinfo": "phone"}),
        json!({"second_auth": PAN, "deviceinfo": {"AppName": 1}}),
    ] {
        let answer = wave.login(body(password.clone(), more.clone()));
        assert_eq!((answer.status, wave.verdict()), (400, "malformed"), "{more}");
        assert_eq!(answer.json()["message"], "Invalid request");
    }
    let null = json!({"user_id": USER, "api_key": "made-up-api-key-1", "source": "WEBAPI", "password": PASSWORD,
        "second_auth_type": null, "second_auth": PAN});
    for text in [null.to_string(), "[]".into(), "nonsense".into(), String::new()] {
        assert_eq!(wave.call("POST", "session", &[], &text).status, 400);
        assert_eq!(wave.verdict(), "malformed");
    }
    let device = json!({"UDID": "d", "version": "2.0.0", "iosversion": "", "build_version": "22.11.01",
        "deviceinfo": {"AppName": "made-up", "FCMRegKey": ""}, "second_auth": PAN});
    assert_eq!(wave.login(body(password, device)).status, 200);
    let seen = sandbox.audit().pop().unwrap();
    assert_eq!(seen.fields.unwrap()[..3], ["UDID", "api_key", "build_version"]);
}

#[test]
fn a_session_is_told_all_that_has_been_observed_and_more() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let code = wave.totp();
    let answer = wave.login_with("TOTP", &code);
    let envelope = answer.json();
    assert_eq!((&envelope["status"], &envelope["code"]), (&json!("success"), &json!("s-101")));
    assert_eq!(
        (&envelope["message"], envelope.get("futureKey").is_some()),
        (&json!("User logged in Successfully."), true)
    );
    let data = &envelope["data"];
    assert_eq!(data["broadcast_access_token"], data["access_token"]);
    let login_time = data["login_time"].as_str().unwrap();
    assert!(login_time.starts_with("2026-Jan-05 15:2"), "{login_time}");
    assert_eq!(
        (&data["user_id"], &data["user_name"], &data["user_status"]),
        (&json!(USER), &json!("TEST USER"), &json!(1))
    );
    assert_eq!(
        (&data["ptnType"], &data["totp_enabled"], &data["alias_id"]),
        (&json!("TOTP_OPT"), &json!(true), &json!(""))
    );
    for list in ["exchanges", "bcastExchanges", "product_types"] {
        assert!(data[list][0].is_string(), "{list}");
    }
    assert_eq!(data["product_types_exchange"]["NSE_FO"], json!(["INTRADAY", "DELIVERY"]));
    let others = &data["others"];
    assert_eq!((&others["othersFutureKey"], &others["nGTDDefault"]), (&json!("made-up"), &json!(2)));
    assert!(others["messageSocket"].as_str().unwrap().starts_with("wss://127.0.0.1:"));
    assert_eq!(others["CFT"].as_str().unwrap().len(), 204);
    let claims = claims(data["access_token"].as_str().unwrap());
    assert_eq!(claims["exp"], 1_767_637_799);
    assert!((STARTS_AT..STARTS_AT + 60).contains(&claims["iat"].as_i64().unwrap()));
    assert_eq!(claims["memberInfo"]["ocToken"], others["ocToken"]);
    assert!(claims["memberId"].is_number() && claims["userid"].is_number() && claims["tenantid"].is_number());
    let again = wave.login(json!({"password": PASSWORD, "second_auth": PAN})).json();
    assert_ne!(again["data"]["others"]["ocToken"], others["ocToken"]);
}

#[test]
fn a_register_token_leads_to_a_session_once() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let answer = wave.login(json!({"password": PASSWORD, "second_auth_type": "REGISTER"}));
    assert_eq!((answer.json()["status"].as_str(), wave.verdict()), (Some("success"), "challenged"));
    assert!(answer.json()["data"].get("access_token").is_none());
    assert_eq!(answer.json()["data"]["ptnType"], "TOTP_OPT");
    let token = text(&answer, "register_token");
    let claims = claims(&token);
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 900);
    assert_eq!((&claims["userId"], &claims["source"], &claims["udid"]), (&json!(USER), &json!("WEBAPI"), &json!(UDID)));
    let sent = sandbox.outbox();
    assert_eq!((sent.len(), sent[0].otp.len(), sent[0].user_id.as_str()), (1, 6, USER));
    assert_eq!(wave.bearer("GET", "balance", &token).status, 401);
    assert_eq!(wave.verdict(), "register_token_as_bearer");
    assert_eq!(wave.second(&token, "OTP", &sent[0].otp).status, 200);
    assert_eq!(wave.second(&token, "FINGERPRINT", UDID).status, 400);
    assert_eq!(wave.verdict(), "register_token_spent");
    assert_eq!(wave.second("made-up", "FINGERPRINT", UDID).status, 400);
    assert_eq!(wave.verdict(), "unknown_token");
    let counts = sandbox.counts();
    assert_eq!((counts.register, counts.register_rejected, counts.login, counts.login_rejected), (1, 0, 3, 2));
    assert_eq!((counts.account, counts.account_rejected, counts.total), (1, 1, 5));
}

#[test]
fn a_register_token_dies_of_age_and_of_three_wrong_factors() {
    let sandbox = start_with(json!({}));
    sandbox.configure(json!({"lockout": {"failures": 0}})).unwrap();
    let mut wave = Wave::new(&sandbox);
    let (young, old) = (wave.register(), wave.register());
    sandbox.advance(Duration::from_secs(840));
    assert_eq!(wave.second(&young, "FINGERPRINT", UDID).status, 200);
    sandbox.advance(Duration::from_secs(60));
    assert_eq!((wave.second(&old, "FINGERPRINT", UDID).status, wave.verdict()), (400, "expired"));
    let token = wave.register();
    for _ in 0..3 {
        assert_eq!((wave.second(&token, "FINGERPRINT", "other").status, wave.verdict()), (400, "bad_udid"));
    }
    assert_eq!((wave.second(&token, "FINGERPRINT", UDID).status, wave.verdict()), (400, "register_token_spent"));
    sandbox.configure(json!({"synapsewave": {"register_token_lifetime": 60}})).unwrap();
    let token = wave.register();
    sandbox.advance(Duration::from_secs(60));
    assert_eq!((wave.second(&token, "FINGERPRINT", UDID).status, wave.verdict()), (400, "expired"));
}

#[test]
fn a_totp_step_is_good_once_and_the_codes_beside_it_are_taken() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let earlier = wave.totp();
    sandbox.advance(STEP);
    let own = wave.totp();
    assert_eq!(wave.login_with("TOTP", &own).status, 200);
    let again = wave.login_with("TOTP", &own);
    assert_eq!((again.status, wave.verdict()), (400, "totp_step_used"));
    assert_eq!((&again.json()["errors"], &again.json()["message"]), (&json!("e-17"), &json!("Incorrect TOTP.")));
    assert_eq!(sandbox.counts().totp_reused, 1);
    assert_eq!((wave.login_with("TOTP", &earlier).status, wave.verdict()), (400, "totp_step_used"));
    assert_eq!(sandbox.counts().totp_reused, 1, "the earlier step is presented for the first time");
    sandbox.advance(STEP);
    let late = wave.totp();
    sandbox.advance(STEP);
    assert_eq!(wave.login_with("TOTP", &late).status, 200);
    sandbox.advance(STEP * 3);
    let wrong = wave.login_with("TOTP", &late);
    assert_eq!((wrong.status, wave.verdict(), &wrong.json()["errors"]), (400, "bad_totp", &json!("e-17")));
}

#[test]
fn validate_and_logout_know_when_a_session_is_over() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let (first, second) = (wave.token(), wave.token());
    let valid = wave.bearer("PUT", "session", &first);
    let expected = json!({"status": "success", "code": "s-101", "message": "Session Verified", "data": "true"});
    assert_eq!((valid.status, valid.json()), (200, expected));
    let out = wave.bearer("DELETE", "session", &first);
    assert_eq!(out.json(), json!({"status": "success", "code": "s-101", "message": "Successfully Logged Out"}));
    assert_eq!(wave.bearer("PUT", "session", &first).status, 401);
    assert_eq!(wave.bearer("DELETE", "session", &first).status, 401);
    assert_eq!(wave.bearer("GET", "profile", &second).json()["data"]["user_id"], USER);
    assert_eq!(wave.call("GET", "balance", &[("Authorization", &second)], "").status, 401);
    assert_eq!(wave.call("PUT", "session", &[], "").status, 401);
    assert_eq!(wave.bearer("GET", "balance", "nonsense").json()["code"], "e-101");
    let expected = [
        "granted",
        "granted",
        "ok",
        "ok",
        "revoked",
        "revoked",
        "ok",
        "not_bearer",
        "no_authorization",
        "unknown_token",
    ];
    assert_eq!(verdicts(&sandbox), expected);
    let counts = sandbox.counts();
    assert_eq!((counts.validate, counts.validate_rejected, counts.logout, counts.logout_rejected), (3, 2, 2, 1));
    assert_eq!((counts.account, counts.account_rejected), (3, 2));
    let seen = &sandbox.audit()[4];
    assert_eq!((seen.kind, seen.system, seen.username.as_deref()), ("validate", "synapsewave", Some(USER)));
}

#[test]
fn a_session_ends_with_the_day_in_india() {
    // 2026-01-05T18:29:00Z is 23:59:00 there.
    let sandbox = start(json!({"starts_at": 1_767_637_740}));
    let mut wave = Wave::new(&sandbox);
    let token = wave.token();
    assert_eq!(claims(&token)["exp"], 1_767_637_799);
    sandbox.advance(Duration::from_secs(30));
    assert_eq!(wave.bearer("PUT", "session", &token).status, 200);
    sandbox.advance(Duration::from_secs(30));
    assert_eq!((wave.bearer("PUT", "session", &token).status, wave.verdict()), (401, "expired"));
    let next = wave.token();
    assert_eq!(claims(&next)["exp"], 1_767_637_799 + 86_400);
    sandbox.advance(Duration::from_secs(86_000));
    assert_eq!(wave.bearer("PUT", "session", &next).status, 200);
}

#[test]
fn failed_logins_lock_a_user_whatever_was_wrong() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let wrong = |wave: &mut Wave, fields: Value, verdict: &str| {
        let answer = wave.login(fields);
        assert_eq!((answer.status, wave.verdict()), (400, verdict), "{}", answer.text());
    };
    for (fields, verdict) in [
        (json!({"password": "wrong", "second_auth": PAN}), "bad_credentials"),
        (
            json!({"login_type": "MPIN", "password": "1111", "second_auth_type": "FINGERPRINT", "second_auth": UDID}),
            "bad_credentials",
        ),
        (json!({"login_type": "FINGERPRINT", "password": "wrong"}), "bad_credentials"),
        (json!({"login_type": "TP_TOKEN", "password": "wrong"}), "bad_credentials"),
        (json!({"password": PASSWORD, "second_auth": "wrong"}), "bad_pan"),
        (json!({"password": PASSWORD, "second_auth_type": "OTP", "second_auth": "wrong"}), "bad_otp"),
        (json!({"password": PASSWORD, "second_auth_type": "TOTP", "second_auth": "wrong"}), "bad_totp"),
        (json!({"password": PASSWORD, "second_auth_type": "FINGERPRINT", "second_auth": "wrong"}), "bad_udid"),
    ] {
        for _ in 0..3 {
            wrong(&mut wave, fields.clone(), verdict);
        }
        wrong(&mut wave, json!({"password": PASSWORD, "second_auth": PAN}), "locked");
        sandbox.advance(Duration::from_secs(600));
        wave.token();
    }
    wrong(&mut wave, json!({"user_id": "NOBODY", "password": "wrong", "second_auth": PAN}), "bad_credentials");
    assert_eq!(sandbox.counts().login_rejected, 8 * 4 + 1);
}

#[test]
fn unknown_routes_are_answered_by_the_gateway_and_other_paths_by_the_7g_api() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let gateway = json!({"message": "Missing Authentication Token"});
    for (method, path) in [("GET", "/"), ("GET", "/nowhere"), ("GET", "session"), ("POST", "Session"), ("GET", "")] {
        let answer = wave.call(method, path, &[], "");
        assert_eq!((answer.status, answer.json()), (403, gateway.clone()), "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    }
    let mut client = Client::new(&sandbox);
    assert_eq!(client.get("/prod/interactive").json(), gateway);
    assert_eq!(client.get("/prod/interactively").json()["result"], false);
    assert_eq!(client.login().status, 200);
    let counts = sandbox.counts();
    assert_eq!((counts.total, counts.login, counts.account), (8, 1, 0));
    let systems: Vec<_> = sandbox.audit().iter().map(|seen| seen.system).collect();
    assert_eq!(systems[5..], ["synapsewave", "seven_g", "seven_g"]);
}
