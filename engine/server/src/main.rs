//! The `countersign` command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A command makes thousands of small values that live for a millisecond.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    engine_server::cli::main()
}
