//! What went over the wire, one entry a request, without secrets.

use std::collections::VecDeque;

use serde::Serialize;

/// The oldest entries go when there are more: a benchmark must not eat the memory.
const MOST: usize = 100_000;

/// One request as the server saw it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Seen {
    /// When it had arrived whole, in seconds since 1970 by the server's clock.
    pub at: f64,
    /// The HTTP method.
    pub method: String,
    /// The path as it was spelled, without the query.
    pub path: String,
    /// The system whose path it is: `seven_g`, which has all that no other has, or `synapsewave`.
    pub system: &'static str,
    /// `login`, `refresh`, `account`, `health`, `lookup`, `register`, `validate`, `logout`, `factor` or `other`.
    pub kind: &'static str,
    /// The form of the Authorization header: `none`, `raw` or `bearer`.
    pub authorization: &'static str,
    /// The Version header.
    pub version: Option<String>,
    /// The Content-Type header.
    pub content_type: Option<String>,
    /// Who it was about, as far as the request tells.
    pub username: Option<String>,
    /// The number of the refresh token that was presented, in order of issue from 1.
    pub token: Option<u64>,
    /// The x-api-key header: `none`, `right`, `wrong`, or `given` when the server does not look at it. Here and in the
    /// next four: none where the system knows no such thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub x_api_key: Option<&'static str>,
    /// How the user logs in, as the body spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login_type: Option<String>,
    /// The second factor, as the body spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second_auth_type: Option<String>,
    /// The source, as the body spells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The names of the body's keys, sorted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
    /// The status that was answered; none if the connection was closed, or is still to be answered.
    pub status: Option<u16>,
    /// What the server decided: `granted`, `ok`, the reason of a refusal, `pending` while it waits to act, or
    /// `not_acted` when a fault came before.
    pub verdict: &'static str,
    /// The fault that was applied.
    pub fault: Option<&'static str>,
}

/// The latest entries.
#[derive(Default)]
pub(crate) struct Audit {
    entries: VecDeque<Seen>,
    gone: u64,
}

impl Audit {
    /// Adds an entry and answers its number.
    pub(crate) fn add(&mut self, seen: Seen) -> u64 {
        if self.entries.len() == MOST {
            self.entries.pop_front();
            self.gone += 1;
        }
        self.entries.push_back(seen);
        self.gone + self.entries.len() as u64 - 1
    }

    /// The entry of that number, unless it has gone.
    pub(crate) fn entry(&mut self, number: u64) -> Option<&mut Seen> {
        let index = usize::try_from(number.checked_sub(self.gone)?).ok()?;
        self.entries.get_mut(index)
    }

    /// All entries, oldest first.
    pub(crate) fn all(&self) -> Vec<Seen> {
        self.entries.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(path: &str) -> Seen {
        Seen {
            at: 0.0,
            method: "GET".into(),
            path: path.into(),
            system: "seven_g",
            kind: "other",
            authorization: "none",
            version: None,
            content_type: None,
            username: None,
            token: None,
            x_api_key: None,
            login_type: None,
            second_auth_type: None,
            source: None,
            fields: None,
            status: None,
            verdict: "pending",
            fault: None,
        }
    }

    #[test]
    fn the_oldest_entries_go_and_numbers_stay_right() {
        let mut audit = Audit::default();
        let first = audit.add(seen("/first"));
        for _ in 1..MOST {
            audit.add(seen("/middle"));
        }
        assert_eq!(audit.entry(first).unwrap().path, "/first");
        let last = audit.add(seen("/last"));
        assert!(audit.entry(first).is_none());
        assert_eq!(audit.entry(last).unwrap().path, "/last");
        assert_eq!(audit.all().len(), MOST);
    }
}
