//! Answers that are whole and odd. At a refresh whatever is not read costs the session: of none of these may it be lost.

mod cases;
mod server;
mod values;

use relatch::{Cause, ErrorCode, Options, SevenG, SynapsewaveDealer, Tokens};

use crate::support::run;
use cases::{ACCESS, Case, REFRESH};
use server::Server;

/// What the server saw, and what the refresh came to.
async fn refreshed(case: &Case) -> (usize, Result<Tokens, relatch::Error>) {
    let server = Server::start(case.answer.clone(), case.end).await;
    let provider = SevenG::builder().base_url(server.url()).build().expect("a provider");
    let session = relatch::resume(provider, Tokens::new("old", Some("spent".to_owned())), Options::default());
    let ended = session.expect("a session").refresh().await;
    (server.requests(), ended)
}

#[test]
fn a_whole_answer_to_a_refresh_is_read_however_odd_it_is() {
    run(async {
        let cases = cases::whole();
        assert!(cases.len() >= 50, "{} cases", cases.len());
        let mut lost = Vec::new();
        for case in &cases {
            match refreshed(case).await {
                (1, Ok(new)) if new.access_token.expose() == ACCESS => {
                    assert_eq!(new.refresh_token.expect("a refresh token").expose(), REFRESH, "{}", case.name);
                }
                (requests, ended) => lost.push(format!("{}: {requests} requests, {ended:?}", case.name)),
            }
        }
        assert!(lost.is_empty(), "{} of {} were lost:\n{}", lost.len(), cases.len(), lost.join("\n"));
    });
}

#[test]
fn half_of_an_answer_is_no_answer_and_is_not_asked_for_again() {
    run(async {
        for case in cases::half() {
            let (requests, ended) = refreshed(&case).await;
            let error = ended.expect_err(case.name);
            assert_eq!(
                (error.code(), error.cause()),
                (ErrorCode::ReloginRequired, Some(Cause::RotationLost)),
                "{}",
                case.name
            );
            assert_eq!(requests, 1, "{}", case.name);
        }
    });
}

#[test]
fn what_cannot_be_read_as_http_is_said_to_be_that_and_no_broken_connection() {
    run(async {
        for case in cases::no_http() {
            let name = case.name;
            let (requests, ended) = refreshed(&case).await;
            let error = ended.expect_err(name);
            assert_eq!((requests, error.cause()), (1, Some(Cause::RotationLost)), "{name}");
            assert!(error.to_string().contains("what answered cannot be read"), "{name}: {error}");

            let server = Server::start(case.answer, case.end).await;
            let provider = SevenG::builder().base_url(server.url()).username("user").password("made up");
            let session = relatch::login(provider.build().expect("a provider"), Options::default()).await;
            let error = session.map(drop).expect_err(name);
            assert_eq!((error.code(), server.requests()), (ErrorCode::Protocol, 1), "{name}: {error}");
            assert!(error.to_string().contains("cannot be read as HTTP"), "{name}: {error}");
            assert!(!error.to_string().contains("broke"), "{name}: {error}");
        }
    });
}

#[test]
fn a_lost_refresh_says_what_became_of_its_answer() {
    run(async {
        let html = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n".to_vec();
        for (answer, said) in [
            (html, "what answered cannot be read (HTTP 502)"),
            (cases::answer("", b"{\"accessToken\":"), "what answered cannot be read (HTTP 200)"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{".to_vec(), "its answer was lost (HTTP 200)"),
            (Vec::new(), "its answer was lost: "),
        ] {
            let (_, ended) = refreshed(&cases::case(said, answer)).await;
            let error = ended.expect_err(said);
            assert_eq!(error.cause(), Some(Cause::RotationLost));
            assert!(error.to_string().contains(&format!("A refresh was sent and {said}")), "{error}");
        }
    });
}

#[test]
fn a_whole_answer_to_a_login_is_read_however_odd_it_is() {
    run(async {
        for case in cases::logins() {
            let server = Server::start(case.answer.clone(), case.end).await;
            let dealer = SynapsewaveDealer::builder().base_url(server.url()).user_id("DEALER01").password("made up");
            let provider = dealer.api_key("made-up-key").build().expect("a provider");
            let session = relatch::login(provider, Options::default()).await;
            let session = session.unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
            assert_eq!(session.tokens().expect("tokens").access_token.expose(), ACCESS, "{}", case.name);
            assert_eq!(server.requests(), 1, "{}", case.name);
        }
    });
}

#[test]
fn nothing_packed_is_asked_for() {
    run(async {
        let server = Server::start(cases::plain(), server::End::Close).await;
        let provider = SevenG::builder().base_url(server.url()).build().expect("a provider");
        let session = relatch::resume(provider, Tokens::new("old", Some("spent".to_owned())), Options::default());
        session.expect("a session").refresh().await.expect("tokens");
        let head = server.last_head().to_ascii_lowercase();
        assert_eq!(head.matches("accept-encoding: identity\r\n").count(), 1, "{head}");
        assert_eq!(head.matches("accept-encoding").count(), 1, "{head}");
    });
}
