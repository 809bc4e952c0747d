//! What answers cost that are made to cost much. In a program of its own, whose memory is counted.
//!
//! `cargo test --release -p relatch --test foreign_text_cost -- --nocapture` prints the figures of a release build.

#![allow(unsafe_code)] // an allocator that counts

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use relatch::{Answer, Outcome, Provider, SevenG, Synapsewave, UnixTime};
use serde_json::json;

const MIB: usize = 1 << 20;
/// A development build is not made for speed.
const MOST_MILLISECONDS: f64 = if cfg!(debug_assertions) { 900.0 } else { 50.0 };
const MOST_MEMORY: usize = 10 * MIB;

fn pieces(count: usize) -> String {
    let pieces: Vec<&str> = ["reda", "cted"].into_iter().cycle().take(count).collect();
    json!({"status": "error", "message": "reda", "token": pieces}).to_string()
}

fn full_of_secrets(status: &str) -> String {
    let secrets: Vec<String> = (0..140_000).map(|number| format!("{number:05}")).collect();
    let mut body = json!({"status": status, "message": "Refused 00001", "token": secrets}).to_string();
    body.truncate(MIB);
    body
}

/// Within one text, and so within a list that is read of it.
fn nested() -> String {
    let secrets: Vec<String> = (0..100_000).map(|number| format!("{number:05}")).collect();
    json!({"status": "error", "message": "Refused", "data": json!({"token": secrets}).to_string()}).to_string()
}

fn bodies() -> Vec<(&'static str, String)> {
    let message = |text: String| json!({"status": "error", "message": text}).to_string();
    vec![
        ("A1: 20 pieces of what stands for a secret", pieces(20)),
        ("A1: 2,000 of them", pieces(2_000)),
        ("A2: 140,000 secrets in 1 MiB", full_of_secrets("error")),
        ("A2, and it says that all is well", full_of_secrets("success")),
        ("100,000 secrets in a text", nested()),
        ("1 MiB of message", message("word ".repeat(200_000))),
        ("1 MiB of escapes", message("&amp;%25\\u005c=3D".repeat(60_000))),
        ("1 MiB of base64", message("aHVu dGVy ".repeat(100_000))),
        ("1 MiB of accents", message("a\u{301}\u{323}".repeat(200_000))),
        ("1 MiB of tags", "<".repeat(MIB)),
        ("1 MiB of pages", "<title".repeat(MIB / 6)),
        ("1 MiB of scripts", "<script></script>".repeat(MIB / 17)),
        ("1 MiB of styles that do not end", "<style>".repeat(MIB / 7)),
        ("1 MiB of ends", format!("<html><script>{}", "</".repeat(MIB / 2 - 10))),
        ("1 MiB of brackets", "[".repeat(MIB)),
    ]
}

/// The memory that is in use, and the most that was since it was last looked at.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let in_use = IN_USE.fetch_add(layout.size(), Relaxed) + layout.size();
        MOST.fetch_max(in_use, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// What this thread has used of a processor, in milliseconds.
fn used() -> f64 {
    let processor = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanoseconds: f64 = processor.split(' ').next().and_then(|text| text.parse().ok()).expect("a number");
    nanoseconds / 1e6
}

#[test]
#[cfg(target_os = "linux")]
fn no_answer_costs_much() {
    let seven_g = SevenG::builder().username("api_user").password("caf\u{e9} made up").build().unwrap();
    let synapsewave =
        Synapsewave::builder().base_url("https://broker.example/prod").user_id("U").api_key("key-made-up");
    let synapsewave = synapsewave.password("caf\u{e9} made up").build().unwrap();
    let providers: [(&str, &dyn Provider); 2] = [("7g", &seven_g), ("synapsewave", &synapsewave)];
    // A page by the second of them is read for what it says.
    let statuses = [403, 404];
    for (what, body) in bodies() {
        for ((name, provider), status) in providers.into_iter().flat_map(|one| statuses.map(|status| (one, status))) {
            let body = body.clone().into_bytes().into();
            let answer = Answer { status, retry_at: None, received: UnixTime(0), date: None, content_type: None, body };
            let (before, held) = (used(), IN_USE.load(Relaxed));
            MOST.store(held, Relaxed);
            let outcome = provider.read_login(&answer, &[]);
            let (time, memory) = (used() - before, MOST.load(Relaxed) - held);
            println!("{what}, {name}, {status}: {time:.1} ms, {} KiB", memory >> 10);
            assert!(time < MOST_MILLISECONDS && memory < MOST_MEMORY, "{what}, {name}, {status}");
            let is_refusal = matches!(outcome, Outcome::Rejected(_) | Outcome::Unreadable(_) | Outcome::Unjudged(_));
            assert!(is_refusal, "{what}, {name}, {status}");
        }
    }
}
