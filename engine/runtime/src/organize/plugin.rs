//! Installing a plugin, replacing one, and what administrators say of it.

use engine_core::{ids::PluginId, rule::EditedRead};
use serde_json::{Value as Json, json};

use super::{Changed, Plan, PluginChange, told};
use crate::{
    error::EngineError,
    organization::OrganizationEvent,
    plugin::{Disabled, InstalledPlugin, Origin, PluginFile},
};

/// A plugin, as people write what is changed of it.
type Told = fn(&InstalledPlugin) -> Json;

impl Plan<'_> {
    /// A new file of an installed plugin keeps its grant and limits; when and by whom it was installed does
    /// not make it another file.
    pub(super) fn put_plugin(
        &mut self,
        id: PluginId,
        file: PluginFile,
    ) -> Result<Changed, EngineError> {
        let what = format!("plugin {id}");
        self.refuse_edited_reads(&id, &file);
        match self.state.plugins.get(&id).cloned() {
            Some(before) if before.file.is_same(&file) => Ok(Changed::Same(what)),
            Some(before) => self.put_file(what, &before, before.with(file)),
            None => {
                let plugin = InstalledPlugin::new(id, file);
                let event = OrganizationEvent::PluginPut(Box::new(plugin));
                self.record(event).map(|()| Changed::Created(what))
            }
        }
    }

    fn put_file(
        &mut self,
        what: String,
        before: &InstalledPlugin,
        after: InstalledPlugin,
    ) -> Result<Changed, EngineError> {
        let differences = self.differences(&file(&before.file), &file(&after.file));
        self.record(OrganizationEvent::PluginPut(Box::new(after)))?;
        Ok(Changed::Updated { what, differences })
    }

    /// STP-12, EXE-6a: what a plugin reads is not what approvers may edit. Older versions of rules, and
    /// what came with the program, are looked at when they are about to run.
    fn refuse_edited_reads(&mut self, id: &PluginId, file: &PluginFile) {
        if file.origin == Origin::FirstParty {
            return;
        }
        let reads = file.form_reads();
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

    /// What administrators say of a plugin that is installed.
    pub(super) fn change_plugin(
        &mut self,
        plugin: &PluginId,
        change: PluginChange,
    ) -> Result<Option<Changed>, EngineError> {
        let Some(before) = self.state.plugins.get(plugin).cloned() else {
            self.problem("plugin", format!("`{plugin}` is not installed"));
            return Ok(None);
        };
        let before = &*before;
        let put = |this: &mut Self, what: &str, after: InstalledPlugin, told: Told| {
            let event = OrganizationEvent::PluginPut(Box::new(after.clone()));
            this.put(format!("{what} of plugin {plugin}"), Some(before), &after, event, told)
        };
        match change {
            PluginChange::Grant(grant) => {
                let after = InstalledPlugin { grant, ..before.clone() };
                put(self, "grant", after, |plugin| told(&plugin.grant)).map(Some)
            }
            PluginChange::Limit(limits) => {
                for fault in limits.faults() {
                    self.problem(fault.field, fault.to_string());
                }
                let after = InstalledPlugin { limits, ..before.clone() };
                put(self, "limits", after, |plugin| told(&plugin.limits)).map(Some)
            }
            PluginChange::Enable => {
                let after = InstalledPlugin { disabled: None, ..before.clone() };
                put(self, "state", after, state).map(Some)
            }
            PluginChange::Disable { comment } => {
                let (at, by) = (self.engine.now(), self.me.id.clone());
                let disabled = before.disabled.clone().unwrap_or(Disabled { at, by, comment });
                let after = InstalledPlugin { disabled: Some(disabled), ..before.clone() };
                put(self, "state", after, state).map(Some)
            }
            PluginChange::Back { to } => self.go_back(before, to.as_deref()),
        }
    }

    fn go_back(
        &mut self,
        before: &InstalledPlugin,
        to: Option<&str>,
    ) -> Result<Option<Changed>, EngineError> {
        let id = &before.id;
        let Some(after) = before.back(to) else {
            let known: Vec<String> = before.earlier.iter().map(named).collect();
            self.problem(
                "to",
                match known.as_slice() {
                    [] => format!("there is no earlier version of `{id}` to go back to"),
                    known => format!("expected the digest of one of {}", known.join(", ")),
                },
            );
            return Ok(None);
        };
        self.refuse_edited_reads(id, &after.file);
        self.put_file(format!("plugin {id}"), before, after).map(Some)
    }
}

/// An earlier version, as it can be chosen.
fn named(file: &PluginFile) -> String {
    let digest: String = file.digest.chars().take(12).collect();
    format!("`{digest}` (version {})", file.version)
}

/// What people are told of a plugin's file.
fn file(file: &PluginFile) -> Json {
    json!({
        "name": file.name,
        "version": file.version,
        "worlds": file.worlds,
        "digest": file.digest,
        "origin": file.origin,
        "signer": file.signer,
    })
}

/// Whether it is called, and why not.
fn state(plugin: &InstalledPlugin) -> Json {
    match &plugin.disabled {
        Some(disabled) => json!({ "enabled": false, "comment": disabled.comment }),
        None => json!({ "enabled": true }),
    }
}
