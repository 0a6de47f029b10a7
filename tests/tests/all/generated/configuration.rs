//! `docs/configuration.md`, from the types that the configuration is read into.

use std::fmt::Write;

use engine_connect::Limits;
use engine_server::config::CapsulesConfig;

use super::{
    limits::number,
    note,
    source::{Documented, Source},
};

const INTRODUCTION: &str = "\
`countersign serve` and every command with `--data` read a file in TOML, named by `--config` or `COUNTERSIGN_CONFIG`. A
flag goes before the environment, the environment before the file, the file before the default. A field that does not
exist is an error, with its line; the line itself is never printed, because there may be a password in it. An
example, with what to do about passwords, stands in [operators.md](operators.md).

| field | meaning | where absent |
|---|---|---|
";
const CONNECTION: &str = "
## `[connections.NAME]`

A database that plugins can be granted. The name is what rules call the resource.

| field | meaning | where absent |
|---|---|---|
";
const TARGET: &str = "
### `target`

| `kind` | meaning |
|---|---|
";
const SERVER: &str = "
With `kind = \"sqlite\"` the one other field is `path`, of the database file. The others take:

| field | meaning | where absent |
|---|---|---|
";
const LIMITS: &str = "
### `limits`

| field | meaning | where absent |
|---|---|---|
";
const LOOKUPS: &str = "
## `[lookups.CONNECTION.NAME]`

| field | meaning | where absent |
|---|---|---|
";
const HTTP: &str = "
## `[http]`

| field | meaning | where absent |
|---|---|---|
";
const PLUGINS: &str = "
## `[plugins]`

| field | meaning | where absent |
|---|---|---|
";
const KEYS: &str = "
### `[plugins.keys.NAME]`

| field | meaning | where absent |
|---|---|---|
";
const CAPSULES: &str = "
## `[capsules]`

| field | meaning | where absent |
|---|---|---|
";
const ENVIRONMENT: &str = "
## The environment

| variable | what it says | command |
|---|---|---|
| `COUNTERSIGN_DATA` | as `--data` | `serve`, `init` |
| `COUNTERSIGN_CONFIG` | as `--config` | every command with `--config` |
| `COUNTERSIGN_LISTEN` | as `--listen` | `serve` |
| `COUNTERSIGN_LOG_FORMAT` | as `--log`: `text` or `json` | `serve` |
| `COUNTERSIGN_LOG` | what is logged, such as `info`, `debug`, or `warn,engine_runtime=debug` | `serve` |
| `COUNTERSIGN_SERVER` | as `--server` | `apply`, `plugin`, `token` |
| `COUNTERSIGN_TOKEN` | as `--token` | `apply`, `plugin`, `token` |
";

pub(super) fn write() -> String {
    let config = Source::read("engine/server/src/config.rs");
    let connect = Source::read("engine/connect/src/config.rs");
    let mut text = format!("# Configuration\n\n{}\n{INTRODUCTION}", note());
    let absent = |field: &Documented| match field.name.as_str() {
        "listen" => format!("`{}`", engine_server::cli::USUAL_ADDRESS),
        "data" => format!("`{}`", engine_server::cli::USUAL_DATA),
        "log" => "`text`".to_owned(),
        "plugins" | "capsules" => "see below".to_owned(),
        _ => "none".to_owned(),
    };
    fields(&mut text, &config.fields("Config"), absent);
    text.push_str(CONNECTION);
    fields(&mut text, &connect.fields("ConnectionConfig"), |field| match field.name.as_str() {
        "target" => "needed".to_owned(),
        "read_only" => "`false`".to_owned(),
        _ => "see below".to_owned(),
    });
    text.push_str(TARGET);
    for variant in connect.variants("Target") {
        writeln!(text, "| `{}` | {} |", variant.name.to_lowercase(), variant.about).unwrap();
    }
    text.push_str(SERVER);
    fields(&mut text, &connect.fields("Server"), |field| {
        if field.is_optional { "none" } else { "needed" }.to_owned()
    });
    text.push_str(LIMITS);
    let Limits { open, connect_ms, statement_ms, transaction_ms, rows, bytes } = Limits::default();
    let defaults = [open, connect_ms, statement_ms, transaction_ms, rows, bytes];
    let limits = connect.fields("Limits");
    for (field, value) in limits.iter().zip(defaults) {
        let value = number(u128::from(value));
        writeln!(text, "| `{}` | {} | {value} |", field.name, field.about).unwrap();
    }
    text.push_str(LOOKUPS);
    let lookup = Source::read("engine/host/src/host.rs").fields("Lookup");
    fields(&mut text, &lookup, |_| "needed".to_owned());
    text.push_str(HTTP);
    fields(&mut text, &config.fields("HttpConfig"), |_| "none".to_owned());
    plugins(&mut text, &config);
    text.push_str(ENVIRONMENT);
    text
}

/// Whose plugins are taken, and how long what they were asked is kept.
fn plugins(text: &mut String, config: &Source) {
    let trust = Source::read("engine/server/src/trust.rs");
    text.push_str(PLUGINS);
    fields(text, &trust.fields("PluginsConfig"), |field| match field.name.as_str() {
        "signed_only" => "`false`".to_owned(),
        _ => "none".to_owned(),
    });
    text.push_str(KEYS);
    fields(text, &trust.fields("KeyConfig"), |_| "needed".to_owned());
    text.push_str(CAPSULES);
    let CapsulesConfig { keep_days, executors } = CapsulesConfig::default();
    fields(text, &config.fields("CapsulesConfig"), |field| match field.name.as_str() {
        "executors" => format!("`{executors}`"),
        _ => keep_days.to_string(),
    });
}

fn fields(text: &mut String, fields: &[Documented], absent: impl Fn(&Documented) -> String) {
    for field in fields {
        writeln!(text, "| `{}` | {} | {} |", field.name, field.about, absent(field)).unwrap();
    }
}
