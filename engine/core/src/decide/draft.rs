//! Drafts: written, written anew, submitted, thrown away (REQ-1, REQ-4).
//!
//! A draft may be as unfinished as its author likes: it is read when it is submitted.

use std::sync::Arc;

use super::{
    Changes, Context, Draft, active_person,
    submit::{bare, submit},
};
use crate::{
    command::{Edit, Submit},
    directory::User,
    event::Event,
    question::Inquiry,
    rejection::{FieldProblem, Rejection, WrongText},
    request::{Phase, Request, Written},
};

/// A new draft.
pub(super) fn save<'a>(
    context: &'a Context<'a>,
    inquiry: &'a Inquiry<'a>,
    submit: &Submit,
) -> Result<Changes, Rejection> {
    let author = active_person(context)?;
    check_lengths(context, submit)?;
    let written = Written { submit: submit.clone(), resubmits: None, dropped: Vec::new() };
    let mut draft = Draft::new(context, inquiry, unsubmitted(context, author, written, 1));
    draft.record(Event::DraftSaved(Box::new(draft.request.clone())));
    Ok(draft.finish())
}

/// A request of which nobody is asked anything yet.
pub(super) fn unsubmitted(
    context: &Context<'_>,
    author: &User,
    written: Written,
    revision: u32,
) -> Request {
    let bare = bare(context, author, &written.submit);
    Request {
        rates: None,
        approval_expires: written.submit.approval_expires,
        closure: None,
        revision,
        phase: Phase::Draft,
        steps: Vec::new(),
        draft: Some(Box::new(written)),
        ..bare
    }
}

/// Lists show title and reason of drafts too; too short ones are for later.
fn check_lengths(context: &Context<'_>, submit: &Submit) -> Result<(), Rejection> {
    let max = context.organization.settings.reason.max;
    let too_long = [("title", &submit.title), ("reason", &submit.reason)].into_iter().filter_map(
        |(field, text)| {
            let found = text.trim().chars().count();
            (found > max as usize)
                .then(|| FieldProblem::new(field, WrongText::TooLong { found, most: max }))
        },
    );
    let problems: Vec<FieldProblem> = too_long.collect();
    if problems.is_empty() { Ok(()) } else { Err(Rejection::Invalid(problems)) }
}

impl Draft<'_> {
    /// The draft as a whole is written anew.
    pub(super) fn save_again(&mut self, submit: &Submit) -> Result<(), Rejection> {
        let (author, written) = self.own_draft()?;
        let Written { submit: before, resubmits, .. } = written;
        let submit = Submit { id: self.request.id.clone(), ..submit.clone() };
        check_lengths(&self.context, &submit)?;
        if submit == (Submit { id: submit.id.clone(), ..before }) {
            return Ok(());
        }
        let written = Written { submit, resubmits, dropped: Vec::new() };
        let revision = self.request.revision.saturating_add(1);
        let request = unsubmitted(&self.context, author, written, revision);
        self.record(Event::DraftSaved(Box::new(request)));
        Ok(())
    }

    /// Parts of the draft are written anew; what is not named stays.
    pub(super) fn edit_draft(&mut self, edit: &Edit) -> Result<(), Rejection> {
        let (_, written) = self.own_draft()?;
        self.check_seen(edit.seen.as_ref())?;
        self.save_again(&changed(written.submit, edit))
    }

    /// RUL-2: by the version of the rule that is the newest now.
    pub(super) fn submit_draft(&mut self, edit: &Edit) -> Result<(), Rejection> {
        let (_, written) = self.own_draft()?;
        self.check_seen(edit.seen.as_ref())?;
        let wanted = Submit { id: self.request.id.clone(), ..changed(written.submit, edit) };
        let revision = self.request.revision.saturating_add(1);
        let talk = self.request.talk.clone();
        let changes = submit(&self.context, self.inquiry, &wanted, revision, talk)?;
        let taken = self.context.route.rules.iter().find(|rule| rule.id == changes.request.rule);
        self.context.rule = taken.map_or(self.context.rule, Arc::as_ref);
        self.request = changes.request;
        self.events.extend(changes.events);
        self.effects.extend(changes.effects);
        self.tell_watchers();
        Ok(())
    }

    /// REQ-4: nothing is left of it but that it was there.
    pub(super) fn delete_draft(&mut self) -> Result<(), Rejection> {
        let (author, _) = self.own_draft()?;
        let by = author.id.clone();
        self.record(Event::DraftDeleted { by });
        Ok(())
    }

    /// A draft is its author's; administrators see it and leave it alone.
    fn own_draft(&self) -> Result<(&User, Written), Rejection> {
        let person = self.person()?;
        if self.request.requester != person.id {
            return Err(self.only_requester());
        }
        match &self.request.draft {
            Some(written) if self.request.is_draft() => Ok((person, (**written).clone())),
            Some(_) | None => Err(self.wrong_status(None)),
        }
    }
}

/// A draft's content after an edit.
fn changed(mut submit: Submit, edit: &Edit) -> Submit {
    for (name, value) in &edit.properties {
        if value.is_null() {
            submit.properties.remove(name);
        } else {
            submit.properties.insert(name.clone(), value.clone());
        }
    }
    if let Some(items) = &edit.items {
        submit.items.clone_from(items);
    }
    submit.picks.extend(edit.picks.clone());
    if let Some(logins) = &edit.target_users {
        submit.target_users.clone_from(logins);
    }
    if let Some(title) = &edit.title {
        submit.title.clone_from(title);
    }
    if let Some(reason) = &edit.reason {
        submit.reason.clone_from(reason);
    }
    submit.urgent = edit.urgent.unwrap_or(submit.urgent);
    submit.approval_expires = edit.approval_expires.or(submit.approval_expires);
    submit.ends = edit.ends.or(submit.ends);
    submit
}
