//! Parses, runs, and turns the result into an exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    netwiz::cli::main()
}
