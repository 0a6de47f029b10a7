//! What the generated bindings do in a component, done by the test's [`Host`](super::Host).

mod data;
mod out;

use super::state::ask;
use crate::{ErrorKind, HostError, Value, log::Level};

pub(crate) use data::{Connection, Cursor, Secret, Transaction, Writer, files_of, look_up};
pub(crate) use out::{begin_step, finish_step, http_look_up, http_send, look_at_step, notice};

type Answer<T> = Result<T, HostError>;

fn error<T>(kind: ErrorKind, message: impl Into<String>) -> Answer<T> {
    Err(HostError::new(kind, message))
}

pub(crate) mod request {
    use std::cmp::Ordering;

    use super::{Answer, ErrorKind, HostError, Value, ask};
    use crate::Money;

    pub(crate) fn id() -> String {
        "r-1".to_owned()
    }

    pub(crate) fn organization() -> String {
        "acme".to_owned()
    }

    pub(crate) fn rule() -> String {
        "rule".to_owned()
    }

    pub(crate) fn rule_version() -> u32 {
        1
    }

    pub(crate) fn kind() -> String {
        "kind".to_owned()
    }

    pub(crate) fn step() -> Option<String> {
        Some("step".to_owned())
    }

    pub(crate) fn requester() -> String {
        ask(|state| state.requester.clone())
    }

    pub(crate) fn target_users() -> Vec<String> {
        ask(|state| {
            if state.target_users.is_empty() {
                vec![state.requester.clone()]
            } else {
                state.target_users.clone()
            }
        })
    }

    pub(crate) fn urgent() -> bool {
        ask(|state| state.urgent)
    }

    pub(crate) fn title() -> String {
        "A request".to_owned()
    }

    pub(crate) fn reason() -> String {
        "For a test".to_owned()
    }

    pub(crate) fn get(name: &str) -> Answer<Option<Value>> {
        ask(|state| {
            state.check_declared("request", &state.manifest.reads.request, name);
            Ok(state.properties.get(name).cloned())
        })
    }

    pub(crate) fn get_many(names: &[&str]) -> Answer<Vec<Option<Value>>> {
        names.iter().map(|name| get(name)).collect()
    }

    pub(crate) fn names() -> Vec<String> {
        ask(|state| {
            let declared = &state.manifest.reads.request;
            let declared = declared.iter().flat_map(|name| name.resolve(&state.config));
            declared.filter(|n| state.properties.contains_key(*n)).map(str::to_owned).collect()
        })
    }

    pub(crate) fn items() -> Vec<String> {
        ask(|state| state.items.iter().map(|(resource, _)| resource.clone()).collect())
    }

    pub(crate) fn item_field(item: &str, name: &str) -> Answer<Option<Value>> {
        ask(|state| {
            state.check_declared("items", &state.manifest.reads.items, name);
            let fields = state.items.iter().find(|(resource, _)| resource == item);
            Ok(fields.and_then(|(_, fields)| fields.get(name).cloned()))
        })
    }

    pub(crate) fn compare(left: &Money, right: &Money) -> Answer<Ordering> {
        if left.currency == right.currency {
            return Ok(left.amount.cmp(&right.amount));
        }
        let worth = |money: &Money| {
            let rate = ask(|state| state.rates.get(&money.currency).copied());
            rate.map(|rate| money.amount * rate).ok_or_else(|| {
                HostError::new(ErrorKind::NotFound, format!("no rate for {}", money.currency))
            })
        };
        Ok(worth(left)?.cmp(&worth(right)?))
    }
}

pub(crate) mod directory {
    use super::{Answer, Value, ask};
    use crate::directory::{Page, User};

    pub(crate) fn user_by_id(id: &str) -> Answer<Option<User>> {
        Ok(ask(|state| state.people.get(id).map(|person| person.user.clone())))
    }

    pub(crate) fn user_by_login(login: &str) -> Answer<Option<User>> {
        Ok(ask(|state| {
            state.people.values().map(|p| &p.user).find(|user| user.login == login).cloned()
        }))
    }

    pub(crate) fn property(user: &str, name: &str) -> Answer<Option<Value>> {
        ask(|state| {
            state.check_declared("users", &state.manifest.reads.users, name);
            Ok(state.people.get(user).and_then(|person| person.properties.get(name).cloned()))
        })
    }

    pub(crate) fn groups_of(user: &str) -> Answer<Vec<String>> {
        Ok(ask(|state| {
            state.people.get(user).map(|p| p.groups.iter().cloned().collect()).unwrap_or_default()
        }))
    }

    /// Pages of two, so that tests of small groups meet a second page.
    pub(crate) fn members(group: &str, after: Option<&str>) -> Answer<Page> {
        let mut members: Vec<User> = ask(|state| {
            let people = state.people.values();
            let members = people.filter(|p| p.user.active && p.groups.contains(group));
            let rest = members.filter(|p| after.is_none_or(|id| p.user.id.as_str() > id));
            rest.map(|p| p.user.clone()).take(3).collect()
        });
        let more = members.len() > 2;
        members.truncate(2);
        let next = members.last().filter(|_| more).map(|last| last.id.0.clone());
        Ok(Page { members, next })
    }
}

pub(crate) mod clock {
    use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

    use super::{Answer, ErrorKind, ask, error};

    pub(crate) fn now() -> Answer<DateTime<Utc>> {
        Ok(ask(|state| state.now))
    }

    pub(crate) fn local_time(at: &str, time_zone: Option<&str>) -> Answer<NaiveDateTime> {
        let zone = time_zone.unwrap_or("UTC");
        let Some(minutes) = ask(|state| state.zones.get(zone).copied()) else {
            return error(ErrorKind::Invalid, format!("`{zone}` is not a time zone"));
        };
        match at.parse::<DateTime<Utc>>() {
            Ok(at) => Ok(at.naive_utc() + TimeDelta::minutes(minutes.into())),
            Err(_) => error(ErrorKind::Invalid, format!("`{at}` is not an instant")),
        }
    }

    /// Always the same: 0, 1, 2, ….
    pub(crate) fn random_bytes(length: u32) -> Vec<u8> {
        (0..=u8::MAX).cycle().take(length as usize).collect()
    }
}

pub(crate) fn config_json() -> String {
    ask(|state| state.config.to_string())
}

pub(crate) fn log(level: Level, message: &str, _fields: &[(&str, Value)]) {
    ask(|state| state.log.push((level, message.to_owned())));
}
