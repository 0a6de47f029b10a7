//! `cargo xtask …`: builds, tests and measures the project.
//!
//! | command | what it does |
//! |---|---|
//! | `build` | the plugins as WebAssembly components, then the `countersign` binary with them inside, then what builds plugins in other languages |
//! | `test` | every check of the project; `--quick` needs Rust only |
//! | `tidy` | the checks of the house style and of the dependency graph alone |
//! | `databases` | runs a command with private PostgreSQL and MariaDB servers |
//! | `sample` | writes the sample database of `examples/shop` |
//! | `demo` | builds, and plays the story of `examples/shop` against a real engine |
//! | `bench` | the benches |
//! | `mutants` | small faults in the core that scenarios alone must notice |
//! | `fuzz` | the fuzz targets of the plugin host, for ten minutes each |
//! | `release-contract` | keeps the plugin contract as it is, with a component in each language |
//!
//! To add a check that every change must pass, add it to [`mod@test`]; to add a rule of style, give it
//! a module under [`tidy`] and a test there that shows it fail.

mod bench;
mod build;
mod contract;
mod demo;
mod fuzz;
mod gates;
#[cfg(test)]
mod help;
mod languages;
mod mutants;
mod process;
mod sample;
mod servers;
mod tally;
mod test;
mod tidy;
mod toolchain;
mod workspace;

use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::{build::Profile, servers::Servers, workspace::Workspace};

const EXAMPLES: &str = "\
Examples:
  cargo xtask demo
  cargo xtask test --quick
  cargo xtask build --profile release";

const BUILD: &str = "\
Examples:
  cargo xtask build
  cargo xtask build --profile release";

const TEST: &str = "\
Examples:
  cargo xtask test
  cargo xtask test --quick";

const DATABASES: &str = "\
Examples:
  cargo xtask databases cargo test -p engine-connect --features databases
  cargo xtask databases psql";

const SAMPLE: &str = "\
Examples:
  cargo xtask sample --sqlite shop.db
  cargo xtask sample --sql shop.sql --seed 7";

const DEMO: &str = "\
Examples:
  cargo xtask demo
  cargo xtask demo --once
  cargo xtask demo --binary target/release/countersign";

const BENCH: &str = "\
Examples:
  cargo xtask bench
  cargo xtask bench lifecycles";

const FUZZ: &str = "\
Examples:
  cargo xtask fuzz
  cargo xtask fuzz guest --seconds 60 --keep";

const MUTANTS: &str = "\
Examples:
  cargo xtask mutants
  cargo xtask mutants --sample 30 --seed 7";

#[derive(Parser)]
#[command(
    name = "cargo xtask",
    about = "Build, test, demo and bench of the project",
    after_help = EXAMPLES
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the first-party plugins, and the `countersign` binary with them inside.
    #[command(after_help = BUILD)]
    Build {
        /// How to build: dev is quickest to compile, release quickest to run, demo between the two.
        #[arg(long, value_enum, default_value_t = Profile::Dev)]
        profile: Profile,
    },
    /// Run every check and every test.
    #[command(after_help = TEST)]
    Test {
        /// Leave out what needs database servers.
        #[arg(long)]
        quick: bool,
    },
    /// Check the house style and the dependency graph.
    #[command(after_help = "Example:\n  cargo xtask tidy")]
    Tidy,
    /// Run a command with private PostgreSQL and MariaDB servers, such as one test again and again.
    #[command(after_help = DATABASES)]
    Databases {
        /// The command and its arguments; it finds the servers in its environment.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<OsString>,
    },
    /// Write the sample database of `examples/shop`.
    #[command(after_help = SAMPLE)]
    Sample {
        /// A new SQLite file.
        #[arg(long, value_name = "FILE", required_unless_present = "sql")]
        sqlite: Option<PathBuf>,
        /// A script for SQLite, PostgreSQL or MariaDB.
        #[arg(long, value_name = "FILE")]
        sql: Option<PathBuf>,
        /// Another seed gives another shop.
        #[arg(long, default_value_t = sample::SEED)]
        seed: u64,
    },
    /// Build, and play the story of `examples/shop` against a real engine and real databases.
    #[command(after_help = DEMO)]
    Demo {
        /// Stop everything at the end; else the engine goes on serving.
        #[arg(long)]
        once: bool,
        /// Play with this `countersign` instead of building one.
        #[arg(long, value_name = "FILE")]
        binary: Option<PathBuf>,
    },
    /// Run the benches.
    #[command(after_help = BENCH)]
    Bench {
        /// Only benches whose name contains this.
        filter: Option<String>,
    },
    /// Play the scenarios with small faults in what decides, one at a time; each must be noticed.
    #[command(after_help = MUTANTS)]
    Mutants {
        /// How many faults.
        #[arg(long, default_value_t = mutants::SAMPLE)]
        sample: usize,
        /// Another seed gives other faults.
        #[arg(long, default_value_t = mutants::SEED)]
        seed: u64,
    },
    /// Give what reads manifests and what crosses back from guests inputs that nobody thought of.
    #[command(after_help = FUZZ)]
    Fuzz {
        /// Only targets whose name contains this.
        target: Option<String>,
        /// How long each runs.
        #[arg(long, default_value_t = fuzz::SECONDS)]
        seconds: u64,
        /// Keep inputs that were answered in a new way in the corpus.
        #[arg(long)]
        keep: bool,
    },
    /// Keep the plugin contract as it is now under `sdk/wit/released`, with one component in each language.
    #[command(after_help = "Example:\n  cargo xtask release-contract")]
    ReleaseContract,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// False if checks ran and failed.
fn run(command: Command) -> anyhow::Result<bool> {
    let workspace = Workspace::here()?;
    match command {
        Command::Build { profile } => {
            let program = build::run(&workspace, profile)?;
            languages::offer(&workspace, &program);
            Ok(true)
        }
        Command::Test { quick } => test::run(&workspace, quick),
        Command::Tidy => test::tidy_only(&workspace),
        Command::Databases { command } => with_databases(&command),
        Command::Sample { sqlite, sql, seed } => {
            sqlite.map_or(Ok(()), |path| sample::write_sqlite(seed, &path))?;
            sql.map_or(Ok(()), |path| sample::write_sql(seed, &path))?;
            Ok(true)
        }
        Command::Demo { once, binary } => demo::run(&workspace, binary, once).map(|()| true),
        Command::Bench { filter } => bench::run(&workspace, filter.as_deref()).map(|()| true),
        Command::Mutants { sample, seed } => mutants::run(&workspace, sample, seed),
        Command::Fuzz { target, seconds, keep } => {
            fuzz::run(&workspace, target.as_deref(), seconds, keep)
        }
        Command::ReleaseContract => contract::release(&workspace).map(|()| true),
    }
}

/// Whether the command succeeded.
fn with_databases(command: &[OsString]) -> anyhow::Result<bool> {
    let (program, arguments) = command.split_first().context("expected a command")?;
    servers::ensure_installed()?;
    let servers = Servers::start()?;
    for (name, server) in [("PostgreSQL", &servers.postgres), ("MariaDB", &servers.mariadb)] {
        process::say(&format!("{name} runs as process {}", server.process_id()));
    }
    let mut child = std::process::Command::new(program);
    let status = child.args(arguments).envs(servers.environment()).status();
    Ok(status.with_context(|| format!("cannot start `{}`", program.display()))?.success())
}
