//! Proxies that speak SOCKS.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;

use relatch::{ErrorCode, Options, Sent};
use serde_json::json;

use crate::support::{provider, run, sandbox};

/// What a proxy was asked: user and password where it wanted them, and the kind of the address to connect to.
pub(crate) type Asked = (Option<(String, String)>, u8);

/// A proxy that speaks SOCKS 5 and, where `answer` is 0, connects all that comes to `target`.
pub(crate) fn socks(target: String, answer: u8) -> (u16, mpsc::Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (sender, asked) = mpsc::channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (target, sender) = (target.clone(), sender.clone());
            thread::spawn(move || pass(stream, &target, answer, &sender));
        }
    });
    (port, asked)
}

fn pass(mut client: TcpStream, target: &str, answer: u8, asked: &mpsc::Sender<Asked>) -> io::Result<()> {
    let mut head = [0; 2];
    client.read_exact(&mut head)?;
    let methods = bytes(&mut client, head[1])?;
    let wants = methods.contains(&2);
    client.write_all(&[5, if wants { 2 } else { 0 }])?;
    let credentials = if wants { Some(credentials(&mut client)?) } else { None };
    let mut request = [0; 4];
    client.read_exact(&mut request)?;
    let length = match request[3] {
        1 => 4,
        4 => 16,
        _ => bytes(&mut client, 1)?[0],
    };
    bytes(&mut client, length + 2)?;
    let _ = asked.send((credentials, request[3]));
    client.write_all(&[5, answer, 0, 1, 0, 0, 0, 0, 0, 0])?;
    if answer != 0 {
        return Ok(());
    }
    let mut server = TcpStream::connect(target)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || io::copy(&mut from, &mut to));
    io::copy(&mut server, &mut client).map(drop)
}

fn credentials(client: &mut TcpStream) -> io::Result<(String, String)> {
    let head = bytes(client, 2)?;
    let user = bytes(client, head[1])?;
    let length = bytes(client, 1)?[0];
    let password = bytes(client, length)?;
    client.write_all(&[1, 0])?;
    Ok((String::from_utf8_lossy(&user).into_owned(), String::from_utf8_lossy(&password).into_owned()))
}

fn bytes(stream: &mut TcpStream, count: u8) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; count.into()];
    stream.read_exact(&mut bytes).map(|()| bytes)
}

#[test]
fn a_session_goes_through_a_socks_proxy_with_its_credentials() {
    run(async {
        let sandbox = sandbox(json!({}));
        let (port, asked) = socks(sandbox.url().trim_start_matches("http://").to_owned(), 0);
        for (proxy, expected) in [
            (format!("socks5://127.0.0.1:{port}"), None),
            (
                format!("socks5h://us%40er:p%25%3Aw@{}:{port}", Ipv4Addr::LOCALHOST),
                Some(("us@er".to_owned(), "p%:w".to_owned())),
            ),
        ] {
            let options = Options::default().clock(sandbox.manual_clock().clock()).proxy(&proxy).unwrap();
            let session = relatch::login(provider(&sandbox), options).await.unwrap();
            session.refresh().await.unwrap();
            assert_eq!(asked.recv().unwrap(), (expected, 1));
        }
        assert_eq!((sandbox.counts().login, sandbox.counts().refresh), (2, 2));
    });
}

#[test]
fn a_socks_proxy_that_does_not_connect_is_named_and_nothing_was_sent() {
    run(async {
        let sandbox = sandbox(json!({}));
        for answer in 1..8 {
            let (port, _asked) = socks(String::new(), answer);
            let options = Options::default().proxy(&format!("socks5://127.0.0.1:{port}")).unwrap();
            let error = relatch::login(provider(&sandbox), options).await.unwrap_err();
            assert_eq!((error.code(), error.sent()), (ErrorCode::Proxy, Some(Sent::No)), "{error:?}");
        }
        assert_eq!(sandbox.counts().total, 0);
    });
}
