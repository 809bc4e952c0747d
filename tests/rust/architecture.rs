//! What ARCHITECTURE.md says of the source and a compiler does not check.

use std::collections::{BTreeMap, BTreeSet};
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

/// A room is a file or a folder directly below `src`; with each, the rooms whose names its code uses.
type Rooms = BTreeMap<String, BTreeSet<String>>;

/// What is there for tests alone, or stands above all rooms.
const NO_ROOMS: [&str; 3] = ["lib", "properties", "simulation"];

fn room_of(file: &Path, src: &Path) -> String {
    let first = file.strip_prefix(src).expect("a file below it").iter().next().expect("a name");
    first.to_string_lossy().trim_end_matches(".rs").to_owned()
}

/// Its code without comments and tests.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).expect("a source file");
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn rooms(src: &Path) -> Rooms {
    let is_test = |file: &Path| file.to_string_lossy().ends_with("tests.rs") || file.iter().any(|part| part == "tests");
    let files: Vec<_> = sources(src).into_iter().filter(|file| !is_test(file.strip_prefix(src).unwrap())).collect();
    let empty = |file: &PathBuf| (room_of(file, src), BTreeSet::new());
    let mut rooms: Rooms = files.iter().map(empty).filter(|(room, _)| !NO_ROOMS.contains(&&**room)).collect();
    let names: Vec<_> = rooms.keys().cloned().collect();
    for file in &files {
        let (room, text) = (room_of(file, src), code(file));
        let Some(arrows) = rooms.get_mut(&room) else { continue };
        for path in text.split("crate::").skip(1) {
            let list = path.strip_prefix('{').map(|list| list.split('}').next().unwrap_or_default());
            for used in list.unwrap_or(path).split(',').take(if list.is_some() { usize::MAX } else { 1 }) {
                let used = used.trim();
                let end = used.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(used.len());
                arrows.extend(names.iter().filter(|name| **name == used[..end] && **name != room).cloned());
            }
        }
    }
    rooms
}

/// The rooms that are left once all are taken away from which no arrow leads to another that is left.
fn circle(mut rooms: Rooms) -> Vec<String> {
    loop {
        let left: BTreeSet<_> = rooms.keys().cloned().collect();
        rooms.retain(|_, arrows| arrows.iter().any(|to| left.contains(to)));
        if rooms.len() == left.len() {
            return left.into_iter().collect();
        }
    }
}

#[test]
fn no_rooms_stand_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's root");
    for (crate_, known) in [("core", 30), ("bindings-python", 30), ("bindings-node", 15)] {
        let rooms = rooms(&root.join(crate_).join("src"));
        assert!(rooms.len() >= known && rooms.values().any(|arrows| arrows.len() > 5), "{rooms:?}");
        assert_eq!(circle(rooms), Vec::<String>::new(), "{crate_}");
    }
}

#[test]
fn a_circle_is_found() {
    let arrows = |pairs: &[(&str, &[&str])]| -> Rooms {
        let to = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs.iter().map(|(room, names)| ((*room).to_owned(), to(names))).collect()
    };
    assert_eq!(circle(arrows(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])), Vec::<String>::new());
    assert_eq!(circle(arrows(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])])), ["a", "b", "c"]);
}
