//! Validate, log out, the feed of a session.

use super::*;

#[test]
fn validate_is_a_put_without_body_or_content_type() {
    let request = provider().validate(&grant("token")).unwrap();
    assert_eq!((request.method, &*request.path), (Method::Put, "/authentication/v1/user/session"));
    assert!(request.body.is_none());
    assert_eq!(request.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["Authorization", "x-api-key"]);
}

#[test]
fn a_login_has_a_content_type_and_no_authorization() {
    let request = provider().login(Some(&Secret::new("123456"))).unwrap();
    assert_eq!(request.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["Content-Type", "x-api-key"]);
    assert_eq!(header(&request, "Content-Type"), Some("application/json"));
}

#[test]
fn a_dead_token_is_no_error() {
    let error = json!({"status": "error", "code": "e-101", "message": "Invalid Token"});
    for answer in [answer(401, &error), text_answer(401, "")] {
        assert!(!provider().read_validate(&answer, &grant("token")).unwrap(), "{}", answer.status);
    }
}

#[test]
fn what_does_not_answer_the_question_is_an_error() {
    let error = json!({"status": "error", "code": "e-101", "message": "Server error"});
    let later = Some(NOW.after(Duration::from_secs(5)));
    for (answer, code) in [
        (answer(403, &json!({"message": "Missing Authentication Token"})), ErrorCode::AccessDenied),
        (answer(403, &error), ErrorCode::AccessDenied),
        (text_answer(406, "<html></html>"), ErrorCode::Protocol),
        (answer(400, &error), ErrorCode::AccessDenied),
        (answer(429, &json!({})), ErrorCode::RateLimited),
        (Answer { retry_at: later, ..text_answer(503, "") }, ErrorCode::RateLimited),
        (answer(500, &error), ErrorCode::Protocol),
        (text_answer(502, ""), ErrorCode::Protocol),
        (text_answer(302, ""), ErrorCode::Protocol),
        (text_answer(200, ""), ErrorCode::Protocol),
        (answer(200, &json!({"data": "true"})), ErrorCode::Protocol),
        (answer(200, &json!({"status": "pending"})), ErrorCode::Protocol),
    ] {
        let error = provider().read_validate(&answer, &grant("token")).unwrap_err();
        assert_eq!((error.code(), error.status()), (code, Some(answer.status)), "{error:?}");
    }
}

#[test]
fn the_feed_is_what_the_login_said() {
    let data = json!({
        "access_token": "access-1", "broadcast_access_token": "broadcast-1", "user_id": "UCC9",
        "others": {"broadCastSocket": "wss://127.0.0.1:4516"}
    });
    let grant = granted(&success(&data));
    let feed = provider().feed(&grant).unwrap();
    assert_eq!(feed.url.as_deref(), Some("wss://127.0.0.1:4516"));
    assert_eq!((feed.token.expose(), feed.user.as_deref()), ("broadcast-1", Some("UCC9")));
    assert_eq!(grant.details.unwrap().feed, Some(feed));
}

#[test]
fn a_feed_without_a_token_of_its_own_takes_the_access_token() {
    let feed = provider().feed(&granted(&success(&json!({"access_token": "access-1"})))).unwrap();
    assert_eq!((feed.token.expose(), feed.url, feed.user.as_deref()), ("access-1", None, Some("UCC123456")));
}

#[test]
fn tokens_from_elsewhere_have_a_feed_too() {
    let feed = provider().feed(&grant("access-1")).unwrap();
    assert_eq!((feed.token.expose(), feed.url, feed.user.as_deref()), ("access-1", None, Some("UCC123456")));
    let unnamed = Synapsewave::builder().base_url("https://broker.example").without_x_api_key().build().unwrap();
    let token = jwt(&json!({"memberInfo": {"userId": "UCC7"}}));
    assert_eq!(unnamed.feed(&grant(&token)).unwrap().user.as_deref(), Some("UCC7"));
    assert_eq!(unnamed.feed(&grant("opaque")).unwrap().user, None);
}
