//! The manifest, by `sdk/wit/v1/manifest.schema.json`.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value as Json;

/// What a plugin says about itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Also the default id.
    pub name: String,
    /// Of the plugin.
    pub version: String,
    /// The version of the contract it was built for.
    pub contract: String,
    /// What it can be asked.
    pub worlds: BTreeSet<String>,
    /// One line.
    pub about: String,
    /// A JSON Schema of the settings.
    #[serde(default)]
    pub config: Json,
    /// The properties it reads.
    #[serde(default)]
    pub reads: Reads,
    /// What it asks to be granted.
    #[serde(default)]
    pub wants: Vec<Want>,
    /// Same input, same answer.
    #[serde(default)]
    pub pure: bool,
}

/// The properties a plugin reads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reads {
    /// Of the request's form.
    pub request: Vec<Name>,
    /// Of items.
    pub items: Vec<Name>,
    /// Of users.
    pub users: Vec<Name>,
}

/// A name, or where the settings have it.
#[derive(Clone, Debug)]
pub enum Name {
    /// As it is.
    Plain(String),
    /// `{"config": key}`.
    Config(String),
}

/// A capability that a plugin asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Want {
    /// `named-statements`, `statements`, `blobs`, `secrets`, `http` or `http-lookups`.
    pub capability: String,
    /// The connection, the secret, or the origin of another system.
    pub target: Option<Name>,
    /// For `http`.
    #[serde(default)]
    pub methods: Vec<String>,
    /// `read-only` or `read-write`.
    pub access: Option<String>,
    /// For the administrator who grants it.
    pub why: String,
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let json = Json::deserialize(from)?;
        let key = json.get("config").and_then(Json::as_str);
        match (json.as_str(), key) {
            (Some(name), _) => Ok(Self::Plain(name.to_owned())),
            (None, Some(key)) => Ok(Self::Config(key.to_owned())),
            (None, None) => Err(serde::de::Error::custom(format!(
                "`{json}` is not a name: expected a text or `{{\"config\": key}}`"
            ))),
        }
    }
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Panics
    /// Where it is not one.
    #[must_use]
    #[expect(clippy::panic, reason = "a test that cannot be set up fails")]
    pub fn parse(json: &str) -> Self {
        match serde_json::from_str(json) {
            Ok(manifest) => manifest,
            Err(error) => panic!("`manifest.json` is not a manifest: {error}"),
        }
    }
}

impl Name {
    /// The names that it stands for under these settings: one, or those of a list.
    #[must_use]
    pub fn resolve<'a>(&'a self, config: &'a Json) -> Vec<&'a str> {
        match self {
            Self::Plain(name) => vec![name],
            Self::Config(key) => match config.get(key) {
                Some(Json::Array(names)) => names.iter().filter_map(Json::as_str).collect(),
                Some(name) => name.as_str().into_iter().collect(),
                None => Vec::new(),
            },
        }
    }
}
