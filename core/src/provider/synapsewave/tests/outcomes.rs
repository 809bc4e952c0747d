//! The outcomes of a login: a session, a second factor that is still needed, busy, unreadable.

use super::*;

fn retry_in_five(status: u16, body: &Value) -> Answer {
    Answer { retry_at: Some(NOW.after(Duration::from_secs(5))), ..answer(status, body) }
}

#[test]
fn an_access_token_is_a_session_until_its_own_end() {
    let token = jwt(&json!({"exp": 1_767_637_799, "iat": 1_767_589_433}));
    let grant = granted(&success(&json!({"access_token": token, "user_id": "UCC123456"})));
    assert_eq!(grant.access_token.expose(), token);
    assert_eq!((grant.refresh_token.as_ref(), grant.expiry), (None, Expiry::At(END_OF_DAY)));
    assert_eq!(grant.details.unwrap().profile.text("user_id"), Some("UCC123456"));
    assert!(provider().refresh(&super::grant("token")).is_none(), "there is no refresh: it is a login");
}

#[test]
fn a_register_token_asks_for_a_second_factor() {
    let token = jwt(&json!({"userId": "UCC123456", "exp": 1_767_590_300, "iat": 1_767_589_400}));
    let asked = asked(&success(&json!({
        "register_token": token, "ptnType": "TOTP_OPT", "mpin_enabled": true, "fingerprint_enabled": true,
        "totp_enabled": false, "ocToken": "0xmade-up", "hint": "kept"
    })));
    assert_eq!(asked.token.expose(), token);
    assert_eq!(asked.methods, [FactorKind::Otp, FactorKind::Fingerprint]);
    assert_eq!(asked.expires_at, UnixTime(1_767_590_300_000));
    let expected = json!({
        "ptn_type": "TOTP_OPT", "mpin_enabled": true, "fingerprint_enabled": true, "totp_enabled": false, "hint": "kept"
    });
    assert_eq!(Value::Object(asked.fields), expected, "without the tokens");
}

#[test]
fn methods_are_what_the_server_does_not_rule_out() {
    use FactorKind::{Fingerprint, Otp, Totp};
    for (flags, methods) in [
        (json!({}), vec![Otp, Totp, Fingerprint]),
        (json!({"totp_enabled": true, "fingerprint_enabled": false}), vec![Otp, Totp]),
        (json!({"totp_enabled": "False", "fingerprint_enabled": "true"}), vec![Otp, Fingerprint]),
        (json!({"totp_enabled": null, "fingerprint_enabled": null}), vec![Otp, Totp, Fingerprint]),
        (json!({"totp_enabled": false, "fingerprint_enabled": false}), vec![Otp]),
    ] {
        let mut data = flags.as_object().unwrap().clone();
        data.insert("register_token".to_owned(), "register-1".into());
        assert_eq!(asked(&success(&Value::Object(data))).methods, methods, "{flags}");
    }
}

#[test]
fn a_success_without_tokens_cannot_be_read() {
    for body in [
        json!({"status": "success"}),
        json!({"status": "success", "data": null}),
        json!({"status": "success", "data": {}}),
        json!({"status": "success", "data": []}),
        json!({"status": "success", "data": "{}"}),
        json!({"status": "success", "data": {"access_token": ""}}),
        json!({"status": "success", "data": {"access_token": 7}}),
        json!({"status": "success", "data": {"dealer_token": "token"}}),
        json!({"status": "pending", "data": {"access_token": "token"}}),
        json!({"access_token": "token"}),
        json!([]),
        Value::Null,
    ] {
        let error = unreadable(&answer(200, &body));
        assert_eq!((error.code(), error.status()), (ErrorCode::Protocol, Some(200)), "{body}");
    }
    for text in ["", "<html>hello</html>", "{\"status\":\"success\",\"data\":{\"acc"] {
        assert_eq!(unreadable(&text_answer(200, text)).code(), ErrorCode::Protocol);
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_none() {
    for token in ["a\nb", "\u{e9}", " "] {
        unreadable(&success(&json!({"access_token": token, "register_token": "register-1"})));
    }
}

#[test]
fn a_server_that_is_busy_did_not_look() {
    let error = json!({"status": "error", "code": "e-101", "message": "Slow down"});
    for answer in [
        answer(429, &json!({"message": "Too Many Requests"})),
        answer(429, &error),
        retry_in_five(429, &error),
        retry_in_five(503, &json!({})),
        retry_in_five(503, &error),
    ] {
        let outcome = provider().read_login(&answer, &[]);
        let Outcome::Busy(error) = outcome else { panic!("{outcome:?}") };
        assert_eq!((error.code(), error.retry_at()), (ErrorCode::RateLimited, answer.retry_at));
    }
}

#[test]
fn a_server_that_failed_may_have_acted() {
    let error = json!({"status": "error", "code": "e-101", "message": "Server error", "errors": "e-99"});
    for status in [500, 502, 503, 504] {
        unreadable(&answer(status, &json!({})));
        let failed = unreadable(&answer(status, &error));
        assert!(failed.to_string().contains("failed to answer"), "{failed}");
        assert_eq!((failed.server_code(), failed.server_message()), (Some("e-99"), Some("Server error")));
    }
    unreadable(&text_answer(408, ""));
    assert_eq!(rejected(&answer(408, &error)).code(), ErrorCode::AccessDenied, "the API's own word counts");
}

#[test]
fn a_redirect_is_not_followed() {
    for status in [301, 302, 307] {
        let error = unreadable(&text_answer(status, ""));
        assert!(error.to_string().contains("redirect"), "{error}");
    }
}

#[test]
fn no_success_of_another_status_grants_anything() {
    let body = json!({"status": "success", "data": {"access_token": "token"}});
    for status in [300, 400, 401, 403, 404, 500] {
        let outcome = provider().read_login(&answer(status, &body), &[]);
        assert!(!matches!(outcome, Outcome::Granted(_) | Outcome::SecondFactor(_)), "{status}: {outcome:?}");
    }
}
