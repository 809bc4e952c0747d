//! Everything public that can be printed and that no scenario prints.

use std::sync::Arc;

use relatch::{
    Callback, Event, Factor, Options, Secret, Settings, SevenG, Store, Synapsewave, SynapsewaveAccount,
    SynapsewaveDealer, stored_tokens,
};
use relatch_sandbox::Sandbox;
use serde_json::json;

use crate::Canary;
use crate::scenario::Witness;
use crate::support::{
    API_KEY, DEALER, DEALER_PASSWORD, PASSWORD, TOTP_SECRET, USER_ID, USERNAME, listen, newest_otp, options, provider,
    sandbox, totp, user,
};

pub(crate) async fn print_the_rest(canary: &Canary) {
    let sandbox = sandbox(json!({}));
    let store = canary.store().expect("a store");
    let session = relatch::login(provider(&sandbox), options(&sandbox).store(Arc::clone(&store))).await.unwrap();
    let heard = listen(&session, Event::clone);
    canary.print(&session.token().await.unwrap());
    let tokens = session.refresh().await.unwrap();
    canary.print(&(&tokens, session.tokens(), session.claims(), session.profile(), session.expires_at()));
    canary.print(&(session.state(), session.user(), heard.wait(1).await));
    canary.print(&stored_tokens(&*store, &format!("{}|{USERNAME}", sandbox.url())).await.unwrap());
    let builder = SevenG::builder().username(USERNAME).password(PASSWORD).base_url(sandbox.url());
    canary.print(&builder);
    let provider = builder.build().unwrap();
    canary.print(&(provider.health(&options(&sandbox)).await, provider.lookup(None, &options(&sandbox)).await));
    canary.print(&provider);
    print_options(canary, &store);
    print_errors(canary, &sandbox).await;
    print_builders(canary, &sandbox);
    print_account(canary, &sandbox).await;
}

fn print_options(canary: &Canary, store: &Arc<dyn Store>) {
    let proxy = Some(format!("http://someone:{PASSWORD}@127.0.0.1:9"));
    let settings = Settings { proxy, ..Settings::default() };
    canary.print(&settings);
    canary.print(&(Options::try_from(settings).unwrap(), store, Secret::new(PASSWORD)));
}

/// Errors that no scenario has.
async fn print_errors(canary: &Canary, sandbox: &Sandbox) {
    let proxy = format!("http://someone:{PASSWORD}@127.0.0.1:9");
    canary.print_error(&Options::default().proxy(&format!("{PASSWORD} {proxy}")).unwrap_err());
    let base_url = format!("https://someone:{PASSWORD}@host.example");
    canary.print_error(&SevenG::builder().base_url(&base_url).build().unwrap_err());
    canary.print_error(&user(sandbox).base_url(&base_url).build().unwrap_err());
    canary.print_error(&relatch::Totp::new(&format!("{TOTP_SECRET}!")).unwrap_err());
    // A proxy that is not there: the host has no address, so that nothing can go past it.
    let beyond = SevenG::builder().username(USERNAME).password(PASSWORD).base_url("https://registry.invalid");
    let options = options(sandbox).proxy(&proxy).unwrap();
    canary.print_error(&relatch::login(beyond.build().unwrap(), options).await.unwrap_err());
}

fn print_builders(canary: &Canary, sandbox: &Sandbox) {
    let info = json!({"UDID": "made-up-udid-9", "FCMRegKey": "made-up-registration-9"});
    canary.keep("FCMRegKey", "made-up-registration-9");
    let device = |builder: relatch::SynapsewaveBuilder| {
        builder.udid("made-up-udid-9").device_info(info.as_object().cloned().unwrap_or_default())
    };
    let url = sandbox.synapsewave_url();
    let bare =
        || Synapsewave::builder().base_url(&url).user_id(USER_ID).api_key(API_KEY).x_api_key("made-up-x-api-key-1");
    let never = || Callback::new(|_| std::future::pending());
    let builders = [
        device(user(sandbox)).second_factor(totp()),
        user(sandbox).second_factor(Factor::pan("ABCDE1234F")),
        bare().mpin("739164").second_factor(Factor::fingerprint("made-up-udid-1")),
        bare().fingerprint("made-up-udid-1").second_factor(Factor::Otp(never())),
        bare().sso_token("made-up-sso-token-1"),
        bare().sso_callback(never()),
        bare().register_token("made-up-register-token-9").second_factor(totp()),
    ];
    canary.keep("TOKEN", "made-up-register-token-9");
    for builder in builders {
        canary.print(&builder);
        canary.print(&builder.build().unwrap());
    }
    let dealer = SynapsewaveDealer::builder().base_url(&url).user_id(DEALER).password(DEALER_PASSWORD).api_key(API_KEY);
    canary.print(&dealer);
    canary.print(&dealer.build().unwrap());
    canary.print(&(totp(), Factor::from(totp()), Factor::Otp(never()), Factor::pan("ABCDE1234F")));
}

/// The account client, whose calls no session makes.
async fn print_account(canary: &Canary, sandbox: &Sandbox) {
    let builder = SynapsewaveAccount::builder().base_url(sandbox.synapsewave_url()).user_id(USER_ID).api_key(API_KEY);
    canary.print(&builder);
    let (account, options) = (builder.build().unwrap(), options(sandbox));
    account.send_otp(&options).await.unwrap();
    let otp = newest_otp(sandbox);
    canary.keep("OTP", &otp);
    let registration = account.register_totp(otp, None, &options).await.unwrap();
    canary.keep("TOTP secret", registration.secret.expose());
    canary.print(&(&account, &registration));
    canary.print_error(&account.change_password("made-up-wrong-1", "made-up-password-5", &options).await.unwrap_err());
}
