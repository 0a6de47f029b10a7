//! Helpers for days, instants and lengths of time.

use chrono::{
    DateTime, Datelike as _, Months, NaiveDate, NaiveTime, TimeDelta, Timelike as _, Utc,
};
use chrono_tz::Tz;
use engine_core::{
    calendar,
    value::{MAX_SPAN_SECONDS, Span, Value},
};
use rhai::{Engine, INT};

use super::{
    business,
    frame::{self, Frame, Native, charge},
    values::{self, Day, Length, Moment, shift, shown},
};
use crate::call::Read;

const SECONDS_OF_A_DAY: u64 = 86_400;

/// Registers the helpers.
pub(super) fn register(engine: &mut Engine) {
    register_days(engine);
    register_instants(engine);
    register_lengths(engine);
}

fn register_days(engine: &mut Engine) {
    engine
        .register_fn("date", date)
        .register_fn("add_days", shift)
        .register_fn("add_weeks", |day: Day, weeks: INT| shift(day, weeks.saturating_mul(7)))
        .register_fn("add_months", add_months)
        .register_fn("add_years", |day: Day, years: INT| add_months(day, years.saturating_mul(12)))
        .register_fn("days_between", |from: Day, to: Day| days(from.0, to.0))
        .register_fn("start_of_month", |day: Day| in_year(day, Some(day.0.month()), Some(1)))
        .register_fn("end_of_month", |day: Day| {
            let first = in_year(day, Some(day.0.month()), Some(1))?;
            shift(add_months(first, 1)?, -1)
        })
        .register_fn("start_of_year", |day: Day| in_year(day, Some(1), Some(1)))
        .register_fn("end_of_year", |day: Day| in_year(day, Some(12), Some(31)))
        .register_fn("+", |day: Day, length: Length| day_after(day, length, 1))
        .register_fn("-", |day: Day, length: Length| day_after(day, length, -1));
}

fn register_instants(engine: &mut Engine) {
    engine
        .register_fn("+", after)
        .register_fn("-", before)
        .register_fn("-", length_between)
        .register_fn("seconds_between", |from: Moment, to: Moment| seconds(from.0, to.0))
        .register_fn("date_of", |at: Moment| local(at.0, None).map(|at| Day(at.date())))
        .register_fn("date_of", |at: Moment, zone: &str| {
            local(at.0, Some(zone)).map(|at| Day(at.date()))
        })
        .register_fn("hour", |at: Moment| local(at.0, None).map(|at| INT::from(at.hour())))
        .register_fn("hour", |at: Moment, zone: &str| {
            local(at.0, Some(zone)).map(|at| INT::from(at.hour()))
        })
        .register_fn("start_of_day", |day: Day| start_of_day(day, None))
        .register_fn("start_of_day", |day: Day, zone: &str| start_of_day(day, Some(zone)))
        .register_fn("now", || frame::with(|frame| Ok(Moment(frame.facts().now))))
        .register_fn("today", || now(None).map(|at| Day(at.date())))
        .register_fn("today", |zone: &str| now(Some(zone)).map(|at| Day(at.date())))
        .register_fn("weekday", || now(None).map(|at| values::weekday(at.date())))
        .register_fn("weekday", |zone: &str| now(Some(zone)).map(|at| values::weekday(at.date())))
        .register_fn("hour", || now(None).map(|at| INT::from(at.hour())))
        .register_fn("hour", |zone: &str| now(Some(zone)).map(|at| INT::from(at.hour())));
}

fn register_lengths(engine: &mut Engine) {
    engine
        .register_get("seconds", |length: &mut Length| match length.0 {
            Span::Seconds(seconds) => INT::try_from(seconds).map_err(|bad| bad.to_string().into()),
            days @ Span::BusinessDays(_) => {
                Native::<INT>::Err(format!("`{days}` has no number of seconds").into())
            }
        })
        .register_get("business_days", |length: &mut Length| match length.0 {
            Span::BusinessDays(days) => Ok(INT::from(days)),
            clock @ Span::Seconds(_) => {
                Native::<INT>::Err(format!("`{clock}` is not of business days").into())
            }
        })
        .register_fn("+", |a: Length, b: Length| combine(a, b, u64::checked_add))
        .register_fn("-", |a: Length, b: Length| combine(a, b, u64::checked_sub))
        .register_fn("*", scale)
        .register_fn("*", |times: INT, length: Length| scale(length, times));
}

fn date(year: INT, month: INT, day: INT) -> Native<Day> {
    let found = || {
        let (year, month) = (i32::try_from(year).ok()?, u32::try_from(month).ok()?);
        NaiveDate::from_ymd_opt(year, month, u32::try_from(day).ok()?)
    };
    found()
        .map(Day)
        .ok_or_else(|| format!("there is no day {day} of month {month} of {year}").into())
}

/// The last day of the month, where the month has no such day.
fn add_months(day: Day, months: INT) -> Native<Day> {
    let moved = || {
        let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
        match months < 0 {
            true => day.0.checked_sub_months(count),
            false => day.0.checked_add_months(count),
        }
    };
    let moved = moved().map(Day);
    moved.ok_or_else(|| format!("`{months}` months from `{}` is out of range", day.0).into())
}

fn in_year(day: Day, month: Option<u32>, of_month: Option<u32>) -> Native<Day> {
    let (month, of_month) = (month.unwrap_or(day.0.month()), of_month.unwrap_or(day.0.day()));
    date(day.0.year().into(), month.into(), of_month.into())
}

