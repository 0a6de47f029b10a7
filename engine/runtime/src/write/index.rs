//! By what a request is listed.

use std::collections::BTreeSet;

use engine_core::{
    ids::UserId,
    request::{OpenStep, Request, Review, Seat, SeatWho},
};
use engine_store::{Candidate, Millis, RequestIndex};

use crate::{error::EngineError, load::name};

/// By what a request is listed.
pub(super) fn index_of(request: &Request) -> Result<RequestIndex, EngineError> {
    let mut people: BTreeSet<UserId> = request.target_users.iter().cloned().collect();
    people.insert(request.requester.clone());
    people.extend(request.talk.watchers.iter().cloned());
    let mut seats = BTreeSet::new();
    if let Some((_, open)) = request.active().filter(|_| request.is_open()) {
        for seat in &open.seats {
            candidates(&seat.who, seat, open, &mut seats);
            for further in &seat.also {
                candidates(&further.who, seat, open, &mut seats);
            }
        }
    }
    if let Some(review) = request.review.as_ref().filter(|_| request.is_in_review()) {
        review.reviewers.iter().for_each(|who| reviewers(who, review, &mut seats));
    }
    Ok(RequestIndex {
        time: Millis(request.submitted_at.timestamp_millis()),
        state: name(request.status().as_str())?,
        rule: request.rule.clone(),
        kind: request.kind.clone(),
        people,
        resources: request.resources().cloned().collect(),
        seats,
    })
}

/// Whose *to decide* a review is in (STP-13): those named, groups and roles as such.
fn reviewers(who: &SeatWho, review: &Review, into: &mut BTreeSet<Candidate>) {
    match who {
        SeatWho::Person(id) | SeatWho::Found(id) => {
            into.insert(Candidate::Person(id.clone()));
        }
        SeatWho::Group(group) => {
            into.insert(Candidate::Group(group.clone()));
        }
        SeatWho::Role(role) => {
            into.insert(Candidate::Role(*role));
        }
        SeatWho::Node { .. } => into.extend(review.people.iter().cloned().map(Candidate::Person)),
        SeatWho::AnyOf(several) => several.iter().for_each(|who| reviewers(who, review, into)),
        SeatWho::Nobody => {}
    }
}

/// Whose *to decide* a seat is in: those named who have not decided, groups and roles as such.
fn candidates(who: &SeatWho, seat: &Seat, open: &OpenStep, into: &mut BTreeSet<Candidate>) {
    let undecided =
        |id: &UserId| open.decision_of(id).is_none() && (seat.is_also(id) || !seat.is_without(id));
    match who {
        SeatWho::Person(id) | SeatWho::Found(id) => {
            into.extend(undecided(id).then(|| Candidate::Person(id.clone())));
        }
        SeatWho::Group(group) => {
            into.insert(Candidate::Group(group.clone()));
        }
        SeatWho::Role(role) => {
            into.insert(Candidate::Role(*role));
        }
        SeatWho::Node { .. } => into.extend(
            seat.people.iter().filter(|id| undecided(id)).map(|id| Candidate::Person(id.clone())),
        ),
        SeatWho::AnyOf(several) => {
            several.iter().for_each(|who| candidates(who, seat, open, into));
        }
        SeatWho::Nobody => {}
    }
}
