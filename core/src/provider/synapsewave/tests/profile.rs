//! The user, as a login and as the claims describe it.

use super::*;

/// The answer of wire.md 2.9, with values made up.
fn example() -> Value {
    json!({
        "access_token": "access-1", "session_token": "U0VTU0lPTi0x", "user_name": "TEST USER", "user_status": 1,
        "login_time": "2026-Jan-05 10:33:53", "exchanges": ["NSE_EQ", "BSE_EQ"], "bcastExchanges": ["NSE_EQ"],
        "product_types": ["INTRADAY", "DELIVERY"], "product_types_exchange": {"NSE_EQ": ["INTRADAY"]},
        "mpin_enabled": true, "fingerprint_enabled": false, "totp_enabled": true, "ptnType": "TOTP_OPT",
        "others": {
            "userCode": "ABCDE", "groupId": "HO", "groupCode": "AAAAA", "newsCategories": "",
            "messageSocket": "wss://127.0.0.1:8443", "broadCastSocket": "wss://127.0.0.1:4516",
            "secondBroadCastSocket": ["ws://127.0.0.1:4514"], "POA": "0", "nGTDDefault": 2, "nGTDMaxDays": 45,
            "sGTDValidityName": "GTD", "sGTDConfigDetails": "2|9", "ocToken": "0x0001", "managerIP": "trade.example",
            "tslAllowed": [], "edisForMTF": false, "showJumpPriceBothLtpAndTriggerPrice": false, "CFT": "cft-1",
            "passExpDays": "", "bAMOAllowedForUser": true, "maxOrderSlices": 10, "participantCode": "P1",
            "dervParticipantCode": "P2", "ofTomorrow": {"a": [1]}
        },
        "user_id": "UCC123456", "alias_id": "", "broadcast_access_token": "broadcast-1", "alsoNew": [1, null]
    })
}

fn profile(data: &Value) -> Profile {
    granted(&success(data)).details.unwrap().profile.clone()
}

fn exposed(profile: &Profile) -> Value {
    profile.secrets.iter().map(|(name, value)| (name.clone(), Value::from(value.expose()))).collect()
}

#[test]
fn documented_names_have_one_spelling_and_unknown_ones_stay() {
    let expected = json!({
        "user_id": "UCC123456", "alias_id": "", "user_name": "TEST USER", "user_status": 1,
        "login_time": "2026-Jan-05 10:33:53", "exchanges": ["NSE_EQ", "BSE_EQ"], "broadcast_exchanges": ["NSE_EQ"],
        "product_types": ["INTRADAY", "DELIVERY"], "product_types_by_exchange": {"NSE_EQ": ["INTRADAY"]},
        "mpin_enabled": true, "fingerprint_enabled": false, "totp_enabled": true, "ptn_type": "TOTP_OPT",
        "user_code": "ABCDE", "group_id": "HO", "group_code": "AAAAA", "news_categories": "",
        "message_socket": "wss://127.0.0.1:8443", "broadcast_socket": "wss://127.0.0.1:4516",
        "second_broadcast_sockets": ["ws://127.0.0.1:4514"], "poa": "0", "gtd_default_days": 2, "gtd_max_days": 45,
        "gtd_validity_name": "GTD", "gtd_config_details": "2|9", "manager_ip": "trade.example", "tsl_allowed": [],
        "edis_for_mtf": false, "show_jump_price_both_ltp_and_trigger_price": false, "password_expiry_days": "",
        "amo_allowed": true, "max_order_slices": 10, "participant_code": "P1", "derivatives_participant_code": "P2",
        "others": {"ofTomorrow": {"a": [1]}}, "alsoNew": [1]
    });
    assert_eq!(Value::Object(profile(&example()).fields), expected);
}

#[test]
fn secrets_are_kept_apart() {
    let expected = json!({
        "session_token": "U0VTU0lPTi0x", "oc_token": "0x0001", "cft": "cft-1", "broadcast_token": "broadcast-1"
    });
    assert_eq!(exposed(&profile(&example())), expected);
    let misspelt = profile(&json!({"access_token": "access-1", "broadcase_access_token": "broadcast-2"}));
    assert_eq!(misspelt.secret("broadcast_token").map(Secret::expose), Some("broadcast-2"));
}

#[test]
fn what_sounds_secret_is_secret() {
    let profile = profile(&json!({
        "access_token": "access-1", "newToken": "n-1", "clientSecret": "s-1", "oldPassword": "p-1", "feedKey": 7,
        "isKeyUsed": true, "deep": {"apiKey": "k-1", "shown": 1, "list": [{"refreshToken": "r-1"}]},
        "text": "{\"ocToken\":\"0x0002\"}", "texts": "[{\"ocToken\":\"0x0002\"}]", "nothingToken": null,
        "others": {"webToken": "w-1", "deep": {"CFT": "c-1"}}
    }));
    let expected = json!({
        "newToken": "n-1", "clientSecret": "s-1", "oldPassword": "p-1", "feedKey": "7", "deep.apiKey": "k-1",
        "deep.list.0.refreshToken": "r-1", "text": "{\"ocToken\":\"0x0002\"}",
        "texts": "[{\"ocToken\":\"0x0002\"}]", "webToken": "w-1", "deep.CFT": "c-1"
    });
    assert_eq!(exposed(&profile), expected);
    let shown = json!({"isKeyUsed": true, "deep": {"shown": 1, "list": [{}]}, "others": {"deep": {}}});
    assert_eq!(Value::Object(profile.fields), shown);
}

