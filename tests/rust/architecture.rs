//! What ARCHITECTURE.md says of the source and a compiler does not check.

use std::fs;
use std::path::{Path, PathBuf};

/// What the systems are called in code.
const SYSTEMS: [&str; 4] = ["seveng", "seven_g", "\"7g\"", "synapsewave"];

fn sources(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).expect("a folder of core").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|entry| sources(&entry)).collect()
}

/// Adding a system must not touch what decides about sessions.
#[test]
fn no_file_that_decides_names_a_system() {
    let core = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let deciding = ["lifecycle", "keeper", "session", "lockout", "lockout.rs", "freshness.rs"];
    let mut lines = 0;
    for file in deciding.iter().flat_map(|name| sources(&core.join(name))) {
        let text = fs::read_to_string(&file).expect("a source file");
        // Examples in the documentation need a system to log in to.
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            lines += 1;
            let line = line.to_ascii_lowercase();
            let named = SYSTEMS.iter().find(|name| line.contains(**name));
            assert_eq!(named, None, "{}: {line}", file.display());
        }
    }
    assert!(lines > 2000, "only {lines} lines were looked at");
}
