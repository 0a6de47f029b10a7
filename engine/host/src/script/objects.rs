//! What a script sees: the request, its requester, and the people of the organization.

use std::sync::Arc;

use chrono::{NaiveDateTime, Timelike as _};
use chrono_tz::Tz;
use engine_core::{
    directory::User,
    extension::{Facts, Item},
    ids::{GroupId, Login, PropertyName, UserId},
    value::Value,
};
use rhai::{Dynamic, Engine, INT, ImmutableString};

use super::{
    frame::{self, Frame, Native},
    values::{self, Day, Moment, Person, to_dynamic},
};

/// The request of the run.
#[derive(Clone, Debug)]
pub(super) struct Request;

/// An item of the request.
#[derive(Clone, Debug)]
struct ItemView(Arc<Item>);

/// The name of the property by which people have managers.
const MANAGER: &str = "manager";

/// Registers the objects and the helpers.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Request>("request")
        .register_indexer_get(|_: &mut Request, name: ImmutableString| {
            frame::with(|frame| request(frame, &name))
        })
        .register_type_with_name::<ItemView>("item")
        .register_indexer_get(|item: &mut ItemView, name: ImmutableString| {
            frame::with(|frame| Ok(field(frame, &item.0, &name)))
        })
        .register_type_with_name::<Person>("user")
        .register_indexer_get(|person: &mut Person, name: ImmutableString| {
            frame::with(|frame| of_person(frame, &person.0, &name))
        })
        .register_fn("to_string", |person: &mut Person| login(person))
        .register_fn("to_debug", |person: &mut Person| login(person));
    engine
        .register_fn("user", user)
        .register_fn("manager_of", |person: Person| manager(&person.0))
        .register_fn("manager_of", |login: &str| user(login).and_then(|person| manager(&person.0)))
        .register_fn("members", members);
    engine
        .register_fn("now", || frame::with(|frame| Ok(Moment(frame.facts().now))))
        .register_fn("today", || local(None).map(|at| Day(at.date())))
        .register_fn("today", |zone: &str| local(Some(zone)).map(|at| Day(at.date())))
        .register_fn("weekday", || local(None).map(|at| values::weekday(at.date())))
        .register_fn("weekday", |zone: &str| local(Some(zone)).map(|at| values::weekday(at.date())))
        .register_fn("hour", || local(None).map(|at| INT::from(at.hour())))
        .register_fn("hour", |zone: &str| local(Some(zone)).map(|at| INT::from(at.hour())));
}

fn request(frame: &mut Frame, name: &str) -> Native<Dynamic> {
    frame.read(|| format!("request.{name}"));
    let facts = frame.facts();
    Ok(match name {
        "id" => facts.request.as_str().into(),
        "organization" => facts.organization.as_str().into(),
        "rule" => facts.rule.as_str().into(),
        "rule_version" => INT::from(facts.rule_version).into(),
        "kind" => facts.kind.as_str().into(),
        "step" => facts.step.as_ref().map_or(Dynamic::UNIT, |step| step.as_str().into()),
        "requester" => Dynamic::from(Person(facts.requester.clone())),
        "target_users" => Dynamic::from_array(targets(facts)),
        "urgent" => facts.urgent.into(),
        "title" => facts.title.clone().into(),
        "reason" => facts.reason.clone().into(),
        "items" => {
            let item = |item: &Item| Dynamic::from(ItemView(Arc::new(item.clone())));
            Dynamic::from_array(facts.items.iter().map(item).collect())
        }
        property => facts.properties.get(property).map_or(Dynamic::UNIT, to_dynamic),
    })
}

fn targets(facts: &Facts) -> Vec<Dynamic> {
    let named = facts.target_users.iter();
    let itself = facts.target_users.is_empty().then_some(&facts.requester);
    named.chain(itself).map(|id| Dynamic::from(Person(id.clone()))).collect()
}

fn field(frame: &mut Frame, item: &Item, name: &str) -> Dynamic {
    frame.read(|| format!("request.items.{}.{name}", item.resource));
    match name {
        "resource" => item.resource.as_str().into(),
        field => item.fields.get(field).map_or(Dynamic::UNIT, to_dynamic),
    }
}

fn of_person(frame: &mut Frame, id: &UserId, name: &str) -> Native<Dynamic> {
    frame.read(|| format!("directory.{id}.{name}"));
    let user = known(frame, id)?;
    Ok(match name {
        "id" => user.id.as_str().into(),
        "login" => user.login.as_str().into(),
        "name" => user.name.clone().into(),
        "active" => user.active.into(),
        "groups" => Dynamic::from_array(user.groups.iter().map(|g| g.as_str().into()).collect()),
        property => user.properties.get(property).map_or(Dynamic::UNIT, to_dynamic),
    })
}

fn known<'a>(frame: &'a Frame, id: &UserId) -> Native<&'a User> {
    frame.directory().user(id).ok_or_else(|| format!("there is no user `{id}` any more").into())
}

fn login(person: &Person) -> Native<String> {
    frame::with(|frame| known(frame, &person.0).map(|user| user.login.to_string()))
}

fn user(login: &str) -> Native<Person> {
    frame::with(|frame| {
        frame.read(|| format!("directory.login.{login}"));
        let login = Login::parse(login).map_err(|error| error.to_string())?;
        match frame.directory().by_login(&login) {
            Some(user) => Ok(Person(user.id.clone())),
            None => Err(format!("nobody has the login `{login}`").into()),
        }
    })
}

/// The manager, or nothing.
fn manager(id: &UserId) -> Native<Dynamic> {
    frame::with(|frame| {
        frame.read(|| format!("directory.{id}.{MANAGER}"));
        let name = PropertyName::parse(MANAGER).map_err(|error| error.to_string())?;
        match known(frame, id)?.properties.get(&name) {
            None => Ok(Dynamic::UNIT),
            Some(Value::User(id)) => Ok(Dynamic::from(Person(id.clone()))),
            Some(other) => Err(format!("the manager of `{id}` is `{other}`, not a user").into()),
        }
    })
}

/// The active members of a group.
fn members(group: &str) -> Native<Dynamic> {
    frame::with(|frame| {
        frame.read(|| format!("directory.group.{group}"));
        let group = GroupId::parse(group).map_err(|error| error.to_string())?;
        if frame.directory().group(&group).is_none() {
            return Err(format!("there is no group `{group}`").into());
        }
        let members = frame.directory().members(&group);
        Ok(Dynamic::from_array(
            members.map(|user| Dynamic::from(Person(user.id.clone()))).collect(),
        ))
    })
}

/// The instant of the command on the clocks of a zone; none is the organization's.
fn local(zone: Option<&str>) -> Native<NaiveDateTime> {
    frame::with(|frame| {
        let zone = match zone {
            None => frame.call.zone,
            Some(name) => name.parse::<Tz>().map_err(|_| format!("`{name}` is not a time zone"))?,
        };
        Ok(frame.facts().now.with_timezone(&zone).naive_local())
    })
}
