//! What is asked for is changed: by the requester, by reviewers, by the approvers of a step (REQ-3,
//! STP-12, STP-13).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Draft,
    moves::{Arrival, Taker, is_same},
};
use crate::{
    command::Edit,
    directory::{User, UserKind},
    effect::{Effect, Notice, Timer},
    evaluate::View,
    event::{Edited, Event, MovedBecause},
    explanation::{Explanation, Outcome},
    ids::{PropertyName, StepId, UserId},
    rejection::{FieldProblem, Forbidden, Rejection, Wrong},
    request::{Block, Phase, RejectedBy, Request},
    rule::{Rule, definition::EditPolicy},
    value::Value,
};

/// Who edits, and so what an edit does.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Editor {
    /// The route starts again (REQ-3).
    Requester,
    /// The review goes on (STP-13).
    Reviewer,
    /// The step goes on (STP-12).
    Approver(StepId),
}

impl<'a> Draft<'a> {
    /// In the order of DEC-9 for commands that are no decision.
    pub(super) fn edit(&mut self, edit: &Edit) -> Result<(), Rejection> {
        let person = self.person()?;
        if self.request.is_draft() {
            return self.edit_draft(edit);
        }
        let editor = self.editor(person, edit);
        if let Err(Rejection::UrgentApproveOnly) = editor {
            return Err(Rejection::UrgentApproveOnly);
        }
        self.check_seen(edit.seen.as_ref())?;
        let editor = editor?;
        self.check_editable(&editor)?;
        let taker = self.taker(edit);
        let rule = match (&taker, &editor) {
            (Taker::Other(_), _) if self.changes_nothing(edit) => return Ok(()),
            (Taker::Nobody(explanation), Editor::Approver(_)) => {
                return Err(self.untaken(explanation.clone()));
            }
            (Taker::Other(rule), _) => rule,
            (Taker::Own | Taker::Nobody(_), _) => self.context.rule,
        };
        let mut next = self.edited(rule, edit, &editor)?;
        let stays = !matches!(taker, Taker::Other(_));
        let changed = changed(&self.request, &next.request, edit, stays);
        if changed.is_empty() {
            return Ok(());
        }
        let replan =
            stays && editor_plans(&editor) && changed.iter().any(|field| is_payload(field));
        if replan {
            next.plan()?;
        }
        let edited = self.as_event(person, changed, &next.request, replan);
        let arrival = match taker {
            Taker::Other(_) => Some(self.arrival(next, MovedBecause::Routed)?),
            Taker::Own | Taker::Nobody(_) => None,
        };
        self.take_over(edited, &editor, taker, arrival);
        Ok(())
    }

    fn as_event(
        &self,
        person: &User,
        changed: Vec<String>,
        next: &Request,
        replan: bool,
    ) -> Edited {
        Edited {
            by: person.id.clone(),
            changed,
            title: next.title.clone(),
            reason: next.reason.clone(),
            properties: next.properties.clone(),
            items: next.items.clone(),
            picks: next.picks.clone(),
            target_users: next.target_users.clone(),
            approval_expires: next.approval_expires,
            ends: next.ends,
            executions: replan.then(|| next.executions.clone()),
            reopens: self.request.has_ended(),
            revision: next.revision,
        }
    }

    /// FIN-14
    fn changes_nothing(&self, edit: &Edit) -> bool {
        let (next, problems) = self.under(self.context.rule, edit);
        problems.is_empty() && differences(&self.request, &next.request).is_empty()
    }

    /// An approver's edit goes on with the step, and no rule of the group would.
    fn untaken(&self, explanation: Explanation) -> Rejection {
        let group = self.context.route.group.cloned();
        let is_undecided = explanation.outcome == Outcome::Undecided;
        let explanation = Box::new(explanation);
        if is_undecided {
            Rejection::ConditionFailed { explanation }
        } else {
            Rejection::NoRule { group, explanation }
        }
    }

    /// Who this person is to the request (FIN-17).
    fn editor(&self, person: &User, edit: &Edit) -> Result<Editor, Rejection> {
        let approver = self.editing_approver(person, edit);
        if self.request.urgent {
            // DEC-4: the work is done already.
            return approver.map_err(|_| Rejection::UrgentApproveOnly);
        }
        if self.request.is_in_review() && self.view().may_review(person) {
            return Ok(Editor::Reviewer);
        }
        if self.request.requester == person.id {
            return if self.view().may_requester_edit() {
                Ok(Editor::Requester)
            } else {
                let under_way = self.request.is_under_way();
                approver.map_err(|_| Rejection::Forbidden(Forbidden::EditForbidden { under_way }))
            };
        }
        approver
    }

