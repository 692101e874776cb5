//! Structured logs to standard error.
use std::{env, io::IsTerminal};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

use crate::platform::config::{Log, LogFormat};

/// Begins logging. A `quiet` process warns at most: its output is for the person who typed the command. Of any other one
/// a panic is logged by its place and not by its message, which may quote what somebody wrote.
pub fn start(settings: &Log, quiet: bool) {
    let level = if quiet { "warn" } else { settings.level.as_str() };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(level))
        .with_ansi(is_coloured())
        .with_writer(std::io::stderr);
    let started = match settings.format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    drop(started);
    if !quiet {
        std::panic::set_hook(Box::new(|panic| {
            let place = panic.location().map(ToString::to_string);
            tracing::error!(place, "a panic");
        }));
    }
}

/// Files and journals hold no escapes; <https://no-color.org>.
fn is_coloured() -> bool {
    std::io::stderr().is_terminal() && env::var_os("NO_COLOR").is_none_or(|asked| asked.is_empty())
}

/// A level is Plaudit's own: what other crates say below a warning holds whole mails and pages. Whoever writes a full
/// filter gets it. What cannot be read stands for `info`.
fn filter(setting: &str) -> EnvFilter {
    let others = |level: LevelFilter| level.min(LevelFilter::WARN);
    let own = |level| EnvFilter::new(format!("{},plaudit={level}", others(level)));
    match setting.parse::<LevelFilter>() {
        Ok(LevelFilter::OFF) => EnvFilter::new("off"),
        Ok(level) => own(level),
        Err(_) => EnvFilter::try_new(setting).unwrap_or_else(|_| own(LevelFilter::INFO)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_level_is_plaudits_own_and_a_filter_is_as_it_was_written() {
        for (setting, means) in [
            ("trace", "plaudit=trace,warn"),
            ("error", "plaudit=error,error"),
            ("off", "off"),
            ("warn,sqlx=info", "sqlx=info,warn"),
            ("plaudit=loud", "plaudit=info,warn"),
        ] {
            assert_eq!(filter(setting).to_string(), means, "{setting}");
        }
    }
}
