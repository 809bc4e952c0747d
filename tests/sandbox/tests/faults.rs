//! Every fault, before and after the server has acted.

mod support;

use std::thread;
use std::time::Duration;

use serde_json::json;
use support::{Client, LIMIT, closed, fault, seconds, start, verdicts};

#[test]
fn drop_before_leaves_the_token_good_and_drop_after_has_spent_it() {
    let sandbox = start(json!({}));
    let tokens = Client::new(&sandbox).login().tokens();
    fault(&sandbox, json!({"on": "refresh", "fault": "drop"}));
    fault(&sandbox, json!({"on": "refresh", "fault": "drop", "when": "after"}));
    for _ in 0..2 {
        let mut client = Client::new(&sandbox);
        client.send_refresh(&tokens).unwrap();
        assert!(closed(client.receive()));
    }
    assert_eq!(Client::new(&sandbox).refresh(&tokens).status, 401);
    assert_eq!(verdicts(&sandbox), ["granted", "not_acted", "granted", "reused"]);
    let audit = sandbox.audit();
    assert_eq!((audit[1].status, audit[1].fault, audit[1].token), (None, Some("drop"), Some(1)));
    assert_eq!(audit[1].username.as_deref(), Some("api_user"));
    assert_eq!((sandbox.counts().refresh, sandbox.counts().connections), (3, 4));
}

#[test]
fn a_delay_ends_when_the_clock_is_advanced() {
    let sandbox = start(json!({}));
    fault(&sandbox, json!({"on": "login", "fault": "delay", "seconds": 3600}));
    let waiting = thread::spawn({
        let mut client = Client::new(&sandbox);
        move || client.login().status
    });
    sandbox.wait_for_blocking("login", 1, LIMIT).unwrap();
    sandbox.advance(Duration::from_secs(3000));
    assert_eq!(verdicts(&sandbox), ["pending"]);
    sandbox.advance(Duration::from_secs(600));
    assert_eq!(waiting.join().unwrap(), 200);
    assert_eq!(sandbox.audit()[0].fault, Some("delay"));
}

#[test]
fn a_hold_before_acts_at_the_release_and_a_hold_after_has_acted() {
    let sandbox = start(json!({}));
    for (when, verdict) in [("before", "pending"), ("after", "granted")] {
        let tokens = Client::new(&sandbox).login().tokens();
        fault(&sandbox, json!({"on": "refresh", "fault": "hold", "when": when}));
        let before = sandbox.counts().refresh;
        let waiting = thread::spawn({
            let (mut client, tokens) = (Client::new(&sandbox), tokens.clone());
            move || client.refresh(&tokens)
        });
        sandbox.wait_for_blocking("refresh", before + 1, LIMIT).unwrap();
        assert_eq!(sandbox.audit().last().unwrap().verdict, verdict);
        sandbox.release();
        let next = waiting.join().unwrap().tokens();
        assert_eq!(Client::new(&sandbox).account(&next.access).status, 200);
    }
}

#[test]
fn a_client_that_goes_away_during_a_hold_takes_no_act_with_it() {
    let sandbox = start(json!({"lockout": {"failures": 1}}));
    let tokens = Client::new(&sandbox).login().tokens();
    fault(&sandbox, json!({"on": "refresh", "fault": "hold", "when": "after"}));
    let mut client = Client::new(&sandbox);
    client.send_refresh(&tokens).unwrap();
    sandbox.wait_for_blocking("refresh", 1, LIMIT).unwrap();
    drop(client);
    assert_eq!(Client::new(&sandbox).refresh(&tokens).status, 401);
    assert_eq!(sandbox.counts().reused, 1);

    fault(&sandbox, json!({"on": "login", "fault": "hold"}));
    let mut client = Client::new(&sandbox);
    let body = json!({"username": "api_user", "password": "wrong"}).to_string();
    client.send("POST", "/User/Login", &[], &body).unwrap();
    sandbox.wait_for_blocking("login", 2, LIMIT).unwrap();
    drop(client);
    assert_eq!(sandbox.counts().login_rejected, 0);
    sandbox.release();
    sandbox.wait_for_blocking("login_rejected", 1, LIMIT).unwrap();
    assert_eq!(Client::new(&sandbox).login().status, 403);
}

