//! The sandbox as a command, for programs in any language.

use std::io::Write;
use std::process::ExitCode;

use relatch_sandbox::{Sandbox, Settings};
use serde_json::json;

const HELP: &str = r#"A local server that behaves as the 7G and the Synapsewave API do, with faults on demand.

Usage: relatch-sandbox [--port PORT] [--settings JSON]

  --port PORT       the port of 127.0.0.1 to listen on; 0, the default, takes any that is free
  --settings JSON   how it behaves, for example {"access_token_lifetime": 60}
  --help            this text

Prints one line, {"url": ..., "synapsewave": ..., "control": ...}, and serves until it is ended by a signal or by
POST <control>/stop.
Control calls are POST <control>/<name> with a JSON body: configure, fault, clear_faults, release, advance,
shift_wall, counts, audit, revoke, outbox, send_otp, totp, down, up, stop, wait_for.
"#;

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("relatch-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let Some(settings) = settings(arguments)? else {
        return print(HELP);
    };
    let sandbox = Sandbox::start(settings).map_err(|error| error.to_string())?;
    let control = sandbox.open_control_port().map_err(|error| error.to_string())?;
    let line = json!({"url": sandbox.url(), "synapsewave": sandbox.synapsewave_url(), "control": control});
    print(&format!("{line}\n"))?;
    // Signals end the process by themselves, and a standard input that closes means nothing.
    relatch::runtime::handle().map_err(|error| error.to_string())?.block_on(sandbox.stopped());
    Ok(())
}

/// The settings that the arguments give; none when help is asked for.
fn settings(mut arguments: impl Iterator<Item = String>) -> Result<Option<Settings>, String> {
    let (mut settings, mut port) = (Settings::default(), None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--port" => port = Some(value()?.parse().map_err(|error| format!("--port: {error}"))?),
            "--settings" => {
                settings = serde_json::from_str(&value()?).map_err(|error| format!("--settings: {error}"))?;
            }
            _ => return Err(format!("unknown argument {argument}; see --help")),
        }
    }
    settings.port = port.unwrap_or(settings.port);
    Ok(Some(settings))
}

/// Prints at once, even into a pipe.
fn print(text: &str) -> Result<(), String> {
    let mut output = std::io::stdout().lock();
    output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(|error| error.to_string())
}
