//! Other people's libraries of PyPI, asked by small scripts beside the tests.
use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

/// By this a script says that its library is not installed.
const NOT_INSTALLED: i32 = 77;

/// Runs a script below `tests/it` with `PLAUDIT_TEST_PYTHON` (or python3). Where the library is not installed this says so and
/// answers none, unless `PLAUDIT_TEST_PYTHON` is set: then it fails.
pub fn ask(library: &str, script: &str, arguments: &[&str], input: &str) -> Option<Output> {
    let chosen = std::env::var("PLAUDIT_TEST_PYTHON").ok();
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it")
        .join(script);
    let started = Command::new(chosen.as_deref().unwrap_or("python3"))
        .args(["-W", "ignore"])
        .arg(script)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let output = started.and_then(|mut running| {
        // Dropped at once, so that the script sees the end.
        if let Some(mut to) = running.stdin.take() {
            to.write_all(input.as_bytes())?;
        }
        running.wait_with_output()
    });
    let is_there = output
        .as_ref()
        .is_ok_and(|output| output.status.code() != Some(NOT_INSTALLED));
    if !is_there && chosen.is_none() {
        eprintln!("!! {library} is not installed: NOT CHECKED WITH IT");
        return None;
    }
    assert!(is_there, "{library}: {output:?}");
    output.ok()
}
