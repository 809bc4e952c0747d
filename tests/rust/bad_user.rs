//! What cannot log in a Synapsewave user or dealer is refused before anything is sent, and is not quoted.

use std::fmt::Debug;

use relatch::{
    Callback, Error, ErrorCode, Factor, FactorKind, Synapsewave, SynapsewaveAccount, SynapsewaveBuilder,
    SynapsewaveDealer, SynapsewaveDealerBuilder, Tokens, Totp,
};
use relatch_sandbox::Sandbox;
use serde_json::{Map, Value, json};

use crate::support::{
    API_KEY, DEALER, DEALER_PASSWORD, MONDAY, TOTP_SECRET, USER_ID, options, pan, run, sandbox, totp, user,
};

const SECRETS: [&str; 6] =
    ["made-up-password-2", DEALER_PASSWORD, API_KEY, TOTP_SECRET, "made-up-udid-1", "ABCDE1234F"];

fn is_refused<T: Debug>(result: Result<T, Error>, field: &str) {
    let error = result.expect_err("this must be refused");
    assert_eq!((error.code(), error.field()), (ErrorCode::InvalidConfig, Some(field)), "{error:?}");
    let shown = format!("{error} {error:?}");
    assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{shown}");
}

type Change<'a> = &'a dyn Fn(SynapsewaveBuilder) -> SynapsewaveBuilder;

#[test]
fn bad_users_are_refused_before_any_traffic() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let info = |info: Value| info.as_object().cloned().unwrap_or_default();
        let cases: [(&str, Change); 22] = [
            ("user_id", &|builder| builder.user_id(" ")),
            ("password", &|builder| builder.password("")),
            ("api_key", &|builder| builder.api_key("")),
            ("api_key", &|builder| builder.api_key("made-up\r\nkey")),
            ("x_api_key", &|builder| builder.x_api_key("made-up\u{7f}")),
            ("base_url", &|builder| builder.base_url("https://broker.example/?key=made-up-api-key-1")),
            ("base_url", &|builder| builder.base_url("https://user:made-up-password-2@broker.example/prod")),
            ("base_url", &|builder| builder.base_url("http://broker.example/prod/interactive")),
            ("base_url", &|_| Synapsewave::builder().user_id(USER_ID).password("made up").api_key(API_KEY)),
            ("user_id", &|_| Synapsewave::builder().base_url("https://b.example").password("made up").api_key(API_KEY)),
            ("api_key", &|_| Synapsewave::builder().base_url("https://b.example").user_id(USER_ID).password("made up")),
            ("mpin", &|builder| builder.mpin("739164")),
            ("login_type", &|builder| builder.login_type("TOKEN")),
            ("login_type", &|builder| builder.login_type(" ")),
            ("source", &|builder| builder.source("webapi")),
            ("udid", &|builder| builder.udid("")),
            ("version", &|builder| builder.version("")),
            ("build_version", &|builder| builder.build_version(" ")),
            ("device_info", &|builder| builder.device_info(info(json!({"AppVersionCode": 7})))),
            ("device_info", &|builder| builder.device_info(info(json!({"AppName": ""})))),
            ("second_factor", &|builder| builder.second_factor(Factor::pan(""))),
            ("second_factor", &|builder| builder.second_factor(Factor::fingerprint(" "))),
        ];
        for (field, change) in cases {
            is_refused(change(user(&sandbox)).build(), field);
        }
        assert_eq!(sandbox.counts().connections, 0);
    });
}

/// A user with this first factor and no other.
fn with(sandbox: &Sandbox, change: impl FnOnce(SynapsewaveBuilder) -> SynapsewaveBuilder) -> SynapsewaveBuilder {
    let builder = Synapsewave::builder().base_url(sandbox.synapsewave_url()).api_key(API_KEY);
    change(builder.user_id(USER_ID))
}

#[test]
fn first_factors_that_cannot_be_are_refused() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        for mpin in ["", "123", "1234567", "12a4", "１２３４", " 1234"] {
            is_refused(with(&sandbox, |builder| builder.mpin(mpin)).second_factor(totp()).build(), "mpin");
        }
        is_refused(with(&sandbox, |builder| builder.fingerprint(" ")).build(), "fingerprint");
        is_refused(with(&sandbox, |builder| builder.sso_token("")).build(), "sso_token");
        is_refused(
            with(&sandbox, |builder| builder.register_token("")).second_factor(totp()).build(),
            "register_token",
        );
        let never = || Callback::new(|_| async { panic!("nobody is to be asked") });
        let both = with(&sandbox, |builder| builder.sso_token("made-up").sso_callback(never()));
        is_refused(both.build(), "sso_token");
        is_refused(
            with(&sandbox, |builder| builder.sso_callback(never())).second_factor(pan()).build(),
            "second_factor",
        );
        is_refused(with(&sandbox, |builder| builder).second_factor(pan()).build(), "second_factor");
        is_refused(with(&sandbox, |builder| builder.login_type("BIOMETRIC")).build(), "login_type");
        assert_eq!(sandbox.counts().connections, 0);
    });
}

