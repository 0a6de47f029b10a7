//! Seats that people changed: in the step that is open, and for each time it begins (STP-15, STP-16).

use crate::{
    event::Event,
    request::{Added, OpenStep, Passed, Request, SeatChanges, StepState},
    resolve::{join, pass, take},
};

pub(super) fn evolve(request: &mut Request, event: &Event) {
    let (Event::ApproverAdded { step, .. }
    | Event::ApproverRemoved { step, .. }
    | Event::SeatReassigned { step, .. }) = event
    else {
        return;
    };
    let Some(record) = request.steps.iter_mut().find(|record| record.id == *step) else { return };
    remember(&mut record.changes, event);
    if let StepState::Active(open) | StepState::Paused(open) = &mut record.state {
        change(open, event);
    }
}

fn remember(changes: &mut SeatChanges, event: &Event) {
    if let Event::ApproverAdded { user, by, .. } = event {
        changes.added.push(Added { user: user.clone(), by: by.clone() });
    }
    if let Event::ApproverRemoved { user, was_added, .. } = event {
        changes.added.retain(|added| added.user != *user);
        changes.passed.retain(|passed| passed.to != *user);
        if !was_added {
            changes.removed.push(user.clone());
        }
    }
    if let Event::SeatReassigned { from, to, .. } = event {
        changes.passed.push(Passed { from: from.clone(), to: to.clone() });
    }
}

fn change(open: &mut OpenStep, event: &Event) {
    if let Event::ApproverAdded { user, by, seat, beside, .. } = event {
        open.seats.extend(seat.as_deref().cloned());
        join(&mut open.seats, user, by, beside);
    }
    if let Event::ApproverRemoved { user, gone, without, .. } = event {
        take(&mut open.seats, user, gone, without);
    }
    if let Event::SeatReassigned { from, to, seats, .. } = event {
        pass(&mut open.seats, from, to, seats);
    }
}
