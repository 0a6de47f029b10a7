//! The plugins that come with the program.

use engine_core::{
    directory::OrganizationRole,
    ids::{OrgId, PluginId},
};
use engine_runtime::{Caller, Change, EngineError};

use crate::http::AppState;

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// What the program says where it has none.
pub const NOT_BUILT: &str = "built without the first-party plugins; run `cargo xtask build`";

/// Whether there are any.
#[must_use]
pub fn are_built() -> bool {
    !COMPONENTS.is_empty()
}

/// Installs those that an organization lacks, each under its name and with nothing granted; says
/// which.
///
/// # Errors
/// Where a component is not accepted, or the organization has no owner.
pub async fn install(state: &AppState, org: &OrgId) -> Result<Vec<PluginId>, EngineError> {
    let organization = state.engine.organization(org)?;
    let owner = organization.organization.directory.with_role(OrganizationRole::Owner).next();
    let owner = owner.ok_or(EngineError::NoSuchOrganization)?.id.clone();
    let (mut installed, mut changes) = (Vec::new(), Vec::new());
    for (name, bytes) in COMPONENTS {
        let id: PluginId = name.parse()?;
        if organization.plugins.contains_key(&id) {
            continue;
        }
        let plugin = state.library.add_component(bytes.to_vec()).await?;
        let now = state.engine.now();
        let record = state.library.installed(id.clone(), &plugin, owner.clone(), now);
        changes.extend(record.map(Change::PutPlugin));
        installed.push(id);
    }
    if !changes.is_empty() {
        let caller = Caller::new(org.clone(), owner, "engine");
        state.engine.organize(&caller, changes, false).await?;
    }
    Ok(installed)
}
