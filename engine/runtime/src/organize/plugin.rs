//! Installing a plugin, and replacing one.

use super::{Changed, Plan};
use crate::{
    error::EngineError,
    organization::{InstalledPlugin, OrganizationEvent},
};

impl Plan<'_> {
    /// A new file of an installed plugin keeps its grant; when and by whom it was installed does not
    /// make it another plugin.
    pub(super) fn put_plugin(&mut self, plugin: InstalledPlugin) -> Result<Changed, EngineError> {
        let what = format!("plugin {}", plugin.id);
        let before = self.state.plugins.get(&plugin.id).cloned();
        match before {
            Some(before) if is_same(&before, &plugin) => Ok(Changed::Same(what)),
            Some(before) => {
                let after = InstalledPlugin { grant: before.grant.clone(), ..plugin };
                self.record(OrganizationEvent::PluginPut(after)).map(|()| Changed::Updated(what))
            }
            None => {
                self.record(OrganizationEvent::PluginPut(plugin)).map(|()| Changed::Created(what))
            }
        }
    }
}

/// Whether a plugin is installed so already.
fn is_same(before: &InstalledPlugin, after: &InstalledPlugin) -> bool {
    before.digest == after.digest && before.config == after.config && before.origin == after.origin
}
