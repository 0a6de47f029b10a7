//! The people of the organization. Reads are recorded.

use crate::{FromValue, GroupId, HostError, Result, UserId, backend, request::typed};

/// A user of the organization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// For ever.
    pub id: UserId,
    /// What they sign in with; can change.
    pub login: String,
    /// Shown to people.
    pub name: String,
    /// Nobody inactive can do anything.
    pub active: bool,
    /// A program: it submits and never decides.
    pub service: bool,
}

/// Members of a group, with the place to go on from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// By id.
    pub members: Vec<User>,
    /// For the next call; none at the end.
    pub next: Option<String>,
}

/// The user with this id, active or not.
///
/// # Errors
/// Where the directory cannot be asked.
pub fn user(id: &UserId) -> Result<Option<User>, HostError> {
    backend::directory::user_by_id(id.as_str())
}

/// The user with this login, active or not.
///
/// # Errors
/// Where the directory cannot be asked.
pub fn by_login(login: &str) -> Result<Option<User>, HostError> {
    backend::directory::user_by_login(login)
}

/// The name of a user that people see; the id where there is no such user.
///
/// # Errors
/// Where the directory cannot be asked.
pub fn name(id: &UserId) -> Result<String, HostError> {
    Ok(user(id)?.map_or_else(|| id.to_string(), |user| user.name))
}

/// A property of a user; none where the user or the property is not there.
///
/// # Errors
/// Permanent where it is of another type.
pub fn property<T: FromValue>(user: &UserId, name: &str) -> Result<Option<T>> {
    backend::directory::property(user.as_str(), name)?.map(|value| typed(name, value)).transpose()
}

/// The groups a user is in.
///
/// # Errors
/// Where the directory cannot be asked.
pub fn groups_of(user: &UserId) -> Result<Vec<GroupId>, HostError> {
    Ok(backend::directory::groups_of(user.as_str())?.into_iter().map(GroupId).collect())
}

/// A page of the active members of a group, after a place that the last page gave.
///
/// # Errors
/// Where the directory cannot be asked.
pub fn members(group: &GroupId, after: Option<&str>) -> Result<Page, HostError> {
    backend::directory::members(group.as_str(), after)
}
