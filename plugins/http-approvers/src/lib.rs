//! Asks another system, such as one for human resources, who approves.
//!
//! It is asked by GET with `requester` (a login), `rule`, `step` and the properties that the settings
//! name, and replies with
//!
//! ```json
//! {"approvers": [{"user": "bob", "reason": "owns the cost centre"}, {"group": "finance"}], "note": "…"}
//! ```
//!
//! in which users are named by login and groups by id. `404` means that nobody approves. A login that
//! the directory does not know is no approver, and the explanation says so.

use std::fmt::Write as _;

use sdk_plugin::{Nominee, Principal, Secret, http, plugin, prelude::*};

/// The approvers.
struct HttpApprovers;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    url: String,
    #[serde(default)]
    send: Vec<String>,
    secret: Option<String>,
    #[serde(default = "authorization")]
    header: String,
    #[serde(default = "bearer")]
    before: String,
}

/// What the other system says. It may say more.
#[derive(Deserialize)]
struct Reply {
    approvers: Vec<Approver>,
    note: Option<String>,
}

#[derive(Deserialize)]
struct Approver {
    user: Option<String>,
    group: Option<String>,
    reason: Option<String>,
}

fn authorization() -> String {
    "authorization".to_owned()
}

fn bearer() -> String {
    "Bearer ".to_owned()
}

impl Approvers for HttpApprovers {
    type Config = Config;

    fn resolve(config: Config) -> Result<Resolution> {
        let secret = config.secret.as_deref().map(Secret::get).transpose()?;
        let mut asked = http::look_up(address(&config)?).header("accept", "application/json");
        if let Some(secret) = &secret {
            asked = asked.secret(&config.header, &config.before, secret, "");
        }
        let reply = asked.send()?;
        if reply.status == 404 {
            let text = "the other system knows nobody who approves this";
            return Ok(Resolution::nobody(Message::new("nobody_there", text)));
        }
        let Reply { approvers, note } = reply.success()?.json()?;
        let mut resolution = Resolution::default();
        for approver in approvers {
            match nominee(approver)? {
                Ok(nominee) => resolution.nominees.push(nominee),
                Err(note) => resolution.notes.push(note),
            }
        }
        resolution.notes.extend(note.map(|note| Message::new("note", note)));
        Ok(resolution)
    }
}

plugin!(approvers: HttpApprovers);

/// The address with what is asked about.
fn address(config: &Config) -> Result<String> {
    let requester = request::requester();
    let login = directory::user(&requester)?.map_or(requester.0, |user| user.login);
    let mut fields = vec![("requester".to_owned(), login), ("rule".to_owned(), request::rule())];
    fields.extend(request::step().map(|step| ("step".to_owned(), step)));
    for name in &config.send {
        if let Some(value) = request::find::<Value>(name)? {
            let text = match value.to_json() {
                serde_json::Value::String(text) => text,
                json => json.to_string(),
            };
            fields.push((name.clone(), text));
        }
    }
    let mut address = config.url.clone();
    for (name, value) in fields {
        let between = if address.contains('?') { '&' } else { '?' };
        address.push(between);
        encode(&name, &mut address);
        address.push('=');
        encode(&value, &mut address);
    }
    Ok(address)
}

/// A text as the query of an address has it.
fn encode(text: &str, address: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
}

/// An approver, or why it is none.
fn nominee(approver: Approver) -> Result<Result<Nominee, Message>> {
    let Approver { user, group, reason } = approver;
    let reason = reason.filter(|reason| !reason.trim().is_empty());
    let reason = reason.unwrap_or_else(|| "the other system names them".to_owned());
    let reason = Message::new("named", reason);
    match (user, group) {
        (Some(login), None) => Ok(match directory::by_login(&login)? {
            Some(user) => Ok(Nominee { who: Principal::User(user.id), reason }),
            None => {
                let text = format!("the other system names `{login}`, who is not in the directory");
                Err(Message::new("unknown_user", text).with("login", login.as_str()))
            }
        }),
        (None, Some(group)) => Ok(Ok(Nominee { who: Principal::Group(GroupId(group)), reason })),
        (Some(_), Some(_)) | (None, None) => Err(Error::permanent(
            "bad_reply",
            "the other system's reply does not fit: an approver is either a `user` or a `group`",
        )),
    }
}

#[cfg(test)]
mod tests {
    use sdk_plugin::{
        Class,
        http::Method::Get,
        testing::{Host, money, person},
    };
    use serde_json::json;

    use super::*;

    const URL: &str = "https://hr.example.org/approvers";
    const ASKED: &str =
        "https://hr.example.org/approvers?requester=ann&rule=rule&step=step&price=900%20EUR";

    fn host(status: u16, reply: &str) -> Host {
        Host::new(MANIFEST)
            .config(json!({"url": URL, "send": ["price"], "secret": "hr"}))
            .property("price", money("900 EUR"))
            .requester("ann")
            .secret("hr")
            .person(person("ann"))
            .person(person("bob"))
            .reply(Get, ASKED, status, reply)
    }

    #[test]
    fn who_is_named_approves() {
        let reply = json!({
            "approvers": [
                {"user": "bob", "reason": "owns the cost centre"}, {"group": "finance"}, {"user": "eve"},
            ],
            "note": "as of today", "took": 3,
        });
        let host = host(200, &reply.to_string());
        let found = host.resolve::<HttpApprovers>().unwrap();
        let named: Vec<_> =
            found.nominees.into_iter().map(|one| (one.who, one.reason.text)).collect();
        assert_eq!(
            named,
            [
                (Principal::User("bob".into()), "owns the cost centre".to_owned()),
                (Principal::Group("finance".into()), "the other system names them".to_owned()),
            ]
        );
        let notes: Vec<_> = found.notes.into_iter().map(|note| note.text).collect();
        let unknown = "the other system names `eve`, who is not in the directory";
        assert_eq!(notes, [unknown, "as of today"]);
        let sent = host.sent();
        assert!(sent[0].headers.contains(&("authorization".into(), "Bearer <hr>".into())));
    }

    #[test]
    fn nobody_is_an_answer_and_a_failure_is_none() {
        assert!(host(404, "").resolve::<HttpApprovers>().unwrap().nominees.is_empty());
        let empty = host(200, r#"{"approvers": []}"#).resolve::<HttpApprovers>().unwrap();
        assert!(empty.nominees.is_empty());
        let class = |host: Host| host.resolve::<HttpApprovers>().unwrap_err().class;
        assert_eq!(class(host(500, "")), Class::Retryable { after_ms: None });
        for (status, reply) in [
            (200, "<html>"),
            (200, r#"{"approvers": [{}]}"#),
            (200, r#"{"approvers": [{"user": "bob", "group": "finance"}]}"#),
            (403, ""),
        ] {
            assert_eq!(class(host(status, reply)), Class::Permanent, "{reply}");
        }
    }

    #[test]
    fn nothing_of_a_value_leaves_its_place_in_the_address() {
        let host = Host::new(MANIFEST)
            .config(json!({"url": format!("{URL}?v=2"), "send": ["unit"]}))
            .property("unit", "a&requester=eve#/../é")
            .requester("ann");
        let _ = host.resolve::<HttpApprovers>();
        let unit = "a%26requester%3Deve%23%2F..%2F%C3%A9";
        let asked = format!("{URL}?v=2&requester=ann&rule=rule&step=step&unit={unit}");
        assert_eq!(host.sent()[0].url, asked);
    }
}
