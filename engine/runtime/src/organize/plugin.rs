//! Installing a plugin, and replacing one.

use engine_core::{ids::PluginId, rule::EditedRead};
use engine_host::Grant;
use serde_json::{Value as Json, json};

use super::{Changed, Plan, told};
use crate::{
    error::EngineError,
    organization::{InstalledPlugin, OrganizationEvent, Origin},
};

impl Plan<'_> {
    /// A new file of an installed plugin keeps its grant; when and by whom it was installed does not
    /// make it another plugin.
    pub(super) fn put_plugin(&mut self, plugin: InstalledPlugin) -> Result<Changed, EngineError> {
        let what = format!("plugin {}", plugin.id);
        self.refuse_edited_reads(&plugin);
        let before = self.state.plugins.get(&plugin.id).cloned();
        match before {
            Some(before) if is_same(&before, &plugin) => Ok(Changed::Same(what)),
            Some(before) => {
                let after = InstalledPlugin { grant: before.grant.clone(), ..plugin };
                let differences = self.differences(&file(&before), &file(&after));
                self.record(OrganizationEvent::PluginPut(after))?;
                Ok(Changed::Updated { what, differences })
            }
            None => {
                self.record(OrganizationEvent::PluginPut(plugin)).map(|()| Changed::Created(what))
            }
        }
    }

    /// STP-12, EXE-6a: what a plugin reads is not what approvers may edit. Older versions of rules, and
    /// what came with the program, are looked at when they are about to run.
    fn refuse_edited_reads(&mut self, plugin: &InstalledPlugin) {
        if plugin.origin == Origin::FirstParty {
            return;
        }
        let (id, reads) = (&plugin.id, plugin.form_reads());
        let open = self.state.rules.keys().filter(|rule| !self.state.is_retired(rule));
        let newest = open.filter_map(|rule| self.state.newest(rule));
        let found = newest.filter_map(|version| {
            let EditedRead { step, property, .. } = EditedRead::first(&version.rule, id, &reads)?;
            Some(format!(
                "this version of the plugin reads `{property}`, which approvers may edit in step \
                 `{step}` of rule `{}`: what was approved could be changed. Publish the rule \
                 without `{property}` among its `editable_properties` first, or install this \
                 version under another id",
                version.rule.id
            ))
        });
        for message in found.collect::<Vec<_>>() {
            self.problem(format!("plugins.{id}"), message);
        }
    }

    /// Grants a plugin what it may use: all of it.
    pub(super) fn grant_plugin(
        &mut self,
        plugin: &PluginId,
        grant: Grant,
    ) -> Result<Option<Changed>, EngineError> {
        let Some(before) = self.state.plugins.get(plugin).cloned() else {
            self.problem("plugin", format!("`{plugin}` is not installed"));
            return Ok(None);
        };
        let after = InstalledPlugin { grant, ..(*before).clone() };
        let event = OrganizationEvent::PluginPut(after.clone());
        let what = format!("grant of plugin {plugin}");
        let told = |plugin: &InstalledPlugin| told(&plugin.grant);
        self.put(what, Some(&*before), &after, event, told).map(Some)
    }
}

/// Whether a plugin is installed so already.
fn is_same(before: &InstalledPlugin, after: &InstalledPlugin) -> bool {
    before.digest == after.digest
        && before.config == after.config
        && before.reads == after.reads
        && before.origin == after.origin
}

/// What people are told of a plugin's file.
fn file(plugin: &InstalledPlugin) -> Json {
    json!({
        "name": plugin.name,
        "version": plugin.version,
        "world": plugin.world,
        "digest": plugin.digest,
        "origin": plugin.origin,
    })
}
