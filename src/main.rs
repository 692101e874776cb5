//! The command line; see [`plaudit::cli`].
use std::process::ExitCode;

fn main() -> ExitCode {
    plaudit::cli::run()
}
