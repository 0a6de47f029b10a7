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
    max_height: Option<usize>,
}

impl Approvers for OrgChart {
    type Config = Config;

    fn resolve(config: Config) -> Result<Resolution> {
        let amount: Money = request::get(&config.amount_property)?;
        let (mut last, mut way, mut notes) = (request::requester(), Vec::new(), Vec::new());
        while way.len() < config.max_height.unwrap_or(10) {
            way.push(last.clone());
            let manager = match next(&config, &way, &last)? {
                Ok(manager) => manager,
                Err(end) => return Ok(Resolution::nobody(end).after(notes)),
            };
            match judge(&config, &amount, &manager)? {
                Ok(reason) => return Ok(Resolution::user(manager.id, reason).after(notes)),
                Err(note) => notes.push(note),
            }
            last = manager.id;
        }
        let text = format!("nobody within {} steps above the requester may approve", way.len());
        let end = Message::new("too_high", format!("{text} {amount}")).with("amount", amount);
        Ok(Resolution::nobody(end).after(notes))
    }
}

plugin!(approvers: OrgChart);

/// The manager of the last one of the way, or why the way ends.
fn next(config: &Config, way: &[UserId], last: &UserId) -> Result<Result<User, Message>> {
    let (below, property) = (directory::name(last)?, config.manager_property.as_str());
    let Some(id) = directory::property::<UserId>(last, property)? else {
        let end = Message::new("no_manager", format!("the profile of {below} has no `{property}`"));
        return Ok(Err(end.with("user", last.clone()).with("property", property)));
    };
    if way.contains(&id) {
        let users = [way, &[id]].concat();
        let names: Result<Vec<_>, _> = users.iter().map(directory::name).collect();
        let text = format!("the managers go in a circle: {}", names?.join(", "));
        return Ok(Err(Message::new("circle", text).with("users", users)));
    }
    let why = format!("the manager of {below} is not in the directory");
    Ok(directory::user(&id)?.ok_or(Message::new("unknown_manager", why).with("user", last.clone())))
}

/// Why this manager can approve, or why not.
fn judge(config: &Config, amount: &Money, manager: &User) -> Result<Result<Message, Message>> {
    let (name, property) = (&manager.name, &config.limit_property);
    let said = |code, text| Message::new(code, text).with("user", manager.id.clone());
    if !manager.active {
        return Ok(Err(said("inactive", format!("{name} is no longer active"))));
    }
    let Some(limit) = directory::property::<Money>(&manager.id, property)? else {
        return Ok(Err(said("no_limit", format!("the profile of {name} has no `{property}`"))));
    };
    let covers = request::compare(amount, &limit)?.is_le();
    let (code, verb) = if covers { ("covers", "may") } else { ("too_little", "may only") };
    let why = said(code, format!("{name} {verb} approve up to {limit}")).with("limit", limit);
    Ok(if covers { Ok(why) } else { Err(why) })
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
