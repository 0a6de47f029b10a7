//! Met where the amount of the request is within the limit that the rule gives.

use sdk_plugin::prelude::*;

struct Frugal;

/// What the rule says under `config`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    limit: Money,
}

impl Condition for Frugal {
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

plugin!(condition: Frugal);

#[cfg(test)]
mod tests {
    use sdk_plugin::testing::{Host, money};
    use serde_json::json;

    use super::*;

    fn asked(amount: &str) -> Result<Verdict> {
        let host = Host::new(MANIFEST).config(json!({"limit": "1000 EUR"}));
        host.property("amount", money(amount))
            .rate("EUR", "1")
            .rate("USD", "0.92")
            .evaluate::<Frugal>()
    }

    #[test]
    fn the_limit_itself_is_within_it() {
        assert_eq!(asked("1000 EUR"), met());
        assert_eq!(asked("1200 EUR"), unmet("above_limit", "1200 EUR is above 1000 EUR"));
    }

    #[test]
    fn other_currencies_are_compared_by_the_rates() {
        assert_eq!(asked("1080 USD"), met());
        assert_eq!(asked("1100 USD"), unmet("above_limit", "1100 USD is above 1000 EUR"));
    }

    #[test]
    fn a_currency_without_a_rate_is_no_answer() {
        assert!(asked("1 JPY").is_err());
    }
}
