//! Setting passwords, MPINs and TOTPs, dealers, faults, and a client with the vendor's habits.

mod support;

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

use relatch_sandbox::{Purpose, Sandbox};
use serde_json::{Value, json};
use support::synapsewave::{MPIN, PAN, PASSWORD, UDID, USER, Wave, body, start_with, text};
use support::{Answer, Client, LIMIT, closed, fault, verdicts};

fn last_otp(sandbox: &Sandbox, purpose: Purpose) -> String {
    let sent = sandbox.outbox().pop().unwrap();
    assert_eq!((sent.purpose, sent.user_id.as_str()), (purpose, USER));
    sent.otp
}

fn done(answer: &Answer, message: &str) {
    assert_eq!((answer.status, answer.json()["message"].as_str()), (200, Some(message)), "{}", answer.text());
}

#[test]
fn a_forgotten_password_is_set_anew() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    done(&wave.send("POST", "password/reset/send-otp", json!({})), "OTP sent to reset Password.");
    let otp = last_otp(&sandbox, Purpose::Password);
    assert_eq!((wave.send("POST", "otp/verify", json!({"otp": "wrong"})).status, wave.verdict()), (400, "bad_otp"));
    let verified = wave.send("POST", "otp/verify", json!({"otp": otp}));
    done(&verified, "OTP Verified Successfully");
    let permit = verified.json()["data"].as_str().unwrap().to_owned();
    assert_eq!(wave.send("POST", "otp/verify", json!({"otp": otp})).status, 400);
    let set = json!({"new_password": "made-up-password-9", "otp": permit});
    done(&wave.send("PUT", "password/reset", set.clone()), "Password changed Successfully");
    assert_eq!((wave.send("PUT", "password/reset", set).status, wave.verdict()), (400, "bad_otp"));
    assert_eq!(wave.login(json!({"password": "made-up-password-9", "second_auth": PAN})).status, 200);
    let change = json!({"old_password": "made-up-password-9", "new_password": PASSWORD});
    done(&wave.send("PUT", "password", change.clone()), "Password changed successfully.");
    assert_eq!((wave.send("PUT", "password", change).status, wave.verdict()), (400, "bad_credentials"));
    wave.token();
    let counts = sandbox.counts();
    assert_eq!((counts.factor, counts.factor_rejected, counts.login), (8, 4, 2));
}

#[test]
fn an_otp_ends_with_its_time_and_with_the_next() {
    let sandbox = start_with(json!({"otp_lifetime": 60}));
    let mut wave = Wave::new(&sandbox);
    let (first, second) =
        (sandbox.send_otp(USER).unwrap(), sandbox.control("send_otp", json!({"user_id": USER})).unwrap());
    let second = second["otp"].as_str().unwrap();
    assert!(first == second || wave.login_with("OTP", &first).status == 400);
    assert_eq!((wave.login_with("OTP", second).status, wave.login_with("OTP", second).status), (200, 400));
    let late = sandbox.send_otp(USER).unwrap();
    sandbox.advance(Duration::from_secs(60));
    assert_eq!((wave.login_with("OTP", &late).status, wave.verdict()), (400, "bad_otp"));
    let outbox = sandbox.control("outbox", json!({})).unwrap();
    assert_eq!((outbox.as_array().unwrap().len(), &outbox[0]["purpose"]), (3, &json!("login")));
    assert_eq!((outbox[2]["otp"].as_str(), outbox[2]["user_id"].as_str()), (Some(late.as_str()), Some(USER)));
    assert!(sandbox.send_otp("NOBODY").is_err() && sandbox.totp("NOBODY").is_err());
    assert_eq!(sandbox.control("totp", json!({"user_id": USER})).unwrap()["code"], sandbox.totp(USER).unwrap());
}

