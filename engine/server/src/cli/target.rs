//! Which engine a command is for: a running one over HTTP, or a stopped one's folder.

use anyhow::{Context as _, bail};
use clap::Args;
use engine_core::{directory::OrganizationRole, ids::OrgId};
use engine_runtime::Caller;
use sdk_client::Client;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::USUAL_ADDRESS;
use crate::{config::Config, http::AppState, local::Local};

/// Which engine to speak to.
#[derive(Clone, Debug, Args)]
pub(super) struct Target {
    /// The address of a running engine [default: http://127.0.0.1:7300]
    #[arg(long, env = "COUNTERSIGN_SERVER", value_name = "URL")]
    server: Option<String>,
    /// The token to speak with
    #[arg(long, env = "COUNTERSIGN_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The data folder of a stopped engine; goes before --server
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// With --data: the configuration file, in TOML
    #[arg(long, env = "COUNTERSIGN_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// With --data: the organization, where there are several
    #[arg(long, value_name = "ID")]
    org: Option<OrgId>,
}

/// An engine to speak to.
pub(super) struct Spoken {
    pub(super) client: Client,
    /// The engine, where it is one of this process.
    own: Option<AppState>,
}

impl Spoken {
    /// Finishes what is under way.
    pub(super) async fn close(self) {
        if let Some(state) = self.own {
            state.engine.close().await;
        }
    }
}

impl Target {
    /// Reaches the engine.
    pub(super) async fn reach(&self) -> anyhow::Result<Spoken> {
        if let Some(folder) = &self.data {
            return self.open(folder).await;
        }
        let token = self.token.as_deref().context(
            "a token is needed: --token, or COUNTERSIGN_TOKEN; `countersign init` prints the first one; \
             with --data DIR, a stopped engine's folder is opened without one",
        )?;
        let usual = || format!("http://{USUAL_ADDRESS}");
        let server = self.server.clone().unwrap_or_else(usual);
        Ok(Spoken { client: Client::http(&server, token)?, own: None })
    }

    /// Opens the folder of a stopped engine, and speaks as the owner of the organization.
    async fn open(&self, folder: &Path) -> anyhow::Result<Spoken> {
        let config = self.config.as_deref().map_or_else(|| Ok(Config::default()), Config::read)?;
        let state = super::engine(folder, &config).await?;
        let org = self.organization(&state)?;
        let organization = state.engine.organization(&org)?;
        let directory = &organization.organization.directory;
        let owner = directory.with_role(OrganizationRole::Owner).next();
        let owner = owner.context("the organization has no owner")?.id.clone();
        let caller = Caller::new(org, owner, "cli");
        let client = Client::over(Arc::new(Local::new(state.clone(), caller)));
        Ok(Spoken { client, own: Some(state) })
    }

    fn organization(&self, state: &AppState) -> anyhow::Result<OrgId> {
        let all = state.engine.organizations();
        match (&self.org, all.as_slice()) {
            (Some(org), _) => Ok(org.clone()),
            (None, [only]) => Ok(only.clone()),
            (None, []) => bail!("the folder has no organization: `countersign init` makes one"),
            (None, _) => bail!("the folder has several organizations: say which with --org"),
        }
    }
}
