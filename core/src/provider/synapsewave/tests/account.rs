//! The calls that manage factors (wire.md 2.5).

use super::*;
use crate::provider::synapsewave::account::{Reply, read};
use crate::provider::synapsewave::account_operation::{self as operation, Operation};

fn account() -> SynapsewaveAccount {
    let bare = SynapsewaveAccount::builder().base_url("https://broker.example/prod/interactive");
    bare.user_id("UCC123456").api_key("api-key-1").build().unwrap()
}

fn prepared(name: &str, arguments: &Value) -> Result<Request, Error> {
    let operation = Operation::named(name)?;
    let arguments = operation.arguments(arguments.as_object().unwrap())?;
    let token = Secret::new("access-1");
    account().prepare(operation, &arguments, Some(&token)).map(|call| call.request)
}

#[test]
fn every_call_is_sent_as_the_table_says() {
    let named = json!({"user_id": "UCC123456", "api_key": "api-key-1", "source": "WEBAPI"});
    for (name, arguments, method, path, own) in [
        ("send_otp", json!({}), Method::Post, "password/reset/send-otp", json!({})),
        ("verify_otp", json!({"otp": " 123456 "}), Method::Post, "otp/verify", json!({"otp": "123456"})),
        (
            "set_password",
            json!({"temp_token": "t-1", "new_password": "n-1"}),
            Method::Put,
            "password/reset",
            json!({"otp": "t-1", "new_password": "n-1"}),
        ),
        (
            "change_password",
            json!({"old_password": "o-1", "new_password": "n-1"}),
            Method::Put,
            "password",
            json!({"old_password": "o-1", "new_password": "n-1"}),
        ),
        (
            "change_mpin",
            json!({"old_mpin": "3910", "new_mpin": "0391"}),
            Method::Put,
            "mpin",
            json!({"old_mpin": 3910, "new_mpin": "0391"}),
        ),
        ("send_mpin_otp", json!({}), Method::Post, "mpin/reset/send-otp", json!({})),
        (
            "set_mpin",
            json!({"mpin": "3910", "otp": "123456", "udid": "device-1"}),
            Method::Post,
            "mpin/reset/verify-otp",
            json!({"mpin": "3910", "otp": "123456", "mobile_udid": "device-1"}),
        ),
        (
            "register_totp",
            json!({"otp": "123456", "app_name": null}),
            Method::Post,
            "registertotp",
            json!({"otp": "123456"}),
        ),
    ] {
        let request = prepared(name, &arguments).unwrap();
        assert_eq!((request.method, request.path.clone()), (method, format!("/authentication/v1/user/{path}")));
        let mut expected = named.as_object().unwrap().clone();
        expected.extend(own.as_object().unwrap().clone());
        assert_eq!(body(&request), Value::Object(expected), "{name}");
        let headers: Vec<_> = request.headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(headers, ["Content-Type", "x-api-key"], "{name}");
    }
}

#[test]
fn calls_of_a_session_carry_its_token_and_no_name() {
    let bearer = Some("Bearer access-1");
    for (name, arguments, path, expected) in [
        ("register_mpin", json!({"mpin": "391000"}), "mpin", json!({"mpin": 391_000})),
        (
            "register_mpin",
            json!({"mpin": "0391", "udid": "device-1"}),
            "mpin",
            json!({"mpin": "0391", "mobile_udid": "device-1"}),
        ),
        ("verify_totp", json!({"code": "123456"}), "verifytotp", json!({"second_auth": "123456"})),
    ] {
        let request = prepared(name, &arguments).unwrap();
        assert_eq!((request.method, request.path.clone()), (Method::Post, format!("/authentication/v1/user/{path}")));
        assert_eq!((header(&request, "Authorization"), body(&request)), (bearer, expected), "{name}");
    }
    let request = prepared("delete_totp", &json!({})).unwrap();
    assert_eq!((request.method, &*request.path), (Method::Delete, "/authentication/v1/user/registertotp"));
    assert_eq!(header(&request, "Authorization"), bearer);
    assert!(request.body.is_none() && header(&request, "Content-Type").is_none());
}

#[test]
fn contradiction_14_an_mpin_is_a_number_only_where_that_is_documented_and_loses_nothing() {
    let sent = |name: &str, arguments: Value| body(&prepared(name, &arguments).unwrap())["mpin"].clone();
    assert_eq!(sent("register_mpin", json!({"mpin": "3910"})), json!(3910));
    assert_eq!(sent("register_mpin", json!({"mpin": "0391"})), json!("0391"));
    assert_eq!(sent("set_mpin", json!({"mpin": "3910", "otp": "123456"})), json!("3910"));
}

