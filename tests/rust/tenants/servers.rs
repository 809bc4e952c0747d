//! The hostile servers, each with the address that it listens on.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// Takes connections and says nothing.
pub(super) fn hanging() -> String {
    serve(|stream, kept| kept.lock().expect("never poisoned").push(stream))
}

pub(super) fn many_hanging() -> String {
    (0..300).map(|_| hanging()).collect::<Vec<_>>().join(" ")
}

/// Answers with interim answers, and nothing else ever.
pub(super) fn flooding() -> String {
    serve(|mut stream, _| {
        let _ = stream.read(&mut [0; 4096]);
        flood(&mut stream);
    })
}

/// That answer to a refresh, over a connection that has made room for much at a time.
pub(super) fn flooding_later() -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    serve(move |mut stream, _| {
        let mut request = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut request) {
            if request[..read].starts_with(b"POST /User/RefreshToken") {
                flood(&mut stream);
            }
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let tokens = format!("{{\"accessToken\":\"a{number}\",\"refreshToken\":\"r{number}\"}}");
            let body = tokens + &" ".repeat(300_000);
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
            let _ = stream.write_all(answer.as_bytes());
        }
    })
}

fn flood(stream: &mut TcpStream) {
    let flood = "HTTP/1.1 100 Continue\r\n\r\n".repeat(10_000);
    while stream.write_all(flood.as_bytes()).is_ok() {}
}

/// Answers a byte at a time.
pub(super) fn in_pieces() -> String {
    serve(|mut stream, _| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        let pieces = "1\r\n \r\n".repeat(10_000);
        while stream.write_all(pieces.as_bytes()).is_ok() {}
    })
}

/// Answers with as much as is read of an answer, all of it under names of secrets.
pub(super) fn full_of_secrets() -> String {
    let secrets = (0..140_000).map(|n| format!("\"{n:05}\"")).collect::<Vec<_>>().join(",");
    let mut body = format!("{{\"result\":false,\"message\":\"00001\",\"token\":[{secrets}]}}");
    body.truncate(1 << 20);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let answer: &'static str = answer.leak();
    serve(move |mut stream, _| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(answer.as_bytes());
    })
}

fn serve(answer: impl Fn(TcpStream, &Mutex<Vec<TcpStream>>) + Clone + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let kept: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (answer, kept) = (answer.clone(), Arc::clone(&kept));
            thread::spawn(move || answer(stream, &kept));
        }
    });
    format!("http://{address}")
}