#[test]
fn an_mpin_is_an_integer_here_and_a_text_there() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let mpin_is = |wave: &mut Wave, mpin: &str| {
        let fields = json!({"login_type": "MPIN", "password": mpin, "second_auth_type": "FINGERPRINT"});
        wave.login(body(fields, json!({"second_auth": UDID}))).status == 200
    };
    let change = json!({"old_mpin": 739_164, "new_mpin": 4321});
    done(&wave.send("PUT", "mpin", change.clone()), "MPIN changed successfully.");
    assert_eq!((wave.send("PUT", "mpin", change).status, wave.verdict()), (400, "bad_credentials"));
    assert!(mpin_is(&mut wave, "4321"));
    for wrong in [json!(123), json!(1_234_567), json!(-1234), json!("123"), json!("12a4"), json!(1234.5)] {
        let answer = wave.send("PUT", "mpin", json!({"old_mpin": 4321, "new_mpin": wrong}));
        assert_eq!((answer.status, wave.verdict()), (400, "malformed"), "{wrong}");
    }
    done(&wave.send("PUT", "mpin", json!({"old_mpin": "4321", "new_mpin": "0123"})), "MPIN changed successfully.");
    assert!(mpin_is(&mut wave, "0123"), "a text keeps the zero");
    let token = wave.token();
    let mut register = |headers: &[(&str, &str)], body: Value| wave.call("POST", "mpin", headers, &body.to_string());
    let (raw, bearer) = ([("Authorization", token.as_str())], format!("Bearer {token}"));
    done(&register(&raw, json!({"mpin": 5678})), "MPIN/Fingerprint Registered Successfully.");
    let udid = json!({"mpin": 5678, "mobile_udid": "made-up-udid-2"});
    done(&register(&[("Authorization", &bearer)], udid), "MPIN/Fingerprint Registered Successfully.");
    assert_eq!(register(&raw, json!({"mpin": 5678, "mobile_udid": "x".repeat(51)})).status, 400);
    assert_eq!(register(&[], json!({"mpin": 5678})).status, 401);
    assert_eq!(wave.login_with("FINGERPRINT", "made-up-udid-2").status, 200);
    done(&wave.send("POST", "mpin/reset/send-otp", json!({})), "OTP Sent Reset MPIN & Fingerprint");
    let otp = last_otp(&sandbox, Purpose::Mpin);
    let set = json!({"mpin": MPIN, "mobile_udid": UDID, "otp": otp});
    assert_eq!(wave.send("POST", "mpin/reset/verify-otp", body(set.clone(), json!({"mpin": 739_164}))).status, 400);
    done(&wave.send("POST", "mpin/reset/verify-otp", set), "MPIN& Fingerprint Set Successfully");
    assert!(mpin_is(&mut wave, MPIN));
}

#[test]
fn a_totp_is_registered_then_verified_then_deleted() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let token = wave.token();
    wave.send("POST", "password/reset/send-otp", json!({}));
    let otp = last_otp(&sandbox, Purpose::Password);
    let registered = wave.send("POST", "registertotp", json!({"otp": otp, "app_name": "made-up"}));
    done(&registered, "QR Code Generated");
    assert_eq!(text(&registered, "userID"), USER);
    assert!(text(&registered, "qrImg").starts_with("data:image/png;base64,"));
    let secret = text(&registered, "authSecret");
    let old = wave.totp();
    assert_eq!(wave.login_with("TOTP", &old).status, 200, "the old one is good until the new one is verified");
    let twin = start_with(json!({"users": [{"user_id": USER, "totp_secret": secret}]}));
    let authorization = format!("Bearer {token}");
    let mut verify = |code: &str| {
        wave.call("POST", "verifytotp", &[("Authorization", &authorization)], &json!({"second_auth": code}).to_string())
    };
    assert_eq!(verify("wrong").json()["errors"], "e-17");
    let verified = verify(&twin.totp(USER).unwrap());
    done(&verified, "TOTP Verified successfully");
    assert_eq!(verified.json()["data"], json!({"userID": USER}));
    assert_eq!(sandbox.totp(USER), twin.totp(USER));
    let used = wave.totp();
    assert_eq!((wave.login_with("TOTP", &used).status, wave.verdict()), (400, "totp_step_used"));
    assert_eq!(sandbox.counts().totp_reused, 1);
    let deleted = wave.bearer("DELETE", "registertotp", &token);
    done(&deleted, "TOTP disabled successfully");
    assert_eq!(deleted.json()["data"], json!({"user_id": USER}));
    sandbox.advance(Duration::from_secs(60));
    let code = wave.totp();
    assert_eq!((wave.login_with("TOTP", &code).status, wave.verdict()), (400, "not_enabled"));
}

