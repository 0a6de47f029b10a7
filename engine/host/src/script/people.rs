//! Helpers for people: who belongs to which group, and who is whose manager.

use std::collections::BTreeSet;

use engine_core::{
    directory::User,
    ids::{GroupId, Login, PropertyName, UserId},
    value::Value,
};
use rhai::{Array, Dynamic, Engine, FnPtr, INT, NativeCallContext};

use super::{
    frame::{self, Frame, Native, charge, charge_each},
    operators::kind,
    values::{Person, shown, to_dynamic},
};
use crate::call::Read;

/// The name of the property by which people have managers.
const MANAGER: &str = "manager";
/// Nobody has more managers above them; a chain that is longer is a mistake in the directory.
const MAX_CHAIN: usize = 100;
/// One step up a chain: two look-ups, and the record of what was read.
const OPERATIONS_OF_A_STEP: u64 = 5;

/// Registers the helpers.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("user", user)
        .register_fn("manager_of", manager_of)
        .register_fn("manager_chain", manager_chain)
        .register_fn("manager_chain", lowest_managers)
        .register_fn("first_manager_where", first_manager)
        .register_fn("members", members)
        .register_fn("in_group", in_group)
        .register_fn("groups_of", groups_of)
        .register_fn("property_of", property_of)
        .register_fn("property_of", property_or);
}

/// Whom a script means: a user, or a login.
fn person(who: &Dynamic) -> Native<UserId> {
    if let Some(person) = who.read_lock::<Person>() {
        return Ok(person.0.clone());
    }
    match who.as_immutable_string_ref() {
        Ok(login) => user(&login).map(|person| person.0),
        Err(_) => Err(format!("expected a user or a login, found {}", kind(who)).into()),
    }
}

fn to_user(id: UserId) -> Dynamic {
    Dynamic::from(Person(id))
}

pub(super) fn known<'a>(frame: &'a Frame, id: &UserId) -> Native<&'a User> {
    frame.directory().user(id).ok_or_else(|| format!("there is no user `{id}` any more").into())
}

fn user(login: &str) -> Native<Person> {
    frame::with(|frame| {
        // Read first: what is recorded is no longer than a login.
        let login = Login::parse(login).map_err(|error| error.to_string())?;
        frame.read(Read::Login(login.clone()));
        match frame.directory().by_login(&login) {
            Some(user) => Ok(Person(user.id.clone())),
            None => Err(format!("nobody has the login `{login}`").into()),
        }
    })
}

