//! `countersign init`.

use std::process::ExitCode;

use clap::Args;
use engine_api::directory::UserDoc;
use engine_core::{
    directory::{OrganizationRole, UserKind},
    ids::{Login, OrgId},
};
use std::collections::BTreeMap;

use super::{
    Place,
    output::{say, warn},
};
use crate::first_party;

const EXAMPLES: &str = "\
Examples:
  countersign init
  countersign init --data data --org shop --owner ann";

/// Create an organization and print its owner's first token.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Init {
    #[command(flatten)]
    place: Place,
    /// The id of the organization
    #[arg(long, default_value = "main", value_name = "ID")]
    org: OrgId,
    /// The login of its owner
    #[arg(long, default_value = "owner", value_name = "LOGIN")]
    owner: Login,
}

impl Init {
    pub(super) async fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.place.config()?;
        let state = super::engine(&self.place.folder(&config), &config).await?;
        let made = self.make(&state).await;
        state.engine.close().await;
        let token = made?;
        warn(&format!(
            "organization `{}` with owner `{}`; the token is shown this once:",
            self.org, self.owner
        ));
        say(&token);
        Ok(ExitCode::SUCCESS)
    }

    async fn make(&self, state: &crate::http::AppState) -> anyhow::Result<String> {
        anyhow::ensure!(
            !state.engine.organizations().contains(&self.org),
            "the organization `{}` exists already",
            self.org
        );
        state.engine.create_organization(&self.org, self.owner()).await?;
        if !first_party::are_built() {
            warn(first_party::NOT_BUILT);
        }
        first_party::install(state, &self.org).await?;
        Ok(state.engine.first_token(&self.org).await?.text)
    }

    fn owner(&self) -> UserDoc {
        UserDoc {
            login: self.owner.clone(),
            name: None,
            email: None,
            time_zone: None,
            active: true,
            kind: UserKind::Person,
            role: OrganizationRole::Owner,
            groups: Vec::new(),
            properties: BTreeMap::new(),
            replace_by: None,
            force: false,
        }
    }
}
