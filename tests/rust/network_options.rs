//! What a server sees of the options of the network.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use relatch::{ErrorCode, Options, Sent, SevenG};

use crate::support::run;

/// Takes one request, answers that there is nothing, and gives back the request and where it came from.
fn one_request(listener: TcpListener) -> JoinHandle<(String, SocketAddr)> {
    thread::spawn(move || {
        let (mut stream, from) = listener.accept().expect("a connection");
        let (mut request, mut bytes) = (Vec::new(), [0; 4096]);
        while !request.windows(4).any(|window| window == b"\r\n\r\n") {
            let read = stream.read(&mut bytes).expect("a request");
            request.extend_from_slice(&bytes[..read]);
        }
        stream
            .write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            .expect("an answer");
        (String::from_utf8_lossy(&request).to_ascii_lowercase(), from)
    })
}

/// The head of a request that is made with these options, and where it came from.
fn seen(at: &str, options: Options) -> (String, IpAddr) {
    let listener = TcpListener::bind(at).expect("a port");
    let base_url = format!("http://{}", listener.local_addr().expect("an address"));
    let request = one_request(listener);
    run(async move {
        let provider = SevenG::builder().base_url(base_url).build().expect("a provider");
        assert!(!provider.health(&options).await.expect("an answer").healthy);
    });
    let (request, from) = request.join().expect("a request");
    (request, from.ip())
}

#[test]
fn a_program_is_called_what_it_likes_to_be_called() {
    let (request, _) = seen("127.0.0.1:0", Options::default());
    assert!(request.contains(&format!("\r\nuser-agent: relatch/{}\r\n", env!("CARGO_PKG_VERSION"))), "{request}");
    let (request, _) = seen("127.0.0.1:0", Options::default().user_agent("my-program/1.0 (made up)").unwrap());
    assert!(request.contains("\r\nuser-agent: my-program/1.0 (made up)\r\n"), "{request}");
}

#[test]
#[cfg(target_os = "linux")] // where all of 127.0.0.0/8 is this machine
fn connections_are_made_from_the_address_that_was_given() {
    for address in ["127.0.0.2", "127.0.0.3"] {
        let (_, from) = seen("127.0.0.1:0", Options::default().local_address(address).unwrap());
        assert_eq!(from.to_string(), address);
    }
}

#[test]
fn an_address_that_is_none_of_this_machine_is_said_to_be() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let provider = SevenG::builder().base_url(base_url).build().unwrap();
        let error = provider.health(&Options::default().local_address("192.0.2.7").unwrap()).await.unwrap_err();
        assert_eq!((error.code(), error.sent()), (ErrorCode::Transport, Some(Sent::No)), "{error:?}");
        assert!(error.to_string().contains("local_address"), "{error}");
    });
}

/// Nothing listens on the other family: only who keeps to its own comes in.
#[test]
fn connections_are_made_by_the_family_that_was_given() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let provider = SevenG::builder().base_url(base_url).build().unwrap();
        let request = one_request(listener);
        let error = provider.health(&Options::default().address_family("ipv6").unwrap()).await.unwrap_err();
        assert_eq!((error.code(), error.sent()), (ErrorCode::Transport, Some(Sent::No)), "{error:?}");
        let health = provider.health(&Options::default().address_family("ipv4").unwrap()).await.unwrap();
        assert_eq!(health.status, 404);
        assert!(request.join().is_ok());
    });
}

#[test]
fn an_address_of_the_other_family_is_refused_before_anything_is_sent() {
    run(async {
        let provider =
            SevenG::builder().base_url("http://127.0.0.1:9").username("api_user").password("made up").build();
        let options = Options::default().address_family("ipv6").unwrap().timeout(Duration::from_secs(2)).unwrap();
        let error = relatch::login(provider.unwrap(), options).await.unwrap_err();
        assert_eq!((error.code(), error.field()), (ErrorCode::InvalidConfig, Some("address_family")), "{error:?}");
    });
}

#[test]
fn a_proxy_is_asked_for_the_whole_address_with_its_credentials() {
    for (credentials, shown) in [("", None), ("us%40er:p%3Aw%C3%A9@", Some("dXNAZXI6cDp3w6k="))] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let proxy = format!("http://{credentials}{}", listener.local_addr().expect("an address"));
        let request = one_request(listener);
        run(async move {
            let provider = SevenG::builder().base_url("http://api.example/v1").allow_insecure(true).build().unwrap();
            assert!(!provider.health(&Options::default().proxy(&proxy).unwrap()).await.expect("an answer").healthy);
        });
        let (request, _) = request.join().expect("a request");
        assert!(request.starts_with("get http://api.example/v1/"), "{request}");
        let lines: Vec<_> = request.lines().filter(|line| line.starts_with("proxy-authorization: ")).collect();
        let expected = shown.map(|shown| format!("proxy-authorization: basic {}", shown.to_ascii_lowercase()));
        assert_eq!(lines, Vec::from_iter(expected.as_deref()), "{request}");
        for line in ["host: api.example", "accept: */*", "accept-encoding: identity"] {
            assert_eq!(request.lines().filter(|found| *found == line).count(), 1, "{line}: {request}");
        }
    }
}
