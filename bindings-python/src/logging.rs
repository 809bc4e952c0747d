//! `RELATCH_LOG`: what the core does, on stderr.

use std::env;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyRuntimeWarning;
use pyo3::prelude::*;
use tracing_subscriber::filter::LevelFilter;

const VARIABLE: &str = "RELATCH_LOG";

/// Starts logging if the environment asks for it; called before anything that logs.
pub(crate) fn start(py: Python<'_>) -> PyResult<()> {
    static STARTED: AtomicBool = AtomicBool::new(false);
    if STARTED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let Ok(wanted) = env::var(VARIABLE) else { return Ok(()) };
    let Ok(level) = wanted.parse::<LevelFilter>() else {
        let message = c"RELATCH_LOG is not one of trace, debug, info, warn, error, off: nothing is logged.";
        return PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), message, 1);
    };
    if let Ok(stderr) = stderr() {
        // Fails where the program that embeds Python logs by a subscriber of its own, which then gets our lines too.
        let _ =
            tracing_subscriber::fmt().with_max_level(level).with_ansi(false).with_writer(Arc::new(stderr)).try_init();
    }
    Ok(())
}

/// A stderr without a lock, which another thread could hold at the time of a fork.
fn stderr() -> io::Result<File> {
    io::stderr().as_fd().try_clone_to_owned().map(File::from)
}
