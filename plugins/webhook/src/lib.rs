//! Posts a notice as JSON to an address.
//!
//! The header `idempotency-key` is the same in every retry of one notice. A reply of 200 to 299 is a
//! delivery; its `x-request-id` or `location` is the other side's name for it.

use sdk_plugin::{Secret, http, plugin, prelude::*};
use serde_json::{Map, Value as Json, json};

/// The notifier.
struct Webhook;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    url: String,
    secret: Option<String>,
    #[serde(default = "authorization")]
    header: String,
    #[serde(default = "bearer")]
    before: String,
    #[serde(default)]
    text_only: bool,
}

fn authorization() -> String {
    "authorization".to_owned()
}

fn bearer() -> String {
    "Bearer ".to_owned()
}

impl Notifier for Webhook {
    type Config = Config;

    fn deliver(config: Config, once_key: &str) -> Result<Option<String>> {
        let secret = config.secret.as_deref().map(Secret::get).transpose()?;
        let body = if config.text_only { short() } else { long()? };
        let mut call = http::call(http::Method::Post, &config.url)
            .json(&body)?
            .header("idempotency-key", once_key);
        if let Some(secret) = &secret {
            call = call.secret(&config.header, &config.before, secret, "");
        }
        let reply = call.send()?.success()?;
        let name = reply.header("x-request-id").or_else(|| reply.header("location"));
        Ok(name.filter(|name| !name.trim().is_empty()).map(str::to_owned))
    }
}

plugin!(notifier: Webhook);

/// What a chat shows.
fn short() -> Json {
    let link = notice::link().map(|link| format!("\n{link}")).unwrap_or_default();
    json!({ "text": format!("{}\n{}{link}", notice::subject(), notice::text()) })
}

/// Everything that there is to say.
fn long() -> Result<Json> {
    let content = notice::content()?;
    let arguments: Map<String, Json> =
        content.arguments.iter().map(|(name, value)| (name.clone(), value.to_json())).collect();
    let user = directory::user(&notice::recipient())?;
    let recipient =
        user.map(|user| json!({ "id": user.id, "login": user.login, "name": user.name }));
    Ok(json!({
        "id": notice::id(),
        "organization": notice::organization(),
        "at": notice::at()?.to_rfc3339(),
        "recipient": recipient,
        "request": notice::request(),
        "code": content.code,
        "arguments": arguments,
        "subject": notice::subject(),
        "text": notice::text(),
        "link": notice::link(),
    }))
}

#[cfg(test)]
mod tests {
    use sdk_plugin::{
        Class, ErrorKind,
        testing::{Host, money, person},
    };

    use super::*;

    const URL: &str = "https://chat.example.org/hooks/7";

    fn host(config: Json) -> Host {
        let content = Message::new("approval_needed", "Ann asks for 900 EUR.")
            .with("amount", money("900 EUR"));
        Host::new(MANIFEST)
            .config(config)
            .person(person("bob").name("Bob"))
            .secret("chat-token")
            .notice("bob", "A request waits for you", content)
            .link("https://approve.example.org/r-1")
    }

    #[test]
    fn a_notice_is_posted_with_its_key_and_secret() {
        let host = host(json!({"url": URL, "secret": "chat-token"}));
        let host = host.reply(http::Method::Post, URL, 202, "");
        assert_eq!(host.deliver::<Webhook>("n-1"), Ok(None));
        let [sent] = host.sent().try_into().unwrap();
        let body: Json = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(body["code"], "approval_needed");
        assert_eq!(body["recipient"]["name"], "Bob");
        assert_eq!(body["arguments"]["amount"], "900 EUR");
        assert_eq!(body["link"], "https://approve.example.org/r-1");
        for header in [
            ("idempotency-key", "n-1"),
            ("content-type", "application/json"),
            ("authorization", "Bearer <chat-token>"),
        ] {
            assert!(sent.headers.contains(&(header.0.into(), header.1.into())), "{header:?}");
        }
    }

    #[test]
    fn a_chat_gets_a_text() {
        let host = host(json!({"url": URL, "text_only": true}));
        let host = host.reply(http::Method::Post, URL, 200, "ok");
        assert_eq!(host.deliver::<Webhook>("n-1"), Ok(None));
        let body: Json = serde_json::from_slice(&host.sent()[0].body).unwrap();
        let text =
            "A request waits for you\nAnn asks for 900 EUR.\nhttps://approve.example.org/r-1";
        assert_eq!(body, json!({ "text": text }));
    }

    #[test]
    fn what_can_pass_is_tried_again() {
        let config = json!({"url": URL});
        let class = |host: Host| host.deliver::<Webhook>("n-1").unwrap_err().class;
        let status =
            |status| class(host(config.clone()).reply(http::Method::Post, URL, status, ""));
        assert_eq!(status(503), Class::Retryable { after_ms: None });
        assert_eq!(status(429), Class::Retryable { after_ms: None });
        assert_eq!(status(410), Class::Permanent);
        assert_eq!(status(302), Class::Permanent);
        let lost =
            host(config.clone()).no_reply(http::Method::Post, URL, ErrorKind::UnknownOutcome);
        assert_eq!(class(lost), Class::UnknownOutcome);
        assert_eq!(class(host(config)), Class::Retryable { after_ms: None });
        assert_eq!(class(host(json!({"url": URL, "secret": "other"}))), Class::Refused);
    }
}
