//! The fault proxy, seen from a plain socket: what it passes, what it breaks, and what it counts.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use relatch_sandbox::Sandbox;
use relatch_sandbox::fault_proxy::{Authority, Cut, FaultProxy, Flaw, Spot, Traffic, WireFault};
use serde_json::json;
use support::{Client, LIMIT, closed, start};

fn proxied() -> (Sandbox, FaultProxy, Client) {
    let sandbox = start(json!({}));
    let proxy = FaultProxy::start(sandbox.url().trim_start_matches("http://").parse().unwrap()).unwrap();
    let client = Client::to(&proxy.url()).unwrap();
    (sandbox, proxy, client)
}

/// Waits on the runtime of the library, in which the proxy runs.
fn until(proxy: &FaultProxy, so: impl FnMut(&Traffic) -> bool) {
    relatch::runtime::handle().unwrap().block_on(proxy.until(LIMIT, so)).unwrap();
}

/// The end of a connection as a socket tells it, and what came before.
fn rest(client: &mut TcpStream) -> (Vec<u8>, Option<ErrorKind>) {
    let mut came = Vec::new();
    let ended = client.read_to_end(&mut came);
    (came, ended.err().map(|error| error.kind()))
}

fn connect(proxy: &FaultProxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

#[test]
fn without_a_fault_everything_passes_and_is_counted() {
    let (sandbox, proxy, mut client) = proxied();
    let tokens = client.login().tokens();
    assert_eq!(client.refresh(&tokens).status, 200);
    assert_eq!(client.get("/Common/HealthCheck").status, 200);
    let seen = proxy.seen();
    assert_eq!(seen.requests, ["POST /User/Login", "POST /User/RefreshToken", "GET /Common/HealthCheck"]);
    assert_eq!((seen.connections, seen.open, seen.asked("/User/Login")), (1, 1, 1));
    assert!(seen.to_server > 200 && seen.to_client > 500, "{seen:?}");
    assert_eq!((sandbox.counts().total, sandbox.counts().connections), (3, 1));
}

#[test]
fn answers_of_any_length_and_in_chunks_pass() {
    let (sandbox, _proxy, mut client) = proxied();
    for chunked in [false, true] {
        support::fault(&sandbox, json!({"on": "health", "fault": "oversize", "bytes": 300_000, "chunked": chunked}));
        assert_eq!(client.get("/Common/HealthCheck").body.len(), 300_000);
    }
    assert_eq!(client.login().status, 200);
}

#[test]
fn a_server_that_closes_closes_the_connection_to_the_client() {
    let (sandbox, proxy, mut client) = proxied();
    assert_eq!(client.login().status, 200);
    sandbox.down();
    assert!(closed(client.receive()));
    drop(client);
    until(&proxy, |seen| seen.open == 0);
    let mut client = Client::to(&proxy.url()).unwrap();
    client.send("GET", "/Common/HealthCheck", &[], "").unwrap();
    assert!(closed(client.receive()), "nobody is there to be asked");
}

#[test]
fn a_cut_comes_at_its_point_and_in_its_way() {
    let points = [
        (Spot::FirstByte, 0),
        (Spot::AfterRequestHead, 0),
        (Spot::AfterRequest, 0),
        (Spot::AfterActing, 1),
        (Spot::InAnswerHead, 1),
        (Spot::InAnswerBody, 1),
    ];
    for (spot, arrived) in points {
        for (cut, kind) in [(Cut::Reset, Some(ErrorKind::ConnectionReset)), (Cut::Close, None)] {
            let (sandbox, proxy, _) = proxied();
            proxy.next(WireFault::CutAt(spot, cut));
            let mut client = connect(&proxy);
            client.write_all(b"GET /Common/HealthCheck HTTP/1.1\r\nHost: sandbox\r\n\r\n").unwrap();
            let (came, ended) = rest(&mut client);
            assert_eq!(ended, kind, "{spot:?} {cut:?}");
            let text = String::from_utf8(came).unwrap();
            let (begun, head) = (text.starts_with("HTTP/1.1 200 "), text.contains("\r\n\r\n"));
            let expected = (spot == Spot::InAnswerHead || spot == Spot::InAnswerBody, spot == Spot::InAnswerBody);
            assert_eq!((begun, head), expected, "{spot:?} {cut:?}: {text:?}");
            assert_eq!((sandbox.counts().total, proxy.pending()), (arrived, 0), "{spot:?} {cut:?}");
        }
    }
}

#[test]
fn a_cut_at_accept_is_for_one_connection() {
    let (_sandbox, proxy, mut first) = proxied();
    assert_eq!(first.login().status, 200);
    proxy.next(WireFault::CutAtAccept(Cut::Close));
    proxy.next(WireFault::CutAtAccept(Cut::Reset));
    assert_eq!(rest(&mut connect(&proxy)), (Vec::new(), None));
    assert_eq!(rest(&mut connect(&proxy)), (Vec::new(), Some(ErrorKind::ConnectionReset)));
    assert_eq!(first.login().status, 200, "another connection is none of its business");
    assert_eq!(Client::to(&proxy.url()).unwrap().login().status, 200);
}

#[test]
fn an_exchange_is_held_until_it_is_released() {
    let (sandbox, proxy, mut client) = proxied();
    for (spot, arrived) in [(Spot::AfterRequest, 0), (Spot::InAnswerBody, 2)] {
        proxy.next(WireFault::HoldAt(spot));
        client.send("GET", "/Common/HealthCheck", &[], "").unwrap();
        until(&proxy, |seen| seen.held == 1);
        assert_eq!(sandbox.counts().health, arrived);
        proxy.release();
        assert_eq!(client.receive().unwrap().json()["result"], true);
        until(&proxy, |seen| seen.held == 0);
    }
}

#[test]
fn answers_are_spoilt_as_they_are_told_to_be() {
    let (_sandbox, proxy, mut client) = proxied();
    proxy.next(WireFault::ByteByByte);
    proxy.next(WireFault::ExtraHeader { line: "X-First: 1".into(), first: true });
    proxy.next(WireFault::ExtraHeader { line: "Date: today".into(), first: false });
    proxy.next(WireFault::Noise("HTTP/1.1 100 Continue\r\n\r\n".into()));
    assert_eq!(client.login().status, 200);
    assert_eq!(client.get("/Common/HealthCheck").headers[0], ("X-First".into(), "1".into()));
    let answer = client.get("/Common/HealthCheck");
    let dates: Vec<_> = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("date")).collect();
    assert_eq!((dates.len(), dates[1].1.as_str()), (2, "today"));
    assert_eq!(client.get("/Common/HealthCheck").status, 100);
    assert_eq!(client.receive().unwrap().status, 200);
    for (by, whole) in [(7, false), (-7, true)] {
        let mut client = Client::to(&proxy.url()).unwrap();
        proxy.next(WireFault::WrongLength(by));
        let answer = client.get("/Common/HealthCheck");
        assert_eq!((answer.status, answer.whole), (200, whole));
        assert_eq!(answer.json().is_null(), by < 0, "{}", answer.text());
    }
}

