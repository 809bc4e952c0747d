use proptest::prelude::*;
use serde_json::json;

use super::*;

const TOKENS: &str = r#""accessToken":"a.b.c","refreshToken":"r""#;

fn tokens(bytes: &[u8]) -> Option<(String, String)> {
    let object = object(bytes)?;
    let text = |name: &str| object.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    Some((text("accessToken")?, text("refreshToken")?))
}

/// Any JSON there is.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(8, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

#[test]
fn a_comment_behind_a_number_or_a_word_is_no_part_of_it() {
    for comment in [
        &b"/* {a} */"[..],
        b"/*}*/",
        b"/* a, b */",
        b"/* the \"end\" */",
        b"/* it's [1 */",
        b"/* caf\xe9 */",
        b"// }\n",
        b" // { \"of seconds\n",
        b"/**//* ] */",
    ] {
        let parts: [&[u8]; 7] =
            [b"{\"result\":true", comment, b",\"expiresIn\":[1200 ", comment, b"],", TOKENS.as_bytes(), b"}"];
        let text = parts.concat();
        let shown = String::from_utf8_lossy(&text);
        let object = object(&text).expect(&shown);
        assert_eq!(
            (object.get("result"), object.get("expiresIn")),
            (Some(&json!(true)), Some(&json!([1200]))),
            "{shown}"
        );
        assert!(tokens(&text).is_some(), "{shown}");
    }
    // An address begins no comment, nor does what looks like one and does not end.
    for odd in ["http://a.example/*", "1200//of seconds", "2026//01", "1200 /* of seconds", "1200/*\n", "1200/*/"] {
        let text = format!("{{\"odd\":{odd},{TOKENS}}}");
        assert!(tokens(text.as_bytes()).is_some(), "{text}");
    }
}

#[test]
fn what_cannot_be_seen_around_a_number_or_a_word_is_no_part_of_it() {
    for around in ["\u{a0}", "\u{feff}", "\u{7f}", "\0", "\t \u{a0}"] {
        let text = format!("{{\"result\":{around}true{around},\"expiresIn\":1200{around}}}");
        assert_eq!(
            object(text.as_bytes()).map(Value::Object),
            Some(json!({"result": true, "expiresIn": 1200})),
            "{text:?}"
        );
    }
}

#[test]
fn what_is_odd_in_a_member_that_is_not_used_loses_that_member_alone() {
    for odd in [
        r#""\ud83d""#,
        r#""\ud83d\u0041""#,
        r#""\udc00\ud800""#,
        r#""\u12""#,
        r#""\uzzzz""#,
        r#""\x41\'\q""#,
        "\"a\tb\nc\0d\"",
        r#""Joe "Big" Smith""#,
        "'single'",
        "NaN",
        "-Infinity",
        "undefined",
        "None",
        "True",
        "007",
        "+1",
        ".5",
        "1.",
        "0x1F",
        "1e999",
        "-1e999",
        "12345678901234567890123456789",
        "2026-01-01T00:00:00Z",
        "1 /* one */",
        "[1,2,]",
        "[,]",
        "{,}",
        r#"{"a":1,}"#,
        r#"{"a" "b"}"#,
        r"{a:1}",
        "[[[[]]]]",
        "",
    ] {
        for text in [format!("{{\"odd\":{odd},{TOKENS}}}"), format!("{{{TOKENS},\"odd\":{odd}}}")] {
            assert_eq!(tokens(text.as_bytes()), Some(("a.b.c".to_owned(), "r".to_owned())), "{text}");
        }
    }
    for odd in [&b"\xe9"[..], b"caf\xe9 \xff\xfe", b"\xed\xa0\xbd", b"\xc3", b"\xf0\x9f", b"\x00", b"\x80\x81"] {
        let text = [b"{\"odd\":\"", odd, b"\",", TOKENS.as_bytes(), b"}"].concat();
        assert!(tokens(&text).is_some(), "{}", text.escape_ascii());
        let text = [b"{\"", odd, b"\":1,", TOKENS.as_bytes(), b"}"].concat();
        assert!(tokens(&text).is_some(), "{}", text.escape_ascii());
    }
}