/// From one day to another; negative where the other is before.
pub(super) fn days(from: NaiveDate, to: NaiveDate) -> INT {
    to.signed_duration_since(from).num_days()
}

fn day_after(day: Day, length: Length, sign: INT) -> Native<Day> {
    match length.0 {
        Span::BusinessDays(count) => business::add(day, sign.saturating_mul(count.into()), None),
        Span::Seconds(seconds) if seconds.is_multiple_of(SECONDS_OF_A_DAY) => {
            let days = INT::try_from(seconds / SECONDS_OF_A_DAY).map_err(|bad| bad.to_string())?;
            shift(day, sign.saturating_mul(days))
        }
        part @ Span::Seconds(_) => {
            Err(format!("`{part}` is not a number of days: a date has no time of day").into())
        }
    }
}

fn after(at: Moment, length: Length) -> Native<Moment> {
    if let Span::BusinessDays(days) = length.0 {
        charge(business::OPERATIONS_OF_A_DAY.saturating_mul(days.into()))?;
    }
    let found = frame::with(|frame| {
        frame.read(Read::Fact("calendar"));
        Ok(frame.call.calendar.after(frame.call.zone, at.0, length.0))
    })?;
    found.map(Moment).ok_or_else(|| out_of_range(at, length).into())
}

fn before(at: Moment, length: Length) -> Native<Moment> {
    let Some(clock) = length.0.on_the_clock() else {
        let message = "business days cannot be taken from a timestamp: take them from its date";
        return Err(message.into());
    };
    let found = at.0.checked_sub_signed(clock);
    found.map(Moment).ok_or_else(|| out_of_range(at, length).into())
}

fn out_of_range(at: Moment, length: Length) -> String {
    format!("`{}` from `{}` is out of range", length.0, Value::Timestamp(at.0))
}

fn seconds(from: DateTime<Utc>, to: DateTime<Utc>) -> INT {
    to.signed_duration_since(from).num_seconds()
}

fn length_between(to: Moment, from: Moment) -> Native<Length> {
    let length = u64::try_from(seconds(from.0, to.0)).map_err(|_| {
        let (from, to) = (Value::Timestamp(from.0), Value::Timestamp(to.0));
        format!(
            "`{to}` is before `{from}`, and a duration is never negative: use `seconds_between`"
        )
    })?;
    clock(length)
}

fn clock(seconds: u64) -> Native<Length> {
    if seconds > MAX_SPAN_SECONDS {
        return Err(format!("a duration of {seconds} seconds is too long").into());
    }
    Ok(Length(Span::Seconds(seconds)))
}

fn combine(a: Length, b: Length, with: fn(u64, u64) -> Option<u64>) -> Native<Length> {
    let beyond = || format!("the result of `{}` and `{}` is no duration", a.0, b.0);
    match (a.0, b.0) {
        (Span::Seconds(a), Span::Seconds(b)) => clock(with(a, b).ok_or_else(beyond)?),
        (Span::BusinessDays(a), Span::BusinessDays(b)) => {
            business_days(with(a.into(), b.into()).ok_or_else(beyond)?)
        }
        (Span::Seconds(_), Span::BusinessDays(_)) | (Span::BusinessDays(_), Span::Seconds(_)) => {
            Err(format!("`{}` and `{}`: business days need a calendar", a.0, b.0).into())
        }
    }
}

/// As they are written, so that their bounds are the same.
fn business_days(days: u64) -> Native<Length> {
    format!("{days}bd").parse::<Length>().map_err(Into::into)
}

fn scale(length: Length, times: INT) -> Native<Length> {
    let beyond = || format!("`{}` times `{times}` is no duration", length.0);
    let times = u64::try_from(times).map_err(|_| beyond())?;
    match length.0 {
        Span::Seconds(seconds) => clock(seconds.checked_mul(times).ok_or_else(beyond)?),
        Span::BusinessDays(days) => {
            business_days(u64::from(days).checked_mul(times).ok_or_else(beyond)?)
        }
    }
}

fn start_of_day(day: Day, zone: Option<&str>) -> Native<Moment> {
    let zone = frame::with(|frame| zone_of(frame, zone))?;
    let start = calendar::instant(zone, day.0.and_time(NaiveTime::MIN));
    start.map(Moment).ok_or_else(|| format!("`{}` is out of range", day.0).into())
}

fn now(zone: Option<&str>) -> Native<chrono::NaiveDateTime> {
    let now = frame::with(|frame| Ok(frame.facts().now))?;
    local(now, zone)
}

/// An instant on the clocks of a zone; none is the organization's.
fn local(at: DateTime<Utc>, zone: Option<&str>) -> Native<chrono::NaiveDateTime> {
    let zone = frame::with(|frame| zone_of(frame, zone))?;
    // The ends of the world's calendar have no local time everywhere.
    let day = TimeDelta::days(1);
    if at.checked_add_signed(day).is_none() || at.checked_sub_signed(day).is_none() {
        return Err(format!("`{}` is out of range", Value::Timestamp(at)).into());
    }
    Ok(at.with_timezone(&zone).naive_local())
}

fn zone_of(frame: &Frame, name: Option<&str>) -> Native<Tz> {
    match name {
        None => Ok(frame.call.zone),
        Some(name) => {
            name.parse().map_err(|_| format!("`{}` is not a time zone", shown(name)).into())
        }
    }
}