#[test]
fn a_dealer_logs_in_without_a_second_factor() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let path = "/authentication/v1/dealer/session";
    let dealer = json!({"user_id": "DEALER01", "password": "made-up-password-3", "source": "DEALERAPI"});
    let answer = wave.send("POST", path, body(dealer.clone(), json!({"version": "2.0.0"})));
    done(&answer, "Dealer session created successfully");
    let (token, data) = (text(&answer, "dealer_token"), &answer.json()["data"]);
    assert_eq!(data["user_id"], "DEALER01");
    assert!(data["login_time"].as_str().unwrap().starts_with("2026-01-05 15:2"), "{data}");
    let mapping = "/nontransactional/v1/dealer/client-mapping";
    assert_eq!(wave.bearer("GET", mapping, &token).status, 200);
    assert_eq!((wave.bearer("GET", "balance", &token).status, wave.verdict()), (401, "wrong_authorization"));
    assert_eq!(wave.bearer("PUT", path, &token).json()["data"], "true");
    done(&wave.bearer("DELETE", path, &token), "Dealer logged out successfully");
    assert_eq!((wave.bearer("GET", mapping, &token).status, wave.verdict()), (401, "revoked"));
    for (more, verdict) in [
        (json!({"source": "WEBAPI"}), "not_licensed"),
        (json!({"second_auth": PAN}), "malformed"),
        (json!({"password": "wrong"}), "bad_credentials"),
        (json!({"password": "wrong"}), "bad_credentials"),
        (json!({"password": "wrong"}), "bad_credentials"),
        (json!({}), "locked"),
    ] {
        assert_eq!((wave.send("POST", path, body(dealer.clone(), more)).status, wave.verdict()), (400, verdict));
    }
    assert_eq!((sandbox.counts().login, sandbox.counts().login_rejected), (7, 6));
}

#[test]
fn faults_strike_by_the_kind_of_request() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let token = wave.token();
    let html = json!({"content-type": "text/html"});
    fault(
        &sandbox,
        json!({"on": "validate", "fault": "answer", "status": 406, "body": "<html></html>", "headers": html}),
    );
    let answer = wave.bearer("PUT", "session", &token);
    assert_eq!(
        (answer.status, answer.header("content-type"), answer.text().as_str()),
        (406, Some("text/html"), "<html></html>")
    );
    for (on, method, path) in
        [("register", "POST", "session"), ("factor", "PUT", "password"), ("logout", "DELETE", "session")]
    {
        fault(&sandbox, json!({"on": on, "fault": "answer", "status": 503}));
        let fields = json!({"password": PASSWORD, "second_auth_type": "REGISTER"});
        let answer = if on == "logout" { wave.bearer(method, path, &token) } else { wave.send(method, path, fields) };
        assert_eq!((answer.status, answer.text().as_str(), wave.verdict()), (503, "", "not_acted"), "{on}");
        assert!(answer.header("content-type").is_some());
        assert_eq!(sandbox.audit().last().unwrap().kind, on);
    }
    assert_eq!(sandbox.outbox().len(), 0);
    fault(&sandbox, json!({"on": "login", "fault": "hold", "when": "after"}));
    let code = wave.totp();
    let waiting = thread::spawn({
        let (mut wave, code) = (Wave::new(&sandbox), code.clone());
        move || wave.login_with("TOTP", &code).status
    });
    sandbox.wait_for_blocking("login", 2, LIMIT).unwrap();
    assert_eq!((wave.login_with("TOTP", &code).status, wave.verdict()), (400, "totp_step_used"));
    sandbox.release();
    assert_eq!(waiting.join().unwrap(), 200);
    assert_eq!(sandbox.counts().totp_reused, 1);
}

