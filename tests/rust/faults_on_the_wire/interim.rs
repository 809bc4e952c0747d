//! Interim answers (1xx) before the final one: a few cost nothing, and a flood of them ends the exchange.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use relatch::{Cause, Error, ErrorCode, Options, Sent, Session, SevenG, Tokens};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::support::run;

const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";
/// All kinds, with and without headers.
const KINDS: [&str; 4] = [
    CONTINUE,
    "HTTP/1.1 102 Processing\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload; as=style\r\nX-Name: value\r\n\r\n",
    "HTTP/1.1 199 Odd\r\nContent-Length: 9\r\n\r\n",
];
const ACCESS: &str = "made-up-access-token-2";

/// What the server writes when it has been asked.
#[derive(Clone, Copy)]
struct Script {
    interim: &'static str,
    /// How many of them come before a good answer; without end where there is none.
    count: Option<usize>,
    /// So many bytes are written at a time.
    piece: usize,
}

struct Server {
    url: String,
    /// How often it was asked.
    requests: Arc<AtomicUsize>,
}

impl Server {
    async fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::<AtomicUsize>::default();
        let seen = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script, Arc::clone(&seen)));
            }
        });
        Self { url, requests }
    }

    fn session(&self) -> Session {
        let provider = SevenG::builder().base_url(&self.url).build().expect("a provider");
        let tokens = Tokens::new("old", Some("spent".to_owned()));
        relatch::resume(provider, tokens, Options::default()).expect("a session")
    }

    async fn login(&self) -> Result<Session, Error> {
        let provider = SevenG::builder().base_url(&self.url).username("user").password("made up").build();
        relatch::login(provider.expect("a provider"), Options::default()).await
    }
}

async fn serve(mut stream: TcpStream, script: Script, requests: Arc<AtomicUsize>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    loop {
        let mut request = Vec::new();
        // The body is JSON, and nothing in it is nested.
        while !request.ends_with(b"}") {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let number = requests.fetch_add(1, Ordering::SeqCst);
        let Some(count) = script.count else {
            let flood = script.interim.repeat(1000);
            loop {
                write(&mut stream, flood.as_bytes(), script.piece).await?;
            }
        };
        let body = format!(r#"{{"accessToken":"{ACCESS}","refreshToken":"made-up-refresh-token-{number}"}}"#);
        let last = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        write(&mut stream, (script.interim.repeat(count) + &last).as_bytes(), script.piece).await?;
    }
}

async fn write(stream: &mut TcpStream, bytes: &[u8], piece: usize) -> std::io::Result<()> {
    for piece in bytes.chunks(piece) {
        stream.write_all(piece).await?;
        if piece.len() < 1000 {
            // So that the pieces arrive as such.
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

#[test]
fn a_flood_of_interim_answers_ends_the_exchange_and_says_so() {
    run(async {
        for interim in KINDS {
            for piece in [1 << 16, 1000, 26, 7] {
                let server = Server::start(Script { interim, count: None, piece }).await;
                let error = server.login().await.expect_err("no answer came");
                assert_eq!(
                    (error.code(), error.sent()),
                    (ErrorCode::Protocol, Some(Sent::Maybe)),
                    "{interim}{error:?}"
                );
                let said = error.to_string();
                assert!(said.contains("interim answers (1xx) and no final one"), "{said}");
                let error = server.session().refresh().await.expect_err("no answer came");
                assert_eq!(error.cause(), Some(Cause::RotationLost), "{interim}{error:?}");
                assert_eq!(server.requests.load(Ordering::SeqCst), 2, "{interim}: asked again");
            }
        }
    });
}

#[test]
fn a_refresh_that_is_answered_after_some_interim_answers_is_answered() {
    run(async {
        for interim in KINDS {
            for count in [1, 2, 5, 19] {
                for piece in [1 << 16, 26, 1] {
                    let server = Server::start(Script { interim, count: Some(count), piece }).await;
                    let session = server.session();
                    // They are counted for each request: one connection carries all of them.
                    for _ in 0..8 {
                        let tokens =
                            session.refresh().await.unwrap_or_else(|error| panic!("{count} {interim}{error:?}"));
                        assert_eq!(tokens.access_token.expose(), ACCESS);
                    }
                }
            }
        }
    });
}
