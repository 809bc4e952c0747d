//! Every row of the combination table (wire.md 2.3), and what is none.

use super::*;

#[track_caller]
fn assert_body(request: &Request, expected: Value) {
    assert_eq!((request.method, &*request.path), (Method::Post, "/authentication/v1/user/session"));
    let Value::Object(expected) = expected else { panic!("no object") };
    assert_eq!(login_body(request), expected);
}

/// A body with a second factor besides the first.
fn with_type(first: &Value, second_auth_type: &str, second_auth: &str) -> Value {
    let mut body = first.clone();
    body["second_auth_type"] = second_auth_type.into();
    body["second_auth"] = second_auth.into();
    body
}

fn code() -> Secret {
    Secret::new("123456")
}

fn challenge() -> SecondFactor {
    SecondFactor { token: Secret::new("register-1"), methods: Vec::new(), expires_at: NOW, fields: Map::new() }
}

#[test]
fn row_password_register() {
    let provider = builder().password("word").build().unwrap();
    let expected = json!({"login_type": "PASSWORD", "password": "word", "second_auth_type": "REGISTER"});
    assert_body(&provider.begin().unwrap(), expected.clone());
    assert_body(&provider.login(None).unwrap(), expected);
    assert!(provider.is_attended() && provider.first_value().is_none() && provider.second_factor().is_none());
}

#[test]
fn row_token_with_each_factor_in_a_second_step() {
    let provider = provider();
    for (kind, value, second_auth_type) in [
        (FactorKind::Otp, "123456", "OTP"),
        (FactorKind::Totp, "123456", "TOTP"),
        (FactorKind::Fingerprint, "device-1", "FINGERPRINT"),
    ] {
        let request = provider.complete(&challenge(), kind, &Secret::new(value)).unwrap();
        assert_body(
            &request,
            with_type(&json!({"login_type": "TOKEN", "password": "register-1"}), second_auth_type, value),
        );
        assert_eq!(header(&request, "Authorization"), None, "a register token is no bearer");
    }
    assert_refused(provider.complete(&challenge(), FactorKind::Pan, &Secret::new("ABCDE1234F")), "pan");
}

#[test]
fn row_token_with_each_factor_in_a_login() {
    let held = |factor: Factor| builder().register_token("register-1").second_factor(factor).build().unwrap();
    let first = json!({"login_type": "TOKEN", "password": "register-1"});
    let body = |second_auth_type: &str, value: &str| with_type(&first, second_auth_type, value);
    assert_body(&held(totp()).login(Some(&code())).unwrap(), body("TOTP", "123456"));
    assert_body(&held(otp()).login(Some(&code())).unwrap(), body("OTP", "123456"));
    assert_body(&held(Factor::fingerprint("device-1")).login(None).unwrap(), body("FINGERPRINT", "device-1"));
    assert!(held(totp()).is_attended(), "a register token is good for one login");
    assert!(matches!(held(totp()).first_value(), Some(Source::Totp(_))));
    assert!(matches!(held(otp()).first_value(), Some(Source::Callback(_))));
    assert_refused(builder().register_token("register-1").build(), "second_factor");
    assert_refused(builder().register_token("register-1").second_factor(Factor::pan("A")).build(), "second_factor");
}

#[test]
fn row_password_totp() {
    let provider = provider();
    assert!(matches!(provider.first_value(), Some(Source::Totp(_))));
    assert_eq!(provider.second_factor().map(Factor::kind), Some(FactorKind::Totp));
    assert!(!provider.is_attended());
    let expected = json!({
        "login_type": "PASSWORD", "password": "made-up-word", "second_auth_type": "TOTP", "second_auth": "123456"
    });
    assert_body(&provider.login(Some(&code())).unwrap(), expected);
    assert_refused(provider.login(None), "second_factor");
}

#[test]
fn row_password_fingerprint() {
    let provider = builder().password("word").second_factor(Factor::fingerprint("device-1")).build().unwrap();
    assert!(provider.first_value().is_none() && !provider.is_attended());
    let expected = json!({
        "login_type": "PASSWORD", "password": "word", "second_auth_type": "FINGERPRINT", "second_auth": "device-1"
    });
    assert_body(&provider.login(None).unwrap(), expected);
}

#[test]
fn row_password_otp_asks_once_the_server_has_taken_the_password() {
    let provider = builder().password("word").second_factor(otp()).build().unwrap();
    assert!(provider.first_value().is_none() && provider.is_attended());
    assert_eq!(provider.second_factor().map(Factor::kind), Some(FactorKind::Otp));
    let expected = json!({"login_type": "PASSWORD", "password": "word", "second_auth_type": "REGISTER"});
    assert_body(&provider.login(None).unwrap(), expected);
}

#[test]
fn row_password_pan_has_no_second_auth_type() {
    let provider = builder().password("word").second_factor(Factor::pan("ABCDE1234F")).build().unwrap();
    assert!(provider.first_value().is_none() && provider.second_factor().is_none() && !provider.is_attended());
    let expected = json!({"login_type": "PASSWORD", "password": "word", "second_auth": "ABCDE1234F"});
    assert_body(&provider.login(None).unwrap(), expected);
}