    /// STP-12: somebody with a seat in the active step, and nothing but what the step lets them change.
    fn editing_approver(&self, person: &User, edit: &Edit) -> Result<Editor, Rejection> {
        let nobody = || self.only_requester();
        let view = self.view();
        let (id, open, step) = view.active_step().ok_or_else(nobody)?;
        if person.kind == UserKind::Service || view.fillable(step, &open.seats, person).is_empty() {
            return Err(nobody());
        }
        let Edit {
            properties,
            items,
            picks,
            target_users,
            title,
            reason,
            urgent,
            approval_expires,
            ends,
            seen: _,
        } = edit;
        let only_properties = items.is_none()
            && picks.is_empty()
            && target_users.is_none()
            && title.is_none()
            && reason.is_none()
            && urgent.is_none()
            && approval_expires.is_none()
            && ends.is_none();
        let may = |name: &String| step.editable_properties.iter().any(|may| may.as_str() == name);
        if step.editable_properties.is_empty() || !only_properties || !properties.keys().all(may) {
            let properties = step.editable_properties.iter().cloned().collect();
            let why = Forbidden::NotEditable { step: id.clone(), properties };
            return Err(Rejection::Forbidden(why));
        }
        Ok(Editor::Approver(id.clone()))
    }

    /// REQ-3: while it is under way, and after a rejection that is not final.
    fn check_editable(&self, editor: &Editor) -> Result<(), Rejection> {
        let fits = match (&self.request.phase, editor) {
            (Phase::InReview, Editor::Requester | Editor::Reviewer) => true,
            (Phase::Open, Editor::Requester | Editor::Approver(_)) => true,
            (Phase::Rejected { by, .. }, Editor::Requester) => !is_final(by),
            (
                Phase::Draft
                | Phase::InReview
                | Phase::Open
                | Phase::Approved { .. }
                | Phase::Rejected { .. }
                | Phase::Cancelled { .. }
                | Phase::Expired { .. },
                _,
            ) => false,
        };
        if !fits {
            return Err(self.wrong_status(None));
        }
        self.check_movable()
    }

    /// Neither on hold nor out of time (REQ-7, EXE-6b).
    pub(super) fn check_movable(&self) -> Result<(), Rejection> {
        if self.request.on_hold {
            return Err(Rejection::OnHold);
        }
        match self.request.approval_expires {
            Some(expired) if expired <= self.at() => Err(Rejection::TooLate { expired }),
            Some(_) | None => Ok(()),
        }
    }

    /// The request as it would be, checked as a submission is (REQ-2).
    fn edited(&self, rule: &'a Rule, edit: &Edit, editor: &Editor) -> Result<Self, Rejection> {
        let (next, mut problems) = self.under(rule, edit);
        if edit.urgent.is_some_and(|urgent| urgent != self.request.urgent) {
            problems.push(FieldProblem::new("urgent", Wrong::UrgentStays));
        }
        let directory = &self.context.organization.directory;
        let Some(requester) = directory.user(&self.request.requester) else {
            return Err(Rejection::NotFound);
        };
        if !is_same(rule, self.context.rule) {
            next.check_submitter(requester)?;
        }
        match editor {
            Editor::Requester | Editor::Reviewer => {
                next.check_targets(requester)?;
                next.check_form(requester, problems)?;
            }
            Editor::Approver(_) if is_same(rule, self.context.rule) => {
                problems.extend(next.view().check_values(requester, &problems));
                if !problems.is_empty() {
                    return Err(Rejection::Invalid(problems));
                }
            }
            Editor::Approver(_) => {
                next.check_targets(requester)?;
                next.check_filled(requester, problems)?;
            }
        }
        Ok(next)
    }

    /// Records the edit, and what follows from who made it and which rule takes the request now.
    fn take_over(
        &mut self,
        edited: Edited,
        editor: &Editor,
        taker: Taker<'a>,
        arrival: Option<Arrival<'a>>,
    ) {
        let revision = edited.revision;
        let wakes = edited.reopens || edited.approval_expires != self.request.approval_expires;
        let expiry = edited.approval_expires.filter(|_| wakes);
        self.record(Event::RequestEdited(Box::new(edited)));
        if let Some(expiry) = expiry {
            self.order(Effect::SetTimer(Timer::ApprovalExpiry, expiry));
        }
        if let Some(arrival) = arrival {
            return self.arrive(arrival);
        }
        match (taker, editor) {
            (taker, Editor::Requester) if self.request.is_open() => {
                self.reopen_all(revision);
                match taker {
                    Taker::Nobody(explanation) => {
                        self.block(Block::NotTaken { explanation, other: None });
                    }
                    Taker::Own | Taker::Other(_) => self.run_route(),
                }
            }
            (_, Editor::Requester | Editor::Reviewer) => {}
            (_, Editor::Approver(_)) => {
                let told = self.request.live_decisions().map(|d| d.by.clone()).collect();
                self.tell_deciders(told);
                self.look_again();
            }
        }
    }

