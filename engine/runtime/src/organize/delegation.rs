//! Who stands in for whom while they are away (DEC-8, FIN-6).

use std::sync::Arc;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use engine_api::organization::DelegationDoc;
use engine_core::{
    directory::{Delegation, Directory, OrganizationRole, User, UserKind},
    ids::{Login, UserId},
    organization::Organization,
    rejection::{Forbidden, Rejection},
};
use serde_json::json;

use super::{Change, Changed, Plan};
use crate::{
    error::EngineError,
    organization::{DelegationRecord, OrganizationEvent, OrganizationState},
};

/// The minutes of a day after which a clock that was put forward shows a valid time again.
const MOST_MINUTES: i64 = 24 * 60;

/// Administrators arrange it for anybody, everybody else for themself; nobody takes another's place by it,
/// which would be a seat of their own making (DIR-3).
pub(super) fn check_own(me: &User, changes: &[Change]) -> Result<(), EngineError> {
    let of_another = |change: &Change| {
        let (Change::Delegate { of, .. } | Change::Undelegate { of }) = change else {
            return false;
        };
        *of != me.login
    };
    let administrates =
        matches!(me.role, OrganizationRole::Owner | OrganizationRole::Administrator);
    if !administrates && changes.iter().any(of_another) {
        return Err(Rejection::Forbidden(Forbidden::OthersDelegation).into());
    }
    let takes_place = |change: &Change| match change {
        Change::Delegate { of, doc } => *of != me.login && doc.to == me.login.as_str(),
        _ => false,
    };
    if changes.iter().any(takes_place) {
        return Err(Rejection::Forbidden(Forbidden::OwnStandIn).into());
    }
    Ok(())
}

impl OrganizationState {
    /// Turns the days of delegations into instants, for decisions.
    pub(crate) fn count_delegations(&mut self) {
        let organization = &self.organization;
        let counted: Vec<Delegation> = match organization.settings.delegation {
            true => self.delegations.values().map(|d| counted(organization, d)).collect(),
            false => Vec::new(),
        };
        let organization = Arc::make_mut(&mut self.organization);
        Arc::make_mut(&mut organization.directory).set_delegations(counted);
    }
}

fn counted(organization: &Organization, record: &DelegationRecord) -> Delegation {
    let zone = zone_of(organization, &record.of);
    let after = record.until.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
    Delegation {
        of: record.of.clone(),
        to: record.to.clone(),
        starts: beginning(record.from, zone),
        ends: beginning(after, zone),
    }
}

/// A person's time zone; the organization's where they have none.
fn zone_of(organization: &Organization, id: &UserId) -> Tz {
    let user = organization.directory.user(id);
    let own = user.and_then(|user| user.time_zone.as_ref()?.parse().ok());
    own.or_else(|| organization.settings.time_zone.parse().ok()).unwrap_or(Tz::UTC)
}

/// The first instant of a day; where the clock is put forward over midnight, the next one that there
/// is (FIN-24).
fn beginning(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..MOST_MINUTES)
        .filter_map(|minute| midnight.checked_add_signed(TimeDelta::minutes(minute)))
        .find_map(|local| zone.from_local_datetime(&local).earliest())
        .map_or(DateTime::<Utc>::MAX_UTC, |time| time.with_timezone(&Utc))
}

