//! What is refused before any traffic, by field; and what goes along with a login.

use super::*;

#[test]
fn bad_arguments_are_refused_by_field() {
    let bare = Synapsewave::builder;
    for (field, attempt) in [
        ("base_url", bare().user_id("U").api_key("k").password("w")),
        ("base_url", builder().base_url("http://broker.example")),
        ("base_url", builder().base_url("https://user:hunter7@broker.example")),
        ("user_id", bare().base_url("https://broker.example").api_key("k").password("w")),
        ("user_id", builder().user_id(" ")),
        ("api_key", bare().base_url("https://broker.example").user_id("U").password("w")),
        ("api_key", bare().base_url("https://broker.example")),
        ("api_key", builder().api_key("")),
        ("api_key", builder().api_key("api\nkey")),
        ("api_key", builder().api_key("clé")),
        ("x_api_key", builder().x_api_key("")),
        ("x_api_key", builder().x_api_key("a\r\nb: c")),
        ("password", builder().password("")),
        ("mpin", builder().mpin("").second_factor(totp())),
        ("mpin", builder().mpin("391").second_factor(totp())),
        ("mpin", builder().mpin("0391000").second_factor(totp())),
        ("mpin", builder().mpin("03a1").second_factor(totp())),
        ("fingerprint", builder().fingerprint(" ")),
        ("sso_token", builder().sso_token("")),
        ("register_token", builder().register_token("").second_factor(totp())),
        ("second_factor", builder().second_factor(totp())),
        ("second_factor", builder().password("w").second_factor(Factor::pan(" "))),
        ("second_factor", builder().password("w").second_factor(Factor::fingerprint(""))),
        ("source", builder().source("DEALERAPI")),
        ("source", builder().source("webapi")),
        ("source", builder().source("")),
        ("udid", builder().udid(" ")),
        ("version", builder().version("")),
        ("build_version", builder().build_version("")),
        ("device_info", builder().device_info(info(&json!({"AppVersionCode": 7})))),
        ("device_info", builder().device_info(info(&json!({"AppName": ""})))),
        ("device_info", builder().device_info(info(&json!({"AppName": null})))),
        ("device_info", builder().device_info(info(&json!({"": "x"})))),
    ] {
        let error = assert_refused(attempt.build(), field);
        assert!(!format!("{error:?}").contains("hunter7"), "{error:?}");
    }
}

