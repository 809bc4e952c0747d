//! The sandbox as a 7G server: tokens, sessions, lockout, revocation.

mod support;

use std::collections::HashSet;
use std::time::Duration;

use relatch_sandbox::{Revoke, Revoked};
use serde_json::{Value, json};
use support::{Client, Tokens, claims, start, verdicts};

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_login_gives_a_jwt_with_the_documented_claims() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    let answer = client.login();
    assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
    assert_eq!(answer.json().as_object().unwrap().len(), 2, "{}", answer.text());
    let claims = claims(&answer.tokens().access);
    let now = support::seconds(answer.header("date").unwrap());
    let left = claims["exp"].as_i64().unwrap() - now;
    assert!((1199..=1201).contains(&left), "{left}");
    assert_eq!(claims["http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"], "api_user");
    assert_eq!(claims["UserID"], "101");
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://7g.com.au"), &json!("Public")));
    let roles: Value = serde_json::from_str(claims["Roles"].as_str().unwrap()).unwrap();
    assert!(roles[0]["RID"].is_number());
}

#[test]
fn a_refresh_rotates_both_tokens_and_revokes_the_old_access_token() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    let first = client.login().tokens();
    let second = client.refresh(&first).tokens();
    let third = client.refresh(&second).tokens();
    let all: HashSet<&str> =
        [&first, &second, &third].iter().flat_map(|tokens| [tokens.access.as_str(), tokens.refresh.as_str()]).collect();
    assert_eq!(all.len(), 6);
    assert_eq!(client.account(&second.access).status, 401);
    let answer = client.account(&third.access);
    assert_eq!(answer.json()["data"], json!([{"username": "api_user"}]));
    assert_eq!(answer.json()["recordCount"], 1);
    assert_eq!(verdicts(&sandbox), ["granted", "granted", "granted", "revoked", "ok"]);
    let counts = sandbox.counts();
    assert_eq!((counts.login, counts.refresh, counts.account, counts.account_rejected), (1, 2, 2, 1));
    assert_eq!((counts.total, counts.connections), (5, 1));
}

#[test]
fn a_spent_refresh_token_ends_its_session_and_no_other() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    let other = client.login().tokens();
    let first = client.login().tokens();
    let second = client.refresh(&first).tokens();
    assert_eq!(client.refresh(&first).status, 401);
    assert_eq!(client.account(&second.access).status, 401);
    assert_eq!(client.refresh(&second).status, 401);
    assert_eq!(client.account(&other.access).status, 200);
    assert_eq!(client.refresh(&other).status, 200);
    let counts = sandbox.counts();
    assert_eq!((counts.reused, counts.refresh_rejected), (1, 2));
    let refreshes: Vec<_> = sandbox.audit().into_iter().filter(|seen| seen.kind == "refresh").collect();
    let tokens: Vec<_> = refreshes.iter().map(|seen| (seen.token, seen.verdict)).collect();
    let expected = [(Some(2), "granted"), (Some(2), "reused"), (Some(3), "revoked"), (Some(1), "granted")];
    assert_eq!(tokens, expected);
}

#[test]
fn three_failures_lock_the_account_until_the_clock_has_moved() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    for _ in 0..3 {
        let answer = client.login_as("api_user", "wrong");
        assert_eq!((answer.status, &answer.json()["result"]), (401, &json!(false)));
    }
    let answer = client.login();
    assert_eq!(answer.status, 403);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("locked") && message.contains("attempts"), "{message}");
    assert_eq!(answer.header("retry-after"), None);
    sandbox.advance(MINUTE * 9);
    assert_eq!(client.login().status, 403);
    sandbox.advance(MINUTE);
    assert_eq!(client.login().status, 200);
    assert_eq!(sandbox.counts().login_rejected, 5);
    assert_eq!(verdicts(&sandbox)[2..], ["bad_credentials", "locked", "locked", "granted"]);
}