impl Plan<'_> {
    /// A new one takes the place of the old (FIN-6).
    pub(super) fn delegate(
        &mut self,
        of: &Login,
        doc: &DelegationDoc,
    ) -> Result<Option<Changed>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        if !organization.settings.delegation {
            return Err(Rejection::Forbidden(Forbidden::NoDelegation).into());
        }
        let Some(of) = self.away(&organization.directory, of) else { return Ok(None) };
        let to = self.stand_in(&organization.directory, &of, &doc.to);
        let days = self.days(&organization, &of, doc);
        let (Some(to), Some((from, until))) = (to, days) else { return Ok(None) };
        let after = DelegationRecord {
            of: of.id.clone(),
            to: to.id.clone(),
            from,
            until,
            reason: doc.reason.clone().unwrap_or_default(),
            by: self.me.id.clone(),
        };
        if self.makes_a_chain(&organization, &after) {
            return Ok(None);
        }
        let before = self.state.delegations.get(&of.id).cloned();
        let login = |id: &UserId| {
            organization.directory.user(id).map_or_else(|| id.to_string(), |u| u.login.to_string())
        };
        let told = |record: &DelegationRecord| {
            json!({
                "to": login(&record.to),
                "from": record.from,
                "until": record.until,
                "reason": record.reason,
            })
        };
        let what = format!("delegation of {}", of.login);
        let event = OrganizationEvent::DelegationSet(after.clone());
        self.put(what, before.as_ref(), &after, event, told).map(Some)
    }

    pub(super) fn undelegate(&mut self, of: &Login) -> Result<Option<Changed>, EngineError> {
        let organization = Arc::clone(&self.state.organization);
        let Some(of) = self.away(&organization.directory, of) else { return Ok(None) };
        let there = self.state.delegations.contains_key(&of.id);
        let what = format!("delegation of {}", of.login);
        self.remove(what, there, OrganizationEvent::DelegationEnded(of.id.clone())).map(Some)
    }

    fn away(&mut self, directory: &Directory, of: &Login) -> Option<User> {
        let user = directory.by_login(of);
        match user {
            None => self.problem("of", "is the login of nobody here"),
            Some(user) if user.kind != UserKind::Person => {
                self.problem("of", "is a service account, and decides nothing");
            }
            Some(user) => return Some(user.clone()),
        }
        None
    }

    fn stand_in(&mut self, directory: &Directory, of: &User, login: &str) -> Option<User> {
        let user = Login::parse(login).ok().and_then(|login| directory.by_login(&login));
        match user {
            None => self.problem("to", format!("nobody here is called `{login}`")),
            Some(user) if user.id == of.id => {
                self.problem("to", "nobody stands in for themself");
            }
            Some(user) if !user.active || user.kind != UserKind::Person => {
                self.problem(
                    "to",
                    format!("`{login}` cannot decide: the account is deactivated, or no person's"),
                );
            }
            Some(user) => return Some(user.clone()),
        }
        None
    }

    /// From today where no first day is written; the last one has to be, and must not be over.
    fn days(
        &mut self,
        organization: &Organization,
        of: &User,
        doc: &DelegationDoc,
    ) -> Option<(NaiveDate, NaiveDate)> {
        let zone = zone_of(organization, &of.id);
        let today = self.engine.now().with_timezone(&zone).date_naive();
        let from = match &doc.from {
            Some(text) => self.day("from", text),
            None => Some(today),
        };
        let until = match &doc.until {
            Some(text) => self.day("until", text),
            None => {
                self.problem("until", "is required: the last day, such as `2026-03-31`");
                None
            }
        };
        let (from, until) = (from?, until?);
        if until < from {
            self.problem("until", format!("{until} is before {from}, the first day"));
        } else if until < today {
            self.problem("until", format!("{until} is over: it is {today} in {zone}"));
        } else {
            return Some((from, until));
        }
        None
    }

    fn day(&mut self, field: &str, text: &str) -> Option<NaiveDate> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
        if day.is_none() {
            self.problem(field, format!("`{text}` is not a day: expected such as `2026-03-31`"));
        }
        day
    }

    /// FIN-6: neither does the stand-in have one of their own meanwhile, nor does the one who is away
    /// stand in for somebody.
    fn makes_a_chain(&mut self, organization: &Organization, new: &DelegationRecord) -> bool {
        let span = counted(organization, new);
        let overlaps = |other: &DelegationRecord| {
            let other = counted(organization, other);
            other.starts < span.ends && span.starts < other.ends
        };
        let others = || self.state.delegations.values().filter(|other| other.of != new.of);
        let onwards = others().find(|other| other.of == new.to && overlaps(other)).cloned();
        let backwards = others().find(|other| other.to == new.of && overlaps(other)).cloned();
        let login = |id: &UserId| {
            organization.directory.user(id).map_or_else(|| id.to_string(), |u| u.login.to_string())
        };
        if let Some(other) = &onwards {
            let message = format!(
                "`{}` is away too, from {} until {}: name somebody who is there",
                login(&other.of),
                other.from,
                other.until
            );
            self.problem("to", message);
        }
        if let Some(other) = &backwards {
            let message = format!(
                "`{}` stands in for `{}` from {} until {}: end that first",
                login(&new.of),
                login(&other.of),
                other.from,
                other.until
            );
            self.problem("to", message);
        }
        onwards.is_some() || backwards.is_some()
    }
}