fn info(value: &Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

#[test]
fn a_login_has_one_first_factor() {
    let two = [
        ("mpin", builder().password("w").mpin("0391")),
        ("fingerprint", builder().password("w").fingerprint("d")),
        ("sso_token", builder().sso_token("t").sso_callback(callback())),
        ("register_token", builder().mpin("0391").register_token("t")),
    ];
    for (field, attempt) in two {
        assert_refused(attempt.build(), field);
    }
}

#[test]
fn a_known_login_type_must_match_what_was_given() {
    for (login_type, attempt) in [
        ("PASSWORD", builder().password("w")),
        ("password", builder().password("w")),
        ("MPIN", builder().mpin("0391").second_factor(totp())),
        ("FINGERPRINT", builder().fingerprint("d")),
        ("TP_TOKEN", builder().sso_callback(callback())),
        ("TOKEN", builder().register_token("t").second_factor(totp())),
    ] {
        let request = attempt.login_type(login_type).build().unwrap().login(Some(&Secret::new("123456"))).unwrap();
        assert_eq!(body(&request)["login_type"], login_type.to_ascii_uppercase());
    }
    for attempt in [
        builder().password("w").login_type("MPIN"),
        builder().mpin("0391").login_type("PASSWORD"),
        builder().mpin("0391").login_type("PASSKEY"),
        builder().password("w").login_type(" "),
        builder().login_type("PASSKEY"),
    ] {
        assert_refused(attempt.build(), "login_type");
    }
}

#[test]
fn without_credentials_a_provider_can_resume() {
    let named = builder().build().unwrap();
    let bare = Synapsewave::builder().base_url("https://broker.example");
    let unnamed = bare.clone().without_x_api_key().build().unwrap();
    let keyed = bare.x_api_key("header-key").build().unwrap();
    for provider in [named, unnamed, keyed] {
        for refused in [provider.check_login(), provider.login(None).map(drop), provider.begin().map(drop)] {
            assert_refused(refused, "password");
        }
        assert!(!provider.is_attended() && provider.first_value().is_none() && provider.second_factor().is_none());
        assert!(provider.validate(&grant("token")).is_some());
    }
}

#[test]
fn what_is_told_of_the_device_is_sent_as_given() {
    let info = info(&json!({"DeviceModel": "made up", "OfTomorrow": "as given"}));
    let provider = builder().password("w").second_factor(Factor::pan("P")).udid("device-1").version("2.0.0");
    let provider = provider.build_version("22.11.01").source("MOBILEAPI").device_info(info.clone()).build().unwrap();
    let sent = body(&provider.login(None).unwrap());
    let expected = json!({
        "user_id": "UCC123456", "api_key": "api-key-1", "source": "MOBILEAPI", "login_type": "PASSWORD",
        "password": "w", "second_auth": "P", "UDID": "device-1", "version": "2.0.0", "build_version": "22.11.01",
        "deviceinfo": info
    });
    assert_eq!(sent, expected);
}

#[test]
fn the_path_prefix_of_the_broker_stays() {
    assert_eq!(provider().base_url().as_str(), "https://broker.example/prod/interactive");
    assert_eq!(provider().login(Some(&Secret::new("123456"))).unwrap().path, "/authentication/v1/user/session");
}

#[test]
fn a_credential_changes_with_all_that_can_be_refused_for_good_and_never_with_a_code() {
    let code = Secret::new("123456");
    let password = provider();
    assert_eq!(password.credential(Some(&code)), password.credential(None));
    assert!(password.credential(None).expose().starts_with("PASSWORD\0UCC123456\0made-up-word\0"));
    let asking = builder().sso_callback(callback()).build().unwrap();
    assert_ne!(asking.credential(Some(&Secret::new("sso-1"))), asking.credential(Some(&Secret::new("sso-2"))));
    let given = || builder().password("made-up-word");
    for other in [
        given().user_id("UCC2"),
        given().source("MOBILEAPI"),
        given().x_api_key("another"),
        given().api_key("another"),
        given().second_factor(Factor::pan("made-up-pan")),
        given().second_factor(Factor::fingerprint("made-up-udid")),
        builder().password("another"),
        builder().mpin("0391").second_factor(otp()),
    ] {
        assert_ne!(other.build().unwrap().credential(None), password.credential(None));
    }
}

#[test]
fn a_line_end_in_what_was_copied_is_refused_before_any_traffic() {
    for end in ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"] {
        let word = format!("made-up-1{end}");
        let word = word.as_str();
        let given = || builder().password("made-up-word");
        for (field, builder) in [
            ("user_id", given().user_id(word)),
            ("api_key", given().api_key(word)),
            ("x_api_key", given().x_api_key(word)),
            ("password", builder().password(word)),
            ("mpin", builder().mpin(format!("0391{end}")).second_factor(totp())),
            ("fingerprint", builder().fingerprint(word)),
            ("sso_token", builder().sso_token(word)),
            ("register_token", builder().register_token(word).second_factor(totp())),
            ("second_factor", given().second_factor(Factor::fingerprint(word))),
            ("second_factor", given().second_factor(Factor::pan(word))),
            ("udid", given().udid(word)),
        ] {
            let error = builder.build().unwrap_err();
            assert_eq!(error.field(), Some(field), "{end:?}");
            assert!(error.to_string().contains("Copy it again, without line ends."), "{field} {end:?}: {error}");
            assert!(!error.to_string().contains("made-up"), "{error}");
        }
        // What is sent is made of it, and blanks around it make nothing else.
        let copied = crate::factor::Totp::new(&format!("JBSWY3DPEHPK3PXP{end}")).unwrap();
        let meant = crate::factor::Totp::new("JBSWY3DPEHPK3PXP").unwrap();
        assert_eq!(copied.code(1_767_589_433).expose(), meant.code(1_767_589_433).expose());
    }
}