    /// REQ-3: all but the one who does it.
    pub(super) fn tell_deciders(&mut self, mut told: BTreeSet<UserId>) {
        if let crate::event::Actor::User(me) = &self.context.meta.actor {
            told.remove(me);
        }
        if !told.is_empty() {
            self.order(Effect::Notify(Notice::Edited(told)));
        }
    }
}

impl View<'_> {
    /// Whether there is anything of the request that this person may change now (REQ-3, STP-12, STP-13).
    #[must_use]
    pub fn may_edit(&self, person: &User) -> bool {
        let (request, requests) = (self.request, self.request.requester == person.id);
        if request.on_hold || request.urgent {
            return request.urgent && !request.on_hold && self.edits_in_step(person);
        }
        match &request.phase {
            Phase::Draft => requests,
            Phase::InReview => self.may_review(person) || (requests && self.may_requester_edit()),
            Phase::Open => (requests && self.may_requester_edit()) || self.edits_in_step(person),
            Phase::Rejected { by, .. } => requests && self.may_requester_edit() && !is_final(by),
            Phase::Approved { .. } | Phase::Cancelled { .. } | Phase::Expired { .. } => false,
        }
    }

    /// REQ-3
    fn may_requester_edit(&self) -> bool {
        match self.rule.edit {
            EditPolicy::Restart => true,
            EditPolicy::Forbid => false,
        }
    }

    /// STP-12
    fn edits_in_step(&self, person: &User) -> bool {
        self.request.is_open()
            && self.active_step().is_some_and(|(_, open, step)| {
                !step.editable_properties.is_empty()
                    && !self.fillable(step, &open.seats, person).is_empty()
            })
    }
}

/// Whether a rejection cannot be left by an edit (REQ-3).
fn is_final(by: &RejectedBy) -> bool {
    match by {
        RejectedBy::Force { .. } => true,
        RejectedBy::Decision { .. }
        | RejectedBy::QuorumOutOfReach { .. }
        | RejectedBy::Overdue { .. }
        | RejectedBy::SafetyCatch => false,
    }
}

/// What approvers may edit is no part of a payload (STP-12), and is checked at publish.
fn editor_plans(editor: &Editor) -> bool {
    match editor {
        Editor::Requester | Editor::Reviewer => true,
        Editor::Approver(_) => false,
    }
}

fn is_payload(field: &str) -> bool {
    field == "items" || field == "target_users" || field.starts_with("properties.")
}

/// What an edit has changed. Where another rule takes the request, what that one does not ask for goes with the
/// move, and nobody changed it.
fn changed(before: &Request, after: &Request, edit: &Edit, stays: bool) -> Vec<String> {
    let all = differences(before, after);
    let named: Vec<String> = all.iter().filter(|field| names(edit, field)).cloned().collect();
    if stays || named.is_empty() { all } else { named }
}

/// Whether an edit says something of a field, by the names that problems use.
fn names(edit: &Edit, field: &str) -> bool {
    match field {
        "title" => edit.title.is_some(),
        "reason" => edit.reason.is_some(),
        "items" => edit.items.is_some(),
        "picks" => !edit.picks.is_empty(),
        "target_users" => edit.target_users.is_some(),
        "approval_expires" => edit.approval_expires.is_some(),
        "ends" => edit.ends.is_some(),
        property => {
            let name = property.strip_prefix("properties.");
            name.is_some_and(|name| edit.properties.contains_key(name))
        }
    }
}

/// What differs, by the names that problems use.
fn differences(before: &Request, after: &Request) -> Vec<String> {
    let mut changed: Vec<String> = Vec::new();
    let fields = [
        ("title", before.title != after.title),
        ("reason", before.reason != after.reason),
        ("items", before.items != after.items),
        ("picks", before.picks != after.picks),
        ("target_users", before.target_users != after.target_users),
        ("approval_expires", before.approval_expires != after.approval_expires),
        ("ends", before.ends != after.ends),
    ];
    changed.extend(fields.iter().filter(|(_, is)| *is).map(|(name, _)| (*name).to_owned()));
    changed.extend(changed_values(&before.properties, &after.properties));
    changed
}

fn changed_values(
    before: &BTreeMap<PropertyName, Value>,
    after: &BTreeMap<PropertyName, Value>,
) -> Vec<String> {
    let names: BTreeSet<&PropertyName> = before.keys().chain(after.keys()).collect();
    let differs = |name: &&PropertyName| before.get(*name) != after.get(*name);
    names.into_iter().filter(differs).map(|name| format!("properties.{name}")).collect()
}
