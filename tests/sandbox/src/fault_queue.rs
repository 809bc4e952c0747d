//! The faults that are set, and which of them a request meets.

use std::collections::VecDeque;

use crate::fault::{Fault, FaultKind, On, When};
use crate::request::Endpoint;

impl On {
    fn matches(self, endpoint: Endpoint) -> bool {
        match self {
            Self::Any => true,
            Self::Login => endpoint == Endpoint::Login,
            Self::Refresh => endpoint == Endpoint::Refresh,
            Self::Account => endpoint == Endpoint::Account,
            Self::Health => endpoint == Endpoint::Health,
            Self::Lookup => endpoint == Endpoint::Lookup,
            Self::Register => endpoint == Endpoint::Register,
            Self::Validate => endpoint == Endpoint::Validate,
            Self::Logout => endpoint == Endpoint::Logout,
            Self::Factor => endpoint == Endpoint::Factor,
        }
    }
}

/// The faults that are set, in order.
#[derive(Default)]
pub(crate) struct Faults(VecDeque<Fault>);

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        if fault.times != Some(0) {
            self.0.push_back(fault);
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault for a request, used up by one.
    pub(crate) fn take(&mut self, endpoint: Endpoint) -> Option<(FaultKind, When)> {
        let index = self.0.iter().position(|fault| fault.on.matches(endpoint))?;
        let fault = &mut self.0[index];
        let taken = (fault.kind.clone(), fault.when);
        if let Some(times) = &mut fault.times {
            *times -= 1;
            if *times == 0 {
                self.0.remove(index);
            }
        }
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_fault_that_matches_is_used_up_in_order() {
        let mut faults = Faults::default();
        faults.add(Fault::new(On::Refresh, FaultKind::Drop {}).times(2));
        faults.add(Fault::new(On::Any, FaultKind::Hold {}).always().after());
        faults.add(Fault::new(On::Refresh, FaultKind::Garbage {}).times(0));
        let mut names = Vec::new();
        for endpoint in [Endpoint::Login, Endpoint::Refresh, Endpoint::Refresh, Endpoint::Refresh] {
            names.push(faults.take(endpoint).map(|(kind, _)| kind.name()));
        }
        assert_eq!(names, [Some("hold"), Some("drop"), Some("drop"), Some("hold")]);
        faults.clear();
        assert!(faults.take(Endpoint::Login).is_none());
    }
}
