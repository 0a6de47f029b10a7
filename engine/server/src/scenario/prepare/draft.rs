//! Drafts, edits and reviews, from what is written to the call of the engine.

use engine_core::{
    command::{Command, Edit, Note},
    ids::{RequestId, StepId},
    rejection::Code,
};

use super::{Preparation, Window, about, read_submit, refuse_unavailable, target, time};
use crate::scenario::{
    act::{Call, Draft, Prepared, Refusal},
    broken::Broken,
    command::{DecideDoc, EditDoc, ResubmitDoc, SubmitDoc},
};

impl Preparation<'_> {
    /// A new draft, or where there is one with this id, that one written anew.
    pub(super) async fn save_draft(&self, doc: &SubmitDoc) -> Result<Prepared, Broken> {
        refuse_unavailable("save_draft", &[("request", doc.request.is_some())])?;
        let id = match &doc.id {
            Some(id) => id.clone(),
            None => self.bench.next_id()?,
        };
        let by = self.by(Some(&doc.r#as), doc.key.as_deref())?;
        let submit = match read_submit(doc, &id) {
            Ok(submit) => Box::new(submit),
            Err(refusal) => return Ok(refused(refusal)),
        };
        let there = self.bench.request(&submit.id).await?;
        let draft = if there.is_some() { Draft::Again } else { Draft::New };
        let request = Some(submit.id.clone());
        let person = by.login.clone();
        let named = doc.rule.is_some() || doc.rule_group.is_some();
        let (rule, group) = match &there {
            Some(view) if !named && view.rule_group.is_some() => (None, view.rule_group.as_deref()),
            Some(view) if !named => (Some(view.rule.as_str()), None),
            Some(_) | None => (doc.rule.as_deref(), doc.rule_group.as_deref()),
        };
        let call = match target(rule, group)? {
            Ok(target) => Call::SaveDraft(by, target, submit, draft),
            Err(refusal) => Call::Refused(refusal),
        };
        Ok(Prepared { call, request, person })
    }

    /// A draft, with what is written beside its id as the last changes.
    pub(super) fn submit_draft(&self, doc: &SubmitDoc, draft: &str) -> Result<Prepared, Broken> {
        let later = [("rule", doc.rule.is_some()), ("id", doc.id.is_some())];
        refuse_unavailable("submit with a `request`", &later)?;
        let read = || {
            Ok(Edit {
                properties: doc.properties.clone(),
                items: (!doc.items.is_empty()).then(|| doc.items.clone()),
                picks: doc.picks.clone(),
                target_users: (!doc.target_users.is_empty()).then(|| doc.target_users.clone()),
                title: doc.title.clone(),
                reason: doc.reason.clone(),
                urgent: doc.urgent.then_some(true),
                approval_expires: time("approval_expires", doc.approval_expires.as_ref())?,
                ends: time("ends", doc.ends.as_ref())?,
                seen: None,
            })
        };
        match read() {
            Ok(edit) => {
                let command = Command::SubmitDraft(Box::new(edit));
                self.command(&doc.r#as, draft, doc.key.as_deref(), command)
            }
            Err(refusal) => Ok(refused(refusal)),
        }
    }

    pub(super) async fn edit(&self, doc: &EditDoc) -> Result<Prepared, Broken> {
        let later = [("rule", doc.rule.is_some())];
        refuse_unavailable("edit", &later)?;
        let seen = self.seen_in(&doc.r#as, &doc.request, doc.tab.as_deref()).await?;
        let read = || {
            Ok(Edit {
                properties: doc.properties.clone(),
                items: doc.items.clone(),
                picks: doc.picks.clone(),
                target_users: doc.target_users.clone(),
                title: doc.title.clone(),
                reason: doc.reason.clone(),
                urgent: doc.urgent,
                approval_expires: time("approval_expires", doc.approval_expires.as_ref())?,
                ends: time("ends", doc.ends.as_ref())?,
                seen,
            })
        };
        match read() {
            Ok(edit) => {
                let command = Command::Edit(Box::new(edit));
                self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
            }
            Err(refusal) => Ok(refused(refusal)),
        }
    }

    /// What is expected after it is about the new draft.
    pub(super) fn resubmit(&self, doc: &ResubmitDoc) -> Result<Prepared, Broken> {
        let id = match &doc.id {
            Some(id) => id.clone(),
            None => self.bench.next_id()?,
        };
        let id = match RequestId::parse(&id) {
            Ok(id) => id,
            Err(bad) => return Ok(refused(Refusal::unread(Code::Invalid, "id", bad.to_string()))),
        };
        let by = self.by(Some(&doc.r#as), doc.key.as_deref())?;
        let new = id.clone();
        let call = |by, of| Call::Resubmit(by, of, new);
        Ok(Prepared { request: Some(id), ..about(&doc.request, by, call) })
    }

    /// Passing a review, or returning to it.
    pub(super) async fn note(
        &self,
        doc: &DecideDoc,
        command: impl FnOnce(Note) -> Command,
    ) -> Result<Prepared, Broken> {
        refuse_unavailable(
            "reviews",
            &[("items", doc.items.is_some()), ("concern", doc.concern.is_some())],
        )?;
        let step = match doc.step.as_deref().map(StepId::parse).transpose() {
            Ok(step) => step,
            Err(bad) => {
                return Ok(refused(Refusal::unread(Code::Invalid, "step", bad.to_string())));
            }
        };
        let seen = self.seen(&Window::of(doc)).await?;
        let note = Note { comment: doc.comment.clone(), step, seen };
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command(note))
    }
}

fn refused(refusal: Refusal) -> Prepared {
    Prepared { call: Call::Refused(refusal), request: None, person: None }
}