#[test]
fn another_answer_with_its_headers_and_both_forms_of_retry_after() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    fault(&sandbox, json!({"on": "login", "fault": "answer", "status": 429, "retry_after": 7, "body": "slow down"}));
    let answer = client.login();
    assert_eq!((answer.status, answer.header("retry-after"), answer.text().as_str()), (429, Some("7"), "slow down"));
    assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
    fault(
        &sandbox,
        json!({"on": "any", "fault": "answer", "status": 503, "retry_after": 90, "retry_after_form": "date",
            "body": "{}", "headers": {"X-Made-Up": "yes", "content-type": "application/problem+json"}}),
    );
    let answer = client.login();
    let wait = seconds(answer.header("retry-after").unwrap()) - seconds(answer.header("date").unwrap());
    assert!((90..=91).contains(&wait), "{wait}");
    assert_eq!(answer.header("x-made-up"), Some("yes"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!(client.login().status, 200);
    let statuses: Vec<_> = sandbox.audit().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [Some(429), Some(503), Some(200)]);
    assert_eq!(sandbox.counts().login_rejected, 0);
}

#[test]
fn other_headers_change_nothing_else_of_the_true_answer() {
    let sandbox = start(json!({}));
    for when in ["before", "after"] {
        let headers = json!({"date": "Mon, 05 Jan 2026 02:30:00 GMT", "age": "3600"});
        fault(&sandbox, json!({"on": "login", "fault": "headers", "when": when, "headers": headers}));
        let answer = Client::new(&sandbox).login();
        assert_eq!(answer.header("date"), Some("Mon, 05 Jan 2026 02:30:00 GMT"));
        assert_eq!(answer.header("age"), Some("3600"));
        assert!(!answer.tokens().access.is_empty());
    }
    assert_eq!(sandbox.counts().login, 2);
}

#[test]
fn garbage_and_a_redirect_are_no_answers() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    fault(&sandbox, json!({"on": "login", "fault": "garbage"}));
    let answer = client.login();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(answer.text().contains("<html>") && answer.json().is_null());
    fault(&sandbox, json!({"on": "login", "fault": "redirect", "to": "http://127.0.0.1:1/elsewhere"}));
    let answer = client.login();
    assert_eq!((answer.status, answer.header("location")), (307, Some("http://127.0.0.1:1/elsewhere")));
}

#[test]
fn half_an_answer_promises_more_than_it_sends() {
    let sandbox = start(json!({}));
    let tokens = Client::new(&sandbox).login().tokens();
    for when in ["before", "after"] {
        fault(&sandbox, json!({"on": "refresh", "fault": "half", "when": when}));
        let answer = Client::new(&sandbox).refresh(&tokens);
        let promised: usize = answer.header("content-length").unwrap().parse().unwrap();
        assert!(!answer.whole);
        assert_eq!((answer.status, answer.body.len()), (200, promised / 2));
        assert!(answer.text().starts_with(r#"{"accessToken":"#));
    }
    assert_eq!(verdicts(&sandbox)[1..], ["not_acted", "granted"]);
}

#[test]
fn too_large_an_answer_with_and_without_its_length() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    fault(&sandbox, json!({"on": "health", "fault": "oversize"}));
    let answer = client.get("/Common/HealthCheck");
    assert_eq!(answer.header("content-length"), Some("5242880"));
    assert_eq!((answer.body.len(), &answer.json()["result"]), (5_242_880, &json!(true)));
    fault(&sandbox, json!({"on": "health", "fault": "oversize", "bytes": 200_000, "chunked": true}));
    let answer = client.get("/Common/HealthCheck");
    assert_eq!((answer.header("content-length"), answer.body.len()), (None, 200_000));
}

#[test]
fn times_null_lasts_until_cleared() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    fault(&sandbox, json!({"on": "login", "fault": "answer", "status": 500, "times": 2}));
    fault(&sandbox, json!({"on": "any", "fault": "answer", "status": 502, "times": null}));
    let statuses: Vec<_> = (0..5).map(|_| client.login().status).collect();
    assert_eq!(statuses, [500, 500, 502, 502, 502]);
    assert_eq!(client.get("/nowhere").status, 502);
    sandbox.clear_faults();
    assert_eq!(client.login().status, 200);
}

#[test]
fn stopping_ends_what_is_held_or_delayed() {
    for kind in [json!({"on": "login", "fault": "hold"}), json!({"on": "login", "fault": "delay", "seconds": 1e300})] {
        let sandbox = start(json!({}));
        fault(&sandbox, kind);
        let mut client = Client::new(&sandbox);
        let body = json!({"username": "api_user", "password": "made-up-password-1"}).to_string();
        client.send("POST", "/User/Login", &[], &body).unwrap();
        sandbox.wait_for_blocking("login", 1, LIMIT).unwrap();
        sandbox.stop();
        assert!(closed(client.receive()));
        assert!(Client::to(&sandbox.url()).is_err());
    }
}
