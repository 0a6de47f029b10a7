//! What an extension read: noted on the way, and put into words only when somebody asks.

use std::{collections::BTreeSet, fmt};

use engine_core::ids::{GroupId, Login, PropertyName, ResourceId, UserId};
use serde::{Deserialize, Serialize};

/// How many are noted as they come; beyond, each is noted once.
const FEW: usize = 32;

/// Something that was read. Cheap to clone, but for the last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Read {
    /// A fact of every request, or something beside requests, such as `request.urgent` or `rates`.
    Fact(&'static str),
    /// A property of the request.
    Property(PropertyName),
    /// A field of an item.
    Field(ResourceId, PropertyName),
    /// Something about a user.
    User(UserId, PropertyName),
    /// Who has a login.
    Login(Login),
    /// That there is a group.
    Group(GroupId),
    /// Who is in a group.
    Members(GroupId),
    /// Anything else, in words.
    Other(String),
}

impl fmt::Display for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact(fact) => f.write_str(fact),
            Self::Property(name) => write!(f, "request.{name}"),
            Self::Field(item, name) => write!(f, "request.items.{item}.{name}"),
            Self::User(user, name) => write!(f, "directory.{user}.{name}"),
            Self::Login(login) => write!(f, "directory.login.{login}"),
            Self::Group(group) | Self::Members(group) => write!(f, "directory.group.{group}"),
            Self::Other(what) => f.write_str(what),
        }
    }
}

/// What was read. To note something costs next to nothing: what is noted twice is told once.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "BTreeSet<String>", into = "BTreeSet<String>")]
pub struct ReadSet {
    few: Vec<Read>,
    more: BTreeSet<Read>,
}

impl ReadSet {
    pub(crate) fn note(&mut self, read: Read) {
        if self.few.len() < FEW {
            // As many as most need, at once.
            if self.few.capacity() == 0 {
                self.few.reserve(FEW / 2);
            }
            self.few.push(read);
        } else {
            self.more.insert(read);
        }
    }

    /// Some of it more than once.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Read> {
        self.few.iter().chain(&self.more)
    }

    /// In words and in order, such as `request.amount`, `config` or `directory.u-ann.manager`.
    #[must_use]
    pub fn words(&self) -> BTreeSet<String> {
        self.iter().map(ToString::to_string).collect()
    }

    /// Whether something was read, by its words.
    #[must_use]
    pub fn contains(&self, what: &str) -> bool {
        self.words().contains(what)
    }
}

impl From<BTreeSet<String>> for ReadSet {
    fn from(words: BTreeSet<String>) -> Self {
        let mut reads = Self::default();
        words.into_iter().for_each(|words| reads.note(Read::Other(words)));
        reads
    }
}

impl From<ReadSet> for BTreeSet<String> {
    fn from(reads: ReadSet) -> Self {
        reads.words()
    }
}

impl PartialEq for ReadSet {
    fn eq(&self, other: &Self) -> bool {
        self.words() == other.words()
    }
}

impl Eq for ReadSet {}

impl fmt::Debug for ReadSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_told_once_however_many_there_are() {
        let mut reads = ReadSet::default();
        let property = |n: usize| Read::Property(format!("p{n}").parse().unwrap());
        for n in (0..100).chain(0..100) {
            reads.note(property(n));
        }
        reads.note(Read::Fact("rates"));
        reads.note(Read::Fact("rates"));
        assert_eq!((reads.few.len(), reads.more.len(), reads.words().len()), (FEW, 101, 101));
        assert!(reads.contains("request.p99") && reads.contains("rates"));
        let written = serde_json::to_string(&reads).unwrap();
        assert_eq!(serde_json::from_str::<ReadSet>(&written).unwrap(), reads);
    }
}