#[test]
fn a_short_secret_and_a_number_in_a_text_are_secret_too() {
    let note = r#"{"mpin":391827}"#;
    let profile = profile(&json!({
        "access_token": "access-1", "note": note, "notes": ["[{\"otp\":\"1\"}]", "shown", "{\"tokenUsed\":true}"]
    }));
    assert_eq!(exposed(&profile), json!({"note": note, "notes.0": "[{\"otp\":\"1\"}]"}));
    assert_eq!(Value::Object(profile.fields), json!({"notes": ["shown", "{\"tokenUsed\":true}"]}));
}

#[test]
fn claims_are_shown_without_secrets_at_any_depth() {
    let claims = json!({
        "exp": 1, "ocToken": "0x1", "nothing": null, "memberInfo": {"userId": "UCC1", "apiKey": "k-1"},
        "apps": [{"name": "made up", "api_key": "k-1"}, [{"mpin": 1}], "{\"otp\":1}", 7], "info": "{\"ocToken\":\"0x1\"}",
        "text": "{\"userId\":1}"
    });
    let shown = json!({
        "exp": 1, "nothing": null, "memberInfo": {"userId": "UCC1"}, "apps": [{"name": "made up"}, [{}], 7],
        "text": "{\"userId\":1}"
    });
    assert_eq!(Value::Object(provider().shown(claims.as_object().unwrap().clone())), shown);
    let odd = json!({"userId": "{\"mpin\":391827}", "groupId": "HO"});
    assert_eq!(Value::Object(provider().profile(odd.as_object().unwrap()).fields), json!({"group_id": "HO"}));
}

#[test]
fn everything_is_optional_and_of_any_type() {
    assert_eq!(profile(&json!({"access_token": "access-1"})), Profile::default());
    let odd = profile(&json!({
        "access_token": "access-1", "user_id": 7, "exchanges": "NSE_EQ", "others": "none", "login_time": null
    }));
    let expected = json!({"user_id": "7", "others": {"exchanges": "NSE_EQ", "others": "none"}});
    assert_eq!(Value::Object(odd.fields), expected);
    let secret = profile(&json!({"access_token": "access-1", "others": {"ocToken": "0x1", "newToken": "n"}}));
    assert_eq!(secret.fields, Map::new(), "nothing is left of others");
    let others_as_text = profile(&json!({"access_token": "access-1", "others": "{\"userCode\":\"ABCDE\"}"}));
    assert_eq!(others_as_text.text("user_code"), Some("ABCDE"));
}

#[test]
fn data_may_be_a_text_that_holds_an_object() {
    let data = Value::from(example().to_string());
    assert_eq!(profile(&data), profile(&example()));
}

#[test]
fn the_claims_of_a_resumed_session_name_the_user() {
    let claims = json!({
        "memberId": 1, "userid": 12, "tenantid": 3, "exp": 1, "iat": 1,
        "memberInfo": {
            "userId": "UCC1", "userCode": "ABCDE", "groupCode": "AAAAA", "groupId": "HO", "ocToken": "0x0001",
            "apikeyData": {"sApplicationToken": "made up"}
        }
    });
    let profile = provider().profile(claims.as_object().unwrap());
    let expected = json!({"user_id": "UCC1", "user_code": "ABCDE", "group_code": "AAAAA", "group_id": "HO"});
    assert_eq!(Value::Object(profile.fields), expected);
    assert!(profile.secrets.is_empty());
    let top = json!({"userId": "UCC2", "groupId": null});
    assert_eq!(Value::Object(provider().profile(top.as_object().unwrap()).fields), json!({"user_id": "UCC2"}));
    assert_eq!(provider().profile(&Map::new()), Profile::default());
}

#[test]
fn values_have_the_documented_types_or_are_kept_under_the_servers_name() {
    let data = json!({
        "access_token": "token", "mpin_enabled": "True", "user_status": "1", "exchanges": "NSE_EQ", "user_name": 7,
        "others": {"bAMOAllowedForUser": "false", "maxOrderSlices": "10", "passExpDays": 12, "edisForMTF": "perhaps"}
    });
    let profile = profile(&data);
    let shown = |name: &str| profile.get(name).cloned().unwrap_or_default();
    assert_eq!([shown("mpin_enabled"), shown("amo_allowed")], [json!(true), json!(false)]);
    assert_eq!([shown("user_status"), shown("max_order_slices")], [json!(1), json!(10)]);
    assert_eq!([shown("password_expiry_days"), shown("user_name")], [json!("12"), json!("7")]);
    assert_eq!([shown("exchanges"), shown("edis_for_mtf")], [Value::Null, Value::Null]);
    assert_eq!(shown("others"), json!({"edisForMTF": "perhaps", "exchanges": "NSE_EQ"}));
}

#[test]
fn a_name_that_means_one_of_ours_does_not_take_its_place() {
    let data = json!({
        "access_token": "token", "messageSocket": "wss://b", "others": {"messageSocket": "wss://a"}
    });
    let profile = profile(&data);
    assert_eq!(profile.text("message_socket"), Some("wss://a"));
    assert_eq!(profile.get("messageSocket"), None);
    assert_eq!(profile.get("others"), Some(&json!({"messageSocket": "wss://b"})));
}
