//! What the healthy session is beside, a row each.

use super::servers::{flooding, flooding_later, full_of_secrets, hanging, in_pieces, many_hanging};

pub(super) struct Row {
    pub(super) name: &'static str,
    /// Starts the hostile server, in the program that watches, and says where.
    pub(super) server: fn() -> String,
    /// How many sessions the tenant has, and on how many hosts.
    pub(super) sessions: usize,
    pub(super) hosts: usize,
    pub(super) needs_names: bool,
    /// Its logins are answered.
    pub(super) is_healed: bool,
    /// A build for debugging takes seconds for what is milliseconds in a release.
    pub(super) needs_release: bool,
}

pub(super) static ROWS: [Row; 10] = [
    Row {
        name: "a silent name, 12 callers",
        server: String::new,
        sessions: 12,
        hosts: 1,
        needs_names: true,
        is_healed: false,
        needs_release: false,
    },
    Row {
        name: "12 silent names",
        server: String::new,
        sessions: 12,
        hosts: 12,
        needs_names: true,
        is_healed: false,
        needs_release: false,
    },
    Row {
        name: "300 silent names",
        server: String::new,
        sessions: 600,
        hosts: 300,
        needs_names: true,
        is_healed: false,
        needs_release: false,
    },
    Row {
        name: "1,500 sessions on a server that hangs",
        server: hanging,
        sessions: 1_500,
        hosts: 1,
        needs_names: false,
        is_healed: false,
        needs_release: false,
    },
    Row {
        name: "1,500 sessions on 300 servers that hang",
        server: many_hanging,
        sessions: 1_500,
        hosts: 300,
        needs_names: false,
        is_healed: false,
        needs_release: false,
    },
    Row {
        name: "64 floods of 1xx",
        server: flooding,
        sessions: 64,
        hosts: 1,
        needs_names: false,
        is_healed: false,
        needs_release: false,
    },
    Row {
        name: "64 floods of 1xx after a long answer",
        server: flooding_later,
        sessions: 64,
        hosts: 1,
        needs_names: false,
        is_healed: true,
        needs_release: true,
    },
    Row {
        name: "64 answers in a million pieces",
        server: in_pieces,
        sessions: 64,
        hosts: 1,
        needs_names: false,
        is_healed: false,
        needs_release: false,
    },
    Row {
        name: "8 answers full of secrets",
        server: full_of_secrets,
        sessions: 8,
        hosts: 1,
        needs_names: false,
        is_healed: false,
        needs_release: false,
    },
    Row {
        name: "64 answers full of secrets",
        server: full_of_secrets,
        sessions: 64,
        hosts: 1,
        needs_names: false,
        is_healed: false,
        needs_release: true,
    },
];
