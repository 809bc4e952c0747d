//! The simulation is worth something if it catches what it is there for: each of these mutants of the core, built from a
//! copy of its source with one thing broken, must fail it within a few seeds.

use std::path::{Path, PathBuf};
use std::process::Command;

/// How many seeds a mutant may survive.
const SEEDS: u32 = 3_000;
/// How many seeds the copy must pass with nothing broken.
const SOUND: u32 = 300;

/// One place of the source, and what stands there in the copy. `MUTANT(name)` tells whether that one is on.
struct Change {
    file: &'static str,
    find: &'static str,
    replace: &'static str,
}

const MUTANTS: [&str; 7] = [
    "replay on ambiguous",
    "no compare on 401",
    "flight owned by the caller",
    "ledger does not count ambiguous logins",
    "busy taken for lost",
    "pause ignored",
    "proven credentials trusted after a rejection",
];

const CHANGES: [Change; 14] = [
    Change {
        file: "lib.rs",
        find: "mod account;",
        replace: "mod account;\npub(crate) fn is_mutant(name: &str) -> bool {\n    \
                  std::env::var(\"RELATCH_MUTANT\").is_ok_and(|on| on == name)\n}",
    },
    Change {
        file: "lifecycle/flight.rs",
        find: "&& now.boot < since.after(self.rules.replay_grace)",
        replace: "&& (crate::is_mutant(\"replay on ambiguous\") || now.boot < since.after(self.rules.replay_grace))",
    },
    // The second of two locks on that door.
    Change {
        file: "account/rotations.rs",
        find: "!lost || clock.boot_time() >=",
        replace: "!lost || !crate::is_mutant(\"replay on ambiguous\") && clock.boot_time() >=",
    },
    Change {
        file: "lifecycle/asked.rs",
        find: "match self.held().filter(|held| held.grant.access_token != *token) {",
        replace: "match self.held().filter(|held| !crate::is_mutant(\"no compare on 401\") && \
                  held.grant.access_token != *token) {",
    },
    // The second of two locks on that door.
    Change {
        file: "lifecycle/asked.rs",
        find: "if self.holding.is_echo(now.boot) {",
        replace: "if !crate::is_mutant(\"no compare on 401\") && self.holding.is_echo(now.boot) {",
    },
    Change {
        file: "lifecycle/verdict.rs",
        find: "Ended::Ambiguous(_) => (Verdict::Lost, None),",
        replace: "Ended::Ambiguous(_) if crate::is_mutant(\"ledger does not count ambiguous logins\") => \
                  (Verdict::NotCounted, None),\n        Ended::Ambiguous(_) => (Verdict::Lost, None),",
    },
    Change {
        file: "lifecycle/flight.rs",
        find: "Outcome::Busy(error) if replayed =>",
        replace: "Outcome::Busy(error) if replayed || !is_login && crate::is_mutant(\"busy taken for lost\") =>",
    },
    Change {
        file: "account/pauses.rs",
        find: "waiting.map_or(Ok(()), Err)",
        replace: "waiting.filter(|_| !crate::is_mutant(\"pause ignored\")).map_or(Ok(()), Err)",
    },
    Change {
        file: "lockout.rs",
        find: "if verdict.is_rejection() {",
        replace: "if verdict.is_rejection() && !crate::is_mutant(\"proven credentials trusted after a rejection\") {",
    },
    // The flight's task hangs on its waiters, and ends with the first that goes.
    Change {
        file: "keeper/mod.rs",
        find: "pub(crate) struct Keeper {",
        replace: "pub(crate) struct Keeper {\n    owned: Mutex<Option<runtime::Running<()>>>,",
    },
    Change {
        file: "keeper/mod.rs",
        find: "Arc::new(Self {",
        replace: "Arc::new(Self {\n            owned: Mutex::default(),",
    },
    Change {
        file: "keeper/mod.rs",
        find: "if let Err(error) = runtime::spawn_made(|| exchange::Task::new(keeper, number).run(exchange)) {\n\
               \x20                   self.ask(Input::Ended(number, Ended::NotSent(error)));\n                }",
        replace: "match runtime::spawn_made(|| exchange::Task::new(keeper, number).run(exchange)) {\n                    \
                  Ok(running) => *locked(&self.owned) = Some(running),\n                    Err(error) => drop(self.ask(Input::Ended(number, \
                  Ended::NotSent(error)))),\n                }",
    },
    Change {
        file: "keeper/waiter.rs",
        find: "self.receiver = again.receiver",
        replace: "self.receiver = again.receiver.clone()",
    },
    Change {
        file: "keeper/waiter.rs",
        find: "impl Waiter {",
        replace: "impl Drop for Waiter {\n    fn drop(&mut self) {\n        if crate::is_mutant(\"flight owned by the caller\") \
                  && !self.receiver.borrow().has_ended() {\n            let owned = super::locked(&self.keeper.owned).take();\n            \
                  owned.inspect(runtime::Running::abort);\n        }\n    }\n}\n\nimpl Waiter {",
    },
];

