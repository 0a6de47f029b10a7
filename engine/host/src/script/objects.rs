//! What a script sees of the request, its items, and people.

use std::sync::Arc;

use engine_core::{
    extension::{Facts, Item},
    ids::{PropertyName, UserId},
};
use rhai::{Dynamic, Engine, INT, ImmutableString};

use super::{
    frame::{self, Frame, Native},
    people::known,
    values::{Person, to_dynamic},
};
use crate::call::Read;

/// The request of the run.
#[derive(Clone, Debug)]
pub(super) struct Request;

/// An item of the request.
#[derive(Clone, Debug)]
pub(super) struct ItemView(pub(super) Arc<Item>);

/// Registers the objects.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Request>("request")
        .register_indexer_get(|_: &mut Request, name: ImmutableString| {
            let name = checked(&name)?;
            frame::with(|frame| request(frame, &name))
        })
        .register_type_with_name::<ItemView>("item")
        .register_indexer_get(|item: &mut ItemView, name: ImmutableString| {
            let name = checked(&name)?;
            frame::with(|frame| field(frame, &item.0, &name))
        })
        .register_type_with_name::<Person>("user")
        .register_indexer_get(|person: &mut Person, name: ImmutableString| {
            let name = checked(&name)?;
            frame::with(|frame| of_person(frame, &person.0, &name))
        })
        .register_fn("to_string", |person: &mut Person| login(person))
        .register_fn("to_debug", |person: &mut Person| login(person));
}

/// Registers `.name` of each of them.
pub(super) fn register_property(engine: &mut Engine, name: &PropertyName) {
    let (of_request, of_item, of_user) = (name.clone(), name.clone(), name.clone());
    engine
        .register_get(name.as_str(), move |_: &mut Request| {
            frame::with(|frame| request(frame, &of_request))
        })
        .register_get(name.as_str(), move |item: &mut ItemView| {
            frame::with(|frame| field(frame, &item.0, &of_item))
        })
        .register_get(name.as_str(), move |person: &mut Person| {
            frame::with(|frame| of_person(frame, &person.0, &of_user))
        });
}

/// What is read is recorded: a text that is no name is told, and not kept.
fn checked(name: &str) -> Native<PropertyName> {
    PropertyName::parse(name).map_err(|error| error.to_string().into())
}

fn request(frame: &mut Frame, name: &PropertyName) -> Native<Dynamic> {
    frame.read(Read::Property(name.clone()));
    let facts = frame.facts();
    Ok(match name.as_str() {
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

fn field(frame: &mut Frame, item: &Item, name: &PropertyName) -> Native<Dynamic> {
    frame.read(Read::Field(item.resource.clone(), name.clone()));
    Ok(match name.as_str() {
        "resource" => item.resource.as_str().into(),
        field => item.fields.get(field).map_or(Dynamic::UNIT, to_dynamic),
    })
}

fn of_person(frame: &mut Frame, id: &UserId, name: &PropertyName) -> Native<Dynamic> {
    frame.read(Read::User(id.clone(), name.clone()));
    let user = known(frame, id)?;
    Ok(match name.as_str() {
        "id" => user.id.as_str().into(),
        "login" => user.login.as_str().into(),
        "name" => user.name.clone().into(),
        "active" => user.active.into(),
        "groups" => Dynamic::from_array(user.groups.iter().map(|g| g.as_str().into()).collect()),
        property => user.properties.get(property).map_or(Dynamic::UNIT, to_dynamic),
    })
}

fn login(person: &Person) -> Native<String> {
    frame::with(|frame| known(frame, &person.0).map(|user| user.login.to_string()))
}
