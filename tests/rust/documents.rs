//! What the documents say of the source: that what they name is there, and what the source says of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's root")
}

/// The files below `folder` whose names end in `end`, without what was built or installed there.
fn files(folder: &Path, end: &str) -> Vec<PathBuf> {
    let built = ["target", "node_modules", "dist", "corpus", "__pycache__"];
    let entries = fs::read_dir(folder).expect("a folder of the project").map(|entry| entry.expect("an entry").path());
    let kept = entries.filter(|path| !path.file_name().is_some_and(|name| built.iter().any(|built| name == *built)));
    kept.flat_map(|path| match path {
        path if path.is_dir() => files(&path, end),
        path if path.to_string_lossy().ends_with(end) => vec![path],
        _ => Vec::new(),
    })
    .collect()
}

fn read(file: impl AsRef<Path>) -> String {
    fs::read_to_string(root().join(file)).expect("a file of the project")
}

/// The sections of docs/wire.md by number: headings (`## 1.5 Errors`), parts (`# Part 1. 7G`), and the numbered points of
/// a section, which are cited as 1.8.6.
fn sections(page: &str) -> BTreeSet<String> {
    let mut sections = BTreeSet::new();
    let mut section = String::new();
    for line in page.lines() {
        let first = |text: &str| text.split_whitespace().next().unwrap_or_default().trim_end_matches('.').to_owned();
        if let Some(part) = line.strip_prefix("# Part ") {
            sections.insert(first(part));
        } else if let Some(heading) = line.strip_prefix("## ") {
            section = first(heading);
            sections.insert(section.clone());
        } else if line.split_once(". ").is_some_and(|(number, _)| number.parse::<u8>().is_ok()) {
            sections.insert(format!("{section}.{}", first(line)));
        }
    }
    sections
}

/// The sections that a text cites, as in "wire.md 2.2, 2.10.6 and 7" or "wire.md part 1".
fn citations(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for list in text.split("wire.md ").skip(1) {
        let known = found.len();
        for word in list.split([' ', ',', '\n']).filter(|word| !["", "and", "part", "//!", "///"].contains(word)) {
            let number = word.trim_end_matches(['.', ')', ':', ';']);
            if number.is_empty() || !number.split('.').all(|part| part.parse::<u8>().is_ok()) {
                break;
            }
            // "2.10.4 and 5" cites 2.10.5.
            let before = found[known..].last().filter(|_| !number.contains('.'));
            let section = before.and_then(|before| before.rsplit_once('.')).map(|(section, _)| section);
            found.push(section.map_or(number.to_owned(), |section| format!("{section}.{number}")));
            if number.len() < word.len() {
                break;
            }
        }
    }
    found
}

#[test]
fn what_the_code_cites_of_the_wire_is_there() {
    let sections = sections(&read("docs/wire.md"));
    assert!(sections.len() > 45, "{sections:?}");
    let mut cited = 0;
    let folders = ["core/src", "tests/rust", "tests/sandbox", "bindings-python", "bindings-node"];
    for file in folders.iter().flat_map(|folder| files(&root().join(folder), ".rs")) {
        // The examples of this file are none of the wire.
        if file.ends_with("documents.rs") {
            continue;
        }
        for section in citations(&read(&file)) {
            cited += 1;
            assert!(sections.contains(&section), "{} cites wire.md {section}, which is not there", file.display());
        }
    }
    assert!(cited >= 60, "only {cited} citations were found");
}

/// The folders that the pages speak of.
const FOLDERS: [&str; 8] = ["core", "tests", "bindings-python", "bindings-node", "docs", "fuzz", "demo", "scripts"];

/// The pages that say where things are.
const MAPS: [&str; 4] = ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/decisions.md", "docs/wire.md"];

/// What stands in backticks, but for blocks of code.
fn quoted(page: &str) -> Vec<&str> {
    let prose = page.split("```").step_by(2);
    prose.flat_map(|prose| prose.split('`').skip(1).step_by(2)).collect()
}

/// Whether a text in backticks names a file or folder of this project: by its path, or by the end of it.
fn is_path(text: &str) -> bool {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || ['.', '_', '-', '/'].contains(&sign);
    // What is not kept by git, such as findings of a fuzzer.
    let made = text.starts_with("fuzz/artifacts") || text.starts_with("fuzz/target");
    let below = text.split_once('/').is_some_and(|(first, _)| FOLDERS.contains(&first));
    text.chars().all(plain) && !made && (below || [".rs", ".ts", ".py", ".mjs"].iter().any(|end| text.ends_with(end)))
}

