//! Posts notices to a chat.

use sdk_plugin::{http, plugin, prelude::*};
use serde_json::json;

struct Plugin;

/// What the administrator says under `config`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    url: String,
}

impl Notifier for Plugin {
    type Config = Config;

    fn deliver(config: Config, once_key: &str) -> Result<Option<String>> {
        let text = format!("{}\n{}", notice::subject(), notice::text());
        // Every retry comes with the same key, so that the other side can tell a repetition.
        http::call(http::Method::Post, &config.url)
            .json(&json!({ "text": text }))?
            .header("idempotency-key", once_key)
            .send()?
            .success()?;
        Ok(None)
    }
}

plugin!(notifier: Plugin);

// `cargo test` runs the same code natively, in a host that is as strict as the engine.
#[cfg(test)]
mod tests {
    use sdk_plugin::testing::{Host, person};

    use super::*;

    #[test]
    fn the_chat_is_told() {
        let url = "https://chat.example.org/hook";
        let host = Host::new(MANIFEST).config(json!({ "url": url })).person(person("ann"));
        let host = host.notice("ann", "A request waits for you", Message::new("a", "Bob asks."));
        let host = host.reply(http::Method::Post, url, 200, "ok");
        assert_eq!(host.deliver::<Plugin>("n-1"), Ok(None));
    }
}
