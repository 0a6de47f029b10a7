//! What the command line says.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use clap::Args;
use engine_api::{
    document::Diagnostics,
    organization::{ChangeList, ChangeWord, FieldChange},
};
use engine_host::LoadError;
use engine_store::OpenError;
use sdk_client::ClientError;
use serde::Serialize;

use crate::data::DataError;

/// How the outcome of a command is told.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(super) struct Form {
    /// Print one JSON document
    #[arg(long)]
    json: bool,
}

impl Form {
    /// Prints the document, or what says the same in lines.
    pub(super) fn tell<T: Serialize>(
        self,
        document: &T,
        lines: impl FnOnce(),
    ) -> serde_json::Result<()> {
        match self.json {
            true => say(&serde_json::to_string_pretty(document)?),
            false => lines(),
        }
        Ok(())
    }

    /// Prints what changed.
    pub(super) fn changes(self, list: &ChangeList) -> serde_json::Result<()> {
        self.tell(list, || changes(list))
    }
}

/// Waits, and says every ten seconds that it still does, and for what where that is known.
pub(super) async fn patiently<T>(
    work: impl Future<Output = T>,
    what: impl AsyncFn() -> Option<String>,
) -> T {
    let mut work = std::pin::pin!(work);
    let mut seconds = 0;
    loop {
        match tokio::time::timeout(Duration::from_secs(10), &mut work).await {
            Ok(done) => return done,
            Err(_) => seconds += 10,
        }
        let what = what().await.map(|what| format!(": {what}")).unwrap_or_default();
        warn(&format!("  … still, after {seconds} s{what}"));
    }
}

/// Prints a line on standard output. A closed pipe is not an error worth a word.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Prints a line on standard error.
pub(super) fn warn(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Tells an error with all its causes; mistakes in documents with their lines.
pub(super) fn complain(error: &anyhow::Error) {
    if let Some(mistakes) = error.downcast_ref::<Diagnostics>() {
        return warn(mistakes.to_string().trim_end());
    }
    if let Some(DataError::Store(wrong)) = error.downcast_ref::<DataError>() {
        warn(&format!("error [{}]: {error:#}", wrong.code()));
        if let OpenError::InUse { .. } = wrong {
            warn(
                "help: speak to the engine that uses it with --server and --token, or stop it first",
            );
        }
        return;
    }
    if let Some(wrong) = error.downcast_ref::<LoadError>() {
        return warn(&format!("error [{}]: {error:#}", wrong.code()));
    }
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Refused(body)) if body.diagnostics.is_empty() => {
            warn(&format!("error [{}]: {}", body.code, body.message));
            for field in body.fields.iter().filter(|field| !body.message.contains(&field.message)) {
                warn(&format!("  {}: {}", field.field, field.message));
            }
        }
        Some(ClientError::Refused(body)) => {
            warn(body.message.trim_end());
            warn(&format!("error [{}]: nothing was changed", body.code));
        }
        Some(ClientError::Unreachable(_)) => {
            warn(&format!("error: {error:#}"));
            warn("help: `countersign serve` starts an engine; --server says where one is");
        }
        Some(ClientError::Unreadable { .. } | ClientError::TooLong { .. }) | None => {
            warn(&format!("error: {error:#}"));
        }
    }
}

/// Prints what changed, or would, and a last line that counts.
pub(super) fn changes(list: &ChangeList) {
    let mut same = 0_usize;
    for change in &list.changes {
        let mark = match change.change {
            ChangeWord::Created => "+",
            ChangeWord::Updated => "~",
            ChangeWord::Removed => "-",
            ChangeWord::Published => "^",
            ChangeWord::Retired => "x",
            ChangeWord::Restarting => ">",
            ChangeWord::Same => {
                same += 1;
                continue;
            }
        };
        let version = change.version.map(|n| format!(" version {n}")).unwrap_or_default();
        say(&format!("{mark} {}{version}", change.what));
        for warning in &change.warnings {
            say(&format!("    warning: {}: {}", warning.field, warning.message));
        }
        for field in &change.fields {
            say(&format!("    {}", difference(field)));
        }
        if change.left_off > 0 {
            say(&format!("    … and {} more", change.left_off));
        }
    }
    let changed = list.changes.len() - same;
    let did = if list.dry_run { "would change" } else { "changed" };
    say(&format!("{changed} {did}, {same} as they were"));
}

/// `email: (none) → ann@example.org`.
fn difference(field: &FieldChange) -> String {
    let side = |text: &Option<String>| text.as_deref().map_or("(none)".to_owned(), shown);
    format!("{}: {} → {}", field.path, side(&field.before), side(&field.after))
}

/// A text on one line of a terminal: one that would not be seen as it is stands in quotes.
fn shown(text: &str) -> String {
    if text.is_empty() || text.contains(char::is_control) {
        format!("{text:?}")
    } else {
        text.to_owned()
    }
}
