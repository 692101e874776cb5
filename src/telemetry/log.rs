//! Structured logs to standard error.
use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Begins logging; a filter that cannot be read falls back to `info`. A `quiet` process warns at most: its output is
/// for the person who typed the command.
pub fn start(settings: &Log, quiet: bool) {
    let level = if quiet { "warn" } else { settings.level.as_str() };
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    drop(started);
}
