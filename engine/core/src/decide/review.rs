//! The review before the route (STP-13): it begins, is passed, and begins again.

use super::Draft;
use crate::{
    command::Note,
    directory::UserKind,
    effect::{Effect, Notice},
    event::Event,
    rejection::{Forbidden, Rejection},
    request::{Block, Review},
};

impl Draft<'_> {
    /// A request that was submitted goes to its review, or where there is none to its first step.
    /// Urgent requests skip the review (DEC-4).
    pub(super) fn begin(&mut self) -> Result<(), Rejection> {
        if self.context.rule.review_first.is_none() || self.request.urgent {
            self.start_route();
            return Ok(());
        }
        let review = self.new_review()?;
        self.start_review(review);
        Ok(())
    }

    pub(super) fn new_review(&self) -> Result<Review, Rejection> {
        self.view().review().map_err(Rejection::NoReviewers)
    }

    pub(super) fn start_review(&mut self, review: Review) {
        self.record(Event::ReviewStarted { review });
        self.order(Effect::Notify(Notice::ReviewStarted));
    }

    /// A reviewer submits the request to its route.
    pub(super) fn pass_review(&mut self, note: &Note) -> Result<(), Rejection> {
        let person = self.person()?;
        self.check_seen(note.seen.as_ref())?;
        if person.kind == UserKind::Service {
            return Err(Rejection::Forbidden(Forbidden::ServiceAccount));
        }
        let view = self.view();
        if !view.is_reviewer(person) {
            let review = self.request.review.as_ref();
            let reviewers = review.map(|review| review.reviewers.clone()).unwrap_or_default();
            return Err(Rejection::Forbidden(Forbidden::NotAReviewer { reviewers }));
        }
        if !view.may_review(person) {
            return Err(Rejection::Forbidden(Forbidden::OwnReview));
        }
        if !self.request.is_in_review() {
            return Err(self.wrong_status(None));
        }
        self.check_movable()?;
        let comment = self.comment(note.comment.as_deref(), false)?;
        if self.request.blocked.is_some() {
            self.record(Event::RequestUnblocked);
        }
        self.record(Event::ReviewPassed { by: person.id.clone(), comment });
        self.start_route();
        Ok(())
    }

    /// DEC-1: an approver wants the request reviewed again, and decides nothing.
    pub(super) fn return_to_review(&mut self, note: &Note) -> Result<(), Rejection> {
        let person = self.person()?;
        if person.kind == UserKind::Service {
            return Err(Rejection::Forbidden(Forbidden::ServiceAccount));
        }
        if self.request.urgent {
            return Err(Rejection::UrgentApproveOnly);
        }
        self.check_seen(note.seen.as_ref())?;
        self.check_step(note.step.as_ref())?;
        self.check_open()?;
        if self.context.rule.review_first.is_none() {
            return Err(Rejection::Forbidden(Forbidden::NoReview));
        }
        let standing = self.view().standing(person);
        if !standing.can_decide() {
            return Err(Rejection::CannotDecide(standing.unmet));
        }
        let comment = self.comment(note.comment.as_deref(), true)?;
        let Some((step, _)) = self.request.active() else { return Err(self.wrong_status(None)) };
        let step = step.clone();
        let review = self.new_review()?;
        self.record(Event::ReturnedToReview { step, by: person.id.clone(), comment });
        self.reopen_all(self.request.revision.saturating_add(1));
        self.start_review(review);
        Ok(())
    }

    /// Every step waits again, and every decision is cleared; who had decided is told.
    pub(super) fn reopen_all(&mut self, revision: u32) {
        let told = self.request.live_decisions().map(|decision| decision.by.clone()).collect();
        let steps = self.request.steps.iter().map(|record| record.id.clone()).collect();
        self.tell_deciders(told);
        self.record(Event::StepsReopened { steps, revision });
    }

    /// Blocks a review for want of reviewers, or lets it go on.
    pub(super) fn count_reviewers(&mut self) {
        match (self.view().can_be_reviewed(), self.request.blocked.is_some()) {
            (false, _) => self.block(Block::NoReviewers),
            (true, true) => self.record(Event::RequestUnblocked),
            (true, false) => {}
        }
    }
}
