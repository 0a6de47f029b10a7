//! `countersign plugin inspect|enable|disable|rollback|limit`.

mod inspect;

use std::{path::Path, process::ExitCode};

use clap::{Args, Subcommand};
use engine_api::organization::LimitsDoc;
use sdk_client::Client;

use super::super::{output::Form, target::Target};

const INSPECT: &str = "\
A file is looked at as it is: no engine is needed. Of an installed plugin there is also who
installed and signed it, what it may use, and what it has done since the engine started.

Examples:
  countersign plugin inspect target/components/sql.wasm
  countersign plugin inspect sql
  countersign plugin inspect sql --log 20
  countersign plugin inspect sql --json";

const DISABLE: &str = "\
Requests that need the plugin wait until it is enabled again, and grants that it gave do not end
meanwhile.

Example:
  countersign plugin disable webhook --comment maintenance";

const ROLLBACK: &str = "\
What the plugin is granted stays. Calls that are under way end with the version they began with.

Examples:
  countersign plugin rollback risk-score
  countersign plugin rollback risk-score --to 3f9a02c4";

const LIMIT: &str = "\
Without any limit the usual ones hold again; `countersign plugin inspect` shows what calls used.

Examples:
  countersign plugin limit export --deadline-ms 120000 --rows 5000000
  countersign plugin limit export";

/// What administrators do with plugins that are installed.
#[derive(Debug, Subcommand)]
pub(in super::super) enum Manage {
    /// Show what a plugin is, asks for, may do, and has done since the engine started
    #[command(after_help = INSPECT)]
    Inspect {
        #[command(flatten)]
        target: Target,
        /// The plugin, or a file
        #[arg(value_name = "ID|FILE")]
        id: String,
        /// How many of the last lines of its log
        #[arg(long, value_name = "LINES", default_value_t = 5)]
        log: usize,
        #[command(flatten)]
        form: Form,
    },
    /// Call a plugin again
    #[command(after_help = "Example:\n  countersign plugin enable webhook")]
    Enable {
        #[command(flatten)]
        target: Target,
        /// The plugin
        id: String,
        #[command(flatten)]
        form: Form,
    },
    /// Do not call a plugin any more
    #[command(after_help = DISABLE)]
    Disable {
        #[command(flatten)]
        target: Target,
        /// The plugin
        id: String,
        /// Why, for those who wait for it
        #[arg(long, value_name = "TEXT", default_value = "")]
        comment: String,
        #[command(flatten)]
        form: Form,
    },
    /// Go back to the version that was installed before
    #[command(after_help = ROLLBACK)]
    Rollback {
        #[command(flatten)]
        target: Target,
        /// The plugin
        id: String,
        /// The version whose digest begins so; the newest of the earlier ones where absent
        #[arg(long, value_name = "DIGEST")]
        to: Option<String>,
        #[command(flatten)]
        form: Form,
    },
    /// Say what a call of a plugin may use in place of the usual limits: all of it
    #[command(after_help = LIMIT)]
    Limit {
        #[command(flatten)]
        target: Target,
        /// The plugin
        id: String,
        #[command(flatten)]
        limits: Limits,
        #[command(flatten)]
        form: Form,
    },
}

/// In place of the usual ones.
#[derive(Clone, Copy, Debug, Args)]
pub(in super::super) struct Limits {
    /// Units of deterministic work, about one per machine instruction
    #[arg(long, value_name = "NUMBER")]
    fuel: Option<u64>,
    /// Milliseconds from start to answer
    #[arg(long, value_name = "NUMBER")]
    deadline_ms: Option<u64>,
    /// Bytes of memory
    #[arg(long, value_name = "BYTES")]
    memory: Option<u64>,
    /// Calls of the host
    #[arg(long, value_name = "NUMBER")]
    host_calls: Option<u64>,
    /// Bytes of the answer
    #[arg(long, value_name = "BYTES")]
    output: Option<u64>,
    /// Rows that it may read
    #[arg(long, value_name = "NUMBER")]
    rows: Option<u64>,
    /// Bytes that an executor may write to files
    #[arg(long, value_name = "BYTES")]
    blob_bytes: Option<u64>,
    /// Calls to other systems
    #[arg(long, value_name = "NUMBER")]
    http_calls: Option<u64>,
}

impl Manage {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        if let Self::Inspect { id, form, .. } = &self
            && inspect::is_file(id)
        {
            return inspect::file(Path::new(id), *form);
        }
        let (Self::Inspect { target, .. }
        | Self::Enable { target, .. }
        | Self::Disable { target, .. }
        | Self::Rollback { target, .. }
        | Self::Limit { target, .. }) = &self;
        let spoken = target.reach().await?;
        let done = self.with(&spoken.client).await;
        spoken.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }

    async fn with(&self, client: &Client) -> anyhow::Result<()> {
        let (form, changes) = match self {
            Self::Inspect { id, log, form, .. } => {
                let detail = client.plugin(id).await?;
                return Ok(form.tell(&detail, || inspect::report(&detail, *log))?);
            }
            Self::Enable { id, form, .. } => (form, client.enable(id).await?),
            Self::Disable { id, comment, form, .. } => (form, client.disable(id, comment).await?),
            Self::Rollback { id, to, form, .. } => {
                (form, client.roll_back(id, to.as_deref()).await?)
            }
            Self::Limit { id, limits, form, .. } => {
                (form, client.limit(id, &document(limits)).await?)
            }
        };
        Ok(form.changes(&changes)?)
    }
}

fn document(limits: &Limits) -> LimitsDoc {
    let Limits { fuel, deadline_ms, memory, host_calls, output, rows, blob_bytes, http_calls } =
        *limits;
    LimitsDoc { fuel, deadline_ms, memory, host_calls, output, rows, blob_bytes, http_calls }
}
