//! Every contradiction of wire.md 2.10, by its number. Numbers 2 and 9 are also seen by the sandbox.

use super::*;

#[test]
fn contradiction_01_all_five_login_types_and_others_can_be_sent() {
    let sent = |builder: SynapsewaveBuilder| {
        let request = builder.build().unwrap().login(Some(&Secret::new("123456"))).unwrap();
        body(&request)["login_type"].as_str().unwrap().to_owned()
    };
    assert_eq!(sent(builder().password("w").second_factor(totp())), "PASSWORD");
    assert_eq!(sent(builder().mpin("0391").second_factor(totp())), "MPIN");
    assert_eq!(sent(builder().fingerprint("d")), "FINGERPRINT");
    assert_eq!(sent(builder().sso_token("t")), "TP_TOKEN");
    assert_eq!(sent(builder().register_token("t").second_factor(totp())), "TOKEN");
    assert_eq!(sent(builder().password("w").login_type("Passkey").second_factor(totp())), "Passkey");
}

#[test]
fn contradiction_02_the_second_factor_is_spelt_as_on_the_wire() {
    let sent = login_body(&provider().login(Some(&Secret::new("123456"))).unwrap());
    assert_eq!((&sent["second_auth_type"], &sent["second_auth"]), (&json!("TOTP"), &json!("123456")));
}

#[test]
fn contradiction_03_unused_fields_are_left_out() {
    let provider = builder().password("w").second_factor(Factor::pan("ABCDE1234F")).build().unwrap();
    let sent = body(&provider.login(None).unwrap());
    let names: Vec<&String> = sent.as_object().unwrap().keys().collect();
    assert_eq!(names, ["api_key", "login_type", "password", "second_auth", "source", "user_id"]);
    for value in sent.as_object().unwrap().values() {
        assert!(value.as_str().is_some_and(|text| !text.is_empty()), "{sent}");
    }
}

#[test]
fn contradiction_04_success_is_not_logged_in_and_a_register_token_no_bearer() {
    let words = "User logged in Successfully.";
    let registered = success(&json!({"register_token": "register-1"}));
    assert!(String::from_utf8_lossy(&registered.body).contains(words));
    let asked = asked(&registered);
    let second = provider().complete(&asked, FactorKind::Otp, &Secret::new("123456")).unwrap();
    assert_eq!(header(&second, "Authorization"), None);
    assert_eq!(body(&second)["password"], "register-1");
    let both = granted(&success(&json!({"access_token": "access-1", "register_token": "register-1"})));
    assert_eq!(both.access_token.expose(), "access-1");
    assert!(both.details.unwrap().profile.secrets.is_empty(), "the register token is of no more use");
}

#[test]
fn contradiction_05_an_error_is_one_at_any_status_and_in_any_case() {
    for status in [200, 201, 302, 400, 404] {
        for word in ["error", "Error", "ERROR"] {
            let body = json!({"status": word, "code": "e-101", "message": "No", "data": {"access_token": "token"}});
            assert_eq!(rejected(&answer(status, &body)).code(), ErrorCode::AccessDenied, "{status}");
        }
    }
    let body = json!({"status": "SUCCESS", "data": {"access_token": "access-1"}});
    assert_eq!(granted(&answer(201, &body)).access_token.expose(), "access-1");
}

#[test]
fn contradiction_06_errors_is_any_json() {
    for (errors, server_code) in [
        (json!("e-17"), "e-17"),
        (json!(" e-17 "), "e-17"),
        (json!(["e-17"]), "e-17"),
        (json!([null, {"a": 1}, "e-17", "e-18"]), "e-17"),
        (json!("[\"e-17\"]"), "e-17"),
        (json!("[]"), "e-101"),
        (json!([]), "e-101"),
        (json!("null"), "e-101"),
        (json!(""), "e-101"),
        (json!({"code": "e-17"}), "e-101"),
        (json!(17), "e-101"),
        (Value::Null, "e-101"),
    ] {
        let error = rejected(&refusal(400, "Refused", &errors));
        assert_eq!(error.server_code(), Some(server_code), "{errors}");
        let is_known = server_code == "e-17";
        assert_eq!(error.code() == ErrorCode::SecondFactorRejected, is_known, "{errors}");
    }
    let absent = answer(400, &json!({"status": "error", "message": "Refused"}));
    assert_eq!(rejected(&absent).server_code(), None);
}

