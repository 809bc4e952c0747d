//! Every scenario is a test of its own, named after it.

mod seven_g;
mod synapsewave;

use crate::scenario;

macro_rules! scenarios {
    ($($name:ident,)*) => {
        $(#[test]
        fn $name() {
            crate::scenario::carry_out(&stringify!($name).replace('_', "-"), &());
        })*

        pub(super) const NAMES: &[&str] = &[$(stringify!($name),)*];
    };
}
use scenarios;

/// A scenario that nobody carries out holds nothing.
#[test]
fn all_of_them_are_here() {
    let here = [seven_g::NAMES, synapsewave::NAMES].concat();
    let mut here: Vec<_> = here.iter().map(|name| name.replace('_', "-")).collect();
    here.sort();
    assert_eq!(here, scenario::names());
}
