//! What the Synapsewave side of the sandbox can be told to be.

mod support;

use std::time::Duration;

use relatch_sandbox::{Sandbox, Settings};
use serde_json::{Value, json};
use support::synapsewave::{MPIN, PAN, PASSWORD, SSO_TOKEN, UDID, USER, Wave, body, start_with, text};
use support::{Client, claims, start, verdicts};

#[allow(clippy::needless_pass_by_value)] // the value is written where it is handed over
fn change(sandbox: &Sandbox, synapsewave: Value) {
    sandbox.configure(json!({ "synapsewave": synapsewave })).unwrap();
}

#[test]
fn refusals_take_the_form_that_is_wanted() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let mut refused = |settings: Value| {
        change(&sandbox, settings);
        let answer = wave.login(json!({"password": PASSWORD, "second_auth": PAN, "source": "OTHERAPI"}));
        (answer.status, answer.json())
    };
    let message = "Gateway license error. Kindly contact administrator for DealerId[0] GroupId[HO]";
    let base = json!({"status": "error", "code": "e-101", "message": message});
    assert_eq!(refused(json!({})), (400, body(base.clone(), json!({"errors": "e-14"}))));
    assert_eq!(refused(json!({"errors_form": "array"})), (400, body(base.clone(), json!({"errors": ["e-14"]}))));
    assert_eq!(refused(json!({"errors_form": "null"})), (400, body(base.clone(), json!({"errors": null}))));
    assert_eq!(refused(json!({"errors_form": "absent", "failure_status": 200})), (200, base));
    assert_eq!(refused(json!({"licensed_sources": ["OTHERAPI"]})).1["status"], "success");
    assert_eq!(verdicts(&sandbox)[3..], ["not_licensed", "granted"]);
    sandbox.configure(json!({"pascal_case": true})).unwrap();
    let pascal = wave.login(json!({"password": PASSWORD, "second_auth": PAN, "source": "OTHERAPI"})).json();
    assert_eq!((&pascal["Status"], &pascal["Code"]), (&json!("success"), &json!("s-101")));
    assert!(pascal["Data"]["access_token"].is_string() && pascal["Message"].is_string());
}

#[test]
fn validate_says_it_as_it_is_told_to() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let (good, dead) = (wave.token(), wave.token());
    wave.bearer("DELETE", "session", &dead);
    change(&sandbox, json!({"dead_token": "false"}));
    for (form, yes, no) in [
        ("text", json!("true"), json!("false")),
        ("capital", json!("True"), json!("False")),
        ("boolean", json!(true), json!(false)),
        ("absent", Value::Null, Value::Null),
    ] {
        change(&sandbox, json!({"validate_data": form}));
        assert_eq!(wave.bearer("PUT", "session", &good).json()["data"], yes);
        let answer = wave.bearer("PUT", "session", &dead);
        assert_eq!((answer.status, &answer.json()["data"], wave.verdict()), (200, &no, "revoked"));
    }
    assert_eq!(wave.bearer("PUT", "session", "nonsense").status, 200);
    assert_eq!(wave.call("PUT", "session", &[], "").status, 401);
    assert_eq!(wave.bearer("DELETE", "session", &dead).status, 401);
    let counts = sandbox.counts();
    assert_eq!((counts.validate, counts.validate_rejected), (10, 6));
}

#[test]
fn a_second_login_keeps_the_first_session_or_ends_it() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let (first, second) = (wave.token(), wave.token());
    assert_eq!(wave.bearer("GET", "balance", &first).status, 200);
    change(&sandbox, json!({"second_login": "ends_first"}));
    let third = wave.token();
    let statuses = [first, second, third].map(|token| wave.bearer("GET", "balance", &token).status);
    assert_eq!(statuses, [401, 401, 200]);
}

