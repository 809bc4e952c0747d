//! What must never be printed is not.

use super::*;
use crate::foreign_text::WITHHELD;

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
    let shown = |body| rejected_by(&provider, &text_answer(403, body)).server_message().map(ToOwned::to_owned);
    let cut = shown(r#"{"message":"made\/up, api\u002BKey7"}"#);
    assert_eq!(cut.as_deref(), Some("[redacted], [redacted]"));
    let within = shown(r#"{"message":"{\"why\":\"made\\/up, api\\u002bKey7\"}"}"#);
    assert_eq!(within.as_deref(), Some(WITHHELD));
}

#[test]
fn a_number_by_the_name_of_a_secret_is_cut_out() {
    let error = rejected(&answer(403, &json!({"mpin": 391_827, "message": "391827 is wrong"})));
    assert_eq!((error.server_message(), error.snippet()), (Some("[redacted] is wrong"), Some("[redacted] is wrong")));
}

#[test]
fn a_secret_in_another_spelling_withholds_the_message() {
    let provider = builder().password("hunter2!").second_factor(totp()).build().unwrap();
    for spelt in ["&#104;unter2", "%68unter2", "aHVudGVyMiE=", "h u n t e r 2", "68756e74657232", "HUNTER2", "hunte"] {
        let message = format!("No: {spelt}");
        for refusal in [refusal(400, &message, &json!(spelt)), answer(403, &json!({"message": message}))] {
            let error = rejected_by(&provider, &refusal);
            assert_eq!(error.server_message(), Some(WITHHELD), "{spelt}");
            assert!(error.server_code().is_none_or(|code| code == WITHHELD), "{error:?}");
            assert!(error.snippet().is_none_or(|snippet| snippet.starts_with("[withheld: ")), "{error:?}");
        }
    }
}

#[test]
fn documented_codes_are_shown_whatever_an_mpin_has_in_common_with_them() {
    let provider = builder().mpin("1714").second_factor(totp()).build().unwrap();
    for code in ["e-17", "e-14"] {
        let error = rejected_by(&provider, &refusal(400, "Refused", &json!(code)));
        assert_eq!((error.server_code(), error.server_message()), (Some(code), Some("Refused")));
    }
}

#[test]
fn an_answer_full_of_secrets_costs_little_and_shows_nothing() {
    let pieces: Vec<&str> = ["reda", "cted"].into_iter().cycle().take(40).collect();
    let error = rejected(&answer(200, &json!({"status": "error", "message": "reda", "token": pieces})));
    assert_eq!(error.server_message(), Some(WITHHELD));
    for (count, shown) in [(3_000, Some(WITHHELD)), (30_000, None)] {
        let many: Vec<String> = (0..count).map(|number| format!("s{number:05}")).collect();
        let error = rejected(&answer(200, &json!({"status": "error", "message": "Refused", "token": many})));
        assert_eq!(error.server_message(), shown, "{count}");
    }
}

#[test]
fn half_of_an_answer_is_withheld() {
    for body in [r#"{"others":{"CFT":"cft-cana"#, r#"{"data":"temp-cana"#, r#"["key-cana"#, "cft-cana", "\u{feff}x\0y"]
    {
        for status in [200, 403, 500] {
            let error = match provider().read_login(&text_answer(status, body), &[]) {
                Outcome::Rejected(error) | Outcome::Unreadable(error) => error,
                other => panic!("{other:?}"),
            };
            let expected = format!("[withheld: {} bytes of a type that it does not name]", body.len());
            assert_eq!((error.snippet(), error.server_message()), (Some(&*expected), None));
        }
    }
}

#[test]
fn a_withheld_body_is_told_by_its_length_and_type() {
    let withheld = |kind: &str| {
        let answer = Answer { content_type: Some(kind.to_owned()), ..text_answer(403, "Forbidden") };
        rejected_by(&builder().password("word-canary").second_factor(totp()).build().unwrap(), &answer)
            .snippet()
            .map(ToOwned::to_owned)
    };
    assert_eq!(withheld("text/plain; charset=utf-8").as_deref(), Some("[withheld: 9 bytes of text/plain]"));
    for odd in ["text/word-canary", "a\nb", "", "x", "text/html\u{202e}"] {
        assert_eq!(withheld(odd).as_deref(), Some("[withheld: 9 bytes of a type that it does not name]"), "{odd:?}");
    }
}