#[test]
fn blocked_disabled_and_unknown_are_told_apart() {
    let accounts = json!([{"username": "off", "password": "made-up-password-2", "disabled": true},
        {"username": "on", "password": "made-up-password-3"}]);
    let sandbox = start(json!({ "accounts": accounts }));
    let mut client = Client::new(&sandbox);
    let tokens = client.login_as("on", "made-up-password-3").tokens();
    assert_eq!(client.login_as("off", "made-up-password-2").status, 403);
    assert_eq!(client.login_as("off", "wrong").status, 401);
    assert_eq!(client.login_as("nobody", "wrong").status, 401);
    sandbox.configure(json!({"accounts": [{"username": "on", "disabled": true}]})).unwrap();
    assert_eq!(client.refresh(&tokens).status, 403);
    sandbox.configure(json!({"accounts": [{"username": "on", "disabled": false}], "blocked": true})).unwrap();
    assert_eq!(client.refresh(&tokens).status, 403);
    assert_eq!(client.login_as("on", "made-up-password-3").status, 403);
    sandbox.configure(json!({"blocked": false})).unwrap();
    assert_eq!(client.refresh(&tokens).status, 200, "a refusal must not spend the token");
    let expected =
        ["granted", "disabled", "bad_credentials", "bad_credentials", "disabled", "blocked", "blocked", "granted"];
    assert_eq!(verdicts(&sandbox), expected);
}

#[test]
fn tokens_expire_by_the_clock() {
    let sandbox = start(json!({"access_token_lifetime": 60, "refresh_token_lifetime": 120}));
    let mut client = Client::new(&sandbox);
    let first = client.login().tokens();
    assert_eq!(client.account(&first.access).status, 200);
    sandbox.advance(MINUTE);
    assert_eq!(client.account(&first.access).status, 401);
    let second = client.refresh(&first).tokens();
    sandbox.advance(MINUTE * 2);
    assert_eq!(client.refresh(&second).status, 401);
    assert_eq!(verdicts(&sandbox)[2..], ["expired", "granted", "expired"]);
}

#[test]
fn a_refresh_needs_an_access_token_of_its_session_in_either_form() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    let (mine, other) = (client.login().tokens(), client.login().tokens());
    let without = client.post("/User/RefreshToken", &json!({"refreshToken": mine.refresh})).unwrap();
    assert_eq!(without.status, 401);
    assert_eq!(client.refresh(&Tokens { access: other.access, ..mine.clone() }).status, 401);
    let bearer = Tokens { access: format!("Bearer {}", mine.access), ..mine };
    let next = client.refresh(&bearer).tokens();
    sandbox.configure(json!({"require_authorization_on_refresh": false})).unwrap();
    let without = client.post("/user/refreshtoken", &json!({"refreshToken": next.refresh})).unwrap();
    assert_eq!(without.status, 200);
    let seen: Vec<_> = sandbox.audit()[2..].iter().map(|seen| (seen.authorization, seen.verdict)).collect();
    let expected =
        [("none", "no_authorization"), ("raw", "wrong_authorization"), ("bearer", "granted"), ("none", "granted")];
    assert_eq!(seen, expected);
}

#[test]
fn without_rotation_the_refresh_token_stays_good() {
    let sandbox = start(json!({"rotate": false, "revoke_access_on_refresh": false}));
    let mut client = Client::new(&sandbox);
    let first = client.login().tokens();
    let answer = client.refresh(&first);
    assert!(answer.json().get("refreshToken").is_none());
    let access = answer.tokens().access;
    assert_eq!(client.account(&first.access).status, 200);
    assert_eq!(client.account(&access).status, 200);
    assert_eq!(client.refresh(&first).status, 200);
    assert_eq!(sandbox.counts().reused, 0);
}

