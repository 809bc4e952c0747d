//! What must never be printed is not.

use super::*;

const SECRETS: [&str; 11] = [
    "word-canary",
    "0391827",
    "device-canary",
    "sso-canary",
    "register-canary",
    "pan-canary",
    "finger-canary",
    "key-canary",
    "header-canary",
    "info-canary",
    "JBSWY3DPEHPK3PXP",
];

#[track_caller]
fn assert_clean(shown: &str) {
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}

fn keyed() -> SynapsewaveBuilder {
    let info = json!({"UDID": "info-canary", "AppName": "made up"}).as_object().unwrap().clone();
    builder().api_key("key-canary").x_api_key("header-canary").udid("device-canary").device_info(info)
}

fn all() -> Vec<SynapsewaveBuilder> {
    vec![
        keyed().password("word-canary").second_factor(totp()),
        keyed().password("word-canary").second_factor(Factor::pan("pan-canary")),
        keyed().password("word-canary").second_factor(Factor::fingerprint("finger-canary")),
        keyed().fingerprint("finger-canary"),
        keyed().sso_token("sso-canary"),
        keyed().register_token("register-canary").second_factor(otp()),
    ]
}

#[test]
fn nothing_printed_holds_a_secret() {
    for builder in all() {
        assert_clean(&format!("{builder:?} {:?}", builder.clone().build().unwrap()));
    }
    let unchecked = keyed().base_url("https://user:word-canary@broker.example");
    assert_clean(&format!("{unchecked:?} {:?}", unchecked.clone().build().unwrap_err()));
    let mpin = keyed().mpin("0391827").second_factor(totp());
    assert_clean(&format!("{mpin:?} {:?}", mpin.clone().build().unwrap_err()));
    let dealer = SynapsewaveDealer::builder().base_url("https://broker.example").user_id("D").password("word-canary");
    let dealer = dealer.api_key("key-canary");
    assert_clean(&format!("{dealer:?} {:?}", dealer.clone().build().unwrap()));
    let account = SynapsewaveAccount::builder().base_url("https://broker.example").user_id("U").api_key("key-canary");
    assert_clean(&format!("{account:?} {:?}", account.clone().build().unwrap()));
}

#[test]
fn a_provider_shows_what_helps() {
    let shown = format!("{:?}", provider());
    for part in ["https://broker.example/prod/interactive", "UCC123456", "PASSWORD", "totp", "WEBAPI"] {
        assert!(shown.contains(part), "{shown}");
    }
}

#[test]
fn an_answer_that_repeats_what_was_sent_is_cleaned() {
    let sent = Secret::new("654321");
    for builder in all() {
        let provider = builder.build().unwrap();
        for message in SECRETS.iter().filter(|secret| !["0391827", "JBSWY3DPEHPK3PXP"].contains(secret)) {
            let known = provider.secrets(&[]).iter().any(|secret| secret.expose() == *message);
            let message = format!("Refused: {message}, 654321");
            let outcome = provider.read_login(&refusal(400, &message, &json!(message)), &[&sent]);
            let Outcome::Rejected(error) = outcome else { panic!("{outcome:?}") };
            assert!(!format!("{error:?}").contains("654321"), "{error:?}");
            if known {
                assert_clean(&format!("{error:?} {error}"));
            }
        }
    }
}

fn rejected_by(provider: &Synapsewave, answer: &Answer) -> Error {
    match provider.read_login(answer, &[]) {
        Outcome::Rejected(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_password_with_quotes_is_known_again_in_json() {
    let provider = builder().password("so \"short\"").second_factor(totp()).build().unwrap();
    let outcome = provider.read_login(&answer(403, &json!({"why": "so \"short\" it is"})), &[]);
    let Outcome::Rejected(error) = outcome else { panic!("{outcome:?}") };
    assert!(!format!("{error:?}").contains("short"), "{error:?}");
}

#[test]
fn what_is_sent_is_known_again_in_any_spelling_of_json() {
    let provider = builder().api_key("api+Key7").password("made/up").second_factor(totp()).build().unwrap();
    for body in [r#"{"why":"made\/up, api\u002BKey7"}"#, r#"{"why":"{\"why\":\"made\\/up, api\\u002bKey7\"}"}"#] {
        let error = rejected_by(&provider, &text_answer(403, body));
        let snippet = error.snippet().unwrap();
        assert!(snippet.contains("[redacted], [redacted]") && !snippet.contains("Key7"), "{snippet}");
    }
}

#[test]
fn a_number_by_the_name_of_a_secret_is_cut_out() {
    let error = rejected(&answer(403, &json!({"mpin": 391_827, "why": "391827 is wrong"})));
    assert_eq!(error.snippet(), Some(r#"{"mpin":[redacted],"why":"[redacted] is wrong"}"#));
}

#[test]
fn half_of_an_answer_is_withheld() {
    for body in [r#"{"others":{"CFT":"cft-cana"#, r#"{"data":"temp-cana"#, r#"["key-cana"#] {
        for status in [200, 403, 500] {
            let error = match provider().read_login(&text_answer(status, body), &[]) {
                Outcome::Rejected(error) | Outcome::Unreadable(error) => error,
                other => panic!("{other:?}"),
            };
            assert_eq!(error.snippet(), Some("[withheld: it may hold a secret]"));
        }
    }
}
