//! Business days and local times (DUE-1, FIN-24).
//!
//! A local time that does not exist on a day is the next valid minute; one that comes twice is the first
//! of the two.

use std::{collections::BTreeSet, fmt, str::FromStr};

use chrono::{
    DateTime, Datelike, Days, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta,
    TimeZone as _, Utc, Weekday,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::{organization::Settings, value::Span};

/// The longest stretch of local time that a clock is set forward over, in minutes.
const LONGEST_GAP: i64 = 26 * 60;

/// The organization's working days (DUE-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalendarSettings {
    /// Days of the week on which work is done.
    pub working_days: BTreeSet<Day>,
    /// Days of the year on which none is.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub holidays: BTreeSet<NaiveDate>,
    /// From when to when; a business day is counted from the next working hour then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
}

/// Working hours of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The first minute, such as `09:00`.
    pub from: TimeOfDay,
    /// The minute after the last.
    pub until: TimeOfDay,
}

/// A time of day on the wall, in hours and minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(NaiveTime);

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Day {
    /// Monday.
    #[serde(alias = "mon")]
    Monday,
    /// Tuesday.
    #[serde(alias = "tue")]
    Tuesday,
    /// Wednesday.
    #[serde(alias = "wed")]
    Wednesday,
    /// Thursday.
    #[serde(alias = "thu")]
    Thursday,
    /// Friday.
    #[serde(alias = "fri")]
    Friday,
    /// Saturday.
    #[serde(alias = "sat")]
    Saturday,
    /// Sunday.
    #[serde(alias = "sun")]
    Sunday,
}

impl Default for CalendarSettings {
    fn default() -> Self {
        use Day::{Friday, Monday, Thursday, Tuesday, Wednesday};
        let working_days = [Monday, Tuesday, Wednesday, Thursday, Friday].into();
        Self { working_days, holidays: BTreeSet::new(), hours: None }
    }
}

impl CalendarSettings {
    /// What is wrong with it, if anything is.
    #[must_use]
    pub fn fault(&self) -> Option<(&'static str, &'static str)> {
        if self.working_days.is_empty() {
            return Some(("calendar.working_days", "expected at least one day of the week"));
        }
        match self.hours {
            Some(hours) if hours.from >= hours.until => {
                Some(("calendar.hours", "`from` is not before `until`"))
            }
            Some(_) | None => None,
        }
    }

    /// Whether work is done on a day.
    #[must_use]
    pub fn is_working(&self, day: NaiveDate) -> bool {
        self.working_days.contains(&Day::of(day.weekday())) && !self.holidays.contains(&day)
    }

    /// So many working days after a day; before it, where they are negative; the day itself where they
    /// are none. `None` where the world's calendar ends before, or where no working day is set.
    #[must_use]
    pub fn shifted(&self, day: NaiveDate, working_days: i32) -> Option<NaiveDate> {
        if self.working_days.is_empty() {
            return None;
        }
        let mut found = day;
        for _ in 0..working_days.unsigned_abs() {
            found = match working_days.is_negative() {
                false => self.next_working(found)?,
                true => self.last_working(found)?,
            };
        }
        Some(found)
    }

    /// The working days after `from`, up to and with `to`; negative where `to` is before: `shifted` by so
    /// many is `to` again, where that is a working day.
    #[must_use]
    pub fn working_between(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        let (first, last, sign) = match from <= to {
            true => (from.succ_opt(), Some(to), 1),
            false => (Some(to), from.pred_opt(), -1),
        };
        let (Some(first), Some(last)) = (first, last) else { return 0 };
        let days = first.iter_days().take_while(|day| *day <= last);
        let working = days.filter(|day| self.is_working(*day)).count();
        i64::try_from(working).unwrap_or(i64::MAX).saturating_mul(sign)
    }

    /// The instant that a span after `start` ends. Business days are counted in the time zone: so many
    /// working days later, at the same time of day. None where the world's calendar ends before.
    #[must_use]
    pub fn after(&self, zone: Tz, start: DateTime<Utc>, span: Span) -> Option<DateTime<Utc>> {
        let days = match span {
            Span::Seconds(_) => return start.checked_add_signed(span.on_the_clock()?),
            Span::BusinessDays(days) => days,
        };
        let from = self.start(start.with_timezone(&zone).naive_local())?;
        let day = self.shifted(from.date(), i32::try_from(days).ok()?)?;
        instant(zone, day.and_time(from.time()))
    }

    /// The last working day before a day.
    fn last_working(&self, day: NaiveDate) -> Option<NaiveDate> {
        let mut day = day.pred_opt()?;
        while !self.is_working(day) {
            day = day.pred_opt()?;
        }
        Some(day)
    }

