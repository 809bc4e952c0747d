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
    let deciding = ["lifecycle", "keeper", "account", "session", "lockout", "lockout.rs", "freshness.rs"];
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

/// The rooms that are left once all are taken away from which no arrow leads to another that is left, or to which none
/// leads.
fn circle(mut rooms: Rooms) -> Vec<String> {
    loop {
        let left: BTreeSet<_> = rooms.keys().cloned().collect();
        let led_to: BTreeSet<_> = rooms.values().flatten().cloned().collect();
        rooms.retain(|room, arrows| led_to.contains(room) && arrows.iter().any(|to| left.contains(to)));
        if rooms.len() == left.len() {
            return left.into_iter().collect();
        }
    }
}

#[test]
fn no_rooms_stand_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's root");
    for (crate_, known) in [("core", 25), ("bindings-python", 30), ("bindings-node", 15)] {
        let rooms = rooms(&root.join(crate_).join("src"));
        assert!(rooms.len() >= known && rooms.values().any(|arrows| arrows.len() > 5), "{rooms:?}");
        assert_eq!(circle(rooms), Vec::<String>::new(), "{crate_}");
    }
}

/// The floors of core as ARCHITECTURE.md shows them, the ground first.
fn floors(root: &Path) -> Vec<BTreeSet<String>> {
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).expect("the map");
    let (_, block) = text.split_once("```floors\n").expect("the floors");
    let (block, _) = block.split_once("```").expect("their end");
    block.lines().map(|line| line.split_whitespace().map(ToOwned::to_owned).collect()).rev().collect()
}

/// Each arrow that does not lead down, and each room that stands on no floor, or on two.
fn climbs(rooms: &Rooms, floors: &[BTreeSet<String>]) -> Vec<String> {
    let floors_of =
        |room: &String| -> Vec<usize> { (0..floors.len()).filter(|at| floors[*at].contains(room)).collect() };
    let mut found = Vec::new();
    for (room, arrows) in rooms {
        let [floor] = floors_of(room)[..] else {
            found.push(format!("{room} stands on {} floors", floors_of(room).len()));
            continue;
        };
        let up = arrows.iter().filter(|to| floors_of(to).iter().any(|above| *above >= floor));
        found.extend(up.map(|to| format!("{room} -> {to}")));
    }
    found
}

#[test]
fn no_arrow_leads_up_a_floor() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's root");
    let (rooms, floors) = (rooms(&root.join("core/src")), floors(root));
    assert_eq!(climbs(&rooms, &floors), Vec::<String>::new());
    assert_eq!(floors.iter().map(BTreeSet::len).sum::<usize>(), rooms.len(), "a floor names a room that is gone");
    let mut planted = rooms;
    planted.entry("lockout".to_owned()).or_default().insert("keeper".to_owned());
    planted.insert("new".to_owned(), BTreeSet::new());
    assert_eq!(climbs(&planted, &floors), ["lockout -> keeper", "new stands on 0 floors"]);
}

/// Imports below `if TYPE_CHECKING:` that lead up in Python, each for the type of what is handed back.
const FOR_TYPES_ALONE: [(&str, &str); 5] = [
    ("_account", "testing"),
    ("_errors", "_session"),
    ("_events", "_session"),
    ("_provider", "testing"),
    ("_synapsewave", "testing"),
];

/// The files of a folder that end so, by their names, with their texts.
fn texts(folder: &Path, end: &str) -> BTreeMap<String, String> {
    let name = |file: &Path| Some(file.file_name()?.to_str()?.strip_suffix(end)?.to_owned());
    let files = sources(folder).into_iter().filter_map(|file| Some((name(&file)?, file)));
    files.map(|(name, file)| (name, fs::read_to_string(file).expect("a source file"))).collect()
}

