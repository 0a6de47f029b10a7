//! The real host: the bindings generated from `sdk/wit`, behind the types of this crate.

pub mod bindings;
mod convert;
pub(crate) mod data;
mod guest;
mod out;

pub use guest::Exported;

use bindings::plugin as wit;

pub(crate) use data::{Connection, Cursor, Secret, Transaction, Writer, files_of, look_up};
pub(crate) use out::{begin_step, finish_step, http_look_up, http_send, look_at_step, notice};

use crate::{Value, log::Level};

/// The request; see [`crate::request`].
pub(crate) mod request {
    use std::cmp::Ordering;

    use super::{
        convert::{self, Answer},
        wit::request as host,
    };
    use crate::{HostError, Money, Value};

    pub(crate) use host::{
        id, items, kind, names, organization, reason, requester, rule, rule_version, step,
        target_users, title, urgent,
    };

    pub(crate) fn get(name: &str) -> Answer<Option<Value>> {
        host::get(name).map(convert::value).transpose()
    }

    pub(crate) fn get_many(names: &[&str]) -> Answer<Vec<Option<Value>>> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        host::get_many(&names).into_iter().map(|v| v.map(convert::value).transpose()).collect()
    }

    pub(crate) fn item_field(item: &str, name: &str) -> Answer<Option<Value>> {
        host::item_field(item, name).map(convert::value).transpose()
    }

    pub(crate) fn compare(left: &Money, right: &Money) -> Answer<Ordering> {
        match host::compare(&convert::money_out(left), &convert::money_out(right)) {
            Ok(host::Comparison::Less) => Ok(Ordering::Less),
            Ok(host::Comparison::Equal) => Ok(Ordering::Equal),
            Ok(host::Comparison::Greater) => Ok(Ordering::Greater),
            Err(error) => Err(HostError::from(error)),
        }
    }
}

/// The people; see [`crate::directory`].
pub(crate) mod directory {
    use super::{
        convert::{self, Answer},
        wit::directory as host,
    };
    use crate::{
        UserId, Value,
        directory::{Page, User},
    };

    fn user(user: host::User) -> User {
        User {
            id: UserId(user.id),
            login: user.login,
            name: user.name,
            active: user.active,
            service: user.kind == "service",
        }
    }

    pub(crate) fn user_by_id(id: &str) -> Answer<Option<User>> {
        Ok(host::user_by_id(id)?.map(user))
    }

    pub(crate) fn user_by_login(login: &str) -> Answer<Option<User>> {
        Ok(host::user_by_login(login)?.map(user))
    }

    pub(crate) fn property(user: &str, name: &str) -> Answer<Option<Value>> {
        host::property(user, name)?.map(convert::value).transpose()
    }

    pub(crate) fn groups_of(user: &str) -> Answer<Vec<String>> {
        Ok(host::groups_of(user)?)
    }

    pub(crate) fn members(group: &str, after: Option<&str>) -> Answer<Page> {
        let page = host::members(group, after)?;
        Ok(Page { members: page.members.into_iter().map(user).collect(), next: page.next })
    }
}

/// The clock; see [`crate::clock`].
pub(crate) mod clock {
    use chrono::{DateTime, NaiveDateTime, Utc};

    use super::{
        convert::{self, Answer},
        wit::determinism as host,
    };

    pub(crate) use host::random_bytes;

    pub(crate) fn now() -> Answer<DateTime<Utc>> {
        convert::instant(&host::now())
    }

    pub(crate) fn local_time(at: &str, time_zone: Option<&str>) -> Answer<NaiveDateTime> {
        let local = host::local_time(at, time_zone)?;
        let text = format!("{}T{}", local.date, local.time);
        text.parse().map_err(|_| convert::nonsense("a local time", &text))
    }
}

pub(crate) fn config_json() -> String {
    wit::config::json()
}

pub(crate) fn log(level: Level, message: &str, fields: &[(&str, Value)]) {
    let level = match level {
        Level::Trace => wit::log::Level::Trace,
        Level::Debug => wit::log::Level::Debug,
        Level::Info => wit::log::Level::Info,
        Level::Warn => wit::log::Level::Warn,
        Level::Error => wit::log::Level::Error,
    };
    let fields: Vec<_> =
        fields.iter().map(|(name, value)| convert::field_out(name, value.clone())).collect();
    wit::log::event(level, message, &fields);
}