#[test]
fn bad_arguments_are_refused_by_field_and_unquoted() {
    let long = "u".repeat(51);
    for (field, name, arguments) in [
        ("operation", "details", json!({})),
        ("arguments", "send_otp", json!({"otp": "123456"})),
        ("arguments", "verify_otp", json!({"otp": "123456", "hunter7": "x"})),
        ("otp", "verify_otp", json!({})),
        ("otp", "verify_otp", json!({"otp": null})),
        ("otp", "verify_otp", json!({"otp": 123_456})),
        ("otp", "verify_otp", json!({"otp": "hunter7"})),
        ("temp_token", "set_password", json!({"temp_token": "", "new_password": "n"})),
        ("new_password", "set_password", json!({"temp_token": "t"})),
        ("old_password", "change_password", json!({"old_password": " ", "new_password": "n"})),
        ("old_mpin", "change_mpin", json!({"old_mpin": "hunter7", "new_mpin": "3910"})),
        ("new_mpin", "change_mpin", json!({"old_mpin": "3910", "new_mpin": "391"})),
        ("udid", "register_mpin", json!({"mpin": "3910", "udid": long})),
        ("udid", "register_mpin", json!({"mpin": "3910", "udid": ""})),
        ("code", "verify_totp", json!({"code": "12"})),
        ("app_name", "register_totp", json!({"otp": "123456", "app_name": ""})),
    ] {
        let error = assert_refused(prepared(name, &arguments), field);
        assert!(!format!("{error:?}").contains("hunter7"), "{error:?}");
    }
    let bare = SynapsewaveAccount::builder;
    assert_refused(bare().base_url("https://broker.example").api_key("k").build(), "user_id");
    assert_refused(bare().base_url("https://broker.example").user_id("U").build(), "api_key");
    assert_refused(bare().user_id("U").api_key("k").build(), "base_url");
    let sourced = bare().base_url("https://broker.example").user_id("U").api_key("k").source("DEALERAPI");
    assert_refused(sourced.build(), "source");
}

fn reply(operation: &Operation, answer: &Answer) -> Result<Reply, Error> {
    read(operation, answer, vec![Secret::new("123456")])
}

#[test]
fn the_servers_words_come_back() {
    let body = json!({"Status": "success", "Code": "s-101", "Message": "OTP sent to reset Password."});
    let said = reply(&operation::SEND_OTP, &answer(200, &body)).unwrap();
    assert_eq!((&*said.message, said.secret, said.user_id), ("OTP sent to reset Password.", None, None));
}

#[test]
fn a_temporary_token_is_a_secret() {
    let body = json!({"status": "success", "message": "OTP Verified Successfully", "data": "temp-token-1"});
    let said = reply(&operation::VERIFY_OTP, &answer(200, &body)).unwrap();
    assert_eq!(said.secret.unwrap().expose(), "temp-token-1");
    for data in [Value::Null, json!(""), json!({}), json!(7)] {
        let without = json!({"status": "success", "data": data});
        assert_eq!(reply(&operation::VERIFY_OTP, &answer(200, &without)).err().unwrap().code(), ErrorCode::Protocol);
    }
}

#[test]
fn an_authenticator_comes_with_its_picture() {
    let data = json!({"qrImg": "data:image/png;base64,AAAA", "authSecret": "JBSWY3DPEHPK3PXP", "userID": "UCC123456"});
    let body = json!({"status": "success", "message": "QR Code Generated", "data": data});
    let said = reply(&operation::REGISTER_TOTP, &answer(200, &body)).unwrap();
    assert_eq!(said.secret.unwrap().expose(), "JBSWY3DPEHPK3PXP");
    assert_eq!(said.qr_image.unwrap().expose(), "data:image/png;base64,AAAA");
    assert_eq!(said.user_id.as_deref(), Some("UCC123456"));
    let without = json!({"status": "success", "data": {"userID": "UCC123456", "qrImg": "made-up-picture"}});
    let error = reply(&operation::REGISTER_TOTP, &answer(200, &without)).err().unwrap();
    assert_eq!(error.code(), ErrorCode::Protocol);
    assert!(!format!("{error:?}").contains("made-up-picture"), "{error:?}");
}

#[test]
fn refusals_read_like_a_logins() {
    use ErrorCode::{AccessDenied, InvalidCredentials, Protocol, RateLimited, SecondFactorRejected};
    for (answer, code) in [
        (refusal(400, "Invalid OTP 123456", &Value::Null), SecondFactorRejected),
        (refusal(400, "Incorrect old password", &Value::Null), InvalidCredentials),
        (refusal(200, "Not allowed", &Value::Null), AccessDenied),
        (answer(403, &json!({"message": "Missing Authentication Token"})), AccessDenied),
        (text_answer(429, ""), RateLimited),
        (text_answer(500, ""), Protocol),
        (text_answer(200, ""), Protocol),
    ] {
        let error = reply(&operation::VERIFY_OTP, &answer).err().unwrap();
        assert_eq!(error.code(), code, "{error:?}");
        assert!(error.to_string().contains("call verify_otp") || code == SecondFactorRejected, "{error}");
        assert!(!format!("{error:?}").contains("123456"), "{error:?}");
    }
}
