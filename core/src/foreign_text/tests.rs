//! What passes the door, and what does not.

#![allow(clippy::format_collect)] // what is fastest is harder to read

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::secret::Secret;

fn words(text: &str, secrets: &[&str]) -> String {
    let secrets: Vec<Secret> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
    Secrets::new(&secrets).words(text)
}

#[test]
fn a_secret_that_stands_as_it_is_is_cut_out_and_the_rest_stays() {
    assert_eq!(words("user api_user pass word/1 refused", &["pass word/1"]), "user api_user [redacted] refused");
    assert_eq!(words("made up, made", &["made", "made up"]), "[redacted], [redacted]");
    assert_eq!(words("so  made up is", &[" made up\n"]), "so  [redacted] is");
}

#[test]
fn what_stands_for_a_secret_is_not_read_again() {
    let token: Vec<&str> = ["reda", "cted"].into_iter().cycle().take(40).collect();
    assert_eq!(words("reda", &token), WITHHELD, "half of one of them is left in what stands for it");
    assert_eq!(words("x redacted", &["redacted"]), WITHHELD, "what stands for it tells it");
    let long = "[redacted]".repeat(60);
    assert!(words(&long, &["redacted", "["]).len() <= LONGEST_TEXT + 3);
}

#[test]
fn a_text_without_a_secret_stays_as_it_is() {
    for text in [
        r#"C:\\logs, caf\u00e9 \ud83d \u00 "so"\n"#,
        "Gateway license error. Kindly contact administrator for DealerId[1] GroupId[HO]",
        "100% of users & <b>all</b> = 7",
        "\u{915}\u{941}\u{938}",
    ] {
        assert_eq!(words(text, &["mAde-Up 77"]), text);
    }
    assert_eq!(words("", &["made up"]), "");
}

#[test]
fn a_long_word_is_hidden_and_a_long_text_cut() {
    assert_eq!(words("see abcdefghijklmnopqrstuvwxyz, please", &[]), "see [redacted], please");
    assert_eq!(words("see eyJhbGciOi, please", &[]), "see [redacted], please");
    assert_eq!(words(&"word ".repeat(500), &[]).chars().count(), LONGEST_TEXT + 1);
}

#[test]
fn escapes_without_end_are_withheld() {
    assert_eq!(words(&format!("&{}", "amp;".repeat(20)), &["made up"]), WITHHELD);
    assert_eq!(words(&format!("&{}", "amp;".repeat(4)), &["made up"]), "&amp;amp;amp;amp;");
    assert_eq!(words(&"\\".repeat(150), &["made up"]).len(), 150, "each reading is shorter than the one before");
}

