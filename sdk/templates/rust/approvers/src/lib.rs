//! Names the manager of the requester.

use sdk_plugin::{Resolution, plugin, prelude::*};

struct Plugin;

/// What the rule says under `config`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default = "manager")]
    manager_property: String,
}

fn manager() -> String {
    "manager".to_owned()
}

impl Approvers for Plugin {
    type Config = Config;

    fn resolve(config: Config) -> Result<Resolution> {
        let property = config.manager_property;
        let requester = request::requester();
        let name = directory::name(&requester)?;
        let Some(manager) = directory::property::<UserId>(&requester, &property)? else {
            let text = format!("the profile of {name} has no `{property}`");
            return Ok(Resolution::nobody(Message::new("no_manager", text).with("user", requester)));
        };
        let text = format!("{} is the manager of {name}", directory::name(&manager)?);
        let reason = Message::new("manager", text).with("user", manager.clone());
        Ok(Resolution::user(manager, reason))
    }
}

plugin!(approvers: Plugin);

// `cargo test` runs the same code natively, in a host that is as strict as the engine.
#[cfg(test)]
mod tests {
    use sdk_plugin::testing::{Host, person, user};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_manager_is_named() {
        let ann = person("ann").name("Ann").property("manager", user("bob"));
        let host = Host::new(MANIFEST).config(json!({})).requester("ann").person(ann);
        let found = host.person(person("bob").name("Bob")).resolve::<Plugin>().unwrap();
        assert_eq!(found.nominees[0].reason.text, "Bob is the manager of Ann");
    }
}
