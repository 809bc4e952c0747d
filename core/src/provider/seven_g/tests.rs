//! The facts of wire.md part 1, one test each, without a socket.

use serde_json::Value;
use zeroize::Zeroizing;

use super::builder::ENVIRONMENTS;
use super::*;
use crate::foreign_text::WITHHELD;
use crate::grant::Expiry;
use crate::time::UnixTime;

const NOW: UnixTime = UnixTime(1_767_225_600_000);

fn provider() -> SevenG {
    SevenG::builder().username("api_user").password("made-up-word").build().unwrap()
}

fn answer(status: u16, body: &str) -> Answer {
    Answer {
        status,
        retry_at: None,
        received: NOW,
        date: None,
        content_type: None,
        body: Zeroizing::new(body.as_bytes().to_vec()),
    }
}

fn held() -> Grant {
    grant("old access".to_owned(), Some(Secret::new("old refresh"))).unwrap()
}

fn login_error(status: u16, body: &str) -> Error {
    match provider().read_login(&answer(status, body), &[]) {
        Outcome::Rejected(error) | Outcome::Busy(error) | Outcome::Unreadable(error) | Outcome::Unjudged(error) => {
            error
        }
        other => panic!("{other:?}"),
    }
}

fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(header, _)| *header == name).map(|(_, value)| value.expose())
}

fn body(request: &Request) -> Value {
    serde_json::from_str(request.body.as_ref().unwrap().expose()).unwrap()
}

#[test]
fn a_login_carries_the_version_and_no_authorization() {
    let request = provider().login(None).unwrap();
    assert_eq!((request.method, &*request.path), (Method::Post, "/User/Login"));
    assert_eq!(header(&request, "Version"), Some("2.0"));
    assert_eq!(header(&request, "Content-Type"), Some("application/json"));
    assert_eq!(header(&request, "Authorization"), None);
    assert_eq!(body(&request), json!({"username": "api_user", "password": "made-up-word"}));
}

#[test]
fn a_refresh_carries_the_old_access_token_raw_or_as_bearer() {
    for (bearer, expected) in [(false, "old access"), (true, "Bearer old access")] {
        let provider = SevenG::builder().bearer(bearer).build().unwrap();
        let request = provider.refresh(&held()).unwrap();
        assert_eq!(request.path, "/User/RefreshToken");
        assert_eq!(header(&request, "Authorization"), Some(expected));
        assert_eq!(body(&request), json!({"refreshToken": "old refresh"}));
        assert_eq!(provider.headers("a token")[0].1, expected.replace("old access", "a token"));
    }
}

#[test]
fn a_grant_without_refresh_token_cannot_be_refreshed() {
    assert!(provider().refresh(&grant("old".to_owned(), None).unwrap()).is_none());
}

#[test]
fn tokens_are_read_in_camel_and_in_pascal_case() {
    for body in [r#"{"accessToken":"a","refreshToken":"r"}"#, r#"{"AccessToken":"a","RefreshToken":"r"}"#] {
        let Outcome::Granted(read) = provider().read_login(&answer(200, body), &[]) else { panic!("{body}") };
        assert_eq!((read.access_token.expose(), read.refresh_token.unwrap().expose()), ("a", "r"));
        assert_eq!(read.expiry, Expiry::After(Duration::from_secs(1200)));
    }
}

#[test]
fn a_refresh_without_a_new_refresh_token_keeps_the_old_one() {
    for body in [r#"{"accessToken":"a"}"#, r#"{"accessToken":"a","refreshToken":""}"#] {
        let Outcome::Granted(read) = provider().read_refresh(&held(), &answer(200, body)) else { panic!("{body}") };
        assert_eq!(read.refresh_token.unwrap().expose(), "old refresh");
    }
}

