//! Commands about the organization: its rules, its settings, its people.

use engine_api::{directory::ReplaceBy, document::Segment, organization::DelegationDoc};
use engine_core::{
    ids::{Login, RuleId},
    rejection::Code,
};
use engine_runtime::Change;
use serde_json::Value as Json;

use super::{
    super::{
        act::{Call, Prepared, Refusal},
        broken::Broken,
        command::{
            CommandDoc, DeactivateDoc, DelegateDoc, PublishDoc, SetDoc, TransferDoc, UpdateUserDoc,
        },
        file::{Place, below, key},
    },
    Preparation, unfit,
};

impl Preparation<'_> {
    /// One of these commands.
    pub(super) async fn of_organization(
        &self,
        command: &CommandDoc,
        place: &[Segment],
    ) -> Result<Prepared, Broken> {
        match command {
            CommandDoc::Publish(doc) => self.publish(doc, place),
            CommandDoc::Retire(_) | CommandDoc::DeleteRule(_) => self.rule(command),
            CommandDoc::Set(doc) => self.set(doc).await,
            CommandDoc::UpdateUser(doc) => self.update_user(doc).await,
            CommandDoc::Deactivate(doc) => self.deactivate(doc),
            CommandDoc::Delegate(doc) => self.delegate(doc),
            CommandDoc::Undelegate(doc) => {
                let of = doc.of.as_ref().unwrap_or(&doc.r#as).clone();
                self.organize(Some(&doc.r#as), Change::Undelegate { of })
            }
            CommandDoc::Mute(doc) => {
                let change = Change::MuteNotices { about: doc.about.clone() };
                self.organize(Some(&doc.r#as), change)
            }
            CommandDoc::Transfer(doc) => self.transfer(doc),
            other => Err(Broken::new(format!("`{}` is prepared elsewhere", other.name()))),
        }
    }

    fn publish(&self, doc: &PublishDoc, place: &[Segment]) -> Result<Prepared, Broken> {
        let by = self.by(doc.r#as.as_ref(), None)?;
        let rule: Place = below(&below(place, key("publish")), key("rule"));
        let document = self.file.document.part(&rule);
        let document = document.ok_or_else(|| Broken::new("`publish` needs a `rule`"))?;
        let call = Call::Publish(by, Box::new(document), doc.comment.clone());
        Ok(Prepared { call, request: None, person: None })
    }

    /// A change of a rule as a whole; an id that cannot be one is that of nothing.
    fn rule(&self, command: &CommandDoc) -> Result<Prepared, Broken> {
        let (doc, change): (_, fn(RuleId) -> Change) = match command {
            CommandDoc::Retire(doc) => (doc, Change::RetireRule),
            CommandDoc::DeleteRule(doc) => (doc, Change::DeleteRule),
            other => return Err(unfit(other)),
        };
        self.on_rule(doc.r#as.as_ref(), None, &doc.rule, change)
    }

    pub(super) fn on_rule(
        &self,
        login: Option<&Login>,
        idempotency: Option<&str>,
        rule: &str,
        change: impl FnOnce(RuleId) -> Change,
    ) -> Result<Prepared, Broken> {
        let by = self.by(login, idempotency)?;
        let call = match RuleId::parse(rule) {
            Ok(rule) => Call::Organize(by, Box::new(change(rule))),
            Err(bad) => Call::Refused(Refusal::unread(Code::NotFound, "rule", bad.to_string())),
        };
        Ok(Prepared { call, request: None, person: None })
    }

    async fn set(&self, doc: &SetDoc) -> Result<Prepared, Broken> {
        let by = self.by(doc.r#as.as_ref(), None)?;
        let mut settings = self.bench.settings().await?;
        merge(&mut settings, &doc.settings);
        Ok(Prepared { call: Call::Settings(by, settings), request: None, person: None })
    }

    async fn update_user(&self, doc: &UpdateUserDoc) -> Result<Prepared, Broken> {
        let mut user = self.bench.user_doc(&doc.user).await?;
        if let Some(groups) = &doc.groups {
            user.groups.clone_from(groups);
        }
        if let Some(properties) = &doc.properties {
            user.properties.clone_from(properties);
        }
        self.organize(doc.r#as.as_ref(), Change::PutUser(user))
    }

    fn deactivate(&self, doc: &DeactivateDoc) -> Result<Prepared, Broken> {
        let replace_by = doc.replace_by.clone().map(serde_json::from_value::<ReplaceBy>);
        match replace_by.transpose() {
            Ok(replace_by) => {
                let (login, force) = (doc.user.clone(), doc.force);
                let change = Change::Deactivate { login, replace_by, force };
                self.organize(doc.r#as.as_ref(), change)
            }
            Err(error) => {
                let refusal = Refusal::unread(Code::Invalid, "replace_by", error.to_string());
                Ok(Prepared { call: Call::Refused(refusal), request: None, person: None })
            }
        }
    }

    fn delegate(&self, doc: &DelegateDoc) -> Result<Prepared, Broken> {
        let written = DelegationDoc {
            to: doc.to.clone(),
            from: doc.from.clone(),
            until: doc.until.clone(),
            reason: doc.reason.clone(),
        };
        let of = doc.of.as_ref().unwrap_or(&doc.r#as).clone();
        let change = Change::Delegate { of, doc: written };
        self.organize(Some(&doc.r#as), change)
    }

    fn transfer(&self, doc: &TransferDoc) -> Result<Prepared, Broken> {
        self.organize(doc.r#as.as_ref(), Change::TransferOwnership(doc.to.clone()))
    }

    fn organize(&self, login: Option<&Login>, change: Change) -> Result<Prepared, Broken> {
        let call = Call::Organize(self.by(login, None)?, Box::new(change));
        Ok(Prepared { call, request: None, person: None })
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
