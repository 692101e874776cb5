//! `./dev bench import [ROWS]`: rows a second and peak memory of `plaudit import comments`, for 1,000,000 rows.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that fails may stop"
)]

use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

fn main() {
    let rows: u64 = std::env::args()
        .filter_map(|argument| argument.parse().ok())
        .next()
        .unwrap_or(1_000_000);
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    write_file(&directory.path().join("comments.csv"), rows);
    let init = [
        "init",
        "--name",
        "Bench",
        "--slug",
        "bench",
        "--time-zone",
        "Europe/London",
    ];
    assert!(plaudit(directory.path(), &init).wait().unwrap().success());
    let started = Instant::now();
    let mut import = plaudit(
        directory.path(),
        &["import", "comments", "comments.csv", "--yes", "--scale", "nps"],
    );
    let peak = peak_kib_until_end(&mut import);
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{rows} rows in {seconds:.1} s: {:.0} rows/s (looked through first, then stored), peak memory {} MiB, file {} MiB",
        rows as f64 / seconds,
        peak / 1024,
        std::fs::metadata(directory.path().join("comments.csv"))
            .unwrap()
            .len()
            / 1024
            / 1024
    );
}

fn write_file(path: &Path, rows: u64) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    writeln!(file, "Response ID,Date,Score,Comment").unwrap();
    for row in 0..rows {
        let (day, score) = (row % 28 + 1, row % 11);
        writeln!(
            file,
            "R{row},2026-09-{day:02}T10:00:00Z,{score},\"Number {row}: the person at the counter took the time to \
             explain everything to me, and that made my day.\""
        )
        .unwrap();
    }
    file.flush().unwrap();
}

fn plaudit(directory: &Path, arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_plaudit"))
        .args(arguments)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits for the process and returns the most memory it held.
fn peak_kib_until_end(child: &mut Child) -> u64 {
    let mut peak = 0;
    loop {
        peak = peak.max(high_water_kib(child.id()).unwrap_or_default());
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "the import failed");
            return peak;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn high_water_kib(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