#[test]
fn a_step_that_was_lost_before_the_server_acted_counts_as_presented() {
    let sandbox = start_with(json!({}));
    fault(&sandbox, json!({"on": "login", "fault": "drop"}));
    let code = sandbox.totp(USER).unwrap();
    let fields = json!({"user_id": USER, "api_key": "made-up-api-key-1", "source": "WEBAPI", "password": PASSWORD,
        "second_auth_type": "TOTP", "second_auth": code});
    let path = "/prod/interactive/authentication/v1/user/session";
    assert!(closed(Client::new(&sandbox).post(path, &fields)));
    assert_eq!(Client::new(&sandbox).post(path, &fields).unwrap().status, 200);
    assert_eq!((sandbox.counts().totp_reused, sandbox.counts().login_rejected), (1, 0));
}

/// The program that the vendor's customers are given: it looks at no status, wants a media type in every answer, sends
/// no body and no media type with PUT and DELETE, and takes whatever there is under `data` for a session.
struct Customer {
    wave: Wave,
    session: Value,
}

impl Customer {
    fn request(&mut self, method: &str, body: Option<&Value>) -> Value {
        let authorization = self.session["access_token"].as_str().map(|token| format!("Bearer {token}"));
        let mut headers = BTreeMap::new();
        headers.extend(authorization.as_deref().map(|authorization| ("Authorization", authorization)));
        headers.extend(body.map(|_| ("Content-Type", "application/json")));
        let headers: Vec<_> = headers.into_iter().collect();
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.wave.call(method, "session", &headers, &body);
        assert!(answer.header("content-type").unwrap().contains("json"));
        answer.json()
    }

    fn login(&mut self, password: &str) -> Value {
        let answer = self.request(
            "POST",
            Some(&json!({"user_id": USER, "login_type": "PASSWORD", "password": password, "second_auth": PAN,
                "api_key": "made-up-api-key-1", "source": "WEBAPI"})),
        );
        if let Some(data) = answer.get("data") {
            self.session = data.clone();
        }
        answer
    }
}

#[test]
fn a_client_with_the_vendors_habits_is_served() {
    let sandbox = start_with(json!({}));
    let mut customer = Customer { wave: Wave::new(&sandbox), session: Value::Null };
    assert_eq!(customer.login("wrong")["status"], "error");
    assert_eq!(customer.login(PASSWORD)["status"], "success");
    assert!(customer.session["others"]["broadCastSocket"].is_string());
    assert_eq!(customer.request("PUT", None)["data"], "true");
    assert_eq!(customer.request("DELETE", None)["message"], "Successfully Logged Out");
    assert_eq!(customer.request("PUT", None)["status"], "error");
    assert_eq!(verdicts(&sandbox), ["bad_credentials", "granted", "ok", "ok", "revoked"]);
}

#[test]
fn the_audit_holds_no_secret() {
    let sandbox = start_with(json!({}));
    let mut wave = Wave::new(&sandbox);
    let (register, code) = (wave.register(), wave.totp());
    let answer = wave.second(&register, "TOTP", &code);
    let (token, otp) = (text(&answer, "access_token"), last_otp(&sandbox, Purpose::Login));
    wave.token();
    wave.bearer("PUT", "session", &token);
    let audit = sandbox.control("audit", json!({})).unwrap();
    let expected = json!(["api_key", "login_type", "password", "second_auth", "second_auth_type", "source", "user_id"]);
    assert_eq!(
        (&audit[1]["fields"], &audit[1]["login_type"], &audit[1]["source"]),
        (&expected, &json!("TOKEN"), &json!("WEBAPI"))
    );
    assert_eq!((&audit[0]["kind"], &audit[0]["second_auth_type"]), (&json!("register"), &json!("REGISTER")));
    assert!(audit[3].get("fields").is_none() && audit[3].get("login_type").is_none());
    let shown =
        format!("{audit} {:?} {:?} {:?}", sandbox.outbox(), sandbox.audit(), relatch_sandbox::Settings::default());
    for secret in [&register, &token, &otp, &code, PASSWORD, PAN, "made-up-api-key-1"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