#[test]
fn revocation_is_selective_by_order_of_login() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    let sessions: Vec<Tokens> = (0..4).map(|_| client.login().tokens()).collect();
    let revoke = |what, session| sandbox.revoke(Revoke { username: "api_user".into(), what, session }).unwrap();
    revoke(Revoked::Access, Some(0));
    revoke(Revoked::Refresh, Some(1));
    revoke(Revoked::Session, Some(2));
    let accounts: Vec<u16> = sessions.iter().map(|tokens| client.account(&tokens.access).status).collect();
    assert_eq!(accounts, [401, 200, 401, 200]);
    let refreshes: Vec<u16> = sessions.iter().map(|tokens| client.refresh(tokens).status).collect();
    assert_eq!(refreshes, [200, 401, 401, 200]);
    assert_eq!(sandbox.counts().reused, 0);
    let last = client.login().tokens();
    revoke(Revoked::All, Some(0));
    assert_eq!(client.account(&last.access).status, 401);
    let absent = Revoke { username: "api_user".into(), what: Revoked::Access, session: Some(9) };
    assert!(sandbox.revoke(absent.clone()).unwrap_err().contains("5 sessions"));
    assert!(sandbox.revoke(Revoke { username: "nobody".into(), ..absent }).is_err());
}

#[test]
fn opaque_tokens_and_pascal_case_work_as_jwts_do() {
    let sandbox = start(json!({"opaque_access_tokens": true, "pascal_case": true}));
    let mut client = Client::new(&sandbox);
    let answer = client.login();
    let access = answer.json()["AccessToken"].as_str().unwrap().to_owned();
    assert!(!access.contains('.'));
    let account = client.account(&access).json();
    assert_eq!((&account["Result"], &account["RecordCount"]), (&json!(true), &json!(1)));
    assert_eq!(client.account("nonsense").json()["Result"], false);
}

#[test]
fn open_endpoints_and_wrong_requests() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    assert_eq!(client.get("/common/healthcheck").json()["result"], true);
    assert_eq!(client.get("/Common/Lookup?Name=info").json()["recordCount"], 1);
    assert_eq!(client.get("/Common/Lookup?name=Info").json()["result"], false);
    assert_eq!(client.get("/Common/Lookup").status, 200);
    assert_eq!(client.get("/nowhere").status, 404);
    assert_eq!(client.get("/User/Login").status, 405);
    assert_eq!(client.post("/User/Login", &json!({"username": "api_user"})).unwrap().status, 400);
    assert_eq!(client.login_as("api_user", &"x".repeat(256)).status, 400);
    assert_eq!(client.exchange("GET", "/Account", &[], "").unwrap().status, 401);
    let tokens = client.login().tokens();
    let unknown = client.exchange("GET", "/Account?id=unknown", &[("Authorization", &tokens.access)], "").unwrap();
    assert_eq!((unknown.status, &unknown.json()["result"]), (200, &json!(false)));
    let counts = sandbox.counts();
    assert_eq!((counts.health, counts.lookup, counts.login, counts.login_rejected), (1, 3, 3, 2));
    assert_eq!((counts.account, counts.account_rejected, counts.total), (2, 1, 11));
    assert_eq!(sandbox.audit().last().unwrap().version, None);
    assert_eq!(sandbox.audit()[0].version.as_deref(), Some("2.0"));
}

#[test]
fn the_audit_holds_no_secret() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    let tokens = client.login().tokens();
    let next = client.refresh(&tokens).tokens();
    client.account(&next.access);
    let audit = sandbox.control("audit", json!({})).unwrap().to_string();
    assert!(audit.contains("api_user"));
    let secrets = [&tokens.access, &tokens.refresh, &next.access, &next.refresh, &"made-up-password-1".to_owned()];
    assert!(secrets.iter().all(|secret| !audit.contains(secret.as_str())));
}

#[test]
fn thousands_of_accounts_are_no_burden() {
    let accounts: Vec<_> =
        (0..20_000).map(|n| json!({"username": format!("user_{n}"), "password": format!("made-up-{n}")})).collect();
    let sandbox = start(json!({ "accounts": accounts }));
    let mut client = Client::new(&sandbox);
    assert_eq!(client.login_as("user_19999", "made-up-19999").status, 200);
    assert_eq!(client.login_as("user_0", "made-up-1").status, 401);
}
