//! Everything the server knows, behind one lock.

use hyper::header::HeaderValue;

use crate::audit::{Audit, Seen};
use crate::clock::{DateHeader, seconds};
use crate::counts::Counts;
use crate::fault::{FaultKind, When};
use crate::fault_queue::Faults;
use crate::request::{Endpoint, Outcome, Request};
use crate::settings::Settings;
use crate::seven_g::{Call, SevenG};

/// Everything the server knows.
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) counts: Counts,
    pub(crate) audit: Audit,
    pub(crate) faults: Faults,
    pub(crate) seven_g: SevenG,
    date: DateHeader,
}

impl State {
    pub(crate) fn new(mut settings: Settings) -> Self {
        let seven_g = SevenG::new(std::mem::take(&mut settings.accounts));
        let (counts, audit, faults) = (Counts::default(), Audit::default(), Faults::default());
        Self { settings, counts, audit, faults, seven_g, date: DateHeader::new() }
    }

    /// Counts and records a request that has arrived whole at a time in milliseconds since 1970: its number in the
    /// audit, and the fault for it.
    pub(crate) fn arrive(
        &mut self,
        endpoint: Endpoint,
        request: &Request,
        call: &Call,
        now: i64,
    ) -> (u64, Option<(FaultKind, When)>) {
        self.counts.arrived(endpoint);
        let fault = self.faults.take(endpoint);
        let (username, token) = self.seven_g.identify(call);
        let number = self.audit.add(Seen {
            at: seconds(now),
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            kind: endpoint.name(),
            authorization: request.authorization.form(),
            version: request.version.clone(),
            content_type: request.content_type.clone(),
            username,
            token,
            status: None,
            verdict: "pending",
            fault: fault.as_ref().map(|(kind, _)| kind.name()),
        });
        (number, fault)
    }

    /// Lets the server act on a request, and records its verdict.
    pub(crate) fn act(&mut self, endpoint: Endpoint, call: &Call, number: u64, now: i64) -> Outcome {
        let outcome = self.seven_g.act(call, now, &self.settings);
        if outcome.rejected {
            self.counts.rejected(endpoint, outcome.verdict);
        }
        self.verdict(number, outcome.verdict);
        outcome
    }

    /// Records what was decided about a request.
    pub(crate) fn verdict(&mut self, number: u64, verdict: &'static str) {
        if let Some(seen) = self.audit.entry(number) {
            seen.verdict = verdict;
        }
    }

    /// Records that a request is being answered, and gives the Date header if there shall be one.
    pub(crate) fn answer(&mut self, number: u64, status: u16, now: i64) -> Option<HeaderValue> {
        if let Some(seen) = self.audit.entry(number) {
            seen.status = Some(status);
        }
        self.settings.date_header.then(|| self.date.at(now))
    }
}
