//! Items and files.

use engine_core::rejection::{WrongFile, WrongItems};

use super::{Clause, beside, of, people::shown};
use crate::catalogue::{
    Names, alternatives, properties,
    value::{bytes, number},
};

impl Names<'_> {
    pub(super) fn wrong_items(&self, wrong: &WrongItems) -> Clause {
        match wrong {
            WrongItems::TooMany { found, most } => beside(format!(
                "{} are too many, and {most} is the most; ask for the rest in another request",
                number(found)
            )),
            WrongItems::Twice { item } => {
                of(format!("is {} a second time: leave it out", self.resource(item)))
            }
            WrongItems::RejectedForGood { item } => beside(format!(
                "{} was rejected for good; leave it out, and ask for it in another request",
                self.resource(item)
            )),
            WrongItems::NotLeft { named, left } => of(format!(
                "is “{}”, which is not left to grant: choose {}",
                shown(named),
                alternatives(&left.iter().map(|item| self.resource(item)).collect::<Vec<_>>())
            )),
            WrongItems::NotAsAsked => {
                of("is not what was asked for: an item is granted as it is, or not at all")
            }
            WrongItems::OfRejection => beside(
                "a rejection is of the whole request; to grant only some of them, approve those",
            ),
            WrongItems::NoneThere => {
                beside("the request has no items to choose from; approve or reject it as a whole")
            }
        }
    }
}

pub(super) fn file(wrong: &WrongFile) -> Clause {
    match wrong {
        WrongFile::InUse { properties: names } => {
            of(format!("is the value of {}: change that first", properties(names)))
        }
        WrongFile::TooMany { most } => {
            beside(format!("the request has {most} files, and that is the most; remove one first"))
        }
        WrongFile::TooManyEver { most } => beside(format!(
            "{} files were attached to the request over time, and that is the most; no more can be",
            number(most)
        )),
        WrongFile::NameLength { found: 0, .. } => of("is empty: the file needs one"),
        WrongFile::NameLength { found, most } => {
            of(format!("is too long: {} bytes, and {most} is the most", number(found)))
        }
        WrongFile::NotAName => of(
            "is not the plain name of a file: leave out folders, colons and invisible characters",
        ),
        WrongFile::Extension { extension } => beside(format!(
            "files that end in .{extension} are not taken; an administrator can tell you why"
        )),
        WrongFile::Empty => of("is empty: choose another one"),
        WrongFile::TooLarge { found, most } => {
            of(format!("is too large: {}, and {} is the most", bytes(*found), bytes(*most)))
        }
        WrongFile::NotAChecksum => of("is not a SHA-256 in 64 lower-case hexadecimal digits"),
    }
}