#[test]
fn contradiction_07_bodies_without_an_envelope_keep_status_and_snippet() {
    for (status, body, code) in [
        (403, r#"{"message":"Missing Authentication Token"}"#, ErrorCode::AccessDenied),
        (406, "<html>Not Acceptable</html>", ErrorCode::Protocol),
        (404, "", ErrorCode::Protocol),
    ] {
        let error = rejected(&text_answer(status, body));
        assert_eq!((error.code(), error.status()), (code, Some(status)));
    }
    assert_eq!(unreadable(&text_answer(200, "<h1>A portal</h1>")).snippet(), Some("A portal"));
}

#[test]
fn contradiction_08_x_api_key_is_a_setting_of_its_own() {
    let code = Secret::new("123456");
    for (builder, expected) in [
        (builder(), Some("api-key-1")),
        (builder().x_api_key("header-key"), Some("header-key")),
        (builder().without_x_api_key(), None),
        (builder().x_api_key("header-key").without_x_api_key(), None),
    ] {
        let provider = builder.password("w").second_factor(totp()).build().unwrap();
        let login = provider.login(Some(&code)).unwrap();
        assert_eq!(header(&login, "x-api-key"), expected);
        assert_eq!(body(&login)["api_key"], "api-key-1", "whatever the header is");
        let headers = provider.headers("token");
        assert_eq!(headers.iter().find(|(name, _)| *name == "x-api-key").map(|(_, value)| &**value), expected);
        assert_eq!(header(&provider.validate(&grant("token")).unwrap(), "x-api-key"), expected);
    }
}

#[test]
fn contradiction_09_the_token_is_always_sent_as_bearer() {
    let provider = provider();
    assert_eq!(provider.headers("token")[0], ("Authorization", "Bearer token".to_owned()));
    for request in [provider.validate(&grant("token")), provider.logout(&grant("token"))] {
        assert_eq!(header(&request.unwrap(), "Authorization"), Some("Bearer token"));
    }
}

#[test]
fn contradiction_10_a_token_that_does_not_say_ends_with_the_day_and_not_24_hours_on() {
    for token in ["opaque", "a.b.c", &jwt(&json!({"exp": "soon"}))] {
        assert_eq!(granted(&success(&json!({"access_token": token}))).expiry, Expiry::At(END_OF_DAY));
    }
}

#[test]
fn contradiction_11_validate_reads_texts_booleans_and_nothing() {
    let read = |body: &Value| provider().read_validate(&answer(200, body), &grant("token"));
    for (data, is_good) in [
        (json!("true"), true),
        (json!("True"), true),
        (json!("false"), false),
        (json!("FALSE"), false),
        (json!(true), true),
        (json!(false), false),
        (json!("perhaps"), true),
        (json!({}), true),
        (Value::Null, true),
    ] {
        let body = json!({"status": "success", "message": "Session Verified", "data": data});
        assert_eq!(read(&body).unwrap(), is_good, "{data}");
    }
    assert!(read(&json!({"status": "success"})).unwrap());
    // What refuses the question does not answer it.
    assert!(read(&json!({"status": "error", "data": "perhaps"})).is_err());
}

#[test]
fn contradiction_12_the_login_time_stays_a_text() {
    for time in ["2026-Jan-05 10:33:53", "2020-03-10 10:10:10"] {
        let grant = granted(&success(&json!({"access_token": "token", "login_time": time})));
        assert_eq!(grant.details.unwrap().profile.text("login_time"), Some(time));
    }
}

#[test]
fn contradiction_13_names_are_read_in_any_case_and_in_both_spellings() {
    let capitals = json!({
        "Status": "Success", "Code": "s-101", "Message": "m",
        "Data": {"Access_Token": "access-1", "userID": "UCC1", "ptn_type": "TOTP_OPT"}
    });
    let grant = granted(&answer(200, &capitals));
    let profile = &grant.details.as_ref().unwrap().profile;
    assert_eq!((profile.text("user_id"), profile.text("ptn_type")), (Some("UCC1"), Some("TOTP_OPT")));
    let refused = json!({"Status": "Error", "Code": "e-101", "Message": "Incorrect TOTP.", "Errors": "e-17"});
    let error = rejected(&answer(400, &refused));
    assert_eq!((error.code(), error.server_message()), (ErrorCode::SecondFactorRejected, Some("Incorrect TOTP.")));
}

#[test]
fn contradiction_14_numbers_may_be_texts() {
    for (sent, read) in [(json!(2), Some(json!(2))), (json!("2"), Some(json!(2))), (json!("GTD"), None)] {
        let data = json!({"access_token": "token", "others": {"nGTDDefault": sent, "nGTDMaxDays": sent}});
        let profile = granted(&success(&data)).details.unwrap().profile.clone();
        assert_eq!((profile.get("gtd_default_days"), profile.get("gtd_max_days")), (read.as_ref(), read.as_ref()));
        // What is no number is kept as it came.
        assert_eq!(profile.get("others").is_none(), read.is_some());
    }
}

#[test]
fn contradiction_15_a_register_token_that_does_not_say_lives_900_seconds() {
    let data = json!({"register_token": "opaque"});
    assert_eq!(asked(&success(&data)).expires_at, NOW.after(Duration::from_secs(900)));
    let earlier = UnixTime(NOW.0 - 3_600_000);
    let dated = Answer { date: Some(earlier), ..success(&data) };
    assert_eq!(asked(&dated).expires_at, earlier.after(Duration::from_secs(900)), "by the server's clock");
}

#[test]
fn contradiction_16_a_logout_is_one_request_without_a_body() {
    let request = provider().logout(&grant("token")).unwrap();
    assert_eq!((request.method, &*request.path), (Method::Delete, "/authentication/v1/user/session"));
    assert!(request.body.is_none() && header(&request, "Content-Type").is_none());
}

#[test]
fn contradiction_17_a_dealers_token_has_two_names() {
    let provider = dealer::provider();
    for name in ["dealer_token", "access_token"] {
        let mut data = Map::new();
        data.insert(name.to_owned(), "dealer-1".into());
        let outcome = provider.read_login(&success(&Value::Object(data)), &[]);
        let Outcome::Granted(grant) = outcome else { panic!("{outcome:?}") };
        assert_eq!(grant.access_token.expose(), "dealer-1");
    }
}

#[test]
fn contradiction_18_nothing_secret_is_shown() {
    let data = json!({
        "access_token": "access-1", "session_token": "session-1", "broadcast_access_token": "broadcast-1",
        "others": {"ocToken": "oc-token-1", "CFT": "cft-value-1"}
    });
    let grant = granted(&success(&data));
    let shown = format!("{grant:?} {:?} {:?}", grant.details, grant.details.as_ref().unwrap().profile.fields);
    for secret in ["access-1", "session-1", "broadcast-1", "oc-token-1", "cft-value-1"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}
