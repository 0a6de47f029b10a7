//! Scripts and plugins with their configuration.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Compiler;
use crate::{
    ids::{PluginId, ScriptId},
    rule::{
        Config, ConfigEntry, Extension,
        names::World,
        written::{ExtensionDoc, property_reference},
    },
    schema::{Setting, Settings, at_key},
};

impl Compiler<'_> {
    fn config(&mut self, path: &str, doc: &BTreeMap<String, Json>) -> Config {
        let mut config = Config::new();
        for (key, value) in doc {
            let path = at_key(path, key);
            let entry = match property_reference(value) {
                None => ConfigEntry::Literal(value.clone()),
                Some(Err(message)) => {
                    self.problem(path, message);
                    continue;
                }
                Some(Ok(name)) => {
                    self.require_property(&path, &name);
                    ConfigEntry::Property(name)
                }
            };
            config.insert(key.clone(), entry);
        }
        config
    }

    pub(super) fn script(
        &mut self,
        path: &str,
        doc: &ExtensionDoc<ScriptId>,
    ) -> Extension<ScriptId> {
        let known = self.names.check_script(&doc.id);
        self.keep(&format!("{path}.script"), known);
        let config = self.config(&format!("{path}.config"), &doc.config);
        Extension { id: doc.id.clone(), config }
    }

    pub(super) fn plugin(
        &mut self,
        path: &str,
        doc: &ExtensionDoc<PluginId>,
        world: World,
    ) -> Extension<PluginId> {
        let known = self.names.check_plugin(&doc.id, world);
        self.keep(&format!("{path}.plugin"), known);
        Extension { id: doc.id.clone(), config: self.plugin_config(path, &doc.id, &doc.config) }
    }

    /// A plugin's configuration, checked against what the plugin says of it.
    pub(super) fn plugin_config(
        &mut self,
        path: &str,
        plugin: &PluginId,
        doc: &BTreeMap<String, Json>,
    ) -> Config {
        let path = format!("{path}.config");
        let config = self.config(&path, doc);
        let Some(schema) = self.names.schema(plugin) else { return config };
        let mut settings = Settings::new();
        for (key, entry) in &config {
            let setting = match entry {
                ConfigEntry::Literal(json) => Setting::Json(json),
                // Which properties there are was checked already.
                ConfigEntry::Property(name) => match self.types.get(name) {
                    Some(of) => Setting::Property(of),
                    None => return config,
                },
            };
            settings.insert(key, setting);
        }
        if settings.len() == doc.len() {
            for fault in schema.faults(&settings) {
                self.problem(format!("{path}{}", fault.path), fault.message);
            }
        }
        config
    }
}
