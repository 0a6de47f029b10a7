//! Who reviews a request before its route (STP-13).

use super::Found;
use crate::{
    directory::{User, UserKind},
    eligibility::Standing,
    evaluate::View,
    ids::UserId,
    request::{EmptyBecause, Review, SeatWho},
    visibility::may_fill,
};

impl View<'_> {
    /// The review that the rule asks for, with the people there are.
    ///
    /// # Errors
    /// Nobody can review: why not, for each place that is named.
    pub(crate) fn review(&self) -> Result<Review, Vec<EmptyBecause>> {
        // A script or plugin that names reviewers is asked for the step that comes after the review.
        let (Some(whos), Some(step)) = (&self.rule.review_first, self.rule.steps.first()) else {
            return Err(Vec::new());
        };
        let places: Vec<Found> = whos.iter().flat_map(|who| self.who(step, who, None)).collect();
        let reviewers: Vec<SeatWho> = places.iter().filter_map(|p| p.clone().ok()).collect();
        let people = self.people_who_review(&reviewers);
        if !people.is_empty() {
            return Ok(Review { reviewers, people });
        }
        let why = |place: Found| match place {
            Err(why) => why,
            Ok(SeatWho::Group(group)) if !self.is_there(&SeatWho::Group(group.clone())) => {
                EmptyBecause::GroupEmpty { group }
            }
            Ok(who) if self.is_there(&who) => EmptyBecause::OnlyRequester,
            Ok(SeatWho::Role(role)) => EmptyBecause::RoleEmpty { role },
            Ok(SeatWho::Node { node, .. }) => EmptyBecause::NodeEmpty { node },
            Ok(SeatWho::Person(user) | SeatWho::Found(user)) => {
                EmptyBecause::Deactivated { user, property: None }
            }
            Ok(SeatWho::Group(_) | SeatWho::AnyOf(_) | SeatWho::Nobody) => {
                EmptyBecause::NobodyThere
            }
        };
        Err(places.into_iter().map(why).collect())
    }

    /// Whether this person is among its reviewers (STP-13); the requester is not, where they may not
    /// approve either (STP-9).
    #[must_use]
    pub fn may_review(&self, person: &User) -> bool {
        person.kind == UserKind::Person && self.is_reviewer(person) && !self.is_own(&person.id)
    }

    /// Whether this is the requester's or a target's own request, where that matters. Reviewers who
    /// edited it review it all the same.
    pub(crate) fn is_own(&self, id: &UserId) -> bool {
        !self.rule.self_approval && self.request.is_for(id)
    }

    /// Whether somebody with this standing may return it to review instead of deciding (DEC-1).
    #[must_use]
    pub fn may_return_to_review(&self, standing: &Standing) -> bool {
        self.rule.review_first.is_some() && !self.request.urgent && standing.can_decide()
    }

    /// Whether its review names this person.
    pub(crate) fn is_reviewer(&self, person: &User) -> bool {
        let directory = &self.organization.directory;
        let review = self.request.review.iter();
        review.flat_map(|review| &review.reviewers).any(|who| may_fill(directory, who, person))
    }

    /// Whether anybody can review it now.
    pub(crate) fn can_be_reviewed(&self) -> bool {
        let review = self.request.review.iter();
        review.into_iter().any(|review| !self.people_who_review(&review.reviewers).is_empty())
    }

    fn people_who_review(&self, reviewers: &[SeatWho]) -> Vec<UserId> {
        let mut people: Vec<UserId> =
            reviewers.iter().flat_map(|who| self.everybody(who)).collect();
        people.retain(|id| !self.is_own(id));
        people.sort();
        people.dedup();
        people
    }

    fn is_there(&self, who: &SeatWho) -> bool {
        !self.everybody(who).is_empty()
    }
}
