//! The `countersign` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    engine_server::cli::main()
}
