//! The handle, the clocks, the control calls and the command.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use relatch_sandbox::Sandbox;
use serde_json::{Value, json};
use support::{Client, LIMIT, claims, closed, seconds, start};

const HOUR: i64 = 3600;

fn date(sandbox: &Sandbox) -> i64 {
    seconds(Client::new(sandbox).get("/Common/HealthCheck").header("date").unwrap())
}

#[test]
fn the_date_follows_the_servers_clock_and_not_the_clients() {
    let sandbox = start(json!({}));
    let about = |value: i64, expected: i64| assert!((expected..expected + 60).contains(&value), "{value} {expected}");
    let begun = date(&sandbox);
    sandbox.shift_wall(-5 * HOUR * 1000);
    about(date(&sandbox), begun);
    sandbox.advance(Duration::from_secs(7200));
    about(date(&sandbox), begun + 2 * HOUR);
    sandbox.configure(json!({"server_clock_shift": -3600})).unwrap();
    about(date(&sandbox), begun + HOUR);
    let expires = claims(&Client::new(&sandbox).login().tokens().access)["exp"].as_i64().unwrap();
    about(expires, begun + HOUR + 1200);
    let seen = sandbox.audit().pop().unwrap();
    assert!((seen.at - sandbox.manual_clock().clock().unix_time().seconds() - 4.0 * 3600.0).abs() < 60.0);
    sandbox.configure(json!({"date_header": false})).unwrap();
    assert_eq!(Client::new(&sandbox).get("/Common/HealthCheck").header("date"), None);
}

#[test]
fn down_refuses_connections_and_cuts_those_there_are() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    let tokens = client.login().tokens();
    sandbox.down();
    sandbox.down();
    assert!(Client::to(&sandbox.url()).is_err());
    assert!(client.send_refresh(&tokens).is_err() || closed(client.receive()));
    sandbox.up().unwrap();
    sandbox.up().unwrap();
    assert_eq!(Client::new(&sandbox).refresh(&tokens).status, 200);
    assert_eq!(sandbox.counts().refresh, 1);
    sandbox.stop();
    assert!(sandbox.up().is_err());
}

#[test]
fn a_given_port_is_taken_and_the_last_handle_frees_it() {
    let first = start(json!({}));
    let port: u16 = first.url().rsplit(':').next().unwrap().parse().unwrap();
    let settings = serde_json::from_value(json!({ "port": port })).unwrap();
    assert!(Sandbox::start(settings).is_err());
    let clone = first.clone();
    drop(first);
    assert_eq!(Client::new(&clone).get("/Common/HealthCheck").status, 200);
    drop(clone);
    let again = start(json!({ "port": port }));
    assert_eq!(Client::new(&again).get("/Common/HealthCheck").status, 200);
}

#[test]
fn no_sandbox_gets_the_port_of_one_that_is_gone() {
    let mut ports: Vec<_> = (0..1000).map(|_| start(json!({})).url()).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 1000);
}

#[test]
fn waiting_for_a_count_ends_with_it_or_with_the_limit() {
    let sandbox = start(json!({}));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let waiting = sandbox.wait_for("login_rejected", 1, LIMIT);
    assert_eq!(Client::new(&sandbox).login_as("api_user", "wrong").status, 401);
    runtime.block_on(waiting).unwrap();
    runtime.block_on(async { sandbox.wait_for_blocking("login", 1, LIMIT) }).unwrap();
    let error = sandbox.wait_for_blocking("login", 2, Duration::ZERO).unwrap_err();
    assert!(error.contains("login is 1"), "{error}");
    assert!(sandbox.wait_for_blocking("logins", 1, LIMIT).unwrap_err().contains("login_rejected"));
}

#[test]
fn every_call_has_a_name() {
    let sandbox = start(json!({}));
    let control = |name: &str, body: Value| sandbox.control(name, body).unwrap();
    control("configure", json!({"access_token_lifetime": 60, "lockout": {"failures": 1}}));
    control("fault", json!({"on": "login", "fault": "answer", "status": 503, "times": null}));
    assert_eq!(Client::new(&sandbox).login().status, 503);
    control("clear_faults", Value::Null);
    let tokens = Client::new(&sandbox).login().tokens();
    control("advance", json!({"seconds": 59.5}));
    control("shift_wall", json!({"seconds": -1.5}));
    control("revoke", json!({"username": "api_user", "what": "session", "session": 0}));
    assert_eq!(Client::new(&sandbox).refresh(&tokens).status, 401);
    control("release", json!({}));
    assert_eq!(control("counts", json!({}))["refresh_rejected"], 1);
    assert_eq!(control("audit", json!({}))[1]["verdict"], "granted");
    control("down", json!({}));
    assert!(Client::to(&sandbox.url()).is_err());
    control("up", json!({}));
    assert_eq!(Client::new(&sandbox).login_as("api_user", "wrong").status, 401);
    assert_eq!(Client::new(&sandbox).login().status, 403);
    control("stop", json!({}));
    assert!(Client::to(&sandbox.url()).is_err());
}

