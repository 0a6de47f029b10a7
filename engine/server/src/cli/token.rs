//! `countersign token`.

use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Subcommand;
use engine_api::organization::{NewToken, TokenView};
use sdk_client::Client;

use super::{
    output::{changes, say, warn},
    target::Target,
};

/// Of all of `countersign token`.
pub(super) const EXAMPLES: &str = "\
Examples:
  countersign token new --user omar --name laptop
  countersign token list";

const NEW: &str = "\
Examples:
  countersign token new --name laptop
  countersign token new --user nightly --name jobs --expires 2027-01-01T00:00:00Z";

/// Make, list and remove tokens.
#[derive(Debug, Subcommand)]
pub(super) enum TokenCommand {
    /// Make a token and print its text, this once
    #[command(after_help = NEW)]
    New {
        #[command(flatten)]
        target: Target,
        /// Whose it is to be; one's own where absent
        #[arg(long, value_name = "LOGIN")]
        user: Option<String>,
        /// For what
        #[arg(long)]
        name: String,
        /// When it ends, such as 2027-01-01T00:00:00Z; never where absent
        #[arg(long, value_name = "TIME")]
        expires: Option<DateTime<Utc>>,
    },
    /// List tokens, never their texts
    #[command(after_help = "Example:\n  countersign token list --data data")]
    List {
        #[command(flatten)]
        target: Target,
    },
    /// Remove a token: it stops working at once
    #[command(
        after_help = "Example:\n  countersign token remove 0199f3c2-1f1e-7c0a-9d0e-0a4f6f1d2c3b"
    )]
    Remove {
        #[command(flatten)]
        target: Target,
        /// As `token list` shows it
        id: String,
    },
}

impl TokenCommand {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let spoken = self.target().reach().await?;
        let done = self.with(&spoken.client).await;
        spoken.close().await;
        done.map(|()| ExitCode::SUCCESS)
    }

    fn target(&self) -> &Target {
        match self {
            Self::New { target, .. } | Self::List { target } | Self::Remove { target, .. } => {
                target
            }
        }
    }

    async fn with(self, client: &Client) -> anyhow::Result<()> {
        match self {
            Self::New { user, name, expires, .. } => {
                let made = client.make_token(&NewToken { user, name, expires }).await?;
                warn(&format!(
                    "token {} of {}; its text is shown this once:",
                    made.record.id, made.record.user
                ));
                say(&made.token);
            }
            Self::List { .. } => {
                for token in client.tokens().await?.items {
                    say(&line(&token));
                }
            }
            Self::Remove { id, .. } => changes(&client.remove_token(&id).await?),
        }
        Ok(())
    }
}

fn line(token: &TokenView) -> String {
    let time = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let expires = token.expires.as_ref().map_or_else(|| "never".to_owned(), time);
    let TokenView { id, user, name, created, .. } = token;
    format!("{id}  {user}  {name}  made {}  ends {expires}", time(created))
}
