//! What an organization keeps of a plugin. Its files are found by their digests.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use engine_core::{
    ids::{PluginId, UserId},
    rule::{Read, World},
};
use engine_host::{Grant, LimitChanges, Name};
use serde::{Deserialize, Deserializer, Serialize};

/// The versions before the present one that can be gone back to.
const EARLIER: usize = 10;

/// An installed plugin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstalledPlugin {
    /// Its id in rules.
    pub id: PluginId,
    /// The component that runs.
    #[serde(flatten)]
    pub file: PluginFile,
    /// What an administrator granted, whatever the file.
    pub grant: Grant,
    /// In place of the host's limits.
    #[serde(default, skip_serializing_if = "LimitChanges::is_empty")]
    pub limits: LimitChanges,
    /// Why it is not called at present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
    /// What was installed before, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<PluginFile>,
}

/// A component, as it was installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginFile {
    /// The SHA-256 of the component, in hexadecimal.
    pub digest: String,
    /// By its manifest.
    pub name: String,
    /// By its manifest.
    pub version: String,
    /// What it can be used for.
    #[serde(alias = "world", deserialize_with = "one_or_several")]
    pub worlds: BTreeSet<World>,
    /// By its manifest: the schema of its settings. Without one they are not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<serde_json::Map<String, serde_json::Value>>,
    /// By its manifest: what it reads of a request's form.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Name>,
    /// When it was installed.
    pub at: DateTime<Utc>,
    /// By whom.
    pub by: UserId,
    /// Who keeps it up to date.
    #[serde(default)]
    pub origin: Origin,
    /// Who signed it; nobody where it is not signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
}

/// Who signed a component, by a key that the operator trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Whose the key is.
    pub tier: Tier,
    /// What the operator calls its holder.
    pub name: String,
    /// The key's id, in hexadecimal.
    pub key: String,
    /// What the signature says of the component.
    pub comment: String,
}

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// The operator's own.
    Operator,
    /// Of somebody whom the operator knows.
    Publisher,
}

/// That a plugin is not called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disabled {
    /// Since when.
    pub at: DateTime<Utc>,
    /// Who said so.
    pub by: UserId,
    /// Why; may be empty.
    pub comment: String,
}

/// Where a plugin's component came from, and so who may replace it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// An administrator installed it, and only administrators replace it.
    #[default]
    Administrator,
    /// It came with the program, and is replaced when the program brings another.
    FirstParty,
}

impl InstalledPlugin {
    /// A plugin that was never installed before, with nothing granted.
    #[must_use]
    pub fn new(id: PluginId, file: PluginFile) -> Self {
        Self {
            id,
            file,
            grant: Grant::default(),
            limits: LimitChanges::default(),
            disabled: None,
            earlier: Vec::new(),
        }
    }

    /// Whether this component is one of its versions.
    #[must_use]
    pub fn has(&self, digest: &str) -> bool {
        std::iter::once(&self.file).chain(&self.earlier).any(|file| file.digest == digest)
    }

    /// The same with another file; the present one can be gone back to.
    pub(crate) fn with(&self, file: PluginFile) -> Self {
        let earlier = std::iter::once(&self.file).chain(&self.earlier);
        let earlier = earlier.filter(|before| before.digest != file.digest);
        let earlier = earlier.take(EARLIER).cloned().collect();
        Self { file, earlier, ..self.clone() }
    }

    /// The earlier file whose digest begins so, or the newest.
    #[must_use]
    pub fn file_before(&self, to: Option<&str>) -> Option<&PluginFile> {
        self.earlier.get(self.place_before(to)?)
    }

    fn place_before(&self, to: Option<&str>) -> Option<usize> {
        self.earlier.iter().position(|file| to.is_none_or(|to| file.digest.starts_with(to)))
    }

    /// The same with [`Self::file_before`]. An administrator chose it, so that the program does not
    /// replace it by itself.
    pub(crate) fn back(&self, to: Option<&str>) -> Option<Self> {
        let place = self.place_before(to)?;
        let mut earlier = self.earlier.get(place..)?.to_vec();
        let file = PluginFile { origin: Origin::Administrator, ..earlier.remove(0) };
        Some(Self { file, earlier, ..self.clone() })
    }
}

impl PluginFile {
    /// What it reads of a request's form, for the core.
    pub(crate) fn form_reads(&self) -> Vec<Read> {
        let read = |name: &Name| match name {
            Name::Fixed(property) => Read::Property(property.clone()),
            Name::Config(setting) => Read::Setting(setting.clone()),
        };
        self.reads.iter().map(read).collect()
    }

    /// Whether the same is installed by this.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.digest == other.digest
            && self.config == other.config
            && self.reads == other.reads
            && self.worlds == other.worlds
            && self.origin == other.origin
            && self.signer == other.signer
    }
}

fn one_or_several<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeSet<World>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(World),
        Several(BTreeSet<World>),
    }
    Ok(match Written::deserialize(from)? {
        Written::One(world) => BTreeSet::from([world]),
        Written::Several(worlds) => worlds,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn file(digest: &str) -> PluginFile {
        PluginFile {
            digest: digest.to_owned(),
            name: "limits".to_owned(),
            version: "1.0.0".to_owned(),
            worlds: [World::Condition].into(),
            config: None,
            reads: Vec::new(),
            at: DateTime::UNIX_EPOCH,
            by: "u-olga".parse().unwrap(),
            origin: Origin::FirstParty,
            signer: None,
        }
    }

    fn installed(digests: &[&str]) -> InstalledPlugin {
        let (first, later) = digests.split_first().unwrap();
        let first = InstalledPlugin::new("limits".parse().unwrap(), file(first));
        later.iter().fold(first, |plugin, digest| plugin.with(file(digest)))
    }

    fn digests(plugin: &InstalledPlugin) -> Vec<&str> {
        let all = std::iter::once(&plugin.file).chain(&plugin.earlier);
        all.map(|file| file.digest.as_str()).collect()
    }

    #[test]
    fn one_command_goes_back_and_the_next_goes_further() {
        let plugin = installed(&["a1", "b2", "c3"]);
        assert_eq!(digests(&plugin), ["c3", "b2", "a1"]);
        let back = plugin.back(None).unwrap();
        assert_eq!((digests(&back), back.file.origin), (vec!["b2", "a1"], Origin::Administrator));
        assert_eq!(digests(&back.back(None).unwrap()), ["a1"]);
        assert_eq!(digests(&plugin.back(Some("a1")).unwrap()), ["a1"]);
        assert_eq!(plugin.back(Some("d4")), None);
        assert_eq!(installed(&["a1"]).back(None), None);
    }

    #[test]
    fn a_file_stands_once_among_those_to_go_back_to() {
        assert_eq!(digests(&installed(&["a1", "b2", "a1"])), ["a1", "b2"]);
        let many: Vec<String> = (0..20).map(|n| format!("{n:02}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(installed(&many).earlier.len(), EARLIER);
    }

    #[test]
    fn a_plugin_stored_with_its_only_world_is_read() {
        let plugin = installed(&["a1"]);
        let mut stored = serde_json::to_value(&plugin).unwrap();
        let fields = stored.as_object_mut().unwrap();
        assert_eq!(fields.remove("worlds"), Some(json!(["condition"])));
        fields.insert("world".to_owned(), json!("condition"));
        assert_eq!(serde_json::from_value::<InstalledPlugin>(stored).unwrap(), plugin);
    }
}
