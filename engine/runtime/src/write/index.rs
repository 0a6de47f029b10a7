//! By what a request is listed.

use std::collections::BTreeSet;

use engine_core::{
    ids::UserId,
    request::{Choice, OpenStep, Request, SeatWho},
};
use engine_store::{Candidate, Millis, RequestIndex};

use crate::{error::EngineError, load::name};

/// By what a request is listed.
pub(super) fn index_of(request: &Request) -> Result<RequestIndex, EngineError> {
    let mut people: BTreeSet<UserId> = request.target_users.iter().cloned().collect();
    people.insert(request.requester.clone());
    people.extend(request.watchers.iter().cloned());
    let mut seats = BTreeSet::new();
    if let Some((_, open)) = request.active().filter(|_| request.is_open()) {
        for seat in &open.seats {
            candidates(&seat.who, &seat.people, open, &mut seats);
        }
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

/// Whose *to decide* a seat is in: those named who have not decided, groups and roles as such.
fn candidates(who: &SeatWho, people: &[UserId], open: &OpenStep, into: &mut BTreeSet<Candidate>) {
    let undecided =
        |id: &UserId| !open.of(Choice::Approve).chain(open.of(Choice::Reject)).any(|d| d.by == *id);
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
            people.iter().filter(|id| undecided(id)).map(|id| Candidate::Person(id.clone())),
        ),
        SeatWho::AnyOf(several) => {
            several.iter().for_each(|who| candidates(who, people, open, into));
        }
        SeatWho::Nobody => {}
    }
}