    /// The first working day after a day. A calendar without one ends with the calendar of the world.
    fn next_working(&self, day: NaiveDate) -> Option<NaiveDate> {
        let mut day = day.checked_add_days(Days::new(1))?;
        while !self.is_working(day) {
            day = day.checked_add_days(Days::new(1))?;
        }
        Some(day)
    }

    /// Where counting begins: the time itself, or the next working hour where hours are set.
    fn start(&self, at: NaiveDateTime) -> Option<NaiveDateTime> {
        let Some(Hours { from, until }) = self.hours else { return Some(at) };
        let (day, time) = (at.date(), at.time());
        if !self.is_working(day) || time >= until.0 {
            return Some(self.next_working(day)?.and_time(from.0));
        }
        Some(day.and_time(time.max(from.0)))
    }
}

impl Day {
    fn of(day: Weekday) -> Self {
        match day {
            Weekday::Mon => Self::Monday,
            Weekday::Tue => Self::Tuesday,
            Weekday::Wed => Self::Wednesday,
            Weekday::Thu => Self::Thursday,
            Weekday::Fri => Self::Friday,
            Weekday::Sat => Self::Saturday,
            Weekday::Sun => Self::Sunday,
        }
    }
}

impl Settings {
    /// The organization's time zone.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// The instant that a span after `start` ends. Business days are counted by the calendar, in the
    /// organization's time zone: so many working days later, at the same time of day. None where the
    /// world's calendar ends before.
    #[must_use]
    pub fn after(&self, start: DateTime<Utc>, span: Span) -> Option<DateTime<Utc>> {
        self.calendar.after(self.zone(), start, span)
    }

    /// The first instant after `after` at which the organization's clocks show this hour.
    #[must_use]
    pub fn next_daily(&self, after: DateTime<Utc>, hour: TimeOfDay) -> Option<DateTime<Utc>> {
        let zone = self.zone();
        let mut day = after.with_timezone(&zone).date_naive().checked_sub_days(Days::new(1))?;
        loop {
            let next = instant(zone, day.and_time(hour.0))?;
            if next > after {
                return Some(next);
            }
            day = day.checked_add_days(Days::new(1))?;
        }
    }
}

/// The instant of a local time (FIN-24).
#[must_use]
pub fn instant(zone: Tz, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    let mut minutes = 0;
    loop {
        let shifted = local.checked_add_signed(TimeDelta::minutes(minutes))?;
        match zone.from_local_datetime(&shifted) {
            LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                return Some(at.with_timezone(&Utc));
            }
            LocalResult::None if minutes < LONGEST_GAP => minutes += 1,
            LocalResult::None => return None,
        }
    }
}

impl TimeOfDay {
    /// A whole hour; midnight for one that no clock shows.
    #[must_use]
    pub fn hour(hour: u32) -> Self {
        Self(NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.format("%H:%M"))
    }
}

