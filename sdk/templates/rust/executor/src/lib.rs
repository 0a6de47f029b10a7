//! Writes what was approved into a file.

use sdk_plugin::{Presence, Receipt, Writer, files_of, plugin, prelude::*};
use serde_json::json;

struct Plugin;

/// What the rule says under `config`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default = "approved")]
    file_name: String,
}

fn approved() -> String {
    "approved.txt".to_owned()
}

impl Executor for Plugin {
    type Config = Config;

    // What approvers see; it changes nothing.
    fn plan(config: Config) -> Result<Plan> {
        let file = config.file_name;
        let text = format!("write {file} about {}", request::title());
        let plan = Plan::binding(json!({ "file": file }));
        Ok(plan.effect("file", file, Message::new("write", text)))
    }

    // Every retry comes with the same key, and finds the file that an earlier try has made.
    fn execute(config: Config, once_key: &str) -> Result<Receipt> {
        let writer = Writer::create(&config.file_name, "text/plain", once_key)?;
        writer.write(format!("{}\n", request::title()).as_bytes())?;
        writer.finish()?;
        Ok(Receipt::new(config.file_name))
    }

    // Asked after a crash: did it happen?
    fn probe(config: Config, once_key: &str) -> Result<Presence> {
        let is_there = files_of(once_key)?.iter().any(|file| file.name == config.file_name);
        let done = || Presence::Happened(Receipt::new(config.file_name));
        Ok(if is_there { done() } else { Presence::DidNotHappen })
    }
}

plugin!(executor: Plugin);

// `cargo test` runs the same code natively, in a host that is as strict as the engine.
#[cfg(test)]
mod tests {
    use sdk_plugin::testing::Host;

    use super::*;

    #[test]
    fn a_file_that_was_not_written_is_not_found() {
        let host = Host::new(MANIFEST).config(json!({}));
        assert_eq!(host.probe::<Plugin>("order-1"), Ok(Presence::DidNotHappen));
    }
}
