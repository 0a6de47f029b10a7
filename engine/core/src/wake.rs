//! When a request is to be woken for its due dates, by its state alone (DUE-1, DUE-2, URG-4, URG-5a).
//!
//! What a command changes of it is what it sets and clears: whoever opens, closes, holds or releases a
//! step need not think of timers.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    calendar::TimeOfDay,
    effect::Timer,
    organization::{Organization, Settings},
    request::{Closure, Due, OpenStep, Request},
};

/// URG-4
const REMINDED_AT: u32 = 10;

/// What a request is to be woken for, and when. Nothing while it is on hold (FIN-11).
#[must_use]
pub fn wakes(request: &Request, organization: &Organization) -> BTreeMap<Timer, DateTime<Utc>> {
    let mut wakes = BTreeMap::new();
    if !request.is_open() || request.on_hold {
        return wakes;
    }
    let settings = &organization.settings;
    if let Some((_, open)) = request.active()
        && let Some(due) = open.due.as_ref().filter(|due| due.missed.is_none())
    {
        wakes.insert(Timer::StepDue, due.at);
        wakes.extend(reminder(settings, open, due).map(|at| (Timer::StepReminder, at)));
    }
    if let Some(closure) = &request.closure {
        if closure.missed.is_none() {
            wakes.insert(Timer::UrgentDue, closure.due);
        }
        let next = urgent_reminder(settings, request, closure);
        wakes.extend(next.map(|at| (Timer::UrgentReminder, at)));
    }
    wakes
}

/// The next reminder before a date; at the date itself another timer goes off (DUE-2).
fn reminder(settings: &Settings, open: &OpenStep, due: &Due) -> Option<DateTime<Utc>> {
    let since = due.reminded.unwrap_or(open.since);
    let before = settings.reminders.iter().filter_map(|span| span.on_the_clock());
    let times = before.filter(|span| *span > TimeDelta::zero()).map(|span| due.at - span);
    times.filter(|at| *at > since).min()
}

/// URG-4: every day at ten, once it has waited for longer than a day.
fn urgent_reminder(
    settings: &Settings,
    request: &Request,
    closure: &Closure,
) -> Option<DateTime<Utc>> {
    let day = request.submitted_at + TimeDelta::days(1);
    let after = closure.reminded.map_or(day, |last| last.max(day));
    settings.next_daily(after, TimeOfDay::hour(REMINDED_AT))
}

/// Moves the due dates of a request that was on hold for so long (FIN-11). The approval expiry stays.
pub fn shift_due(request: &mut Request, by: TimeDelta) {
    for record in &mut request.steps {
        if let crate::request::StepState::Active(open) = &mut record.state
            && let Some(due) = open.due.as_mut().filter(|due| due.missed.is_none())
        {
            due.at += by;
        }
    }
    if let Some(closure) = request.closure.as_mut().filter(|closure| closure.missed.is_none()) {
        closure.due += by;
    }
}
