//! Commands about the organization: its rules, its settings, its people.

use engine_api::{
    catalogue::Names,
    directory::{ReplaceBy, UserDoc},
    document::Segment,
};
use engine_core::{
    ids::{Login, RuleId},
    organization::Settings,
    rejection::Code,
    rule::Definition,
};
use engine_runtime::Change;
use serde_json::Value as Json;

use super::{
    super::{
        act::{Call, Prepared, Refusal},
        bench::Broken,
        command::{DeactivateDoc, PublishDoc, RuleDoc, SetDoc, TransferDoc, UpdateUserDoc},
        file::{Place, below, key},
    },
    Preparation,
};

impl Preparation<'_> {
    pub(super) fn publish(&self, doc: &PublishDoc, place: &[Segment]) -> Result<Prepared, Broken> {
        let caller = self.bench.caller(doc.r#as.as_ref())?;
        let rule: Place = below(&below(place, key("publish")), key("rule"));
        let call = match self.file.read_part::<Definition>(&rule) {
            Ok(definition) => {
                let (definition, comment) = (Box::new(definition), doc.comment.clone());
                Call::Organize(caller, Box::new(Change::Publish { definition, comment }))
            }
            Err(errors) => Call::Refused(Refusal {
                code: Some(Code::RuleInvalid),
                fields: errors.0.iter().map(|error| error.path.clone()).collect(),
                unmet: Vec::new(),
                messages: vec![errors.to_string()],
            }),
        };
        Ok(Prepared { call, request: None, person: None })
    }

    /// A change of a rule as a whole; an id that cannot be one is that of nothing.
    pub(super) fn rule(
        &self,
        doc: &RuleDoc,
        change: impl FnOnce(RuleId) -> Change,
    ) -> Result<Prepared, Broken> {
        let caller = self.bench.caller(doc.r#as.as_ref())?;
        let call = match RuleId::parse(&doc.rule) {
            Ok(rule) => Call::Organize(caller, Box::new(change(rule))),
            Err(bad) => Call::Refused(Refusal::unread(Code::NotFound, "rule", bad.to_string())),
        };
        Ok(Prepared { call, request: None, person: None })
    }

    pub(super) fn set(&self, doc: &SetDoc) -> Result<Prepared, Broken> {
        let caller = self.bench.caller(doc.r#as.as_ref())?;
        let state = self.bench.state()?;
        let now = serde_json::to_value(&state.organization.settings);
        let mut settings = now.map_err(|error| Broken::new(error.to_string()))?;
        merge(&mut settings, &doc.settings);
        let call = match serde_json::from_value::<Settings>(settings) {
            Ok(settings) => Call::Organize(caller, Box::new(Change::SetSettings(settings))),
            Err(error) => {
                Call::Refused(Refusal::unread(Code::Invalid, "settings", error.to_string()))
            }
        };
        Ok(Prepared { call, request: None, person: None })
    }

    pub(super) fn update_user(&self, doc: &UpdateUserDoc) -> Result<Prepared, Broken> {
        let mut user = self.user_doc(&doc.user)?;
        if let Some(groups) = &doc.groups {
            user.groups.clone_from(groups);
        }
        if let Some(properties) = &doc.properties {
            user.properties.clone_from(properties);
        }
        self.put_user(doc.r#as.as_ref(), user)
    }

    pub(super) fn deactivate(&self, doc: &DeactivateDoc) -> Result<Prepared, Broken> {
        let caller = self.bench.caller(doc.r#as.as_ref())?;
        let replace_by = doc.replace_by.clone().map(serde_json::from_value::<ReplaceBy>);
        let call = match replace_by.transpose() {
            Ok(replace_by) => {
                let (login, force) = (doc.user.clone(), doc.force);
                let change = Change::Deactivate { login, replace_by, force };
                Call::Organize(caller, Box::new(change))
            }
            Err(error) => {
                Call::Refused(Refusal::unread(Code::Invalid, "replace_by", error.to_string()))
            }
        };
        Ok(Prepared { call, request: None, person: None })
    }

    pub(super) fn transfer(&self, doc: &TransferDoc) -> Result<Prepared, Broken> {
        let caller = self.bench.caller(doc.r#as.as_ref())?;
        let change = Change::TransferOwnership(doc.to.clone());
        let call = Call::Organize(caller, Box::new(change));
        Ok(Prepared { call, request: None, person: None })
    }

    fn put_user(&self, login: Option<&Login>, user: UserDoc) -> Result<Prepared, Broken> {
        let call = Call::Organize(self.bench.caller(login)?, Box::new(Change::PutUser(user)));
        Ok(Prepared { call, request: None, person: None })
    }

    /// A user as a document, to be changed.
    fn user_doc(&self, login: &Login) -> Result<UserDoc, Broken> {
        let state = self.bench.state()?;
        let directory = &state.organization.directory;
        let user = directory.user(&self.bench.user(login)?).cloned();
        let user = user.ok_or_else(|| Broken::new(format!("there is no user `{login}`")))?;
        let names = Names::of_directory(directory);
        let properties = user.properties.iter();
        Ok(UserDoc {
            login: user.login.clone(),
            name: Some(user.name.clone()),
            email: user.email.clone(),
            time_zone: user.time_zone.clone(),
            active: user.active,
            kind: user.kind,
            role: user.role,
            groups: user.groups.iter().cloned().collect(),
            properties: properties.map(|(name, v)| (name.clone(), names.literal(v))).collect(),
            replace_by: None,
            force: false,
        })
    }
}

/// Puts what is written over what is there, map by map.
fn merge(into: &mut Json, from: &Json) {
    match (into, from) {
        (Json::Object(into), Json::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key.clone()).or_insert(Json::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}
