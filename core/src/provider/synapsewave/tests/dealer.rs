//! Dealers (wire.md 2.6).

use super::*;

fn dealer() -> SynapsewaveDealerBuilder {
    let bare = SynapsewaveDealer::builder().base_url("https://broker.example/prod").user_id("DEALER01");
    bare.password("made-up-word").api_key("api-key-1")
}

pub(super) fn provider() -> SynapsewaveDealer {
    dealer().build().unwrap()
}

#[test]
fn a_dealers_login_has_its_own_path_and_source_and_no_second_factor() {
    let provider = dealer().version("2.0.0").build_version("22.11.01").build().unwrap();
    let request = provider.login(None).unwrap();
    assert_eq!((request.method, &*request.path), (Method::Post, "/authentication/v1/dealer/session"));
    assert_eq!(header(&request, "x-api-key"), Some("api-key-1"));
    let expected = json!({
        "user_id": "DEALER01", "password": "made-up-word", "api_key": "api-key-1", "source": "DEALERAPI",
        "version": "2.0.0", "build_version": "22.11.01"
    });
    assert_eq!(body(&request), expected);
    assert!(provider.begin().is_err() && provider.second_factor().is_none() && !provider.is_attended());
    assert_eq!(provider.system(), "synapsewave_dealer");
}

#[test]
fn a_dealers_session_reads_like_a_users() {
    let token = jwt(&json!({"exp": 1_767_600_000}));
    let data = json!({
        "dealer_token": token, "user_id": "DEALER01", "bcastExchanges": ["NSE_EQ"], "others": {"ocToken": "0x0001"}
    });
    let outcome = provider().read_login(&success(&data), &[]);
    let Outcome::Granted(grant) = outcome else { panic!("{outcome:?}") };
    assert_eq!(grant.expiry, Expiry::At(UnixTime(1_767_600_000_000)));
    let profile = &grant.details.as_ref().unwrap().profile;
    let expected = json!({"user_id": "DEALER01", "broadcast_exchanges": ["NSE_EQ"]});
    assert_eq!(Value::Object(profile.fields.clone()), expected);
    assert_eq!(profile.secrets.keys().collect::<Vec<_>>(), ["oc_token"]);
    assert_eq!(provider().feed(&grant).unwrap().token.expose(), token);
    assert_eq!(provider().headers("token")[0].1, "Bearer token");
}

#[test]
fn a_dealer_is_not_asked_for_a_second_factor() {
    let outcome = provider().read_login(&success(&json!({"register_token": "register-1"})), &[]);
    assert!(matches!(outcome, Outcome::Unreadable(_)), "{outcome:?}");
}

#[test]
fn a_dealers_refusals_are_told_apart_like_a_users() {
    let outcome = provider().read_login(&refusal(400, "Invalid password", &Value::Null), &[]);
    let Outcome::Rejected(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.code(), ErrorCode::InvalidCredentials);
}

#[test]
fn a_dealers_session_is_asked_and_ended_on_its_own_path() {
    let asked = provider().validate(&grant("token")).unwrap();
    let ended = provider().logout(&grant("token")).unwrap();
    for (request, method) in [(asked, Method::Put), (ended, Method::Delete)] {
        assert_eq!((request.method, &*request.path), (method, "/authentication/v1/dealer/session"));
        assert!(request.body.is_none());
    }
    let inactive = json!({"status": "success", "data": "false"});
    assert!(!provider().read_validate(&answer(200, &inactive), &grant("token")).unwrap());
}

#[test]
fn a_dealer_is_refused_by_field_and_can_resume_without_a_password() {
    let bare = SynapsewaveDealer::builder;
    for (field, attempt) in [
        ("base_url", bare().user_id("D").password("w").api_key("k")),
        ("user_id", bare().base_url("https://broker.example").password("w").api_key("k")),
        ("api_key", bare().base_url("https://broker.example").user_id("D").password("w").without_x_api_key()),
        ("password", dealer().password(" ")),
        ("version", dealer().version("")),
        ("x_api_key", dealer().x_api_key("\u{e9}")),
    ] {
        assert_refused(attempt.build(), field);
    }
    let resuming = bare().base_url("https://broker.example").without_x_api_key().build().unwrap();
    assert_refused(resuming.check_login(), "password");
    assert_refused(resuming.login(None), "password");
}

#[test]
fn a_dealers_session_ends_with_the_day_unless_it_says() {
    assert_eq!(provider().default_expiry(NOW), Expiry::At(END_OF_DAY));
    assert_eq!(provider().renewal(), Renewal::Daily { end: Duration::from_secs(66_599), gap: Duration::from_secs(2) });
    assert!(provider().credential(None).expose().starts_with("DEALER01\0made-up-word\0"));
}