#[test]
fn another_answer_comes_with_or_without_the_server() {
    for (acts, arrived) in [(false, 0), (true, 1)] {
        let (sandbox, proxy, mut client) = proxied();
        let bytes = b"HTTP/1.1 407 Made Up\r\nContent-Length: 0\r\n\r\n".to_vec();
        proxy.next(WireFault::Answer { bytes, acts });
        assert_eq!(client.login().status, 407);
        assert!(closed(client.receive()));
        assert_eq!(sandbox.counts().login, arrived);
    }
}

#[test]
fn idle_connections_are_closed_and_others_are_not() {
    let (_sandbox, proxy, mut idle) = proxied();
    assert_eq!(idle.login().status, 200);
    proxy.next(WireFault::HoldAt(Spot::AfterActing));
    let mut busy = Client::to(&proxy.url()).unwrap();
    busy.send("GET", "/Common/HealthCheck", &[], "").unwrap();
    until(&proxy, |seen| seen.held == 1 && seen.idle == 1);
    proxy.close_idle(Cut::Close);
    assert!(closed(idle.receive()));
    proxy.release();
    assert_eq!(busy.receive().unwrap().status, 200);
}

#[test]
fn a_tunnel_passes_bytes_until_it_is_cut() {
    let (sandbox, proxy, _) = proxied();
    for (fault, expected) in [(None, 200), (Some(16), 0)] {
        if let Some(after) = fault {
            proxy.next(WireFault::CutTunnel { after, cut: Cut::Reset });
        }
        let mut client = Client::to(&proxy.url()).unwrap();
        client.send("CONNECT", "sandbox.example:443", &[], "").unwrap();
        assert_eq!(client.receive().unwrap().status, 200);
        client.send("GET", "/Common/HealthCheck", &[], "").unwrap();
        let answer = client.receive();
        assert_eq!(answer.as_ref().map_or(0, |answer| answer.status), expected, "{answer:?}");
    }
    assert_eq!(sandbox.counts().health, 1);
    let seen = proxy.seen();
    assert_eq!(seen.asked("sandbox.example:443"), 2);
    assert!(seen.to_server > 16, "{seen:?}");
}

#[test]
fn while_it_is_down_connections_are_refused_and_those_that_were_open_are_gone() {
    let (_sandbox, proxy, mut client) = proxied();
    assert_eq!(client.login().status, 200);
    proxy.down();
    assert!(closed(client.receive()));
    assert!(Client::to(&proxy.url()).is_err());
    proxy.up().unwrap();
    assert_eq!(Client::to(&proxy.url()).unwrap().login().status, 200);
}

#[test]
fn with_tls_nothing_is_to_be_had_without() {
    let (sandbox, authority) = (start(json!({})), Authority::new().unwrap());
    let target = sandbox.url().trim_start_matches("http://").parse().unwrap();
    let proxy = FaultProxy::start_tls(target, authority.issue(Flaw::None).unwrap()).unwrap();
    let mut client = connect(&proxy);
    client.write_all(b"GET /Common/HealthCheck HTTP/1.1\r\nHost: sandbox\r\n\r\n").unwrap();
    assert!(!rest(&mut client).0.starts_with(b"HTTP/"));
    assert_eq!(sandbox.counts().total, 0);
    let options = relatch::Options::default().ca_certificates(authority.pem().as_bytes()).unwrap();
    let options = options.timeout(Duration::from_secs(20)).unwrap();
    let provider = relatch::SevenG::builder().base_url(proxy.url()).username("api_user").password("made-up-password-1");
    let login = relatch::login(provider.build().unwrap(), options);
    relatch::runtime::handle().unwrap().block_on(login).expect("a client that trusts the authority can log in");
    assert_eq!(sandbox.counts().login, 1);
}
