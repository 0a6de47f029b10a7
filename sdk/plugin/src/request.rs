//! The request that the call is about. Every property that is read is recorded.

use std::cmp::Ordering;

use crate::{Error, FromValue, HostError, Money, ResourceId, Result, UserId, Value, backend};

/// The request's id.
#[must_use]
pub fn id() -> String {
    backend::request::id()
}

/// The organization's id.
#[must_use]
pub fn organization() -> String {
    backend::request::organization()
}

/// The rule's id.
#[must_use]
pub fn rule() -> String {
    backend::request::rule()
}

/// The rule's version.
#[must_use]
pub fn rule_version() -> u32 {
    backend::request::rule_version()
}

/// `access`, `sql`, `export` or a kind of the organization.
#[must_use]
pub fn kind() -> String {
    backend::request::kind()
}

/// The step that is being asked about, if one is.
#[must_use]
pub fn step() -> Option<String> {
    backend::request::step()
}

/// Who submitted it.
#[must_use]
pub fn requester() -> UserId {
    UserId(backend::request::requester())
}

/// For whom it is; the requester where it names nobody else.
#[must_use]
pub fn target_users() -> Vec<UserId> {
    backend::request::target_users().into_iter().map(UserId).collect()
}

/// Whether it is run first and approved after.
#[must_use]
pub fn urgent() -> bool {
    backend::request::urgent()
}

/// In the requester's words.
#[must_use]
pub fn title() -> String {
    backend::request::title()
}

/// In the requester's words.
#[must_use]
pub fn reason() -> String {
    backend::request::reason()
}

/// A property that must be there.
///
/// # Errors
/// Permanent where it is empty or of another type.
pub fn get<T: FromValue>(name: &str) -> Result<T> {
    find(name)?.ok_or_else(|| {
        Error::permanent("property_missing", format!("the request has no `{name}`"))
            .with("property", name)
    })
}

/// A property that may be empty.
///
/// # Errors
/// Permanent where it is of another type.
pub fn find<T: FromValue>(name: &str) -> Result<Option<T>> {
    backend::request::get(name)?.map(|value| typed(name, value)).transpose()
}

/// Several properties in one crossing, in the order asked for.
///
/// # Errors
/// Where the host gives a value that is none.
pub fn find_many(names: &[&str]) -> Result<Vec<Option<Value>>> {
    Ok(backend::request::get_many(names)?)
}

/// The properties that are filled and declared.
#[must_use]
pub fn names() -> Vec<String> {
    backend::request::names()
}

/// The items asked for; for an execution, the one it is about.
#[must_use]
pub fn items() -> Vec<ResourceId> {
    backend::request::items().into_iter().map(ResourceId).collect()
}

/// A field of an item that may be empty.
///
/// # Errors
/// Permanent where it is of another type.
pub fn item_field<T: FromValue>(item: &ResourceId, name: &str) -> Result<Option<T>> {
    backend::request::item_field(item.as_str(), name)?.map(|value| typed(name, value)).transpose()
}

/// Compares two amounts: exactly, and through the request's rates where the currencies differ.
///
/// # Errors
/// Retryable where a rate is missing, so that the question stays open.
pub fn compare(left: &Money, right: &Money) -> Result<Ordering> {
    backend::request::compare(left, right)
        .map_err(|HostError { message, .. }| Error::retryable("missing_rate", message))
}

/// The value as a type, or a failure that names both.
pub(crate) fn typed<T: FromValue>(name: &str, value: Value) -> Result<T> {
    let found = value.kind().to_owned();
    T::from_value(value).ok_or_else(|| {
        let expected = T::EXPECTED;
        Error::permanent("wrong_type", format!("`{name}` is {found}, expected {expected}"))
            .with("property", name)
    })
}