#[test]
fn keys_are_checked_in_the_body_and_if_wanted_in_the_header() {
    let sandbox = start_with(json!({"api_key": "made-up-api-key-2"}));
    let mut wave = Wave::new(&sandbox);
    let fields = json!({"password": PASSWORD, "second_auth": PAN});
    assert_eq!((wave.login(fields.clone()).status, wave.verdict()), (400, "bad_api_key"));
    let body = json!({"user_id": USER, "api_key": "made-up-api-key-2", "source": "WEBAPI", "password": PASSWORD,
        "second_auth": PAN})
    .to_string();
    let mut with = |headers: &[(&str, &str)]| {
        let answer = wave.call("POST", "session", headers, &body);
        (answer.status, sandbox.audit().last().unwrap().x_api_key.unwrap(), answer.json())
    };
    assert!(matches!(with(&[("x-api-key", "whatever")]), (200, "given", _)));
    change(&sandbox, json!({"x_api_key": "made-up-api-key-3"}));
    assert!(matches!(with(&[("X-API-KEY", "made-up-api-key-3")]), (200, "right", _)));
    assert_eq!(with(&[("x-api-key", "whatever")]), (403, "wrong", json!({"message": "Forbidden"})));
    assert_eq!(with(&[]), (403, "none", json!({"message": "Forbidden"})));
    change(&sandbox, json!({"x_api_key": null}));
    assert!(matches!(with(&[]), (200, "none", _)));
    assert_eq!(verdicts(&sandbox)[3], "bad_x_api_key");
}

#[test]
fn blocked_and_disabled_users_do_not_get_in() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let (token, fields) = (wave.token(), json!({"password": PASSWORD, "second_auth": PAN}));
    sandbox.configure(json!({"blocked": true})).unwrap();
    let answer = wave.login(fields.clone());
    assert_eq!((answer.status, answer.json(), wave.verdict()), (403, json!({"message": "Forbidden"}), "blocked"));
    assert_eq!(wave.send("POST", "password/reset/send-otp", json!({})).status, 403);
    assert_eq!(wave.bearer("PUT", "session", &token).status, 200);
    sandbox
        .configure(json!({"blocked": false, "synapsewave": {"users": [{"user_id": USER, "disabled": true}]}}))
        .unwrap();
    assert_eq!((wave.login(fields.clone()).status, wave.verdict()), (400, "disabled"));
    assert_eq!(
        wave.login(body(fields, json!({"password": "wrong"}))).json()["message"],
        "Invalid user ID or password."
    );
    assert_eq!(wave.bearer("GET", "balance", &token).status, 200);
}

#[test]
fn users_are_added_and_changed_by_their_id() {
    let users = json!([{"user_id": "NEW1", "password": "made-up-password-4", "pan": "FGHIJ5678K"},
        {"user_id": USER, "totp_enabled": false, "mpin_enabled": false, "fingerprint_enabled": false}]);
    let sandbox = start_with(json!({ "users": users }));
    let mut wave = Wave::new(&sandbox);
    let new = json!({"user_id": "NEW1", "password": "made-up-password-4"});
    let answer = wave.login(body(new.clone(), json!({"second_auth": "FGHIJ5678K"})));
    assert_eq!((answer.status, answer.json()["data"]["user_name"].as_str()), (200, Some("NEW1")));
    assert_eq!(wave.login(body(new, json!({"second_auth_type": "TOTP", "second_auth": "123456"}))).status, 400);
    assert_eq!(wave.verdict(), "not_enabled");
    let code = wave.totp();
    for (kind, factor) in [("TOTP", code.as_str()), ("FINGERPRINT", UDID)] {
        assert_eq!((wave.login_with(kind, factor).status, wave.verdict()), (400, "not_enabled"));
    }
    for (kind, secret) in [("MPIN", MPIN), ("FINGERPRINT", UDID)] {
        let fields = json!({"login_type": kind, "password": secret, "second_auth_type": "TOTP", "second_auth": code});
        assert_eq!((wave.login(fields).status, wave.verdict()), (400, "not_enabled"));
    }
    let register = wave.login(json!({"password": PASSWORD, "second_auth_type": "REGISTER"})).json();
    assert_eq!((&register["data"]["totp_enabled"], &register["data"]["mpin_enabled"]), (&json!(false), &json!(false)));
    for (settings, part) in [
        (json!({"users": [{"user_id": "NEW2"}]}), "NEW2"),
        (json!({"dealers": [{"user_id": "NEW3"}]}), "NEW3"),
        (json!({"users": [{"user_id": USER, "totp_secret": "not base32"}]}), "base32"),
        (json!({"path_prefix": "/"}), "path_prefix"),
        (json!({"failure_status": 99}), "failure_status"),
    ] {
        let error = sandbox.configure(json!({"synapsewave": settings.clone()})).unwrap_err();
        assert!(error.contains(part), "{error}");
        let started = serde_json::from_value::<Settings>(json!({ "synapsewave": settings })).map(Sandbox::start);
        assert!(!matches!(started, Ok(Ok(_))), "{part}");
    }
}

