//! Tokens that are whole, with what nobody sees around them, and members that are written in odd ways.

use super::cases::{ACCESS, Case, REFRESH, answer, case, tokens};

pub(super) fn whole() -> Vec<Case> {
    let around = |name, before: &str, after: &str| {
        let both = tokens().replace(ACCESS, &format!("{before}{ACCESS}{after}"));
        case(name, answer("", both.replace(REFRESH, &format!("{before}{REFRESH}{after}")).as_bytes()))
    };
    let whole = |name, body: String| case(name, answer("", body.as_bytes()));
    let text = |text: &str| serde_json::Value::from(text).to_string();
    vec![
        around("blanks behind the tokens", "", "  "),
        around("a line end behind the tokens", "", "\\r\\n"),
        around("a line end before the tokens", "\\n", ""),
        around("tabs around the tokens", "\\t", "\\t"),
        around("marks before the tokens", "\\ufeff", ""),
        around("what nobody sees behind the tokens", "", "\\u200b\\u0000"),
        whole("members that follow, and are empty", tokens().replace('}', r#","accessToken":"","refreshToken":""}"#)),
        whole(
            "blanks around the names",
            tokens().replace("accessToken", " accessToken ").replace("refreshToken", "refreshToken\\n"),
        ),
        whole("a mark before a name", tokens().replace("accessToken", "\u{feff}accessToken")),
        whole("a text of a text", text(&text(&tokens()))),
        whole("a text in a list", format!("[{}]", text(&tokens()))),
    ]
}