#[test]
fn the_simulation_catches_every_mutant() {
    let copy = copy();
    let sound = simulate(&copy, "none", SOUND);
    assert!(sound.0, "the copy fails with nothing broken:\n{}", sound.1);
    for name in MUTANTS {
        let (survived, output) = simulate(&copy, name, SEEDS);
        assert!(!survived, "'{name}' survived {SEEDS} seeds");
        // It must be caught at what it breaks, and not fail to build or to start.
        assert!(output.contains("runs it alone"), "'{name}' was not caught by a seed:\n{output}");
        let found = output.lines().find(|line| line.contains("runs it alone")).unwrap_or_default();
        println!("{name}: {found}");
    }
}

/// A workspace of its own below the target folder, with the changes made. What has not changed since the last time is
/// left as it is, so that it is not built again.
fn copy() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mutants");
    for file in ["Cargo.lock", "core/README.md", "rust-toolchain.toml"] {
        if root.join(file).exists() {
            write(&copy.join(file), &std::fs::read(root.join(file)).unwrap());
        }
    }
    let workspace = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let members = workspace.lines().find(|line| line.starts_with("members")).expect("the members");
    let workspace = workspace.replace(members, "members = [\"core\", \"tests/sandbox\"]");
    write(&copy.join("Cargo.toml"), workspace.as_bytes());
    let manifest = std::fs::read_to_string(root.join("core/Cargo.toml")).unwrap();
    // The copy has the library's own tests alone.
    let (before, rest) = manifest.split_once("[[test]]").expect("a target");
    let lints = rest.find("[lints]").expect("the lints");
    write(&copy.join("core/Cargo.toml"), format!("{before}{}", &rest[lints..]).as_bytes());
    copy_folder(&root.join("tests/sandbox"), &copy.join("tests/sandbox"));
    remove_others(&root.join("core/src"), &copy.join("core/src"));
    let mut changed = vec![false; CHANGES.len()];
    for file in files(&root.join("core/src")) {
        let name = file.strip_prefix(root.join("core/src")).unwrap();
        let mut text = std::fs::read_to_string(&file).unwrap();
        for (change, done) in CHANGES.iter().zip(&mut changed).filter(|(change, _)| Path::new(change.file) == name) {
            *done = text.contains(change.find);
            text = text.replacen(change.find, change.replace, 1);
        }
        write(&copy.join("core/src").join(name), text.as_bytes());
    }
    let missing: Vec<_> =
        CHANGES.iter().zip(changed).filter(|(_, done)| !done).map(|(change, _)| change.find).collect();
    assert!(missing.is_empty(), "the source has changed: {missing:?} is not there any more");
    copy
}

fn copy_folder(from: &Path, to: &Path) {
    remove_others(from, to);
    for file in files(from) {
        write(&to.join(file.strip_prefix(from).unwrap()), &std::fs::read(&file).unwrap());
    }
}

/// Removes what an earlier version of the source had.
fn remove_others(from: &Path, to: &Path) {
    let copied = if to.exists() { files(to) } else { Vec::new() };
    for file in copied.iter().filter(|file| !from.join(file.strip_prefix(to).unwrap()).exists()) {
        std::fs::remove_file(file).unwrap();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

fn write(path: &Path, bytes: &[u8]) {
    if std::fs::read(path).is_ok_and(|found| found == bytes) {
        return;
    }
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Whether this mutant passes the simulation, and what was printed.
fn simulate(copy: &Path, mutant: &str, seeds: u32) -> (bool, String) {
    let mut command = Command::new(env!("CARGO"));
    // Not the folder of the build that this test belongs to: the copy's crates have the same names.
    command.current_dir(copy).env("CARGO_TARGET_DIR", copy.join("target")).env("RELATCH_MUTANT", mutant);
    command.env("RELATCH_SIMULATION_SEEDS", seeds.to_string()).env_remove("RELATCH_SEED");
    // One seed that catches it is enough.
    command.env("RELATCH_SIMULATION_FAILURES", "1");
    command.args(["test", "--offline", "--package", "relatch", "--lib", "no_seed_breaks_an_invariant"]);
    let output = command.output().expect("cargo");
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}