impl FromStr for TimeOfDay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = NaiveTime::parse_from_str(text, "%H:%M");
        time.map(Self).map_err(|_| format!("`{text}` is not a time of day such as `09:30`"))
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(zone: &str, calendar: &str) -> Settings {
        let calendar = serde_json::from_str(calendar).unwrap();
        Settings { time_zone: zone.to_owned(), calendar, ..Settings::default() }
    }

    fn check_after(settings: &Settings, start: &str, span: &str, end: &str) {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let found = settings.after(at(start), span.parse().unwrap());
        assert_eq!(found, Some(at(end)), "{start} and {span}");
    }

    /// DUE-1
    #[test]
    fn business_days_leave_out_weekends_and_holidays() {
        let of = settings("Europe/Riga", r#"{"holidays": ["2026-03-09"]}"#);
        check_after(&of, "2026-03-02T09:00:00Z", "1bd", "2026-03-03T09:00:00Z");
        check_after(&of, "2026-03-06T09:00:00Z", "1bd", "2026-03-10T09:00:00Z");
        check_after(&of, "2026-03-07T09:00:00Z", "1bd", "2026-03-10T09:00:00Z");
        check_after(&of, "2026-03-06T09:00:00Z", "3d", "2026-03-09T09:00:00Z");
        // In Riga it is Tuesday already.
        check_after(&of, "2026-03-02T23:00:00Z", "1bd", "2026-03-03T23:00:00Z");
        check_after(&of, "2026-03-05T23:00:00Z", "1bd", "2026-03-09T23:00:00Z");
    }

    /// DUE-1
    #[test]
    fn business_days_are_counted_both_ways() {
        let of = settings("UTC", r#"{"holidays": ["2026-03-09"]}"#).calendar;
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        for (from, days, to) in [
            ("2026-03-06", 0, "2026-03-06"),
            ("2026-03-06", 1, "2026-03-10"),
            ("2026-03-07", 1, "2026-03-10"),
            ("2026-03-10", -1, "2026-03-06"),
            ("2026-03-02", 5, "2026-03-10"),
            ("2026-03-10", -5, "2026-03-02"),
        ] {
            let (from, to) = (day(from), day(to));
            assert_eq!(of.shifted(from, days), Some(to), "{from} and {days}");
        }
        assert_eq!(of.working_between(day("2026-03-06"), day("2026-03-10")), 1);
        assert_eq!(of.working_between(day("2026-03-02"), day("2026-03-10")), 5);
        assert_eq!(of.working_between(day("2026-03-10"), day("2026-03-06")), -1);
        assert_eq!(of.working_between(day("2026-03-06"), day("2026-03-06")), 0);
        let never = CalendarSettings { working_days: BTreeSet::new(), ..of };
        assert_eq!(never.shifted(day("2026-03-06"), 1), None);
    }

    /// DUE-1
    #[test]
    fn business_days_begin_in_working_hours() {
        let of = settings("UTC", r#"{"hours": {"from": "09:00", "until": "17:00"}}"#);
        check_after(&of, "2026-03-02T07:00:00Z", "1bd", "2026-03-03T09:00:00Z");
        check_after(&of, "2026-03-02T16:59:00Z", "1bd", "2026-03-03T16:59:00Z");
        check_after(&of, "2026-03-02T17:00:00Z", "1bd", "2026-03-04T09:00:00Z");
        check_after(&of, "2026-03-07T12:00:00Z", "1bd", "2026-03-10T09:00:00Z");
    }

    /// FIN-24: clocks in Riga skip 03:00 to 04:00 on 29 March, and show it twice on 25 October.
    #[test]
    fn a_local_time_that_is_not_there_is_the_next_and_one_that_comes_twice_is_the_first() {
        let riga: Tz = "Europe/Riga".parse().unwrap();
        let of = |text: &str| {
            let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
            instant(riga, local).map(|at| at.to_rfc3339())
        };
        assert_eq!(of("2026-03-29 03:30").as_deref(), Some("2026-03-29T01:00:00+00:00"));
        assert_eq!(of("2026-10-25 03:30").as_deref(), Some("2026-10-25T00:30:00+00:00"));
        // Samoa left out a whole day.
        let apia: Tz = "Pacific/Apia".parse().unwrap();
        let day = NaiveDate::from_ymd_opt(2011, 12, 30).unwrap().and_time(NaiveTime::MIN);
        assert_eq!(
            instant(apia, day).map(|at| at.to_rfc3339()).as_deref(),
            Some("2011-12-30T10:00:00+00:00")
        );
    }

    /// FIN-24
    #[test]
    fn a_daily_hour_is_the_organizations() {
        let of = settings("Europe/Riga", "{}");
        let next = |at: &str| {
            let at = at.parse::<DateTime<Utc>>().unwrap();
            of.next_daily(at, TimeOfDay::hour(10)).map(|at| at.to_rfc3339())
        };
        assert_eq!(next("2026-03-28T07:59:59Z").as_deref(), Some("2026-03-28T08:00:00+00:00"));
        assert_eq!(next("2026-03-28T08:00:00Z").as_deref(), Some("2026-03-29T07:00:00+00:00"));
    }

    #[test]
    fn days_and_hours_are_read_as_people_write_them() {
        let calendar: CalendarSettings = serde_json::from_str(
            r#"{"working_days": ["sun", "monday"], "hours": {"from": "08:30", "until": "12:00"}}"#,
        )
        .unwrap();
        assert_eq!(calendar.fault(), None);
        let text = serde_json::to_string(&calendar).unwrap();
        assert_eq!(
            text,
            r#"{"working_days":["monday","sunday"],"hours":{"from":"08:30","until":"12:00"}}"#
        );
        for bad in [r#"{"hours": {"from": "9", "until": "12:00"}}"#, r#"{"working_days": ["x"]}"#] {
            assert!(serde_json::from_str::<CalendarSettings>(bad).is_err(), "{bad}");
        }
        let none = CalendarSettings { working_days: BTreeSet::new(), ..calendar.clone() };
        assert!(none.fault().is_some());
        let hours = Hours { from: TimeOfDay::hour(12), until: TimeOfDay::hour(12) };
        assert!(CalendarSettings { hours: Some(hours), ..calendar }.fault().is_some());
    }
}