#[test]
fn of_too_many_secrets_nothing_is_shown() {
    let many: Vec<String> = (0..100).map(|number| format!("made-up-{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(words("Refused", &many), WITHHELD);
    assert_eq!(words("Refused", &[&"x".repeat(100_000)]), WITHHELD);
}

#[test]
fn half_of_a_short_secret_is_too_much_of_it() {
    assert_eq!(words("The MPIN begins with 03", &["0391"]), WITHHELD);
    assert_eq!(words("The MPIN is refused", &["0391"]), "The MPIN is refused");
    assert_eq!(words("The OTP begins with 65432", &["654321"]), WITHHELD);
    assert_eq!(words("The OTP begins with 6543", &["654321"]), "The OTP begins with 6543");
}

#[test]
fn what_stands_for_many_short_secrets_does_not_make_a_text_longer() {
    assert_eq!(words(&"\u{2713} ".repeat(20), &["\u{2713}"]), WITHHELD);
}

#[test]
fn an_accent_is_no_character_of_its_own() {
    assert_eq!(words("a", &["a\u{1ff6}"]), WITHHELD);
    assert_eq!(words("so e\u{301}t", &["\u{e9}t\u{e9}"]), WITHHELD);
}

/// A way to write a text down so that somebody can read it again, and what it is called.
type Spelling = (&'static str, fn(&str) -> String);

const SPELLINGS: [Spelling; 32] = [
    ("decimal entities", |text| text.chars().map(|c| format!("&#{};", u32::from(c))).collect()),
    ("open decimal entities", |text| text.chars().map(|c| format!("&#{} ", u32::from(c))).collect()),
    ("long hexadecimal entities", |text| text.chars().map(|c| format!("&#x{:08X};", u32::from(c))).collect()),
    ("some entities", |text| {
        text.char_indices()
            .map(|(at, c)| if at % 2 == 0 { c.to_string() } else { format!("&#{};", u32::from(c)) })
            .collect()
    }),
    ("type faces", |text| {
        text.chars().map(|c| if c.is_ascii_alphabetic() { format!("&{c}scr;") } else { c.to_string() }).collect()
    }),
    ("percent", |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect()),
    ("percent of what must be", |text| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric();
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    }),
    ("percent u", |text| text.encode_utf16().map(|unit| format!("%u{unit:04x}")).collect()),
    ("json", |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect()),
    ("json of a text", |text| serde_json::to_string(text).unwrap()),
    ("braced escapes", |text| text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect()),
    ("c", |text| text.bytes().map(|byte| format!("\\x{byte:02x}")).collect()),
    ("octal", |text| text.bytes().map(|byte| format!("\\{byte:03o}")).collect()),
    ("python", |text| text.chars().map(|c| format!("\\U{:08x}", u32::from(c))).collect()),
    ("quoted-printable", |text| text.bytes().map(|byte| format!("={byte:02X}")).collect()),
    ("base64", |text| STANDARD.encode(text)),
    ("base64 after something", |text| STANDARD_NO_PAD.encode(format!("u:{text}"))),
    ("base64url", |text| URL_SAFE.encode(text)),
    ("base64 with blanks", |text| STANDARD.encode(text).chars().map(|c| format!("{c} ")).collect()),
    ("base64 of utf-16", |text| STANDARD.encode(text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())),
    ("hexadecimal", |text| text.bytes().map(|byte| format!("{byte:02x}")).collect()),
    ("hexadecimal with blanks", |text| text.bytes().map(|byte| format!("0x{byte:02X}, ")).collect()),
    ("hexadecimal of utf-16", |text| text.encode_utf16().map(|unit| format!("{unit:04x}")).collect()),
    ("code points", |text| text.chars().map(|c| format!("U+{:04X} ", u32::from(c))).collect()),
    ("numbers", |text| text.chars().map(|c| format!("{} ", u32::from(c))).collect()),
    ("full width", |text| {
        let wide = |c: char| char::from_u32(u32::from(c) + 0xfee0).filter(|_| ('!'..='~').contains(&c)).unwrap_or(c);
        text.chars().map(wide).collect()
    }),
    ("upper case", |text| text.to_uppercase()),
    ("blanks between", |text| text.chars().map(|c| format!("{c} ")).collect()),
    ("invisible characters between", |text| text.chars().map(|c| format!("{c}\u{200b}\u{e0041}")).collect()),
    ("accents and hyphens between", |text| text.chars().map(|c| format!("{c}\u{301}-\u{ad}")).collect()),
    ("zeros between", |text| text.chars().map(|c| format!("{c}\0")).collect()),
    ("tags between", |text| text.chars().map(|c| format!("{c}<i></i>")).collect()),
];

#[test]
fn a_secret_is_known_again_in_every_spelling() {
    for secret in [
        "hunter2",
        "made up/\"Word\"+7",
        "\u{e9}t\u{e9}-\u{1f511}-caf\u{e9}",
        "654321",
        "p@ss&w<r>d%",
        "\u{43f}\u{430}\u{440}\u{43e}\u{43b}\u{44c}7",
    ] {
        for (name, spell) in SPELLINGS {
            // A letter of another script has no such name.
            let text = format!("Sorry, {} is wrong", spell(secret));
            let shown = words(&text, &[secret]);
            let is_hidden =
                shown == WITHHELD || shown == "Sorry, [redacted] is wrong" || shown == "Sorry, \"[redacted]\" is wrong";
            assert!(is_hidden, "{secret} in {name}: {shown}");
        }
    }
}

#[test]
fn utf_16_that_was_read_as_utf_8_is_known_again() {
    let pairs = |text: &str, order: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = text.as_bytes().chunks_exact(2).map(|pair| order([pair[0], pair[1]])).collect();
        String::from_utf16(&units).unwrap()
    };
    for order in [u16::from_be_bytes, u16::from_le_bytes] {
        assert_eq!(words(&format!("Sorry: {}", pairs("so hunter2", order)), &["hunter2"]), WITHHELD);
    }
    let latin: String = "\u{e9}t\u{e9}-caf\u{e9}".bytes().map(char::from).collect();
    assert_eq!(words(&format!("Sorry: {latin}"), &["\u{e9}t\u{e9}-caf\u{e9}"]), WITHHELD);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn a_secret_is_known_again_in_spellings_of_spellings(
        secret in "[a-zA-Z0-9!@#/+ ]{4}[a-zA-Z0-9]{5,12}",
        layers in prop::collection::vec(0..SPELLINGS.len(), 1..3),
        around in "[a-z]{0,9} ?",
    ) {
        let mut spelt = secret.clone();
        for layer in layers {
            let next = SPELLINGS[layer].1(&spelt);
            // What is cut off is not shown.
            if next.len() < 180 && !(SPELLINGS[layer].0 == "upper case" && spelt != secret) {
                spelt = next;
            }
        }
        let shown = words(&format!("{around}{spelt}"), &[&secret]);
        prop_assert!(shown == WITHHELD || !shown.contains(&*one_line(&spelt, 900)), "{} as {}: {}", secret, spelt, shown);
    }

    #[test]
    fn any_text_is_shown_in_one_bounded_printable_line(text in any::<String>(), secret in any::<String>()) {
        let shown = words(&text, &[&secret]);
        prop_assert!(shown.chars().count() <= LONGEST_TEXT + 1);
        prop_assert!(shown.chars().count() <= text.chars().count() + WITHHELD.len());
        prop_assert!(shown.chars().all(printable::is_printable), "{:?}", shown);
    }
}

#[test]
fn names_tell_what_is_secret() {
    for name in [
        "accessToken",
        "udId",
        "UDID",
        "memberInfo.udId",
        "api_key",
        "x-api-key",
        "ocToken",
        "CFT",
        "qrImg",
        "MPIN",
        "otp",
        "loginOtp",
        "pan",
        "PAN_No",
        "device_id",
        "pwd",
        "Cookie",
        "fingerPrint",
        "\u{ff34}oken",
    ] {
        assert!(is_secret(name), "{name}");
    }
    for name in [
        "userId",
        "groupCode",
        "exp",
        "Roles",
        "UserID",
        "company",
        "spinner",
        "status",
        "mpin_enabled",
        "totp_enabled",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
        "participantCode",
        "product_types",
    ] {
        assert!(!is_secret(name), "{name}");
    }
}

#[test]
fn claims_are_shown_without_secrets_and_in_printable_lines() {
    let claims = json!({
        "memberInfo": {"userId": "UCC1", "udId": "device-1", "note": "so H u n t e r 2 it is"},
        "line": "a\u{1b}[31m\nb\u{202e}", "other": ["hunter2", "x"], "number": 654_321, "exp": 1
    });
    let secrets = [Secret::new("hunter2"), Secret::new("654321")];
    let shown = shown(claims.as_object().unwrap().clone(), &Secrets::new(&secrets));
    let expected = json!({"memberInfo": {"userId": "UCC1"}, "line": "a [31m b ", "other": ["x"], "exp": 1});
    assert_eq!(serde_json::Value::Object(shown), expected);
}

#[test]
fn a_page_is_shown_by_its_title() {
    for (page, expected) in [
        ("<html><head><title>Just a moment...</title></head><body>token</body>", Some("Just a moment...")),
        ("\u{feff} <!DOCTYPE html><TITLE lang=en>\n502 &ndash; Bad &amp; ugly\n</TITLE>", Some("\n502  Bad & ugly\n")),
        ("<html><h1>Not <b>Acceptable</b>!</h1></html>", Some("Not Acceptable!")),
        ("<titles>no</titles><h1>yes</h1>", Some("yes")),
        ("<html>Not Acceptable</html>", None),
        ("<title>without an end", None),
        ("{\"a\":\"<title>x</title>\"}", None),
        ("", None),
        ("<title>\0</title>", None),
    ] {
        assert_eq!(title(page.as_bytes()).as_deref(), expected, "{page}");
    }
    assert_eq!(title(b"<title>\xff</title>"), None);
}
