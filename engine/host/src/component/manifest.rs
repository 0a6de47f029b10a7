//! What a plugin says about itself.

use std::{collections::BTreeSet, fmt};

use engine_connect::{Method, Origin};
pub use engine_core::rule::World;
use engine_core::{extension::ResolvedConfig, ids::PluginId, schema::Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::section;
use crate::settings;

/// The custom section that holds the manifest.
pub const SECTION: &str = "countersign:manifest";
const MAX_BYTES: usize = 64 * 1024;
const MAX_LINE: usize = 200;
const MAX_VERSION: usize = 64;

/// What a plugin says about itself; `sdk/wit/v1/manifest.schema.json` describes the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Also the default id of the plugin.
    pub name: PluginId,
    /// Of the plugin.
    pub version: String,
    /// The version of the contract it was built for.
    pub contract: String,
    /// What it can be asked.
    pub worlds: BTreeSet<World>,
    /// One line on what it does.
    pub about: String,
    /// A JSON Schema of its settings ([`Schema`]); none means that it has none.
    #[serde(default)]
    pub config: Option<serde_json::Map<String, Json>>,
    /// The properties it reads; any other is refused.
    #[serde(default)]
    pub reads: Reads,
    /// What it asks to be granted.
    #[serde(default)]
    pub wants: Vec<Want>,
    /// Same input, same answer: no look-ups and no effects.
    #[serde(default)]
    pub pure: bool,
}

/// The properties that a plugin reads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reads {
    /// Of the request's form.
    pub request: Vec<Name>,
    /// Of the rule's item form.
    pub items: Vec<Name>,
    /// Of users in the directory.
    pub users: Vec<Name>,
}

/// Something that a plugin asks to be granted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Want {
    /// What.
    pub capability: Capability,
    /// The connection, the secret or the origin of another system; blobs have none.
    #[serde(default)]
    pub target: Option<Name>,
    /// For statements.
    #[serde(default)]
    pub access: Access,
    /// For `http`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub methods: BTreeSet<Method>,
    /// For the administrator who grants it.
    pub why: String,
}

/// What can be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Capability {
    /// Look-ups that the operator wrote.
    NamedStatements,
    /// Statements as text, on a connection.
    Statements,
    /// Making files.
    Blobs,
    /// A secret, as a handle.
    Secrets,
    /// Calls to another system that may change something there.
    Http,
    /// Questions to another system.
    HttpLookups,
}

impl Capability {
    /// The name of the interface that stands for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NamedStatements => "named-statements",
            Self::Statements => "statements",
            Self::Blobs => "blobs",
            Self::Secrets => "secrets",
            Self::Http => "http",
            Self::HttpLookups => "http-lookups",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What statements may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Only queries.
    #[default]
    ReadOnly,
    /// Changes too.
    ReadWrite,
}

/// A name that is fixed, or that the settings give.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Json", into = "Json")]
pub enum Name {
    /// This name.
    Fixed(String),
    /// The name (or the names, in a list) that the settings have under this key.
    Config(String),
}

impl Name {
    /// Whether this stands for `name`, with these settings.
    #[must_use]
    pub fn is(&self, name: &str, config: &ResolvedConfig) -> bool {
        match self {
            Self::Fixed(fixed) => fixed == name,
            Self::Config(key) => settings::names(config, key, name),
        }
    }

    /// Whether this stands for an origin, with these settings: itself, or an address there.
    fn is_origin(&self, origin: &Origin, config: &ResolvedConfig) -> bool {
        let leads_there = |address: &str| Origin::of_address(address).as_ref() == Some(origin);
        match self {
            Self::Fixed(address) => leads_there(address),
            Self::Config(key) => settings::any(config, key, leads_there),
        }
    }
}

impl TryFrom<Json> for Name {
    type Error = String;

    fn try_from(json: Json) -> Result<Self, String> {
        let plain = |text: &str| (1..=MAX_VERSION).contains(&text.len());
        match &json {
            Json::String(name) if plain(name) => Ok(Self::Fixed(name.clone())),
            Json::Object(fields) => match (fields.len(), fields.get("config")) {
                (1, Some(Json::String(key))) if plain(key) => Ok(Self::Config(key.clone())),
                _ => Err("expected a name or `{\"config\": key}`".to_owned()),
            },
            _ => Err("expected a name or `{\"config\": key}`".to_owned()),
        }
    }
}

