//! `countersign plugin inspect|enable|disable|rollback|limit`.

use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};
use engine_api::organization::{
    LimitsDoc, PluginActivityView, PluginDetail, PluginLineView, PluginPauseView,
};
use sdk_client::Client;

use super::{
    super::{
        output::{Form, say},
        target::Target,
    },
    short, told,
};

const INSPECT: &str = "\
Examples:
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
    /// Show what a plugin is, may do, and has done since the engine started
    #[command(after_help = INSPECT)]
    Inspect {
        #[command(flatten)]
        target: Target,
        /// The plugin
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
    /// Rows that an executor may read
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
                if std::path::Path::new(id).is_file() {
                    bail!("`{id}` is a file: `countersign plugin check` says what it is");
                }
                let detail = client.plugin(id).await?;
                return Ok(form.tell(&detail, || report(&detail, *log))?);
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

/// What is known of a plugin, a line each.
fn report(detail: &PluginDetail, lines: usize) {
    let plugin = &detail.plugin;
    let current = &plugin.current;
    let about = detail.about.as_ref().map(|about| format!(": {about}")).unwrap_or_default();
    say(&format!("{} {}{about}", plugin.id, current.version));
    let worlds: Vec<&str> = current.worlds.iter().map(|world| world.as_str()).collect();
    say(&format!("  serves {}", worlds.join(", ")));
    say(&format!("  SHA-256 {}", current.digest));
    let (day, by) = (current.installed_at.format("%-d %B %Y, %H:%M UTC"), &current.installed_by);
    let came = if current.first_party { "came with the program" } else { "installed" };
    say(&format!("  {came} on {day} by {by}"));
    say(&format!("  may use {}", told(&plugin.grant)));
    if let Ok(serde_json::Value::Object(limits)) = serde_json::to_value(plugin.limits) {
        for (limit, value) in limits {
            say(&format!("  limit {limit}: {value}"));
        }
    }
    if let Some(disabled) = &plugin.disabled {
        let (at, by) = (disabled.at.format("%-d %B %Y, %H:%M UTC"), &disabled.by);
        say(&format!("  DISABLED since {at} by {by}: {}", disabled.comment));
    }
    for earlier in &plugin.earlier {
        say(&format!("  before: {} ({})", earlier.version, short(&earlier.digest)));
    }
    match &detail.activity {
        Some(activity) => say_activity(activity, lines),
        None => say("  not called since the engine started"),
    }
}

fn say_activity(activity: &PluginActivityView, lines: usize) {
    let failed: u64 = activity.failures.values().sum();
    let since = activity.since.format("%-d %B %Y, %H:%M UTC");
    say(&format!("  {} calls since {since}, {failed} failed", activity.calls));
    for (class, number) in &activity.failures {
        say(&format!("    {class}: {number}"));
    }
    let PluginActivityView { median_us, p95_us, longest_us, fuel, memory, .. } = activity;
    say(&format!("  took {median_us} µs (median), {p95_us} µs (p95), {longest_us} µs (longest)"));
    say(&format!("  used at most {fuel} fuel and {memory} bytes of memory"));
    activity.pauses.iter().for_each(say_pause);
    let skipped = activity.log.len().saturating_sub(lines);
    activity.log.iter().skip(skipped).for_each(say_line);
}

fn say_pause(pause: &PluginPauseView) {
    let step = pause.step.as_ref().map(|step| format!(", step {step}")).unwrap_or_default();
    let PluginPauseView { rule, failures, last, waiting, .. } = pause;
    say(&format!(
        "  NOT ASKED in rule {rule}{step} until {}: failed {failures} times in a row ({last:?})",
        pause.until.format("%H:%M:%S UTC")
    ));
    if !waiting.is_empty() {
        say(&format!("    waiting for it: {}", waiting.join(", ")));
    }
}

fn say_line(line: &PluginLineView) {
    let fields: String =
        line.fields.iter().map(|(name, value)| format!(" {name}={value:?}")).collect();
    let at = line.at.format("%H:%M:%S");
    say(&format!("  {at} {} {:?}{fields} ({})", line.level, line.message, line.request));
}
