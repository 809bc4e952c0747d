//! One tenant's trouble beside another's session: each kind in a program of its own, with a real limit of open files and
//! real name servers that do not answer. The healthy session's calls end in time, and the program can still open a file.
//!
//! `cargo test -p relatch --test tenants` runs all rows; a word after `--` chooses the rows whose name holds it.

mod rows;
mod servers;

use std::env;
use std::fs::{self, File};
use std::net::UdpSocket;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use relatch::{Error, ErrorCode, Options, Sent, SevenG};
use relatch_sandbox::{Fault, FaultKind, On, Sandbox, Settings, When};
use serde_json::json;

use rows::{ROWS, Row};

/// What a healthy session's call may take, and what a tenant's may: long enough for a build for debugging, on a machine that
/// does other things too.
const LIMIT: Duration = Duration::from_secs(6);
/// How late a limit may be noticed.
const LATE: u32 = 10;
const NAME: &str = "healthy.example";
const NAME_SERVER: &str = "127.77.0.1";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [word, name, server] = &arguments[..]
        && word == "--row"
    {
        let row = ROWS.iter().find(|row| row.name == name).expect("a row");
        return match check(row, server) {
            Ok(said) => {
                println!("{said}");
                ExitCode::SUCCESS
            }
            Err(wrong) => {
                println!("{wrong}");
                ExitCode::FAILURE
            }
        };
    }
    let words: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let chosen =
        ROWS.iter().filter(|row| words.is_empty() || words.iter().any(|word| row.name.contains(word.as_str())));
    let outcomes: Vec<_> = chosen.map(run).collect();
    let count = |outcome| outcomes.iter().filter(|found| **found == outcome).count();
    let (passed, failed, skipped) = (count(Outcome::Passed), count(Outcome::Failed), count(Outcome::Skipped));
    // As the other test programs say it: a script adds the counts up.
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed; {skipped} ignored; 0 measured; 0 filtered out");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// Runs a row in a program of its own; says how it went.
fn run(row: &Row) -> Outcome {
    let own = env::current_exe().expect("this program");
    let files = env::temp_dir().join(format!("relatch-tenants-{}", std::process::id()));
    let prepared = "ulimit -n 1024; exec \"$0\" \"$@\"";
    let mut command = if row.needs_names {
        fs::create_dir_all(&files).expect("a folder");
        fs::write(files.join("resolv.conf"), format!("nameserver {NAME_SERVER}\n")).expect("a file");
        fs::write(files.join("hosts"), format!("127.0.0.1 localhost {NAME}\n")).expect("a file");
        let mounted = format!(
            "mount --bind {0}/resolv.conf /etc/resolv.conf && mount --bind {0}/hosts /etc/hosts && {prepared}",
            files.display()
        );
        let mut command = Command::new("unshare");
        command.args(["--mount", "sh", "-c", &mounted]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", prepared]);
        command
    };
    let server = (row.server)();
    command.arg(own).args(["--row", row.name, &server]).stdin(Stdio::null());
    if row.needs_release && cfg!(debug_assertions) {
        println!("tenants: {}: SKIPPED: a row for builds with --release", row.name);
        return Outcome::Skipped;
    }
    if row.needs_names && !may_change_names() {
        println!(
            "tenants: {}: SKIPPED: needs root, Linux and unshare, to put a name server in place of the machine's",
            row.name
        );
        return Outcome::Skipped;
    }
    let ended = command.output().expect("a program");
    println!(
        "tenants: {}: {} {}{}",
        row.name,
        if ended.status.success() { "ok:" } else { "FAILED:" },
        String::from_utf8_lossy(&ended.stdout).trim(),
        if ended.status.success() { String::new() } else { String::from_utf8_lossy(&ended.stderr).into_owned() }
    );
    let _ = fs::remove_dir_all(&files);
    if ended.status.success() { Outcome::Passed } else { Outcome::Failed }
}

fn may_change_names() -> bool {
    let tried = Command::new("unshare").args(["--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"]).output();
    tried.is_ok_and(|tried| tried.status.success()) && UdpSocket::bind((NAME_SERVER, 53)).is_ok()
}

/// The healthy session beside the tenant's.
fn check(row: &'static Row, server: &str) -> Result<String, String> {
    let _silent = row.needs_names.then(|| UdpSocket::bind((NAME_SERVER, 53)).expect("the port of name servers"));
    let settings: Settings = serde_json::from_value(json!({})).expect("settings");
    let sandbox = Sandbox::start(settings).expect("a port");
    let base_url = if row.needs_names { sandbox.url().replace("127.0.0.1", NAME) } else { sandbox.url() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads");
    runtime.block_on(async {
        let healthy = SevenG::builder().base_url(&base_url).allow_insecure(true);
        let healthy = healthy
            .username("api_user")
            .password("made-up-password-1")
            .build()
            .map_err(|error| format!("{error:?}"))?;
        let session = relatch::login(healthy, options()).await.map_err(|error| format!("{error:?}"))?;
        let tenants: Vec<_> = (0..row.sessions).map(|n| tokio::spawn(tenant(row, server.to_owned(), n))).collect();
        let (begun, mut slowest, mut calls) = (Instant::now(), Duration::ZERO, 0);
        while begun.elapsed() < LIMIT {
            let asked = Instant::now();
            session.refresh_within(LIMIT).await.map_err(|error| format!("the healthy session: {error:?}"))?;
            slowest = slowest.max(asked.elapsed());
            File::open("/dev/null").map_err(|error| format!("the program opens no file any more: {error}"))?;
            calls += 1;
        }
        in_time("a call that is answered", slowest)?;
        // Now a call of the healthy session waits as long as it may.
        sandbox.fault(Fault { on: On::Refresh, kind: FaultKind::Hold {}, when: When::Before, times: None });
        let asked = Instant::now();
        session.refresh_within(LIMIT).await.err().ok_or("a refresh without an answer has ended well")?;
        in_time("a call that is not answered", asked.elapsed())?;
        let (mut longest, mut unsent, mut healed) = (Duration::ZERO, 0, 0);
        for tenant in tenants {
            let (took, error) = tenant.await.map_err(|error| error.to_string())?;
            longest = longest.max(took);
            let Some(error) = error else {
                healed += 1;
                continue;
            };
            unsent += usize::from(error.sent() == Some(Sent::No));
            if row.sessions > 1_000 && !matches!(error.code(), ErrorCode::Timeout | ErrorCode::Transport) {
                return Err(format!("a tenant's login: {error:?}"));
            }
        }
        in_time("a tenant's call", longest)?;
        if healed > 0 && !row.is_healed {
            return Err(format!("{healed} logins of tenants have ended well"));
        }
        Ok(format!(
            "{calls} calls, the slowest {} ms; {unsent} of {} logins unsent, the longest {} ms",
            slowest.as_millis(),
            row.sessions,
            longest.as_millis()
        ))
    })
}

async fn tenant(row: &'static Row, server: String, n: usize) -> (Duration, Option<Error>) {
    let base_url = match server.as_str() {
        "" => format!("https://silent-{}.example", n % row.hosts),
        servers => servers.split(' ').nth(n % row.hosts).expect("a server").to_owned(),
    };
    let provider = SevenG::builder().base_url(base_url).username(format!("user-{n}")).password("made up").build();
    let asked = Instant::now();
    let error = match relatch::login(provider.expect("a provider"), options()).await {
        // One login heals it.
        Ok(session) => session.refresh_within(LIMIT).await.err(),
        Err(error) => Some(error),
    };
    (asked.elapsed(), error)
}

fn options() -> Options {
    Options::default().timeout(LIMIT).expect("a limit")
}

fn in_time(what: &str, took: Duration) -> Result<(), String> {
    let most = LIMIT + LIMIT / LATE;
    if took <= most { Ok(()) } else { Err(format!("{what} took {took:?}, and may take {most:?}")) }
}