fn manager(id: &UserId) -> Native<Option<UserId>> {
    frame::with(|frame| {
        let name = PropertyName::parse(MANAGER).map_err(|error| error.to_string())?;
        frame.read(Read::User(id.clone(), name.clone()));
        match known(frame, id)?.properties.get(&name) {
            None => Ok(None),
            Some(Value::User(id)) => Ok(Some(id.clone())),
            Some(other) => Err(format!("the manager of `{id}` is `{other}`, not a user").into()),
        }
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn manager_of(who: Dynamic) -> Native<Dynamic> {
    Ok(manager(&person(&who)?)?.map_or(Dynamic::UNIT, to_user))
}

/// A way up from manager to manager.
struct Climb {
    at: UserId,
    seen: BTreeSet<UserId>,
}

impl Climb {
    fn from(who: &Dynamic) -> Native<Self> {
        let at = person(who)?;
        Ok(Self { seen: [at.clone()].into(), at })
    }

    /// The next manager. Who is their own manager is at the top.
    ///
    /// # Errors
    /// Where the managers go round, or never end.
    fn up(&mut self) -> Native<Option<UserId>> {
        charge(OPERATIONS_OF_A_STEP)?;
        let Some(next) = manager(&self.at)?.filter(|next| *next != self.at) else {
            return Ok(None);
        };
        if !self.seen.insert(next.clone()) {
            let login = frame::with(|frame| Ok(known(frame, &next)?.login.clone()))?;
            return Err(format!("the managers go round: `{login}` comes twice").into());
        }
        if self.seen.len() > MAX_CHAIN + 1 {
            return Err(format!("there are more than {MAX_CHAIN} managers above").into());
        }
        self.at = next.clone();
        Ok(Some(next))
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn manager_chain(who: Dynamic) -> Native<Array> {
    chain(&who, usize::MAX)
}

#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn lowest_managers(who: Dynamic, most: INT) -> Native<Array> {
    let most = usize::try_from(most).map_err(|_| format!("`{most}` is no number of managers"))?;
    chain(&who, most)
}

/// The managers above somebody, the nearest first.
fn chain(who: &Dynamic, most: usize) -> Native<Array> {
    let mut climb = Climb::from(who)?;
    let mut above = Array::new();
    while above.len() < most {
        match climb.up()? {
            Some(manager) => above.push(to_user(manager)),
            None => break,
        }
    }
    Ok(above)
}

/// The nearest manager for whom a function answers `true`, or nothing.
#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn first_manager(context: NativeCallContext, who: Dynamic, test: FnPtr) -> Native<Dynamic> {
    let mut climb = Climb::from(&who)?;
    while let Some(manager) = climb.up()? {
        let manager = to_user(manager);
        if test.call_within_context::<bool>(&context, (manager.clone(),))? {
            return Ok(manager);
        }
    }
    Ok(Dynamic::UNIT)
}

fn groups() -> Native<PropertyName> {
    PropertyName::parse("groups").map_err(|error| error.to_string().into())
}

/// A group that there is.
fn known_group(frame: &mut Frame, group: &str) -> Native<GroupId> {
    let group = GroupId::parse(group).map_err(|error| error.to_string())?;
    match frame.directory().group(&group) {
        Some(_) => Ok(group),
        None => Err(format!("there is no group `{group}`").into()),
    }
}

/// The active members of a group.
fn members(group: &str) -> Native<Array> {
    let members: Vec<UserId> = frame::with(|frame| {
        let group = known_group(frame, group)?;
        frame.read(Read::Members(group.clone()));
        Ok(frame.directory().members(&group).map(|user| user.id.clone()).collect())
    })?;
    charge_each(members.len())?;
    Ok(members.into_iter().map(to_user).collect())
}

#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn in_group(who: Dynamic, group: &str) -> Native<bool> {
    let id = person(&who)?;
    frame::with(|frame| {
        let group = known_group(frame, group)?;
        frame.read(Read::Group(group.clone()));
        frame.read(Read::User(id.clone(), groups()?));
        Ok(known(frame, &id)?.groups.contains(&group))
    })
}

#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn groups_of(who: Dynamic) -> Native<Array> {
    let id = person(&who)?;
    let groups: Array = frame::with(|frame| {
        frame.read(Read::User(id.clone(), groups()?));
        Ok(known(frame, &id)?.groups.iter().map(|group| group.as_str().into()).collect())
    })?;
    charge_each(groups.len())?;
    Ok(groups)
}

#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn property_of(who: Dynamic, name: &str) -> Native<Dynamic> {
    let unset = || format!("`{}` is not set for this user: give a default", shown(name)).into();
    property(&who, name)?.ok_or_else(unset)
}

#[expect(clippy::needless_pass_by_value, reason = "the interpreter hands its values over")]
fn property_or(who: Dynamic, name: &str, default: Dynamic) -> Native<Dynamic> {
    Ok(property(&who, name)?.unwrap_or(default))
}

fn property(who: &Dynamic, name: &str) -> Native<Option<Dynamic>> {
    let id = person(who)?;
    let name = PropertyName::parse(name).map_err(|error| error.to_string())?;
    frame::with(|frame| {
        frame.read(Read::User(id.clone(), name.clone()));
        Ok(known(frame, &id)?.properties.get(&name).map(to_dynamic))
    })
}
