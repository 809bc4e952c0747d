//! The table of what was judged.

use zeroize::Zeroizing;

use super::*;
use crate::time::UnixTime;

fn answer(status: u16, body: &str) -> Answer {
    let body = Zeroizing::new(body.as_bytes().to_vec());
    Answer { status, retry_at: None, received: UnixTime(0), date: None, content_type: None, body }
}

const PAGE: &str = "<!DOCTYPE html><html><head><title>Welcome</title></head><body>Hello.</body></html>";

#[test]
fn what_reaches_no_login_endpoint_was_not_judged() {
    for status in UNSEEN {
        for body in ["", "{}", PAGE, "Not Found", r#"{"title":"Not Found","status":404}"#, "Cannot POST /User/Login"] {
            assert!(is_unseen(&answer(status, body), false), "{status} {body}");
        }
        let own = r#"{"result":false,"message":"Not found","recordCount":0,"data":{}}"#;
        assert!(is_unseen(&answer(status, own), true), "{status}");
        assert!(is_unseen(&answer(status, r#"{"result":false,"message":""}"#), true), "{status}");
    }
}

#[test]
fn a_page_instead_of_the_api_was_not_judged() {
    for page in [
        PAGE,
        "\u{feff}\r\n <HTML>",
        "<!-- an app --><div id=root></div>",
        "<?xml version=\"1.0\"?><Error><Code>NoSuchBucket</Code></Error>",
        "<html><script>if (!ok) alert('Invalid password')</script><body>Shop</body></html>",
        "<html><a href='/login/invalid-password'>Forgot your password?</a></html>",
    ] {
        assert!(is_unseen(&answer(200, page), false), "{page}");
    }
    let wide: Vec<u8> = "\u{feff}<html>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(is_page(&wide));
}

#[test]
fn what_may_have_been_judged_counts() {
    for (status, body) in [
        (200, ""),
        (200, "{}"),
        (200, "OK"),
        (200, r#"{"result":true}"#),
        (200, r#"{"accessToken":"a"#),
        (200, "<3 you"),
        (204, ""),
        (302, ""),
        (302, PAGE),
        (303, ""),
        (400, ""),
        (400, PAGE),
        (401, ""),
        (401, PAGE),
        (403, ""),
        (403, PAGE),
        (403, r#"{"message":"Forbidden"}"#),
        (406, PAGE),
        (408, ""),
        (409, ""),
        (422, ""),
        (451, ""),
        (500, ""),
        (500, PAGE),
        (502, PAGE),
        (503, PAGE),
        (504, PAGE),
        (520, ""),
    ] {
        assert!(!is_unseen(&answer(status, body), false), "{status} {body}");
    }
}

#[test]
fn a_gateway_that_knows_no_such_path_has_not_judged() {
    assert!(is_unseen(&answer(403, r#"{"message":"Missing Authentication Token"}"#), false));
}

#[test]
fn words_about_who_logs_in_count_at_any_status() {
    for words in [
        "Invalid user name or password.",
        "The password is wrong",
        "User not found",
        "No such user",
        "Unknown account",
        "Login failed",
        "The account is locked.",
        "Authentication failed",
        "Your account is disabled",
    ] {
        for status in [200, 404, 405, 410, 501] {
            let json = serde_json::json!({ "error": { "detail": words } }).to_string();
            let page = format!("<html><body><p class=error>{words}</p></body></html>");
            assert!(!is_unseen(&answer(status, &json), false), "{status} {json}");
            assert!(!is_unseen(&answer(status, &page), false), "{status} {page}");
        }
    }
}

#[test]
fn the_api_has_judged_what_it_refuses_in_words_of_its_own() {
    assert!(!is_unseen(&answer(404, r#"{"status":"error","message":"No"}"#), true));
    assert!(is_unseen(&answer(404, r#"{"status":"error","message":"No such route"}"#), true));
}

#[test]
fn an_answer_that_asks_to_slow_down_may_have_judged() {
    for (words, expected) in [
        ("", Said::Nothing),
        ("error", Said::Nothing),
        ("e-101", Said::Nothing),
        ("Too many requests", Said::Nothing),
        ("Slow down", Said::Nothing),
        ("The service is temporarily unavailable", Said::Nothing),
        ("API call limit reached", Said::Nothing),
        ("Request was throttled. Expected available in 30 seconds.", Said::Nothing),
        ("Benutzername oder Passwort falsch", Said::Failed),
        ("\u{5bc6}\u{7801}\u{9519}\u{8bef}", Said::Failed),
        ("You have 1 attempt remaining", Said::Failed),
        ("Unauthorized", Said::Failed),
        ("Rate limit exceeded for this login", Said::Nothing),
        ("Login failed", Said::Failed),
        ("Invalid OTP for this user", Said::Failed),
        ("Wrong password", Said::Wrong),
        ("Invalid username or password", Said::Wrong),
        ("The credentials do not match", Said::Wrong),
        ("Password is incorrect. Too many requests.", Said::Wrong),
    ] {
        assert_eq!(said(&answer(429, &serde_json::json!({ "message": words }).to_string())), expected, "{words}");
    }
}

#[test]
fn words_are_found_in_a_bounded_part_and_without_a_panic() {
    let long = format!("<html>{}", "<p>\u{e9}".repeat(100_000));
    assert!(is_unseen(&answer(200, &long), false));
    assert!(is_unseen(&answer(200, "<html><script>\u{130}"), false));
    assert!(is_unseen(&answer(200, "<html><"), false));
}
