//! `countersign apply`.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use engine_api::organization::ChangeList;
use sdk_client::{Client, Deed};

use super::{files::Gathered, output::changes, target::Target};

const EXAMPLES: &str = "\
Examples:
  countersign apply -f examples/shop --dry-run
  countersign apply -f organization.yaml -f rules --prune --server http://approvals:7300 --token csn_…
  countersign apply -f examples/shop --data data";

/// Make an organization what files say. Applying the same files again changes nothing.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Apply {
    #[command(flatten)]
    target: Target,
    /// A file or a folder; can be given several times
    #[arg(short = 'f', long = "file", required = true, value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    /// Remove people and places that the directory in the files does not name
    #[arg(long)]
    prune: bool,
    /// Said of every rule that is published
    #[arg(long, default_value = "", value_name = "TEXT")]
    comment: String,
}

impl Apply {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let mut gathered = Gathered::read(&self.files)?;
        gathered.bundle.comment.clone_from(&self.comment);
        let spoken = self.target.reach().await?;
        let applied = self.apply(&spoken.client, gathered).await;
        spoken.close().await;
        changes(&applied?);
        Ok(ExitCode::SUCCESS)
    }

    /// Components are only sent before the rest: they are installed with it, all or nothing.
    async fn apply(&self, client: &Client, gathered: Gathered) -> anyhow::Result<ChangeList> {
        let Gathered { mut bundle, components } = gathered;
        for (id, component) in components {
            let digest = engine_host::digest(engine_host::split_signature(&component).0);
            if bundle.components.insert(id.clone(), digest).is_some() {
                anyhow::bail!("there are two components named `{id}`");
            }
            client.install(&id, component, Deed::DryRun).await?;
        }
        let deed = if self.dry_run { Deed::DryRun } else { Deed::Do };
        Ok(client.apply(&bundle, deed, self.prune).await?)
    }
}
