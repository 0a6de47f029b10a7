//! `countersign test`.

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use super::{NO_POSTGRES, Options, StoreKind, run};

const EXAMPLES: &str = "\
Examples:
  countersign test rules/
  countersign test rules/capex.scenario.yaml --filter STP-5
  countersign test rules/ --store redb --json
  countersign test rules/ --server http://127.0.0.1:7300";

/// Runs scenario files against an engine of their own and says which expectations do not hold.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct TestArgs {
    /// Scenario files, or folders with files that end in `.scenario.yaml`.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Only cases whose name contains this text.
    #[arg(long)]
    filter: Option<String>,
    /// Prints one JSON document instead of lines.
    #[arg(long)]
    json: bool,
    /// Where the data of each case is kept.
    #[arg(long, value_enum, default_value_t)]
    store: StoreKind,
    /// Plays the cases on this server, started with `countersign serve --test-control`.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
}

/// Runs the command: success if every case is as it says.
///
/// # Errors
/// The output cannot be written.
pub async fn test(args: TestArgs) -> io::Result<ExitCode> {
    if args.store == StoreKind::Postgres {
        writeln!(io::stderr(), "error: {NO_POSTGRES}")?;
        return Ok(ExitCode::from(2));
    }
    let options = Options { filter: args.filter, store: args.store, server: args.server };
    let report = run(&args.paths, &options).await;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", report.to_json())?;
    } else {
        write!(out, "{report}")?;
    }
    Ok(if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
