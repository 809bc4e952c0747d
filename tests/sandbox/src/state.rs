//! Everything the server knows, behind one lock.

use hyper::header::HeaderValue;
use serde_json::Value;

use crate::audit::{Audit, Seen};
use crate::clock::{DateHeader, seconds};
use crate::counts::Counts;
use crate::fault::{FaultKind, When};
use crate::fault_queue::Faults;
use crate::request::{Endpoint, Outcome, Request};
use crate::settings::Settings;
use crate::system::{Call, Changes, Systems};

/// Everything the server knows.
pub(crate) struct State {
    pub(crate) settings: Settings,
    pub(crate) counts: Counts,
    pub(crate) audit: Audit,
    pub(crate) faults: Faults,
    pub(crate) systems: Systems,
    date: DateHeader,
}

impl State {
    pub(crate) fn new(mut settings: Settings) -> Result<Self, String> {
        let systems = Systems::new(&mut settings)?;
        let (counts, audit, faults) = (Counts::default(), Audit::default(), Faults::default());
        Ok(Self { settings, counts, audit, faults, systems, date: DateHeader::new() })
    }

    /// Changes the settings, and who may log in; nothing if there is an error.
    pub(crate) fn configure(&mut self, (settings, changes): (Settings, Changes)) -> Result<(), String> {
        self.systems.change(changes)?;
        self.settings = settings;
        Ok(())
    }

    /// Carries out a control call that only one of the systems knows.
    pub(crate) fn control(&mut self, name: &str, body: &Value, now: i64) -> Option<Result<Value, String>> {
        self.systems.control(name, body, now, &self.settings)
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
        let note = self.systems.arrived(call, now, &self.settings);
        self.counts.totp_reused += u64::from(note.totp_reused);
        let number = self.audit.add(Seen {
            at: seconds(now),
            method: request.method.to_string(),
            path: request.uri.path().to_owned(),
            system: call.system(),
            kind: endpoint.name(),
            authorization: request.authorization.form(),
            version: request.version.clone(),
            content_type: request.content_type.clone(),
            username: note.username,
            token: note.token,
            x_api_key: note.x_api_key,
            login_type: note.login_type,
            second_auth_type: note.second_auth_type,
            source: note.source,
            fields: note.fields,
            status: None,
            verdict: "pending",
            fault: fault.as_ref().map(|(kind, _)| kind.name()),
        });
        (number, fault)
    }

    /// Lets the server act on a request, and records its verdict.
    pub(crate) fn act(&mut self, endpoint: Endpoint, call: &Call, number: u64, now: i64) -> Outcome {
        let outcome = self.systems.act(call, now, &self.settings);
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