/// What a Python text imports of the package: the module or the name, and whether it does so for type checkers alone.
fn python_imports(text: &str) -> Vec<(String, bool)> {
    let mut found = Vec::new();
    let mut checking = None;
    // Every other part of it stands in a documentation string.
    let code = text.split("\"\"\"").step_by(2).collect::<String>();
    let mut lines = code.lines().filter(|line| !line.trim().is_empty());
    while let Some(line) = lines.next() {
        let indent = line.len() - line.trim_start().len();
        checking = checking.filter(|outer| indent > *outer);
        if line.trim_start().starts_with("if TYPE_CHECKING") {
            checking = Some(indent);
        }
        let mut statement = line.trim().to_owned();
        while statement.starts_with("from ") && statement.contains('(') && !statement.contains(')') {
            statement.push_str(lines.next().expect("the rest of the import"));
        }
        let statement = statement.replace("from . ", "from relatch ").replace("from .", "from relatch.");
        let names: Vec<&str> = match statement.split_once(" import ") {
            Some(("from relatch", names)) => names.split([',', '(', ')']).collect(),
            Some((from, _)) => from.strip_prefix("from relatch.").into_iter().collect(),
            None if statement == "import relatch" => vec!["__init__"],
            None => statement.strip_prefix("import relatch.").into_iter().collect(),
        };
        let names = names.iter().filter_map(|name| name.split_whitespace().next());
        found.extend(names.map(|name| (name.to_owned(), checking.is_some())));
    }
    found
}

/// With each module of the Python package, the modules that it imports, but for the excepted ones.
fn python_modules(package: &Path) -> Rooms {
    let texts = texts(package, ".py");
    let mut excepted: BTreeSet<(&str, &str)> = FOR_TYPES_ALONE.into();
    let mut modules = Rooms::new();
    for (module, text) in &texts {
        let arrows = modules.entry(module.clone()).or_default();
        for (name, for_types) in python_imports(text) {
            // The native half is below them all; what is no module is a name of the package itself.
            let to = if texts.contains_key(&name) { &name } else { "__init__" };
            let is_excepted = for_types && FOR_TYPES_ALONE.contains(&(module, to));
            excepted.retain(|arrow| !(is_excepted && *arrow == (module, to)));
            if !is_excepted && name != "_relatch" && to != module {
                arrows.insert(to.to_owned());
            }
        }
    }
    assert!(excepted.is_empty(), "no longer there, or not for types alone: {excepted:?}");
    modules
}

/// With each file of TypeScript, the files beside it that its code names: imports of types count as well.
fn typescript_files(folder: &Path) -> Rooms {
    let texts = texts(folder, ".ts");
    let code = |text: &str| -> String {
        let is_comment = |line: &&str| line.trim_start().starts_with(['*', '/']);
        text.lines().filter(|line| !is_comment(line)).collect::<Vec<_>>().join("\n")
    };
    let named = |text: &str| -> BTreeSet<String> {
        let code = code(text);
        let names = code.split("'./").skip(1).filter_map(|rest| rest.split('\'').next());
        names.filter(|name| texts.contains_key(*name)).map(str::to_owned).collect()
    };
    texts.iter().map(|(name, text)| (name.clone(), named(text))).collect()
}

#[test]
fn no_files_of_the_bindings_stand_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's root");
    let python = python_modules(&root.join("bindings-python/python/relatch"));
    let node = typescript_files(&root.join("bindings-node/ts"));
    for (files, known) in [(python, 20), (node, 30)] {
        assert!(files.len() >= known && files.values().any(|arrows| arrows.len() > 10), "{files:?}");
        assert_eq!(circle(files), Vec::<String>::new());
    }
}

#[test]
fn imports_of_python_are_read() {
    let text = "\"\"\"\nimport relatch\n\"\"\"\nfrom relatch import (\n    _a as a,\n    b,\n)\nif TYPE_CHECKING:\n    \
                from relatch._c import C\n\ndef f():\n    import relatch._d\nfrom ._e import E\nimport relatch\n";
    let found = [("_a", false), ("b", false), ("_c", true), ("_d", false), ("_e", false), ("__init__", false)];
    assert_eq!(python_imports(text), found.map(|(name, for_types)| (name.to_owned(), for_types)));
}

#[test]
fn a_circle_is_found() {
    let arrows = |pairs: &[(&str, &[&str])]| -> Rooms {
        let to = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        pairs.iter().map(|(room, names)| ((*room).to_owned(), to(names))).collect()
    };
    assert_eq!(circle(arrows(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &[])])), Vec::<String>::new());
    assert_eq!(circle(arrows(&[("a", &["b"]), ("b", &["c"]), ("c", &["b"]), ("d", &[])])), ["b", "c"]);
}