#[test]
fn row_mpin_with_each_factor() {
    let held = |factor: Factor| builder().mpin("0391").second_factor(factor).build().unwrap();
    let first = json!({"login_type": "MPIN", "password": "0391"});
    let body = |second_auth_type: &str, value: &str| with_type(&first, second_auth_type, value);
    assert_body(&held(totp()).login(Some(&code())).unwrap(), body("TOTP", "123456"));
    assert_body(&held(otp()).login(Some(&code())).unwrap(), body("OTP", "123456"));
    assert_body(&held(Factor::fingerprint("device-1")).login(None).unwrap(), body("FINGERPRINT", "device-1"));
    assert!(!held(totp()).is_attended() && held(otp()).is_attended());
    assert!(matches!(held(otp()).first_value(), Some(Source::Callback(_))));
    let error = assert_refused(builder().mpin("0391").build(), "second_factor");
    assert!(error.to_string().contains("a TOTP or a fingerprint"), "{error}");
    assert_refused(builder().mpin("0391").second_factor(Factor::pan("ABCDE1234F")).build(), "second_factor");
}

#[test]
fn row_tp_token_goes_alone() {
    let fixed = builder().sso_token("sso-1").build().unwrap();
    assert!(fixed.is_attended(), "good for one login");
    assert_body(&fixed.login(None).unwrap(), json!({"login_type": "TP_TOKEN", "password": "sso-1"}));
    let asking = builder().sso_callback(callback()).build().unwrap();
    assert!(!asking.is_attended() && matches!(asking.first_value(), Some(Source::Callback(_))));
    let request = asking.login(Some(&Secret::new("sso-2\n"))).unwrap();
    assert_body(&request, json!({"login_type": "TP_TOKEN", "password": "sso-2"}));
    for nothing in [None, Some(Secret::new(" "))] {
        assert_refused(asking.login(nothing.as_ref()), "sso_token");
    }
    for factor in [totp(), otp(), Factor::fingerprint("device-1"), Factor::pan("ABCDE1234F")] {
        assert_refused(builder().sso_token("sso-1").second_factor(factor.clone()).build(), "second_factor");
        assert_refused(builder().sso_callback(callback()).second_factor(factor).build(), "second_factor");
    }
}

#[test]
fn row_fingerprint_is_not_documented_and_sent_as_given() {
    let alone = builder().fingerprint("device-1").build().unwrap();
    assert_body(&alone.login(None).unwrap(), json!({"login_type": "FINGERPRINT", "password": "device-1"}));
    assert!(!alone.is_attended());
    let with = |factor: Factor| builder().fingerprint("device-1").second_factor(factor).build().unwrap();
    let first = json!({"login_type": "FINGERPRINT", "password": "device-1"});
    let typed = |second_auth_type: &str, value: &str| with_type(&first, second_auth_type, value);
    assert_body(&with(totp()).login(Some(&code())).unwrap(), typed("TOTP", "123456"));
    assert_body(&with(otp()).login(Some(&code())).unwrap(), typed("OTP", "123456"));
    assert_body(&with(Factor::fingerprint("device-2")).login(None).unwrap(), typed("FINGERPRINT", "device-2"));
    let pan = json!({"login_type": "FINGERPRINT", "password": "device-1", "second_auth": "ABCDE1234F"});
    assert_body(&with(Factor::pan("ABCDE1234F")).login(None).unwrap(), pan);
}

#[test]
fn only_a_password_has_a_step_that_asks() {
    for held in [totp(), otp(), Factor::fingerprint("device-1"), Factor::pan("ABCDE1234F")] {
        let provider = builder().password("word").second_factor(held).build().unwrap();
        let expected = json!({"login_type": "PASSWORD", "password": "word", "second_auth_type": "REGISTER"});
        assert_body(&provider.begin().unwrap(), expected);
    }
    for other in [
        builder().mpin("0391").second_factor(totp()),
        builder().sso_token("sso-1"),
        builder().fingerprint("device-1"),
        builder().register_token("register-1").second_factor(totp()),
        builder().password("word").login_type("PASSKEY"),
    ] {
        assert_refused(other.build().unwrap().begin(), "provider");
    }
}

#[test]
fn codes_are_trimmed_and_nonsense_is_refused_unquoted() {
    let provider = provider();
    let request = provider.login(Some(&Secret::new(" 123456\n"))).unwrap();
    assert_eq!(body(&request)["second_auth"], "123456");
    for nonsense in ["", "   ", "12a456", "123", "123456789", "12 34 56", "١٢٣٤٥٦", "\u{0}1234"] {
        for (kind, field) in [(FactorKind::Totp, "totp"), (FactorKind::Otp, "otp")] {
            let error = assert_refused(provider.complete(&challenge(), kind, &Secret::new(nonsense)), field);
            assert!(nonsense.trim().is_empty() || !format!("{error:?}").contains(nonsense), "{error:?}");
        }
        assert_refused(provider.login(Some(&Secret::new(nonsense))), "totp");
    }
    assert_refused(provider.complete(&challenge(), FactorKind::Fingerprint, &Secret::new(" ")), "fingerprint");
}