#[test]
fn what_the_maps_name_is_there() {
    let all: Vec<_> = FOLDERS.iter().flat_map(|folder| files(&root().join(folder), "")).collect();
    let is_there = |name: &str| root().join(name).exists() || all.iter().any(|file| file.ends_with(name));
    for page in MAPS {
        for name in quoted(&read(page)).into_iter().filter(|text| is_path(text)) {
            assert!(is_there(name), "{page} names `{name}`, which is not there");
        }
    }
    let map = read("ARCHITECTURE.md");
    assert!(quoted(&map).into_iter().filter(|text| is_path(text)).count() > 50);
    assert!(map.lines().count() <= 120, "the map has more than two pages");
}

/// The names of the functions that `mark` begins, of those that the line before says are tests.
fn functions(text: &str, mark: &str, is_test: impl Fn(&str) -> bool) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut before = "";
    for line in text.lines().map(|line| line.trim().trim_start_matches("async ")) {
        if let Some(rest) = line.strip_prefix(mark).filter(|_| is_test(before)) {
            names.insert(rest.split(['(', '<']).next().unwrap_or_default().to_owned());
        }
        // An attribute may stand between.
        if !(line.starts_with("#[") && is_test(before)) {
            before = line;
        }
    }
    names
}

/// The names of all tests: functions of Rust and Python, scenarios, and, in one text, all tests of Node.
fn tests() -> (BTreeSet<String>, String) {
    let of = |folder: &str, end: &str| files(&root().join(folder), end);
    let rust = [of("core/src", ".rs"), of("tests/rust", ".rs")].concat();
    let is_test = |line: &str| line.starts_with("#[") && line.contains("test");
    let mut names: BTreeSet<_> = rust.iter().flat_map(|file| functions(&read(file), "fn ", is_test)).collect();
    let python = of("tests/python", ".py").into_iter().flat_map(|file| functions(&read(file), "def ", |_| true));
    names.extend(python.filter(|name| name.starts_with("test_")));
    let stem = |file: PathBuf| Some(file.file_stem()?.to_str()?.to_owned());
    names.extend(of("tests/scenarios", ".json").into_iter().filter_map(stem));
    (names, of("tests/node", ".test.mjs").into_iter().map(read).collect())
}

/// The entries of a page: points that begin with something bold, with or without a number, each as one line.
fn entries(page: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    let mut is_open = false;
    for line in page.lines() {
        let point = line.trim_start_matches(|sign: char| sign.is_ascii_digit() || ['-', '.'].contains(&sign));
        let begins = point.len() < line.len() && point.starts_with(" **");
        is_open = begins || is_open && !line.is_empty();
        match entries.last_mut() {
            Some(last) if is_open && !begins => last.extend([" ", line.trim()]),
            _ if begins => entries.push(point.trim().to_owned()),
            _ => {}
        }
    }
    entries
}

#[test]
fn every_decision_names_the_tests_that_hold_it() {
    let (names, node) = tests();
    let entries = entries(&read("docs/decisions.md"));
    assert!(entries.len() > 100, "only {} decisions were found", entries.len());
    for entry in entries {
        let held = entry.rsplit_once("Tests: ").or_else(|| entry.rsplit_once("Test: "));
        let tests = held.map(|(_, tests)| quoted(tests)).unwrap_or_default();
        let tests: Vec<_> = tests.into_iter().filter(|name| !is_path(name)).collect();
        assert!(
            !tests.is_empty() || entry.contains("No test"),
            "it neither names a test nor says that there is none: {entry}"
        );
        for test in tests {
            let is_there = names.contains(test) || test.contains(' ') && node.contains(test);
            assert!(is_there, "`{test}`, which is said to hold this, is no test: {entry}");
        }
    }
}

#[test]
fn the_pages_stand_by_the_rules_of_english() {
    let docs = files(&root().join("docs"), ".md");
    let pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"];
    for page in docs.into_iter().chain(pages.map(|page| root().join(page))) {
        for line in read(&page).lines() {
            let plain = line.to_lowercase();
            for word in
                ["whoever", "nothing where", "those who", "\u{201c}", "\u{201d}", "\u{2018}", "\u{2019}", "\u{ab}"]
            {
                assert!(!plain.contains(word), "{}: {word}: {line}", page.display());
            }
            let start = plain.trim_start_matches(['-', '*', ' ', '|']);
            assert!(!start.starts_with("the same"), "{}: {line}", page.display());
        }
    }
}

#[test]
fn citations_are_read() {
    let text = "(wire.md 2.10.4 and 5). Then wire.md 2.2, 2.10.6, 2.10.7: and wire.md part 1. 3 of wire.md 1.5). 4";
    assert_eq!(citations(text), ["2.10.4", "2.10.5", "2.2", "2.10.6", "2.10.7", "1", "1.5"]);
}