#[test]
fn totp_secrets_that_are_none_are_refused_and_not_quoted() {
    for text in ["", "not base32!", "otpauth://hotp/x?secret=JBSWY3DPEHPK3PXPJBSWY3DP", "JBSWY3DPEHPK3PXPJBSWY3DP1"] {
        is_refused(Totp::new(text), "totp");
    }
}

#[test]
fn a_provider_without_credentials_can_only_resume() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let build = || with(&sandbox, |builder| builder).build().unwrap();
        is_refused(relatch::login(build(), options(&sandbox)).await, "password");
        is_refused(relatch::begin(build(), options(&sandbox)).await, "password");
        let session = relatch::resume(build(), Tokens::new("made-up-token", None), options(&sandbox)).unwrap();
        assert_eq!(session.token().await.unwrap().as_str(), "made-up-token");
        // Without anything that would carry it, the key may be left out.
        let keyless = Synapsewave::builder().base_url(sandbox.synapsewave_url()).without_x_api_key();
        let keyless = keyless.build().expect("nothing is sent with a key");
        relatch::resume(keyless, Tokens::new("made-up-token", None), options(&sandbox)).unwrap();
        is_refused(Synapsewave::builder().base_url(sandbox.synapsewave_url()).build(), "api_key");
        assert_eq!(sandbox.counts().connections, 0);
    });
}

#[test]
fn bad_dealers_are_refused_before_any_traffic() {
    type Change<'a> = &'a dyn Fn(SynapsewaveDealerBuilder) -> SynapsewaveDealerBuilder;
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let cases: [(&str, Change); 6] = [
            ("user_id", &|builder| builder.user_id("")),
            ("password", &|builder| builder.password(" ")),
            ("api_key", &|builder| builder.api_key("")),
            ("x_api_key", &|builder| builder.x_api_key("")),
            ("version", &|builder| builder.version("")),
            ("base_url", &|builder| builder.base_url("nonsense")),
        ];
        for (field, change) in cases {
            let builder = SynapsewaveDealer::builder().base_url(sandbox.synapsewave_url()).api_key(API_KEY);
            is_refused(change(builder.user_id(DEALER).password(DEALER_PASSWORD)).build(), field);
        }
        let builder = SynapsewaveDealer::builder().base_url(sandbox.synapsewave_url()).api_key(API_KEY);
        let nobody = builder.build().unwrap();
        is_refused(relatch::login(nobody, options(&sandbox)).await, "password");
        assert_eq!(sandbox.counts().connections, 0);
    });
}

#[test]
fn bad_calls_of_the_account_client_are_refused_before_any_traffic() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let builder = || SynapsewaveAccount::builder().base_url(sandbox.synapsewave_url()).api_key(API_KEY);
        is_refused(builder().build(), "user_id");
        is_refused(builder().user_id(USER_ID).source("made up").build(), "source");
        let (account, options) = (builder().user_id(USER_ID).build().unwrap(), options(&sandbox));
        is_refused(account.verify_otp("12x456", &options).await, "otp");
        is_refused(account.register_totp("", None, &options).await, "otp");
        is_refused(account.change_mpin("1234", "12345678", &options).await, "new_mpin");
        is_refused(account.set_mpin("4821", "123456", Some("u".repeat(51).into()), &options).await, "udid");
        is_refused(account.set_password("made-up-token", " ", &options).await, "new_password");
        let call = async |operation: &str, arguments: Value| {
            let arguments: Map<String, Value> = arguments.as_object().cloned().unwrap_or_default();
            account.call(operation, &arguments, None, &options).await
        };
        is_refused(call("log_in", json!({})).await, "operation");
        is_refused(call("verify_otp", json!({"otp": 123_456})).await, "otp");
        is_refused(call("verify_otp", json!({"code": "123456"})).await, "arguments");
        is_refused(call("register_mpin", json!({"mpin": "4821"})).await, "session");
        assert_eq!(sandbox.counts().connections, 0);
    });
}

#[test]
fn a_factor_that_cannot_complete_a_challenge_costs_nothing() {
    run(async {
        let sandbox = sandbox(json!({"starts_at": MONDAY}));
        let challenge = relatch::begin(user(&sandbox).build().unwrap(), options(&sandbox)).await.unwrap();
        for (kind, value) in [
            (FactorKind::Otp, "123"),
            (FactorKind::Otp, "123456789"),
            (FactorKind::Totp, "12 3456"),
            (FactorKind::Fingerprint, ""),
            (FactorKind::Pan, "ABCDE1234F"),
        ] {
            is_refused(challenge.complete(kind, value).await, kind.as_str());
        }
        assert_eq!((sandbox.counts().total, sandbox.counts().login), (1, 0));
        // Blanks around a code are no mistake.
        let code = format!(" {} \n", sandbox.totp(USER_ID).unwrap());
        challenge.complete(FactorKind::Totp, code).await.expect("a session");
    });
}