#[test]
fn what_is_odd_around_an_object_is_passed_over() {
    let whole = format!("{{{TOKENS}}}");
    for (before, after) in [
        ("\u{feff}", ""),
        ("\0\0", "\0\0\0"),
        ("\r\n\t \u{a0}", "\r\n"),
        ("", "garbage"),
        ("", "}}]"),
        ("", "{\"accessToken\":\"x\"}"),
        (")]}',\n", ""),
        ("while(1);", ""),
        ("for(;;);", ""),
        ("callback(", ");"),
        ("/* v1 */ // x\n", ""),
        ("[", "]"),
        ("1f\r\n", "\r\n0\r\n\r\n"),
        ("{\"", ""), /* not an object any more */
    ] {
        let read = tokens(format!("{before}{whole}{after}").as_bytes());
        assert_eq!(read.is_some(), before != "{\"", "{before}{after}");
    }
    let again = Value::from(whole).to_string();
    assert!(tokens(again.as_bytes()).is_some(), "an object in a text");
}

#[test]
fn half_of_an_object_is_none() {
    let whole = format!("{{\"a\":[{{\"b\":\"\\u00e9\"}}],{TOKENS},\"c\":{{}}}}");
    for length in 0..whole.len() {
        assert!(object(&whole.as_bytes()[..length]).is_none(), "{}", &whole[..length]);
    }
    assert!(object(whole.as_bytes()).is_some());
}

#[test]
fn a_member_that_is_used_is_not_guessed() {
    for garbled in [r#"{"accessToken":"a"b","refreshToken":"r"}"#, r#"{"accessToken":"a" "refreshToken":"r"}"#] {
        assert_eq!(tokens(garbled.as_bytes()), None, "{garbled}");
    }
    let twice = r#"{"accessToken":"a","refreshToken":"r","accessToken":null}"#;
    assert_eq!(tokens(twice.as_bytes()), Some(("a".to_owned(), "r".to_owned())));
}

#[test]
fn a_page_is_no_object() {
    for page in [
        "<html>{\"accessToken\":\"a\"}</html>",
        "<br />\n{}",
        "Bad Gateway",
        "",
        "null",
        "12",
        "[]",
        "[{},{}]",
        "\"{\"",
    ] {
        assert!(object(page.as_bytes()).is_none(), "{page}");
    }
}

#[test]
fn what_is_too_deep_or_too_much_is_passed_over_and_said_so() {
    let deep = format!("{{\"deep\":{}{},{TOKENS}}}", "[".repeat(200_000), "]".repeat(200_000));
    let read = super::read(deep.as_bytes()).expect("an object");
    assert!(!read.is_whole && tokens(deep.as_bytes()).is_some());
    let objects = format!("{{\"deep\":{}1{},{TOKENS}}}", "{\"a\":".repeat(70), "}".repeat(70));
    assert!(tokens(objects.as_bytes()).is_some());
    for many in ["[1,2,3]".to_owned(), "{\"a\":1}".to_owned(), "\"x\"".to_owned()] {
        let much = format!("{{\"data\":{{\"junk\":[{}0],{TOKENS}}}}}", format!("{many},").repeat(100_000));
        let read = super::read(much.as_bytes()).expect("an object");
        assert!(!read.is_whole && read.value["data"]["accessToken"] == "a.b.c");
        assert!(read.value.to_string().len() < 300_000);
    }
}

proptest! {
    #[test]
    fn what_is_json_is_read_as_it_is(value in values()) {
        let (one, many) = (json!([value]).to_string(), serde_json::to_string_pretty(&json!({ "a": value })).unwrap());
        for text in [one, many] {
            let read = super::read(text.as_bytes()).unwrap();
            prop_assert!(read.is_whole);
            prop_assert_eq!(read.value, serde_json::from_str::<Value>(&text).unwrap());
        }
    }

    #[test]
    fn no_bytes_panic_or_hang(bytes in prop::collection::vec(any::<u8>(), 0..200), text in r#"[{}\[\]",:'\\/*u0a \n]{0,60}"#) {
        let _ = (super::read(&bytes).is_some(), super::read(text.as_bytes()).is_some());
    }
}