#[test]
fn a_wrong_call_is_an_error_and_changes_nothing() {
    let sandbox = start(json!({}));
    for (name, body, part) in [
        ("explode", json!({}), "explode"),
        ("counts", json!({"of": "login"}), "of"),
        ("advance", json!({"seconds": -1}), "seconds"),
        ("advance", json!({"minutes": 1}), "minutes"),
        ("configure", json!({"blocked": true, "block": true}), "block"),
        ("configure", json!({"blocked": true, "accounts": [{"username": "new"}]}), "password"),
        ("revoke", json!({"username": "api_user", "what": "everything"}), "everything"),
    ] {
        let error = sandbox.control(name, body).unwrap_err();
        assert!(error.contains(part), "{error}");
    }
    assert_eq!(Client::new(&sandbox).login().status, 200);
}

#[test]
fn control_calls_over_http_are_neither_counted_nor_faulted() {
    let sandbox = start(json!({}));
    let mut client = Client::new(&sandbox);
    let mut call = |name: &str, body: Value| client.post(&format!("/sandbox/{name}"), &body).unwrap();
    assert_eq!(call("fault", json!({"on": "any", "fault": "drop", "times": null})).status, 200);
    assert_eq!(call("wait_for", json!({"what": "total", "at_least": 0, "limit": 5})).status, 200);
    let refused = call("wait_for", json!({"what": "total", "at_least": 1, "limit": 0}));
    assert_eq!((refused.status, refused.json()["error"].is_string()), (400, true));
    let counts = call("counts", Value::Null).json();
    assert!(counts.as_object().unwrap().values().all(|count| count == 0), "{counts}");
    assert_eq!(call("audit", json!({})).json(), json!([]));
    assert_eq!(call("down", json!({})).status, 200);
    assert!(Client::to(&sandbox.url()).is_err());
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).unwrap();
    }
}

fn command(arguments: &[&str]) -> (Running, BufReader<ChildStdout>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_relatch-sandbox"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    (Running(child), output)
}

#[test]
fn the_command_prints_one_line_and_serves_until_it_is_stopped() {
    let (mut running, mut output) = command(&["--port", "0", "--settings", r#"{"access_token_lifetime": 60}"#]);
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let line: Value = serde_json::from_str(&line).unwrap();
    let (url, base) = (line["url"].as_str().unwrap(), line["control"].as_str().unwrap());
    assert_eq!(line["synapsewave"], format!("{url}/prod/interactive"));
    assert_eq!(Client::to(url).unwrap().login().status, 200);
    assert_eq!(Client::to(url).unwrap().post("/sandbox/counts", &json!({})).unwrap().json()["login"], 1);
    let mut client = Client::to(base).unwrap();
    let mut call = |name: &str| client.post(&format!("/sandbox/{name}"), &json!({})).unwrap();
    assert!(base.ends_with("/sandbox"));
    assert_eq!(call("down").status, 200);
    assert!(Client::to(url).is_err());
    assert_eq!(call("up").status, 200);
    assert_eq!(Client::to(url).unwrap().login().status, 200);
    assert_eq!(Client::to(base).unwrap().login().status, 404, "only control calls are answered here");
    assert_eq!(call("stop").status, 200);
    assert!(running.0.wait().unwrap().success());
}

#[test]
fn the_command_explains_itself_and_refuses_what_it_does_not_know() {
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_relatch-sandbox")).args(arguments).output().unwrap();
        let text = String::from_utf8(if output.status.success() { output.stdout } else { output.stderr }).unwrap();
        (output.status.success(), text)
    };
    assert!(matches!(run(&["--help"]), (true, text) if text.contains("--settings JSON")));
    for arguments in [&["--verbose"][..], &["--port"], &["--port", "x"], &["--settings", r#"{"rotated": 1}"#]] {
        let (success, text) = run(arguments);
        assert!(!success && text.contains(arguments[0]), "{text}");
    }
}
