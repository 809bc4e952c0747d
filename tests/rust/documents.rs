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

#[test]
fn citations_are_read() {
    let text = "(wire.md 2.10.4 and 5). Then wire.md 2.2, 2.10.6, 2.10.7: and wire.md part 1. 3 of wire.md 1.5). 4";
    assert_eq!(citations(text), ["2.10.4", "2.10.5", "2.2", "2.10.6", "2.10.7", "1", "1.5"]);
}
