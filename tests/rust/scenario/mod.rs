//! Carries out the scenarios of `tests/scenarios`; its README says what their words mean.

mod action;
mod actor;
mod callback;
mod calls;
mod expect;
mod file;
mod given;
mod operations;
mod provider;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use relatch::{Provider, Store};
use relatch_sandbox::Sandbox;

use crate::support::run;
use actor::Actor;
pub(crate) use expect::Ended;
use file::Scenario;

/// Sees what the calls of a scenario yield.
pub(crate) trait Witness {
    fn ended(&self, _ended: &Ended) {}

    /// A store for the scenario's sessions.
    fn store(&self) -> Option<Arc<dyn Store>> {
        None
    }

    /// The provider for a session, or one that passes everything on to it.
    fn provider(&self, provider: Arc<dyn Provider>) -> Arc<dyn Provider> {
        provider
    }

    /// The steps have been done.
    fn finished(&self, _sandbox: &Sandbox) {}
}

/// Nobody.
impl Witness for () {}

/// Where the scenarios are.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/scenarios")
}

fn read(name: &str) -> Scenario {
    let path = folder().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let scenario: Scenario = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(scenario.name, name, "a file and its scenario have one name");
    assert!(!scenario.about.is_empty(), "{name} does not say what it is about");
    assert_eq!(scenario.languages.is_some(), scenario.why.is_some(), "{name}: languages need a reason");
    scenario
}

/// The names of all scenarios that Rust can do, in order.
pub(crate) fn names() -> Vec<String> {
    let files = std::fs::read_dir(folder()).expect("the folder of the scenarios");
    let names = files.filter_map(|file| {
        let path = file.expect("a file").path();
        let name = path.file_stem()?.to_str()?.to_owned();
        (path.extension()? == "json").then_some(name)
    });
    let mut names: Vec<_> = names.filter(|name| read(name).is_for("rust")).collect();
    names.sort();
    names
}

/// Carries out one scenario before a witness; panics where it does not hold.
pub(crate) fn carry_out(name: &str, witness: &dyn Witness) {
    let scenario = read(name);
    let result = run(async {
        let mut actor = Actor::new(&scenario, witness);
        for (index, step) in scenario.steps.iter().enumerate() {
            actor.act(step).await.map_err(|error| format!("step {} ({:?}): {error}", index + 1, step.action))?;
        }
        actor.finish(&scenario.expect).await
    });
    if let Err(error) = result {
        panic!("{name}: {error}\n{}", scenario.about);
    }
}
