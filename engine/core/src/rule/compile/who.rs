//! `who`, resolved to users, groups and typed paths.

use super::{Compiler, MAX_SEATS};
use crate::{
    ids::PropertyName,
    rule::{
        Pick, PickFrom, Who,
        definition::{PickDoc, PickFromDoc},
        literal::unknown,
        names::World,
        written::WhoDoc,
    },
    value::PropertyType,
};

/// The longest chain of properties, such as `requester.manager.manager`.
const MAX_CHAIN: usize = 8;

impl Compiler<'_> {
    pub(super) fn whos(&mut self, path: &str, docs: &[WhoDoc]) -> Vec<Who> {
        let mut whos = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            whos.extend(self.who(&format!("{path}[{index}]"), doc));
        }
        whos
    }

    /// People who are let in, not asked: those who submit, run, or have choices of their own.
    pub(super) fn named(&mut self, path: &str, docs: &[WhoDoc]) -> Vec<Who> {
        let mut whos = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            whos.extend(self.named_one(&format!("{path}[{index}]"), doc));
        }
        whos
    }

    /// Whether somebody is let in must be seen without asking anybody: a `who` that has to be resolved
    /// would let nobody in (RUL-1, EXE-2).
    pub(super) fn named_one(&mut self, path: &str, doc: &WhoDoc) -> Option<Who> {
        let who = self.who(path, doc)?;
        // What was published stays as it is.
        if self.names.is_publish() && !self.is_seen(&who) {
            let key = key(doc);
            let message = format!(
                "this `{key}` is not available here yet: use `user`, `group`, `role`, or \
                 `property: request.…` with a property that is one user"
            );
            self.problem(format!("{path}.{key}"), message);
        }
        Some(who)
    }

    fn is_seen(&self, who: &Who) -> bool {
        match who {
            Who::User(_) | Who::Group(_) | Who::Role(_) => true,
            Who::OfRequest(name, rest) => {
                rest.is_empty() && self.types.get(name) == Some(&PropertyType::User)
            }
            Who::OfRequester(_)
            | Who::OfApprover(_)
            | Who::Node { .. }
            | Who::OwnerOf(_)
            | Who::OwnersOfItems
            | Who::Pick(_)
            | Who::Script(_)
            | Who::Plugin(_) => false,
        }
    }

    pub(super) fn who(&mut self, path: &str, doc: &WhoDoc) -> Option<Who> {
        match doc {
            WhoDoc::User(login) => {
                let path = format!("{path}.user");
                let Some(id) = self.names.user(login) else {
                    self.problem(path, self.names.unknown_user(login.as_str()));
                    return None;
                };
                if self.names.directory().active(&id).is_none() {
                    self.warn(path, format!("`{login}` is deactivated and decides nothing"));
                }
                self.people.insert(login.clone(), id.clone());
                Some(Who::User(id))
            }
            WhoDoc::Group(id) => {
                if !self.names.has_group(id) {
                    self.problem(format!("{path}.group"), self.names.unknown_group(id.as_str()));
                }
                Some(Who::Group(id.clone()))
            }
            WhoDoc::Role(role) => Some(Who::Role(*role)),
            WhoDoc::Node(doc) => {
                self.require_type(
                    &format!("{path}.node.property"),
                    &doc.property,
                    &PropertyType::Node,
                );
                Some(Who::Node { property: doc.property.clone(), level: doc.level })
            }
            WhoDoc::OwnerOf(property) => self.owner_of(&format!("{path}.owner_of"), property),
            WhoDoc::Property(chain) => self.property_who(&format!("{path}.property"), chain),
            WhoDoc::Pick(doc) => self.pick(&format!("{path}.pick"), doc),
            WhoDoc::Script(doc) => Some(Who::Script(self.script(path, doc))),
            WhoDoc::Plugin(doc) => Some(Who::Plugin(self.plugin(path, doc, World::Approvers))),
        }
    }

    /// STP-2: from whom, and how many.
    fn pick(&mut self, path: &str, doc: &PickDoc) -> Option<Who> {
        if doc.min > doc.max || doc.max == 0 || doc.max > MAX_SEATS {
            let message = format!(
                "{} to {} people: expected bounds between 0 and {MAX_SEATS}, the least first",
                doc.min, doc.max
            );
            self.problem(format!("{path}.max"), message);
        }
        let from = match &doc.from {
            PickFromDoc::Everyone => PickFrom::Everyone,
            PickFromDoc::Who(who) if matches!(**who, WhoDoc::Pick(_)) => {
                let message = "one does not pick from a pick: name a group, a role or `everyone`";
                self.problem(format!("{path}.from.pick"), message);
                return None;
            }
            PickFromDoc::Who(who) => {
                PickFrom::Who(Box::new(self.who(&format!("{path}.from"), who)?))
            }
        };
        Some(Who::Pick(Pick { from, min: doc.min, max: doc.max }))
    }

    /// The requester picks for an assignment, by its id: nowhere else is there one (STP-2).
    pub(super) fn refuse_picks(&mut self, path: &str, whos: &[Who]) {
        for (index, who) in whos.iter().enumerate() {
            if matches!(who, Who::Pick(_)) {
                let message = "the requester picks for an assignment of a step: make it one";
                self.problem(format!("{path}[{index}].pick"), message);
            }
        }
    }

    /// Those to whom an overdue step goes: as everywhere, and `approver.manager` (DUE-3).
    pub(super) fn escalation(&mut self, path: &str, docs: &[WhoDoc]) -> Vec<Who> {
        if docs.is_empty() {
            self.problem(path, "expected at least one who");
        }
        let mut whos = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            let path = format!("{path}[{index}]");
            match doc {
                WhoDoc::Property(chain) if chain.starts_with("approver.") => {
                    let path = format!("{path}.property");
                    if let Some((_, names)) = self.chain(&path, chain) {
                        self.check_chain(&path, &names);
                        whos.push(Who::OfApprover(names));
                    }
                }
                doc => whos.extend(self.who(&path, doc)),
            }
        }
        whos
    }

    fn owner_of(&mut self, path: &str, property: &str) -> Option<Who> {
        if property == "items" {
            return Some(Who::OwnersOfItems);
        }
        let name = self.keep(path, PropertyName::parse(property).map_err(|bad| bad.to_string()))?;
        self.require_type(path, &name, &PropertyType::Resource);
        Some(Who::OwnerOf(name))
    }

    /// `requester.manager.manager`, `request.project_owner` or a chain from there.
    fn property_who(&mut self, path: &str, chain: &str) -> Option<Who> {
        let (head, names) = self.chain(path, chain)?;
        match head {
            "requester" => {
                self.check_chain(path, &names);
                Some(Who::OfRequester(names))
            }
            "request" => self.of_request(path, names),
            "approver" => {
                self.problem(path, "`approver` is for `on_overdue` only");
                None
            }
            _ => {
                let message =
                    unknown("start of a chain", head, ["requester", "request"].into_iter());
                self.problem(path, message);
                None
            }
        }
    }

    /// A chain's first word, and the properties that are followed from there.
    fn chain<'c>(&mut self, path: &str, chain: &'c str) -> Option<(&'c str, Vec<PropertyName>)> {
        let mut words = chain.split('.');
        let head = words.next().unwrap_or_default();
        let names: Result<Vec<PropertyName>, _> = words.map(PropertyName::parse).collect();
        let names = self.keep(path, names.map_err(|bad| bad.to_string()))?;
        if names.is_empty() || names.len() > MAX_CHAIN {
            let message = format!(
                "`{chain}` is not a chain of 1 to {MAX_CHAIN} properties such as `requester.manager`"
            );
            self.problem(path, message);
            return None;
        }
        Some((head, names))
    }

    fn of_request(&mut self, path: &str, names: Vec<PropertyName>) -> Option<Who> {
        let mut names = names.into_iter();
        let first = names.next()?;
        let rest: Vec<PropertyName> = names.collect();
        match self.types.get(&first) {
            Some(of) => {
                let of = of.clone();
                self.check_link(path, &format!("request.{first}"), &of, rest.first());
            }
            None => self.require_property(path, &first),
        }
        self.check_chain(path, &rest);
        Some(Who::OfRequest(first, rest))
    }

    /// FIN-9: what is known of the users' properties that a chain follows.
    fn check_chain(&mut self, path: &str, names: &[PropertyName]) {
        if !self.names.is_publish() {
            return;
        }
        for (place, name) in names.iter().enumerate() {
            if let Some(of) = self.names.user_property(name).cloned() {
                self.check_link(path, name.as_str(), &of, names.get(place.saturating_add(1)));
            }
        }
    }

    /// A part of a chain names somebody; one that is followed further names people, since nothing but a
    /// profile has properties.
    fn check_link(
        &mut self,
        path: &str,
        shown: &str,
        of: &PropertyType,
        next: Option<&PropertyName>,
    ) {
        let one = match of {
            PropertyType::List(one) => one,
            one => one,
        };
        match (one, next) {
            (PropertyType::User, _) | (PropertyType::Group, None) => {}
            // What was published stays as it is.
            (PropertyType::Group, Some(_)) if !self.names.is_publish() => {}
            (PropertyType::Group, Some(next)) => {
                let message = format!(
                    "`{shown}` is {of}, and a group has no `{next}`: use a property of type user \
                     there, or end with the group"
                );
                self.problem(path, message);
            }
            _ => self.problem(path, format!("`{shown}` is {of}, not a user or a group")),
        }
    }

    fn require_type(&mut self, path: &str, name: &PropertyName, wanted: &PropertyType) {
        match self.types.get(name) {
            Some(found) if found == wanted => {}
            Some(found) => {
                let message = format!("`{name}` is {found}, not {wanted}");
                self.problem(path, message);
            }
            None => self.require_property(path, name),
        }
    }
}

/// The word that a `who` is written with.
fn key(doc: &WhoDoc) -> &'static str {
    match doc {
        WhoDoc::User(_) => "user",
        WhoDoc::Group(_) => "group",
        WhoDoc::Role(_) => "role",
        WhoDoc::Node(_) => "node",
        WhoDoc::OwnerOf(_) => "owner_of",
        WhoDoc::Property(_) => "property",
        WhoDoc::Pick(_) => "pick",
        WhoDoc::Script(_) => "script",
        WhoDoc::Plugin(_) => "plugin",
    }
}