impl From<Name> for Json {
    fn from(name: Name) -> Self {
        match name {
            Name::Fixed(name) => Self::String(name),
            Name::Config(key) => serde_json::json!({ "config": key }),
        }
    }
}

impl Manifest {
    /// Whether it says that it reads this property, with these settings.
    pub(crate) fn declares(names: &[Name], property: &str, config: &ResolvedConfig) -> bool {
        names.iter().any(|name| name.is(property, config))
    }

    /// What it asks for of a capability on a target, at most.
    pub(crate) fn wanted(
        &self,
        capability: Capability,
        target: Option<&str>,
        config: &ResolvedConfig,
    ) -> Option<Access> {
        let fits = |want: &&Want| {
            want.capability == capability
                && match (&want.target, target) {
                    (Some(name), Some(target)) => name.is(target, config),
                    (None, None) => true,
                    (Some(_), None) | (None, Some(_)) => false,
                }
        };
        self.wants.iter().filter(fits).map(|want| want.access).max()
    }

    /// Whether it asks for calls of this method to this origin.
    pub(crate) fn wants_http(
        &self,
        capability: Capability,
        origin: &Origin,
        method: Method,
        config: &ResolvedConfig,
    ) -> bool {
        self.wants.iter().any(|want| {
            want.capability == capability
                && want.target.as_ref().is_some_and(|target| target.is_origin(origin, config))
                && (capability == Capability::HttpLookups || want.methods.contains(&method))
        })
    }

    /// Whether it asks others while it is asked.
    pub(crate) fn looks_up(&self) -> bool {
        self.wants.iter().any(|want| match want.capability {
            Capability::NamedStatements | Capability::HttpLookups => true,
            Capability::Statements | Capability::Blobs | Capability::Secrets | Capability::Http => {
                false
            }
        })
    }
}

/// Finds and reads the manifest of a component.
///
/// # Errors
/// A sentence that says what is missing or wrong.
pub(crate) fn read(component: &[u8]) -> Result<Manifest, String> {
    let found = section::custom_sections(component, SECTION);
    let [text] = found.as_slice() else {
        return Err(match found.len() {
            0 => format!("has no manifest: expected a custom section `{SECTION}`"),
            many => format!("has {many} manifests: expected one custom section `{SECTION}`"),
        });
    };
    if text.len() > MAX_BYTES {
        return Err(format!("has a manifest of {} bytes, the most are {MAX_BYTES}", text.len()));
    }
    let manifest: Manifest = serde_json::from_slice(text)
        .map_err(|error| format!("has a manifest that cannot be read: {error}"))?;
    check(&manifest).map_err(|why| format!("has a manifest that makes no sense: {why}"))?;
    Ok(manifest)
}

/// The version of the contract that a manifest names, whatever else stands in it.
pub(crate) fn contract(component: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        contract: String,
    }
    let [text] = section::custom_sections(component, SECTION).try_into().ok()?;
    let text: &[u8] = Some(text).filter(|text: &&[u8]| text.len() <= MAX_BYTES)?;
    serde_json::from_slice(text).ok().map(|named: Named| named.contract)
}

fn check(manifest: &Manifest) -> Result<(), String> {
    let line = |field: &str, text: &str, most: usize| {
        let length = text.chars().count();
        if (1..=most).contains(&length) && !text.contains(char::is_control) {
            Ok(())
        } else {
            Err(format!("`{field}` is not one line of 1 to {most} characters"))
        }
    };
    line("version", &manifest.version, MAX_VERSION)?;
    line("contract", &manifest.contract, MAX_VERSION)?;
    line("about", &manifest.about, MAX_LINE)?;
    if manifest.worlds.is_empty() {
        return Err("`worlds` is empty".to_owned());
    }
    if let Some(config) = &manifest.config {
        Schema::read(config)
            .map_err(|why| format!("`config` is no schema that can be checked: {why}"))?;
    }
    for want in &manifest.wants {
        line("wants.why", &want.why, MAX_LINE)?;
        check_want(want)?;
    }
    if manifest.pure && !manifest.wants.is_empty() {
        return Err("it is pure and wants something".to_owned());
    }
    Ok(())
}

