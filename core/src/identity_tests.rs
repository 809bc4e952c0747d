//! Spellings of one address and of one user, and what must stay apart.

use super::*;

#[test]
fn all_spellings_of_an_address_are_one_origin() {
    for (origin, spellings) in [
        (
            "api.example",
            &[
                "https://api.example",
                "https://api.example/",
                "https://API.Example:443",
                "https://api.example.",
                "https://api.example.:443//",
                "http://api.example",
                "http://api.example:80/./",
                "https://api.example/a/..",
                "https://api.example/%2e/",
                "https://\u{ff41}pi.example",
                "https://api\u{3002}example",
                "https://a\u{ad}pi.example",
                " https://api.example\n",
            ][..],
        ),
        (
            "localhost:8443/prod/v1",
            &[
                "https://localhost:8443/prod/v1",
                "https://LOCALHOST.:8443/prod/v1/",
                "https://127.0.0.1:8443/prod//v1",
                "https://127.1:8443/Prod/V1",
                "https://2130706433:8443/prod/%76%31",
                "https://0x7f000001:8443/prod/%2576%2531",
                "https://127.9.9.9:8443/prod/x/../v1",
                "https://[::1]:8443/prod/v1",
                "https://[::ffff:127.0.0.1]:8443/prod/v1",
                "https://0.0.0.0:8443/prod/v1;tenant=1",
                "https://[::]:8443/prod/v1",
                "https://a.localhost:8443/prod/.//v1",
                "http://localhost:8443/prod%2fv1",
                "https://localhost:8443\\prod\\v1",
                "https://localhost:8443/prod/%5cv1",
            ][..],
        ),
        (
            "192.0.2.7/\u{e9}t\u{e9}",
            &[
                "https://192.0.2.7/%C3%A9t%C3%A9",
                "https://[::ffff:192.0.2.7]/e\u{301}te\u{301}",
                "https://[64:ff9b::c000:207]/\u{c9}T\u{c9}/",
                "https://0xC0.0.2.7/%c3%89t%c3%89",
            ][..],
        ),
    ] {
        for spelling in spellings {
            assert_eq!(Origin::of_text(spelling).as_str(), origin, "{spelling}");
        }
    }
}

#[test]
fn other_servers_are_other_origins() {
    let addresses = [
        "https://api.example",
        "https://api2.example",
        "https://api.example:8443",
        "https://api.example/prod",
        "https://api.example/prod/v2",
        "https://localhost",
        "https://localhost.example",
        "https://192.0.2.7",
        "https://[2001:db8::7]",
    ];
    let mut origins: Vec<_> = addresses.iter().map(|address| Origin::of_text(address)).collect();
    origins.sort();
    origins.dedup();
    assert_eq!(origins.len(), addresses.len());
}

#[test]
fn all_spellings_of_a_user_are_one() {
    for spelling in [
        "strasse one",
        "Strasse One",
        "STRASSE ONE",
        "stra\u{df}e one",
        "STRA\u{1e9e}E ONE",
        " strasse one\n",
        "strasse\u{a0}one",
        "strasse  one",
        "strasse\tone",
        "strasse\u{3000}one",
        "\u{feff}strasse one",
        "str\u{200b}asse\u{200d} one",
        "str\u{ad}asse one",
        "\u{202e}strasse one\u{202c}",
        "stra\u{17f}\u{17f}e one",
        "\u{ff53}\u{ff54}rasse one",
        "strasse on\u{24d4}",
        "strasse\u{2060} one\u{fe0f}",
        "strasse one\u{3164}",
        "str\u{0}asse one\u{e0041}",
    ] {
        assert_eq!(fold_user(spelling), "strasse one", "{spelling:?}");
    }
    assert_eq!(fold_user("\u{39f}\u{394}\u{39f}\u{3a3}"), fold_user("\u{3bf}\u{3b4}\u{3bf}\u{3c2}"));
    assert_eq!(fold_user("e\u{301}"), fold_user("\u{c9}"));
    assert_ne!(fold_user("api_user"), fold_user("api user"));
    assert_ne!(fold_user("api_user"), fold_user("api_user1"));
}

#[test]
fn folding_again_changes_nothing() {
    use proptest::prelude::*;
    proptest!(|(text in "\\PC{0,24}|.{0,24}")| {
        let once = fold_user(&text);
        prop_assert_eq!(fold_user(&once), once.clone());
        prop_assert_eq!(Origin::of_text(&text), Origin::of_text(&text));
    });
}

#[test]
fn an_account_is_read_from_its_text() {
    let named = account(&Origin::of_text("https://api.example/"), "Api_User ");
    assert_eq!(named, account_of_text("https://API.example|api_user"));
    assert_eq!(named, "api.example|api_user");
}
