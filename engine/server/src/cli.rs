//! The `countersign` command line. Exit codes: 0 done, 1 failed, 2 wrong usage.

mod apply;
mod files;
mod init;
mod measure;
mod output;
mod plugin;
mod schema;
mod script;
mod serve;
mod target;
#[cfg(test)]
mod tests;
mod token;

pub use serve::USUAL_ADDRESS;

use std::{
    io::{IsTerminal as _, Read as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use engine_host::Compiler;

use crate::{
    config::{Config, ConfigError, LogFormat},
    data,
    http::AppState,
    scenario::cli::{TestArgs, test},
};

/// Where data is kept where nobody says.
pub const USUAL_DATA: &str = "countersign-data";

const EXAMPLES: &str = "\
Examples:
  countersign init --data data --owner ann
  countersign serve --data data --config countersign.toml
  countersign apply -f examples/shop --dry-run
  countersign test rules/
  countersign plugin grant sql --connection shop-db=write
  countersign token new --user omar --name laptop

`apply`, `plugin list|install|grant` and `token` speak to the engine at --server with --token, or
open the folder of a stopped one with --data. `countersign help COMMAND` shows examples of each.";

/// An approval engine.
#[derive(Debug, Parser)]
#[command(name = "countersign", version, about, after_help = EXAMPLES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until told to stop
    Serve(serve::Serve),
    /// Create an organization and print its owner's first token
    Init(init::Init),
    /// Make an organization what files say
    Apply(apply::Apply),
    /// Run scenario files: tests of rules
    Test(TestArgs),
    /// Print the JSON Schema of a kind of document, for editors
    Schema(schema::Schema),
    /// Make, check, run, install and grant plugins
    #[command(subcommand, after_help = plugin::EXAMPLES)]
    Plugin(plugin::PluginCommand),
    /// Check, run and measure scripts
    #[command(subcommand, after_help = script::EXAMPLES)]
    Script(script::ScriptCommand),
    /// Compile a component for another process of this program
    #[command(hide = true)]
    Compile,
    /// Make, list and remove tokens
    #[command(subcommand, after_help = token::EXAMPLES)]
    Token(token::TokenCommand),
}

/// The data folder and the configuration file.
#[derive(Clone, Debug, Args)]
pub(crate) struct Place {
    /// The data folder [default: countersign-data]
    #[arg(long, env = "COUNTERSIGN_DATA", value_name = "DIR")]
    data: Option<PathBuf>,
    /// The configuration file, in TOML
    #[arg(long, env = "COUNTERSIGN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

impl Place {
    fn config(&self) -> Result<Config, ConfigError> {
        self.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read)
    }

    fn folder(&self, config: &Config) -> PathBuf {
        let said = self.data.clone().or_else(|| config.data.clone());
        said.unwrap_or_else(|| PathBuf::from(USUAL_DATA))
    }
}

/// Runs the command that the arguments of the process ask for.
pub fn main() -> ExitCode {
    use_small_pages();
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

/// In huge pages, the few megabytes of an idle engine take twice as much memory. Where the system does not let
/// us say so, they do.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
}

async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Serve(serve) => serve.run().await,
        Command::Init(init) => init.run().await,
        Command::Apply(apply) => apply.run().await,
        Command::Test(args) => Ok(test(args).await?),
        Command::Schema(schema) => Ok(schema.run()),
        Command::Plugin(plugin) => plugin.run().await,
        Command::Script(script) => script.run().await,
        Command::Compile => compile(),
        Command::Token(token) => token.run().await,
    }
}

/// An engine on a data folder, which has interpreters compiled by a process of its own.
async fn engine(folder: &Path, config: &Config) -> anyhow::Result<AppState> {
    let state = data::open(folder, config).await?;
    // On Linux what runs here, even where its file was replaced or is gone.
    let here = Path::new("/proc/self/exe");
    let program = if here.exists() { here.to_owned() } else { std::env::current_exe()? };
    let arguments = vec!["compile".into()];
    state.library.host().compile_apart(Compiler { program, arguments });
    Ok(state)
}

/// From the standard input to the standard output.
fn compile() -> anyhow::Result<ExitCode> {
    let mut component = Vec::new();
    std::io::stdin().read_to_end(&mut component)?;
    let code = engine_host::compile_component(&component).map_err(anyhow::Error::msg)?;
    std::io::stdout().write_all(&code)?;
    Ok(ExitCode::SUCCESS)
}

/// Tells an error with all its causes.
fn failed(error: &anyhow::Error) -> ExitCode {
    output::complain(error);
    ExitCode::FAILURE
}

/// Starts the log, on standard error; `COUNTERSIGN_LOG` filters it.
fn start_log(format: LogFormat) {
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
