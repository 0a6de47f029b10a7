//! What the operator says: flags before environment before file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use engine_connect::{ConnectionConfig, Secret};
use engine_core::ids::ResourceId;
use engine_host::Lookup;
use serde::Deserialize;

use crate::trust::PluginsConfig;

/// The configuration file, in TOML. Connections, secrets and look-ups are given here and nowhere
/// else.
///
/// ```
/// let config: engine_server::config::Config = toml::from_str(r#"
/// listen = "127.0.0.1:7300"
/// data = "/var/lib/countersign"
/// log = "json"
///
/// [connections.shop-db]
/// read_only = false
/// target = { kind = "postgres", host = "db", database = "shop", user = "countersign", password = "…" }
///
/// [secrets]
/// webhook = "…"
///
/// [lookups.shop-db.owner]
/// statement = "select owner from accounts where id = $1"
/// max_rows = 1
/// "#).unwrap();
/// assert_eq!(config.connections.len(), 1);
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen, such as `127.0.0.1:7300`.
    pub listen: Option<String>,
    /// The data folder.
    pub data: Option<PathBuf>,
    /// How the log is written.
    pub log: LogFormat,
    /// The databases that plugins can be granted.
    pub connections: BTreeMap<ResourceId, ConnectionConfig>,
    /// The secrets that plugins can be granted.
    pub secrets: BTreeMap<String, Secret>,
    /// Statements that plugins can be granted, by connection and name.
    pub lookups: BTreeMap<ResourceId, BTreeMap<String, Lookup>>,
    /// How plugins call other systems.
    pub http: HttpConfig,
    /// Whose plugins are taken.
    pub plugins: PluginsConfig,
    /// What is kept of the calls of plugins and scripts, and how long.
    pub capsules: CapsulesConfig,
}

/// What is kept of the calls of plugins and scripts, so that they can be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CapsulesConfig {
    /// Days; with 0 none are kept.
    pub keep_days: u32,
    /// Whether the calls of executors are kept too, with what databases and other systems answered:
    /// rows, texts, files' names. Administrators can read it.
    pub executors: bool,
}

impl Default for CapsulesConfig {
    fn default() -> Self {
        Self { keep_days: 30, executors: true }
    }
}

/// How plugins call other systems.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// A file with certificates of authorities (PEM) that are trusted beside those of the machine.
    pub authorities: Option<PathBuf>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It cannot be read.
    #[error("cannot read the configuration file `{}`", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is not right. Never quotes the line: there may be a password in it.
    #[error("the configuration file `{}` is not right{place}: {message}", .path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Where, if that is known.
        place: String,
        /// What was found, what was expected.
        message: String,
    },
}

impl Config {
    /// Reads a file.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Io { path: path.to_owned(), source })?;
        toml::from_str(&text).map_err(|error| {
            let line = error
                .span()
                .map(|span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
            ConfigError::Wrong {
                path: path.to_owned(),
                place: line.map(|line| format!(" at line {line}")).unwrap_or_default(),
                message: error.message().to_owned(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_named_with_its_line_and_without_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.toml");
        let text = "listen = \"a\"\n[connections.db]\ntarget = { kind = \"postgres\", password = \"hunter2\", host = 7 }\n";
        std::fs::write(&path, text).unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(error.contains("line 3") && !error.contains("hunter2"), "{error}");
        std::fs::write(&path, "lisen = \"a\"\n").unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(error.contains("lisen") && error.contains("listen"), "{error}");
    }
}
