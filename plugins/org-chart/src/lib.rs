//! Names the first manager upwards whose limit covers the amount.
//!
//! From the requester from manager to manager. Who left is passed over. Where the way ends, nobody is
//! named and the explanation says why: whose profile lacks a manager, or where the way is a circle.

use sdk_plugin::{Resolution, directory::User, plugin, prelude::*};

/// The approvers.
struct OrgChart;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    amount_property: String,
    manager_property: String,
    limit_property: String,
    #[serde(default = "default_height")]
    max_height: usize,
}

fn default_height() -> usize {
    10
}

impl Approvers for OrgChart {
    type Config = Config;

    fn resolve(config: Config) -> Result<Resolution> {
        let amount: Money = request::get(&config.amount_property)?;
        let mut way = vec![request::requester()];
        let mut below = display(way.first());
        let mut notes = Vec::new();
        while way.len() <= config.max_height {
            let manager = match next(&config, &way, &below)? {
                Ok(manager) => manager,
                Err(end) => {
                    notes.push(end);
                    return Ok(Resolution { nominees: Vec::new(), notes });
                }
            };
            match judge(&config, &amount, &manager)? {
                Ok(reason) => {
                    let found = Resolution::user(manager.id, reason);
                    return Ok(Resolution { notes, ..found });
                }
                Err(note) => notes.push(note),
            }
            below = manager.name;
            way.push(manager.id);
        }
        let text = format!(
            "nobody within {} steps above the requester may approve {amount}",
            config.max_height
        );
        notes.push(Message::new("too_high", text).with("amount", amount));
        Ok(Resolution { nominees: Vec::new(), notes })
    }
}

plugin!(approvers: OrgChart);

/// The manager of the last one of the way, or why the way ends.
fn next(config: &Config, way: &[UserId], below: &str) -> Result<Result<User, Message>> {
    let Some(last) = way.last() else {
        return Ok(Err(Message::new("no_requester", "nobody asks")));
    };
    let Some(id) = directory::property::<UserId>(last, &config.manager_property)? else {
        let text = format!("the profile of {below} has no `{}`", config.manager_property);
        let message = Message::new("no_manager", text)
            .with("user", last.clone())
            .with("property", config.manager_property.as_str());
        return Ok(Err(message));
    };
    if way.contains(&id) {
        let names: Vec<String> = way.iter().chain([&id]).map(|id| display(Some(id))).collect();
        let text = format!("the managers go in a circle: {}", names.join(", "));
        return Ok(Err(Message::new("circle", text).with("users", [way, &[id]].concat())));
    }
    Ok(directory::user(&id)?.ok_or_else(|| {
        let text = format!("the manager of {below} is not in the directory");
        Message::new("unknown_manager", text).with("user", last.clone())
    }))
}

/// Why this manager can approve, or why not.
fn judge(config: &Config, amount: &Money, manager: &User) -> Result<Result<Message, Message>> {
    let name = &manager.name;
    if !manager.active {
        let message = Message::new("inactive", format!("{name} is no longer active"));
        return Ok(Err(message.with("user", manager.id.clone())));
    }
    let Some(limit) = directory::property::<Money>(&manager.id, &config.limit_property)? else {
        let text = format!("the profile of {name} has no `{}`", config.limit_property);
        return Ok(Err(Message::new("no_limit", text).with("user", manager.id.clone())));
    };
    let covers = request::compare(amount, &limit)?.is_le();
    let (code, verb) = if covers { ("covers", "may") } else { ("too_little", "may only") };
    let message = Message::new(code, format!("{name} {verb} approve up to {limit}"))
        .with("user", manager.id.clone())
        .with("limit", limit);
    Ok(if covers { Ok(message) } else { Err(message) })
}

/// The name that people see; the id where there is none.
fn display(id: Option<&UserId>) -> String {
    let Some(id) = id else { return String::new() };
    let user = directory::user(id).ok().flatten();
    user.map_or_else(|| id.to_string(), |user| user.name)
}

#[cfg(test)]
mod tests {
    use sdk_plugin::{
        Class,
        testing::{Host, Person, money, person, user},
    };
    use serde_json::json;

    use super::*;

    fn boss(id: &str, manager: &str, limit: &str) -> Person {
        person(id).property("manager", user(manager)).property("limit", money(limit))
    }

    /// ann → bob (1,000 EUR) → cleo (10,000 EUR) → cleo
    fn host(amount: &str) -> Host {
        let config = json!({
            "amount_property": "price", "manager_property": "manager", "limit_property": "limit",
        });
        Host::new(MANIFEST)
            .config(config)
            .property("price", money(amount))
            .requester("ann")
            .person(person("ann").name("Ann").property("manager", user("bob")))
            .person(boss("bob", "cleo", "1000 EUR").name("Bob"))
            .person(boss("cleo", "cleo", "10000 EUR").name("Cleo"))
    }

    fn answer(host: &Host) -> (Vec<String>, Vec<String>) {
        let resolution = host.resolve::<OrgChart>().unwrap();
        let named = resolution.nominees.iter().map(|nominee| nominee.reason.text.clone());
        (named.collect(), resolution.notes.into_iter().map(|note| note.text).collect())
    }

    #[test]
    fn the_first_whose_limit_covers_the_amount_is_named() {
        let (named, notes) = answer(&host("1000 EUR"));
        assert_eq!(named, ["Bob may approve up to 1000 EUR"]);
        assert!(notes.is_empty());
        let (named, notes) = answer(&host("1000.01 EUR"));
        assert_eq!(named, ["Cleo may approve up to 10000 EUR"]);
        assert_eq!(notes, ["Bob may only approve up to 1000 EUR"]);
    }

    #[test]
    fn who_left_is_passed_over() {
        let host = host("10 EUR").person(boss("bob", "cleo", "1000 EUR").name("Bob").inactive());
        let (named, notes) = answer(&host);
        assert_eq!(named, ["Cleo may approve up to 10000 EUR"]);
        assert_eq!(notes, ["Bob is no longer active"]);
    }

    #[test]
    fn the_end_of_the_way_is_told_in_words() {
        let circle = answer(&host("20000 EUR"));
        assert!(circle.0.is_empty());
        assert_eq!(circle.1.last().unwrap(), "the managers go in a circle: Ann, Bob, Cleo, Cleo");
        let alone = host("20000 EUR").person(person("bob").name("Bob"));
        let (named, notes) = answer(&alone);
        assert!(named.is_empty());
        assert_eq!(
            notes,
            ["the profile of Bob has no `limit`", "the profile of Bob has no `manager`"]
        );
    }

    #[test]
    fn the_height_is_bounded() {
        let mut host = host("1 EUR").config(json!({
            "amount_property": "price", "manager_property": "manager", "limit_property": "limit",
            "max_height": 3,
        }));
        for n in 0..5 {
            let id = if n == 0 { "bob".to_owned() } else { format!("m{n}") };
            host = host.person(boss(&id, &format!("m{}", n + 1), "0 EUR"));
        }
        let (named, notes) = answer(&host);
        assert!(named.is_empty());
        assert_eq!(notes.len(), 4);
        assert_eq!(notes[3], "nobody within 3 steps above the requester may approve 1 EUR");
    }

    #[test]
    fn a_missing_rate_leaves_the_question_open() {
        let error = host("10 USD").resolve::<OrgChart>().unwrap_err();
        assert_eq!(error.class, Class::Retryable { after_ms: None });
        let (named, _) = answer(&host("1000 USD").rate("EUR", "1").rate("USD", "0.92"));
        assert_eq!(named, ["Bob may approve up to 1000 EUR"]);
    }
}