#[test]
fn an_sso_token_is_good_once() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let fields = json!({"login_type": "TP_TOKEN", "password": SSO_TOKEN});
    assert_eq!([0; 2].map(|_| wave.login(fields.clone()).status), [200, 400]);
    change(&sandbox, json!({"sso_single_use": false, "users": [{"user_id": USER, "sso_tokens": [SSO_TOKEN]}]}));
    assert_eq!([0; 2].map(|_| wave.login(fields.clone()).status), [200, 200]);
}

#[test]
fn a_server_may_challenge_again_and_write_its_data_as_text() {
    let sandbox = start_with(json!({"challenge_again": true}));
    let mut wave = Wave::new(&sandbox);
    let code = wave.totp();
    let answer = wave.login_with("TOTP", &code);
    assert_eq!((answer.status, wave.verdict()), (200, "challenged"));
    let granted = wave.second(&text(&answer, "register_token"), "FINGERPRINT", UDID);
    assert_eq!((granted.status, wave.verdict()), (200, "granted"));
    assert_eq!((sandbox.counts().login, sandbox.counts().register), (2, 0));
    change(&sandbox, json!({"challenge_again": false, "data_as_text": true}));
    let data = text_of(&wave.login_with("FINGERPRINT", UDID).json()["data"]);
    assert!(data["access_token"].is_string());
}

fn text_of(data: &Value) -> Value {
    serde_json::from_str(data.as_str().unwrap()).unwrap()
}

#[test]
fn tokens_live_as_long_and_look_as_they_are_told_to() {
    let sandbox = start_with(json!({"session_lifetime": 60, "separate_broadcast_token": true}));
    let mut wave = Wave::new(&sandbox);
    let data = wave.login_with("FINGERPRINT", UDID).json()["data"].clone();
    let (access, broadcast) =
        (data["access_token"].as_str().unwrap(), data["broadcast_access_token"].as_str().unwrap());
    assert_ne!(access, broadcast);
    assert_eq!(
        (&claims(access)["exp"], &claims(broadcast)["exp"]),
        (&json!(claims(access)["iat"].as_i64().unwrap() + 60), &claims(access)["exp"])
    );
    assert_eq!(wave.bearer("GET", "balance", access).status, 200);
    assert_eq!((wave.bearer("GET", "balance", broadcast).status, wave.verdict()), (401, "broadcast_token_as_bearer"));
    sandbox.advance(Duration::from_secs(60));
    assert_eq!((wave.bearer("GET", "balance", access).status, wave.verdict()), (401, "expired"));
    sandbox.configure(json!({"opaque_access_tokens": true})).unwrap();
    assert!(!wave.token().contains('.'));
}

#[test]
fn the_path_and_the_time_are_where_they_are_put() {
    let sandbox = start(json!({"starts_at": 1_000_000_000, "synapsewave": {"path_prefix": "/stage"}}));
    assert_eq!(sandbox.synapsewave_url(), format!("{}/stage", sandbox.url()));
    let now = sandbox.manual_clock().clock().unix_time().seconds();
    assert!((now - 1_000_000_000.0).abs() < 60.0, "{now}");
    let token = Wave::new(&sandbox).token();
    assert!((claims(&token)["iat"].as_f64().unwrap() - 1_000_000_000.0).abs() < 60.0);
    assert_eq!(Client::new(&sandbox).get("/prod/interactive").status, 404);
    assert!(sandbox.configure(json!({"starts_at": 5})).unwrap_err().contains("starts_at"));
}

#[test]
fn sessions_are_revoked_by_order_of_login() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let tokens = [0; 3].map(|_| wave.token());
    let revoke = |revoke: Value| sandbox.control("revoke", revoke);
    revoke(json!({"system": "synapsewave", "user_id": USER, "session": 1})).unwrap();
    assert_eq!(tokens.clone().map(|token| wave.bearer("GET", "balance", &token).status), [200, 401, 200]);
    revoke(json!({"system": "synapsewave", "user_id": USER, "what": "all"})).unwrap();
    assert_eq!(tokens.map(|token| wave.bearer("GET", "balance", &token).status), [401, 401, 401]);
    for (wrong, part) in [
        (json!({"system": "synapsewave", "user_id": "NOBODY"}), "NOBODY"),
        (json!({"system": "synapsewave", "user_id": USER, "session": 9}), "3 sessions"),
        (json!({"system": "other", "user_id": USER}), "seven_g"),
        (json!({"system": "seven_g", "username": "nobody", "what": "all"}), "account"),
    ] {
        let error = revoke(wrong).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
}
