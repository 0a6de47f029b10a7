//! The interface `directory`: the people of the organization. Every read is recorded.

use std::sync::Arc;

use engine_core::{
    directory::{Directory, User, UserKind},
    ids::{GroupId, Login, PropertyName, UserId},
};

use super::{
    bindings::condition::countersign::plugin::{directory, types as wit},
    values,
};
use crate::{
    call::Read,
    component::manifest::Manifest,
    state::{State, Stop},
};

/// Members on one page.
const PAGE: usize = 200;

type Found<T> = wasmtime::Result<Result<T, wit::HostError>>;

impl State {
    /// What is read is noted even where there is no such user or group.
    fn look(&mut self, read: Option<Read>, what: &str) -> Result<Arc<Directory>, Stop> {
        self.enter()?;
        self.read(
            read.unwrap_or_else(|| Read::Other(format!("directory.{}", values::shown(what)))),
        );
        Ok(Arc::clone(&self.call.directory))
    }

    /// Something about a user, whose id the component has from somewhere.
    fn look_up_user(
        &mut self,
        id: &str,
        what: &str,
    ) -> Result<(Arc<Directory>, Option<UserId>), Stop> {
        let user = UserId::parse(id).ok();
        let name = PropertyName::parse(what).ok();
        let read = user.clone().zip(name).map(|(user, name)| Read::User(user, name));
        Ok((self.look(read, &format!("{id}.{what}"))?, user))
    }
}

impl directory::Host for State {
    fn user_by_id(&mut self, id: String) -> Found<Option<directory::User>> {
        let (directory, user) = self.look_up_user(&id, "id")?;
        Ok(Ok(user.and_then(|id| directory.user(&id).map(to_wit))))
    }

    fn user_by_login(&mut self, login: String) -> Found<Option<directory::User>> {
        let known = Login::parse(&login).ok();
        let read = known.clone().map(Read::Login);
        let directory = self.look(read, &format!("login.{login}"))?;
        let login = known;
        Ok(Ok(login.and_then(|login| directory.by_login(&login).map(to_wit))))
    }

    fn property(&mut self, user: String, name: String) -> Found<Option<wit::Value>> {
        if !Manifest::declares(&self.manifest.reads.users, &name, &self.call.config) {
            let name = values::shown(&name);
            return Err(Stop::Undeclared { what: "property of users", name }.into());
        }
        let (directory, user) = self.look_up_user(&user, &name)?;
        let user = user.and_then(|id| directory.user(&id));
        Ok(Ok(user.and_then(|user| user.properties.get(name.as_str())).map(values::to_wit)))
    }

    fn groups_of(&mut self, user: String) -> Found<Vec<String>> {
        let (directory, user) = self.look_up_user(&user, "groups")?;
        let user = user.and_then(|id| directory.user(&id));
        Ok(Ok(user
            .map(|user| user.groups.iter().map(ToString::to_string).collect())
            .unwrap_or_default()))
    }

    fn members(&mut self, group: String, after: Option<String>) -> Found<directory::Page> {
        let id = GroupId::parse(&group).ok();
        let directory = self.look(id.clone().map(Read::Members), &format!("group.{group}"))?;
        let found = id.filter(|id| directory.group(id).is_some());
        let Some(group) = found else {
            return Ok(Err(wit::HostError {
                kind: wit::ErrorKind::NotFound,
                message: format!("there is no group `{}`", values::shown(&group)),
                code: None,
            }));
        };
        let begun = |user: &&User| after.as_deref().is_some_and(|after| user.id.as_str() <= after);
        let mut rest = directory.members(&group).skip_while(begun);
        let members: Vec<_> = rest.by_ref().take(PAGE).map(to_wit).collect();
        let last = members.last().map(|user: &directory::User| user.id.clone());
        let next = rest.next().and(last);
        Ok(Ok(directory::Page { members, next }))
    }
}

fn to_wit(user: &User) -> directory::User {
    directory::User {
        id: user.id.to_string(),
        login: user.login.to_string(),
        name: user.name.clone(),
        active: user.active,
        kind: match user.kind {
            UserKind::Person => "person",
            UserKind::Service => "service",
        }
        .to_owned(),
    }
}