#[test]
fn a_success_without_tokens_is_a_protocol_error() {
    for body in ["", "null", "[]", "{}", "<html>hello</html>", r#"{"accessToken":"a"}"#, r#"{"accessToken":1}"#] {
        let outcome = provider().read_login(&answer(200, body), &[]);
        let (Outcome::Unreadable(error) | Outcome::Unjudged(error)) = outcome else { panic!("{body}: {outcome:?}") };
        assert_eq!((error.code(), error.status()), (ErrorCode::Protocol, Some(200)));
    }
}

#[test]
fn refusals_are_told_apart_only_as_far_as_the_answer_goes() {
    for (status, body, code) in [
        (401, "", ErrorCode::InvalidCredentials),
        (401, r#"{"result":false,"message":"Invalid user"}"#, ErrorCode::InvalidCredentials),
        (403, r#"{"message":"Your address is blocked"}"#, ErrorCode::AccessDenied),
        (400, "", ErrorCode::AccessDenied),
        (404, "", ErrorCode::AccessDenied),
        (200, r#"{"result":false,"message":"Disabled"}"#, ErrorCode::AccessDenied),
        (423, "", ErrorCode::AccountLocked),
        (401, r#"{"message":"Account locked"}"#, ErrorCode::AccountLocked),
        (400, r#"{"message":"The user's record is locked"}"#, ErrorCode::AccountLocked),
        (200, r#"{"result":false,"message":"database is locked"}"#, ErrorCode::AccessDenied),
        (409, r#"{"message":"Cannot open the file: locked by another process"}"#, ErrorCode::AccessDenied),
        (403, r#"{"message":"Too many attempts for this resource"}"#, ErrorCode::AccountLocked),
        (403, r#"{"title":"Too many failed attempts"}"#, ErrorCode::AccountLocked),
        (200, r#"{"result":false,"message":"User is LOCKED"}"#, ErrorCode::AccountLocked),
        (429, r#"{"message":"Too many attempts"}"#, ErrorCode::AccountLocked),
        (401, r#"{"message":"Invalid login attempt."}"#, ErrorCode::InvalidCredentials),
        (429, "", ErrorCode::RateLimited),
        (408, "", ErrorCode::Protocol),
        (500, r#"{"message":"deadlock"}"#, ErrorCode::Protocol),
        (302, "", ErrorCode::Protocol),
    ] {
        let error = login_error(status, body);
        assert_eq!((error.code(), error.status()), (code, Some(status)), "{status} {body}");
    }
}

#[test]
fn a_refresh_that_comes_too_often_or_is_refused_is_no_lockout() {
    let body = r#"{"message":"Too many attempts"}"#;
    assert!(matches!(provider().read_refresh(&held(), &answer(429, body)), Outcome::Busy(_)));
    let outcome = provider().read_refresh(&held(), &answer(401, r#"{"message":"Invalid refresh attempt"}"#));
    let Outcome::Rejected(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!((error.code(), error.retry_at()), (ErrorCode::InvalidCredentials, None));
}

#[test]
fn tokens_that_no_header_can_carry_are_no_tokens() {
    for body in [r#"{"accessToken":"a\nb","refreshToken":"r"}"#, r#"{"accessToken":"a","refreshToken":"\u00e9"}"#] {
        assert!(matches!(provider().read_login(&answer(200, body), &[]), Outcome::Unreadable(_)), "{body}");
    }
}

#[test]
fn a_byte_order_mark_is_read_over() {
    let body = "\u{feff}{\"accessToken\":\"a\",\"refreshToken\":\"r\"}";
    assert!(matches!(provider().read_login(&answer(200, body), &[]), Outcome::Granted(_)));
}

#[test]
fn a_locked_account_opens_ten_minutes_on_or_when_the_server_says() {
    assert_eq!(login_error(423, "").retry_at(), Some(NOW.after(Duration::from_secs(600))));
    let said = Answer { retry_at: Some(NOW.after(Duration::from_secs(30))), ..answer(423, "") };
    let Outcome::Rejected(error) = provider().read_login(&said, &[]) else { panic!("not rejected") };
    assert_eq!(error.retry_at(), said.retry_at);
}

#[test]
fn a_server_that_is_busy_has_not_consumed_the_token() {
    let later = Some(NOW.after(Duration::from_secs(5)));
    for (status, retry_at, busy) in [(429, None, true), (429, later, true), (503, later, true), (503, None, false)] {
        let outcome = provider().read_refresh(&held(), &Answer { retry_at, ..answer(status, "") });
        assert_eq!(matches!(outcome, Outcome::Busy(_)), busy, "{status}: {outcome:?}");
    }
}

#[test]
fn the_servers_words_come_along_without_secrets() {
    let error = login_error(401, r#"{"message":"made-up-word is not the password of api_user"}"#);
    assert_eq!(error.server_message(), Some("[redacted] is not the password of api_user"));
    let error = login_error(502, r#"{"accessToken":"eyJhbGci"#);
    assert!(!format!("{error:?}").contains("eyJ"), "{error:?}");
}

#[test]
fn a_password_is_known_again_however_the_server_spells_it() {
    let provider = SevenG::builder().username("u").password("made up/\"Word\"+7").build().unwrap();
    for (status, body, expected) in [
        (500, r#"{"message":"no: made up/\"Word\"+7"}"#, "no: [redacted]"),
        (500, r#"{"detail":"no: made up\/\u0022Word\u0022\u002B7"}"#, "no: [redacted]"),
        (401, r#"{"message":"no: made\nup/\"Word\"+7"}"#, "no: [redacted]"),
        (502, r#"{"message":"{\"why\":\"no: made up\\/\\\"Word\\\"+7\"}"}"#, WITHHELD),
        (401, r#"{"message":"no: bWFkZSB1cC8iV29yZCIrNw=="}"#, "no: [redacted]"),
        (401, r#"{"message":"no: bWFkZSB1cC8i"}"#, WITHHELD),
        (403, "<title>no: made&#32;up&sol;&quot;Word</title>", WITHHELD),
    ] {
        let outcome = provider.read_login(&answer(status, body), &[]);
        let (Outcome::Rejected(error) | Outcome::Unreadable(error)) = outcome else { panic!("{body}") };
        assert_eq!(error.server_message(), Some(expected), "{body}");
        assert!(!format!("{error:?}").contains("Word"), "{error:?}");
    }
}

#[test]
fn the_title_of_a_page_is_the_servers_message() {
    for (status, page) in
        [(403, "<html><title>Just a moment...</title><p>token</p>"), (502, "<h1>Just a moment...</h1>")]
    {
        let outcome = provider().read_login(&answer(status, page), &[]);
        let (Outcome::Rejected(error) | Outcome::Unreadable(error)) = outcome else { panic!("{page}") };
        assert_eq!(error.server_message(), Some("Just a moment..."), "{page}");
    }
}

#[test]
fn a_good_answer_in_utf_16_is_withheld() {
    let text = r#"{"accessToken":"live-access","refreshToken":"live-refresh"}"#;
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let body: Vec<u8> = text.encode_utf16().flat_map(order).collect();
        let length = body.len();
        for (status, body) in [(200, body.clone()), (502, body)] {
            let content_type = Some("application/json".to_owned());
            let answer = Answer { content_type, body: Zeroizing::new(body), ..answer(status, "") };
            let Outcome::Unreadable(error) = provider().read_login(&answer, &[]) else { panic!("it was read") };
            assert_eq!(error.snippet(), Some(&*format!("[withheld: {length} bytes of application/json]")));
            assert_eq!(error.server_message(), None);
        }
    }
}

#[test]
fn a_message_is_shown_in_one_printable_line() {
    let body = r#"{"message":"no\u2028one\u202e \u200bcomes\u001b[2J \udb40\udc41\ue000\n"}"#;
    assert_eq!(login_error(403, body).server_message(), Some("no one   comes [2J"));
}

#[test]
fn what_an_answer_says_by_the_name_of_a_secret_is_not_repeated() {
    let error = login_error(403, r#"{"message":"no: live-refresh-7","refreshToken":"live-refresh-7"}"#);
    assert_eq!(error.server_message(), Some("no: [redacted]"));
}

#[test]
fn bad_arguments_are_refused_by_field() {
    let long = "x".repeat(256);
    let builder = SevenG::builder;
    for (field, attempt) in [
        ("username", builder().username("").password("x")),
        ("username", builder().username(&*long).password("x")),
        ("password", builder().username("x").password("")),
        ("password", builder().username("x").password(&*long)),
        ("password", builder().username("x")),
        ("username", builder().password("x")),
        ("environment", builder().environment("preview")),
        ("base_url", builder().environment("test").base_url("https://host")),
        ("base_url", builder().base_url("http://api.7g.com.au")),
    ] {
        let error = attempt.build().unwrap_err();
        assert_eq!((error.code(), error.field()), (ErrorCode::InvalidConfig, Some(field)));
    }
    assert!(builder().username("é".repeat(255)).password("x").build().is_ok(), "255 characters, not bytes");
}

#[test]
fn environments_have_their_addresses_and_production_is_the_default() {
    for (environment, address) in ENVIRONMENTS {
        assert_eq!(SevenG::builder().environment(environment).build().unwrap().base_url().as_str(), address);
    }
    assert_eq!(SevenG::builder().build().unwrap().base_url().as_str(), "https://api.7g.com.au");
}

#[test]
fn the_profile_reads_the_roles_twice() {
    let Value::Object(claims) = json!({
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier": "api_user",
        "UserID": "123", "InstanceID": "1", "Roles": r#"[{"RID":1,"BID":100,"PID":5}]"#, "exp": 1
    }) else {
        panic!("no object")
    };
    let expected = json!({
        "username": "api_user", "user_id": "123", "instance_id": "1", "roles": [{"RID": 1, "BID": 100, "PID": 5}]
    });
    assert_eq!(Value::Object(provider().profile(&claims).fields), expected);
}

#[test]
fn nothing_printed_holds_the_password() {
    let printed = format!("{:?} {:?}", provider(), SevenG::builder().username("u").password("made-up-word"));
    assert!(!printed.contains("made-up-word"), "{printed}");
}

proptest::proptest! {
    #[test]
    fn no_answer_panics(status in 100_u16..600, body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let answer = Answer { status, retry_at: None, received: NOW, date: None, content_type: None, body: Zeroizing::new(body) };
        let _ = (provider().read_login(&answer, &[]), provider().read_refresh(&held(), &answer));
    }
}

#[test]
fn a_line_end_in_what_was_copied_is_refused_before_any_traffic() {
    for end in ["\n", "\r\n", "\t", "\0", "\u{7f}", "\u{85}", "\u{2028}"] {
        let word = format!("made-up-word{end}");
        for (field, builder) in [
            ("username", SevenG::builder().username(word.as_str()).password("made up")),
            ("password", SevenG::builder().username("api_user").password(word.as_str())),
        ] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.field(), Some(field), "{end:?}");
            assert!(error.to_string().contains("without line ends"), "{error}");
        }
    }
    SevenG::builder().username("api user").password(" \u{e9} ").build().unwrap();
}

#[test]
fn a_refresh_token_that_was_replaced_is_not_kept() {
    let (provider, spent) = (provider(), held());
    for (member, expected) in [
        (r#""refreshToken":123456789012"#, Some("123456789012")),
        (r#""refreshToken":12345678901234567890123456789"#, None),
        (r#""refreshToken":["new"]"#, None),
        (r#""refreshToken":{"token":"new"}"#, None),
        (r#""refreshToken":" new\n""#, Some("new")),
        (r#""refreshToken":null"#, Some("old refresh")),
        (r#""refreshToken":"""#, Some("old refresh")),
        (r#""other":1"#, Some("old refresh")),
    ] {
        let outcome = provider.read_refresh(&spent, &answer(200, &format!(r#"{{"accessToken":"new",{member}}}"#)));
        let Outcome::Granted(grant) = outcome else { panic!("{member}") };
        assert_eq!(grant.refresh_token.as_ref().map(Secret::expose), expected, "{member}");
    }
}
