//! Met where the amount of the request is within the limit that the rule gives.

use sdk_plugin::prelude::*;

struct Plugin;

/// What the rule says under `config`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    limit: Money,
}

impl Condition for Plugin {
    type Config = Config;

    fn evaluate(config: Config) -> Result<Verdict> {
        let amount: Money = request::get("amount")?;
        // Not `<=`: two currencies are compared by the rates that are frozen with the request.
        if request::compare(&amount, &config.limit)?.is_le() {
            return met();
        }
        unmet("above_limit", format!("{amount} is above {}", config.limit))
    }
}

plugin!(condition: Plugin);

// `cargo test` runs the same code natively, in a host that is as strict as the engine.
#[cfg(test)]
mod tests {
    use sdk_plugin::testing::{Host, money};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_limit_itself_is_within_it() {
        let host = Host::new(MANIFEST).config(json!({"limit": "1000 EUR"}));
        assert_eq!(host.property("amount", money("1000 EUR")).evaluate::<Plugin>(), met());
    }
}
