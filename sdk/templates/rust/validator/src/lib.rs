//! Finds cost centres that cannot be right.

use sdk_plugin::prelude::*;

struct Plugin;

/// What the rule says under `config`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default = "four")]
    digits: usize,
}

fn four() -> usize {
    4
}

impl Validator for Plugin {
    type Config = Config;

    fn validate(Config { digits }: Config) -> Result<Vec<Problem>> {
        let Some(centre) = request::find::<String>("cost_centre")? else { return Ok(vec![]) };
        if centre.len() == digits && centre.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(vec![]);
        }
        let text = format!("a cost centre has {digits} digits, and `{centre}` has not");
        Ok(vec![Problem::of("cost_centre", Message::new("bad_cost_centre", text))])
    }
}

plugin!(validator: Plugin);

// `cargo test` runs the same code natively, in a host that is as strict as the engine.
#[cfg(test)]
mod tests {
    use sdk_plugin::testing::Host;
    use serde_json::json;

    use super::*;

    #[test]
    fn four_digits_are_fine() {
        let host = Host::new(MANIFEST).config(json!({}));
        assert_eq!(host.property("cost_centre", "4711").validate::<Plugin>(), Ok(vec![]));
    }
}