fn check_want(want: &Want) -> Result<(), String> {
    let capability = want.capability;
    match (capability, &want.target) {
        (Capability::Blobs, None) => {}
        (Capability::Blobs, Some(_)) => return Err("`blobs` has no target".to_owned()),
        (Capability::Http | Capability::HttpLookups, Some(Name::Fixed(origin))) => {
            let origin = origin.parse::<Origin>();
            origin.map_err(|error| format!("the target of `{capability}`: {error}"))?;
        }
        (_, Some(_)) => {}
        (capability, None) => return Err(format!("`{capability}` needs a target")),
    }
    match (capability, want.methods.is_empty()) {
        (Capability::Http, true) => Err("`http` needs `methods`, such as `[\"POST\"]`".to_owned()),
        (Capability::Http, false) | (_, true) => Ok(()),
        (capability, false) => Err(format!("`{capability}` has no `methods`")),
    }
}

#[cfg(test)]
mod tests {
    use engine_core::extension::ConfigValue;
    use serde_json::json;

    use super::*;

    fn parse(json: &Json) -> Result<Manifest, String> {
        let manifest = serde_json::from_value(json.clone()).map_err(|error| error.to_string())?;
        check(&manifest)?;
        Ok(manifest)
    }

    fn good() -> Json {
        json!({
            "name": "sql", "version": "1.0.0", "contract": "1.0.0", "worlds": ["executor"],
            "about": "runs statements",
            "reads": {"request": [{"config": "statement"}, "amount"]},
            "wants": [
                {"capability": "statements", "target": {"config": "connection"}, "access": "read-write", "why": "to run them"},
                {"capability": "blobs", "why": "for files"}
            ]
        })
    }

    #[test]
    fn names_come_from_the_settings() {
        let manifest = parse(&good()).unwrap();
        let config = [("statement", json!("sql")), ("connection", json!(["a", "b"]))];
        let config: ResolvedConfig = config
            .into_iter()
            .map(|(key, value)| (key.to_owned(), ConfigValue::Json(value)))
            .collect();
        assert!(Manifest::declares(&manifest.reads.request, "sql", &config));
        assert!(Manifest::declares(&manifest.reads.request, "amount", &config));
        assert!(!Manifest::declares(&manifest.reads.request, "salary", &config));
        let wanted = |capability, target| manifest.wanted(capability, target, &config);
        assert_eq!(wanted(Capability::Statements, Some("b")), Some(Access::ReadWrite));
        assert_eq!(wanted(Capability::Statements, Some("c")), None);
        assert_eq!(wanted(Capability::Blobs, None), Some(Access::ReadOnly));
        assert_eq!(wanted(Capability::Secrets, Some("a")), None);
    }

    #[test]
    fn mistakes_are_refused() {
        for (at, value) in [
            ("/name", json!("No Such Id")),
            ("/version", json!("")),
            ("/about", json!("two\nlines")),
            ("/worlds", json!([])),
            ("/worlds/0", json!("flow")),
            ("/wants/0/capability", json!("filesystem")),
            ("/wants/0/target", json!(null)),
            ("/wants/0/target", json!({"config": "a", "more": 1})),
            ("/wants/1", json!({"capability": "blobs", "target": "x", "why": "w"})),
            ("/reads/request", json!([""])),
            ("/reads", json!({"people": []})),
            ("/wants/1", json!({"capability": "http", "target": "https://a.example", "why": "w"})),
            ("/wants/1", json!({"capability": "http", "methods": ["POST"], "why": "w"})),
            (
                "/wants/1",
                json!({"capability": "http", "target": "https://a.example", "methods": ["post"], "why": "w"}),
            ),
            (
                "/wants/1",
                json!({"capability": "http-lookups", "target": "https://a.example/x", "why": "w"}),
            ),
            (
                "/wants/1",
                json!({"capability": "http-lookups", "target": "https://a.example", "methods": ["GET"], "why": "w"}),
            ),
        ] {
            let mut bad = good();
            *bad.pointer_mut(at).unwrap() = value.clone();
            assert!(parse(&bad).is_err(), "{at} = {value}");
        }
        let mut unknown = good();
        unknown["licence"] = json!("x");
        assert!(parse(&unknown).is_err());
        for config in [
            json!({"$ref": "https://example.org/a.json"}),
            json!({"properties": {"a": {"$ref": "#/$defs/none"}}}),
            json!({"unevaluatedProperties": false}),
            json!({"type": "text"}),
        ] {
            let mut bad = good();
            bad["config"] = config;
            assert!(parse(&bad).unwrap_err().starts_with("`config` is no schema"));
        }
        let mut pure = good();
        pure["pure"] = json!(true);
        assert!(parse(&pure).is_err());
    }
}
