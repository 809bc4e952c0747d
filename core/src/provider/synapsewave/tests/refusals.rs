//! Why the server refused: only as far as its answer goes.

use super::*;

fn code(status: u16, message: &str) -> ErrorCode {
    rejected(&refusal(status, message, &Value::Null)).code()
}

#[test]
fn the_two_known_sub_codes() {
    let totp = rejected(&refusal(400, "Incorrect TOTP.", &json!("e-17")));
    assert_eq!(totp.code(), ErrorCode::SecondFactorRejected);
    assert_eq!((totp.status(), totp.server_code()), (Some(400), Some("e-17")));
    assert_eq!(totp.server_message(), Some("Incorrect TOTP."));
    let message = "Gateway license error. Kindly contact administrator for DealerId[1] GroupId[HO]";
    let licence = rejected(&refusal(400, message, &json!("e-14")));
    assert_eq!((licence.code(), licence.server_code()), (ErrorCode::AccessDenied, Some("e-14")));
    for word in ["source", "WEBAPI", "MOBILEAPI"] {
        assert!(licence.to_string().contains(word), "{licence}");
    }
}

#[test]
fn explicit_words_of_the_server() {
    use ErrorCode::{AccessDenied, AccountLocked, InvalidCredentials, SecondFactorRejected};
    for (message, expected) in [
        ("Invalid OTP.", SecondFactorRejected),
        ("The TOTP is wrong", SecondFactorRejected),
        ("OTP has EXPIRED", SecondFactorRejected),
        ("Invalid user ID or password.", InvalidCredentials),
        ("Incorrect Password", InvalidCredentials),
        ("Wrong MPIN", InvalidCredentials),
        ("Invalid UserId", InvalidCredentials),
        ("Invalid Login ID", InvalidCredentials),
        ("Invalid credentials supplied", InvalidCredentials),
        ("Your password has expired", InvalidCredentials),
        ("User is locked.", AccountLocked),
        ("Account LOCKED due to invalid password", AccountLocked),
        ("Maximum attempts exceeded", AccountLocked),
        ("User is disabled.", AccessDenied),
        ("Invalid API key.", AccessDenied),
        ("Invalid request", AccessDenied),
        ("Password policy changed", AccessDenied),
        ("User is blocked", AccessDenied),
        ("Invalid passwords file", AccessDenied),
        ("Invalid stop price", AccessDenied),
        ("Invalid password or OTP", AccessDenied),
        ("", AccessDenied),
    ] {
        assert_eq!(code(400, message), expected, "{message}");
        assert_eq!(code(200, message), expected, "{message}");
    }
}

#[test]
fn what_cannot_be_told_says_so() {
    let error = rejected(&refusal(400, "Something", &Value::Null));
    assert!(error.to_string().ends_with("look alike. The server says: Something (e-101)"), "{error}");
    assert_eq!(error.server_code(), Some("e-101"));
}

#[test]
fn a_401_is_a_wrong_credential_unless_it_says_otherwise() {
    assert_eq!(code(401, "Unauthorized"), ErrorCode::InvalidCredentials);
    assert_eq!(code(401, "Invalid OTP"), ErrorCode::SecondFactorRejected);
    assert_eq!(code(401, "User is locked"), ErrorCode::AccountLocked);
    // A gateway's, which may mean the x-api-key: a right password must not be taken for a wrong one.
    let gateway = answer(401, &json!({"message": "Unauthorized"}));
    assert_eq!(rejected(&gateway).code(), ErrorCode::AccessDenied);
    assert_eq!(rejected(&text_answer(401, "")).code(), ErrorCode::Protocol);
}

#[test]
fn a_lockout_ends_when_the_server_says_or_ten_minutes_on() {
    let locked = || refusal(400, "User is locked.", &Value::Null);
    assert_eq!(rejected(&locked()).retry_at(), Some(NOW.after(Duration::from_secs(600))));
    let said = Answer { retry_at: Some(NOW.after(Duration::from_secs(30))), ..locked() };
    assert_eq!(rejected(&said).retry_at(), said.retry_at);
    assert_eq!(code(429, "Too many attempts"), ErrorCode::AccountLocked);
}

#[test]
fn a_bad_code_that_threatens_with_a_lockout_is_a_bad_code() {
    let error = rejected(&refusal(400, "Incorrect TOTP. The user is locked after 2 more attempts", &json!("E-17")));
    assert_eq!(error.code(), ErrorCode::SecondFactorRejected);
}

#[test]
fn a_refusal_that_warns_of_a_lockout_is_none() {
    for message in
        ["Invalid password. Account will be locked after 2 more attempts.", "Incorrect password, 1 attempt left"]
    {
        assert_eq!(code(400, message), ErrorCode::InvalidCredentials, "{message}");
    }
}

#[test]
fn a_500_that_says_what_it_refuses_is_a_refusal() {
    assert_eq!(code(500, "Invalid password"), ErrorCode::InvalidCredentials);
    let error = rejected(&refusal(500, "Incorrect TOTP.", &json!("e-17")));
    assert_eq!(error.code(), ErrorCode::SecondFactorRejected);
}

#[test]
fn what_was_sent_without_its_blanks_is_not_repeated_either() {
    let sent = Secret::new("654321\n");
    let echo = refusal(400, "Incorrect OTP 654321 for this user", &Value::Null);
    let Outcome::Rejected(error) = provider().read_login(&echo, &[&sent]) else { panic!("not rejected") };
    assert!(!format!("{error:?}").contains("654321"), "{error:?}");
}

#[test]
fn what_stands_in_front_of_the_api_answers_in_its_own_words() {
    let aws = rejected(&answer(403, &json!({"message": "Missing Authentication Token"})));
    assert_eq!((aws.code(), aws.status()), (ErrorCode::AccessDenied, Some(403)));
    assert_eq!(aws.server_message(), Some("Missing Authentication Token"));
    assert!(aws.to_string().contains("path prefix"), "{aws}");
    let firewall = rejected(&text_answer(406, "<html><h1>Not Acceptable!</h1></html>"));
    assert_eq!((firewall.code(), firewall.status()), (ErrorCode::Protocol, Some(406)));
    assert_eq!([firewall.snippet(), firewall.server_message()], [Some("Not Acceptable!"); 2]);
    let nothing = rejected(&text_answer(404, ""));
    assert_eq!((nothing.code(), nothing.snippet()), (ErrorCode::Protocol, None));
    let long = rejected(&text_answer(403, &"word ".repeat(10_000)));
    assert_eq!(long.snippet(), Some("[withheld: 50000 bytes of a type that it does not name]"));
}

#[test]
fn a_gateway_that_speaks_of_locks_locks_nobody() {
    let error = rejected(&answer(403, &json!({"message": "This address is locked"})));
    assert_eq!((error.code(), error.retry_at()), (ErrorCode::AccessDenied, None));
}
