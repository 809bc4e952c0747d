//! Bytes that are nearly what the readers expect.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// What is held or sent somewhere, for answers that repeat it.
const ECHOED: [&str; 10] = [
    "made up/\"Word\"+7",
    "made up\\/\"Word\"+7",
    "made\nup/\"Word\"+7",
    "spent-Refresh7",
    "api/Key+7",
    "header-Key7",
    "739105",
    "held-Token7",
    "039182",
    "sso-Token7",
];
const NAMES: [&str; 20] = [
    "accessToken",
    "refreshToken",
    "access_token",
    "dealer_token",
    "register_token",
    "session_token",
    "broadcast_access_token",
    "authSecret",
    "qrImg",
    "others",
    "user_id",
    "user_name",
    "message",
    "errors",
    "result",
    "data",
    "CFT",
    "exchanges",
    "mpin_enabled",
    "exp",
];

/// Bytes that a failed test prints as a text.
#[derive(Clone)]
pub(super) struct Bytes(pub(super) Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b\"{}\"", self.0.escape_ascii())
    }
}

/// Texts that match one of these expressions.
pub(super) fn lines(expressions: &[&'static str]) -> impl Strategy<Value = Bytes> + use<> {
    let text = select(expressions.to_vec()).prop_flat_map(|expression| expression);
    vec(text, 1..3).prop_map(|lines| Bytes(lines.join("\n").into_bytes()))
}

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,30}".prop_map(Value::from),
        select(ECHOED.to_vec()).prop_map(|held| Value::from(format!("Invalid password or OTP: {held}."))),
        Just(Value::from("The account is locked: too many attempts")),
        jwt().prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner.clone()),
            members(inner).prop_map(|members| Value::from(members.to_string())),
        ]
    })
}

fn members(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let name = prop_oneof![4 => select(NAMES.to_vec()).prop_map(ToOwned::to_owned), 1 => ".{0,8}"];
    vec((name, inner), 0..6).prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

/// What 7G answers, nearly.
pub(super) fn seven_g() -> impl Strategy<Value = Value> {
    let tokens =
        (jwt(), "[a-z ]{0,8}").prop_map(|(access, refresh)| json!({"accessToken": access, "refreshToken": refresh}));
    prop_oneof![tokens, members(value())]
}

/// What 7G answers to a call that needs no login, nearly.
pub(super) fn seven_g_status() -> impl Strategy<Value = Value> {
    let said = |name: &'static str, other: &'static str| select(vec![name, other]);
    let entry = || {
        let members = (said("id", "Id"), leaf(), said("value", "VALUE"), leaf());
        members.prop_map(|(id, one, value, other)| json!({id: one, value: other}))
    };
    let data = prop_oneof![3 => vec(entry(), 0..4), 1 => vec(prop_oneof![entry(), value()], 0..4)];
    let data = prop_oneof![3 => data.prop_map(Value::from), 1 => value()];
    let result = prop_oneof![2 => Just(json!(true)), 1 => Just(json!(false)), 1 => leaf()];
    (said("result", "Result"), result, leaf(), said("data", "Data"), data).prop_map(
        |(result_name, result, message, data_name, data)| {
            json!({result_name: result, "message": message, "recordCount": 2, data_name: data})
        },
    )
}

/// What Synapsewave answers, nearly.
pub(super) fn synapsewave() -> impl Strategy<Value = Value> {
    let status = select(vec!["success", "Success ", "error", "pending"]);
    let errors = prop_oneof![Just(json!(["e-17"])), Just(json!("[\"e-14\"]")), leaf()];
    let token = prop_oneof![jwt(), "[a-z \n]{0,4}", ".{0,20}"];
    let name = select(vec!["access_token", "dealer_token", "Access_Token", "register_token"]);
    let granted = (name, token, value(), any::<bool>()).prop_map(|(name, token, others, is_text)| {
        let data = json!({name: token, "others": others});
        if is_text { Value::from(data.to_string()) } else { data }
    });
    let data = prop_oneof![value(), granted];
    (status, errors, leaf(), data).prop_map(|(status, errors, message, data)| {
        json!({"status": status, "code": "e-101", "errors": errors, "message": message, "data": data})
    })
}

/// A whole answer with this body, which may be cut short.
pub(super) fn answer(body: impl Strategy<Value = Value>) -> impl Strategy<Value = Bytes> {
    let status = prop_oneof![3 => Just(200), 3 => select(vec![400, 401, 403, 423, 429, 500, 503]), 1 => 100_u16..1000];
    let header = prop_oneof![
        (0_u8..12).prop_map(|form| format!("Form: {form}")),
        any::<u64>().prop_map(|wait| format!("Retry-After: {wait}")),
        any::<i64>().prop_map(|at| format!("Received: {at}")),
        Just("Date: Mon, 05 Jan 2026 05:03:53 GMT".to_owned()),
        Just("Retry-After: Fri, 31 Dec 9999 23:59:59 GMT".to_owned()),
    ];
    let kept = prop_oneof![3 => Just(usize::MAX), 1 => 0_usize..200];
    (status, vec(header, 0..4), body, kept).prop_map(|(status, headers, body, kept)| {
        let mut body = body.to_string().into_bytes();
        body.truncate(kept);
        let head = [vec![format!("HTTP/1.1 {status}")], headers, vec!["\n".to_owned()]].concat().join("\n");
        Bytes([head.as_bytes(), &body].concat())
    })
}

fn jwt() -> impl Strategy<Value = String> {
    let claims = prop_oneof![
        any::<i64>().prop_map(|exp| json!({"exp": exp, "userId": 7, "memberInfo": {"groupId": "HO", "ocToken": "x"}})),
        any::<f64>().prop_map(|exp| json!({"exp": exp, "Roles": "[{\"a\": 1}]"})),
        Just(json!({"exp": 1_767_637_799})),
        Just(json!({"exp": "soon"})),
    ];
    (claims, any::<bool>()).prop_map(|(claims, is_whole)| {
        let signature = if is_whole { ".c2ln" } else { "" };
        format!("e30.{}{signature}", URL_SAFE_NO_PAD.encode(claims.to_string()))
    })
}

/// A token, or the payload of one.
pub(super) fn token() -> impl Strategy<Value = Bytes> {
    let payload = members(value()).prop_map(|claims| claims.to_string());
    prop_oneof![jwt(), payload].prop_map(|text| Bytes(text.into_bytes()))
}

/// A session as it is stored, nearly; or lines of tokens.
pub(super) fn stored() -> impl Strategy<Value = Bytes> {
    let token = || prop_oneof![jwt(), ".{0,20}"];
    let end = || prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), leaf()];
    let whole = (token(), prop::option::of(token()), end()).prop_map(|(access_token, refresh_token, end)| {
        json!({"access_token": access_token, "refresh_token": refresh_token, "expires_at": end}).to_string()
    });
    let lines = (token(), end(), token()).prop_map(|(access, end, refresh)| format!("{access}\n{end}\n{refresh}"));
    prop_oneof![whole, lines, value().prop_map(|value| value.to_string())].prop_map(|text| Bytes(text.into_bytes()))
}

