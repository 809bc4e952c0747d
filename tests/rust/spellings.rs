//! One account, however its address and its user are spelt: no spelling sends a third failed login.

use relatch::{ErrorCode, Options, SevenG};
use relatch_sandbox::Sandbox;
use serde_json::json;

use crate::support::{USERNAME, options, run, sandbox};

/// Ways to write the root of this machine's server at this port.
const ADDRESSES: [&str; 34] = [
    "http://127.0.0.1:PORT",
    "http://localhost:PORT",
    "http://LOCALHOST:PORT",
    "http://localhost.:PORT",
    "http://api.localhost:PORT",
    "http://127.0.0.1.:PORT",
    "http://127.1:PORT",
    "http://127.0.1:PORT",
    "http://2130706433:PORT",
    "http://0x7f.0.0.1:PORT",
    "http://0x7f000001:PORT",
    "http://0177.0.0.1:PORT",
    "http://0177.0x0.1:PORT",
    "http://127.0.0.2:PORT",
    "http://127.255.255.254:PORT",
    "http://0.0.0.0:PORT",
    "http://[::]:PORT",
    "http://[::1]:PORT",
    "http://[0:0:0:0:0:0:0:1]:PORT",
    "http://[::ffff:127.0.0.1]:PORT",
    "http://[::ffff:7f00:1]:PORT",
    "http://\u{ff11}27.0.0.1:PORT",
    "http://\u{ff4c}ocalhost:PORT",
    "http://lo\u{ad}calhost:PORT",
    "http://127.0.0.1:0PORT",
    "http://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT//",
    "http://127.0.0.1:PORT/./",
    "http://127.0.0.1:PORT/a/..",
    "http://127.0.0.1:PORT/%2e",
    "http://127.0.0.1:PORT/%2F",
    "http://127.0.0.1:PORT/;a=b",
    " http://127.0.0.1:PORT ",
    "HTTP://127.0.0.1:PORT",
];

/// Ways to write [`USERNAME`].
const USERS: [&str; 17] = [
    "api_user",
    "API_USER",
    "Api_User",
    " api_user",
    "api_user ",
    "\u{a0}api_user",
    "api_user\u{2003}",
    "api_user\u{200b}",
    "api\u{ad}_user",
    "\u{feff}api_user",
    "\u{202a}api_user\u{202c}",
    "api_u\u{2060}ser",
    "\u{ff41}pi_user",
    "ap\u{2071}_user",
    "api\u{ff3f}user",
    "api_u\u{17f}er",
    "api_user\u{fe0f}",
];

fn address(sandbox: &Sandbox, spelling: &str) -> String {
    let url = sandbox.url();
    let (_, port) = url.rsplit_once(':').expect("a port");
    spelling.replace("PORT", port)
}

async fn fails(sandbox: &Sandbox, address: &str, user: &str, password: &str) -> ErrorCode {
    let provider = SevenG::builder().base_url(address).username(user).password(password).allow_insecure(true).build();
    let options: Options = options(sandbox);
    match provider {
        Ok(provider) => relatch::login(provider, options).await.expect_err("a wrong password").code(),
        Err(error) => error.code(),
    }
}

#[test]
fn no_spelling_of_the_address_or_the_user_sends_a_third_failed_login() {
    run(async {
        let sandbox = sandbox(json!({}));
        for number in 0..2 {
            let code = fails(&sandbox, &sandbox.url(), USERNAME, &format!("made-up-wrong-{number}")).await;
            assert_eq!(code, ErrorCode::InvalidCredentials);
        }
        let spellings = ADDRESSES.map(|address| (address, USERNAME)).into_iter();
        let spellings = spellings.chain(USERS.map(|user| ("http://127.0.0.1:PORT", user)));
        for (spelling, user) in spellings {
            let code = fails(&sandbox, &address(&sandbox, spelling), user, "made-up-wrong-3").await;
            // An address that is refused for what it is sends nothing either.
            let is_kept_back = matches!(code, ErrorCode::LockoutGuard | ErrorCode::InvalidConfig);
            assert!(is_kept_back, "{spelling:?} {user:?}: {code:?}");
        }
        assert_eq!(sandbox.counts().login, 2);
    });
}