/// A stored ledger, and what is done with it.
pub(super) fn ledger() -> impl Strategy<Value = Bytes> {
    let near = |at: i64| prop_oneof![3 => at - 700_000..at + 700_000, 1 => any::<i64>()];
    let entry = move || {
        (0_u64..9, near(1_000_000_000), near(1_767_589_433_000), any::<bool>())
            .prop_map(|(number, boot, unix, late)| json!({"number": number, "boot": boot, "unix": unix, "late": late}))
    };
    let refused = Just(json!({"salt": vec![7; 16], "digest": vec![7; 32]}));
    let step = prop_oneof![3 => (58_919_600_u64..58_919_700).prop_map(|step| step * 30), 1 => any::<u64>()];
    let ledger = (
        (select(vec![0_u64, 42]), prop_oneof![0_u64..9, any::<u64>()]),
        (vec(entry(), 0..5), prop::option::of(entry())),
        (prop::option::of(refused), vec(step, 0..5)),
    );
    let ledger = ledger.prop_map(|((machine_start, next), (counted, locked_until), (refused, steps))| {
        json!({
            "machine_start": machine_start, "next": next, "counted": counted, "locked_until": locked_until,
            "refused": refused, "steps": steps,
        })
    });
    (ledger, vec(any::<u8>(), 0..100)).prop_map(|(ledger, actions)| {
        let mut data = format!("{ledger}\n").into_bytes();
        data.extend(actions);
        Bytes(data)
    })
}

/// Secrets, and a text that may tell them, in whole or in part and in some spelling.
pub(super) fn foreign_text() -> impl Strategy<Value = Bytes> {
    let spelling = select(vec![
        (|text| text.to_owned()) as fn(&str) -> String,
        |text| STANDARD.encode(text),
        |text| URL_SAFE_NO_PAD.encode(text),
        |text| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat(),
        |text| text.bytes().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().concat(),
        |text| text.chars().map(|one| format!("&#{};", u32::from(one))).collect::<Vec<_>>().concat(),
        |text| text.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect::<Vec<_>>().concat(),
        str::to_uppercase,
    ]);
    let secret = prop_oneof!["[a-zA-Z0-9]{5,16}", "[0-9]{4,8}", "\\PC{1,12}", "[!-~]{1,20}"];
    let part = (0.0..0.5, 0.5..=1.0, vec(spelling, 0..3), ".{0,12}");
    (secret, vec(part, 1..3)).prop_map(|(secret, parts)| {
        let characters: Vec<char> = secret.chars().collect();
        let mut text = String::new();
        for (from, to, spellings, around) in parts {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
            let [from, to] = [from, to].map(|share| (share * characters.len() as f64) as usize);
            let part = characters[from..to].iter().collect();
            text.extend([around, spellings.into_iter().fold(part, |part: String, spell| spell(&part))]);
        }
        Bytes(format!("{secret}\n\n{text}").into_bytes())
    })
}

/// PEM with whatever in it.
pub(super) fn certificates() -> impl Strategy<Value = Bytes> {
    let label = select(vec!["CERTIFICATE", "PRIVATE KEY", "X509 CRL", ""]);
    let section = (label, vec(any::<u8>(), 0..100)).prop_map(|(label, content)| {
        format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(content))
    });
    vec(section, 0..4).prop_map(|sections| Bytes(sections.concat().into_bytes()))
}
