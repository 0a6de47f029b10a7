//! Business days, by the calendar of the organization (DUE-1) or by one that a script makes.

use std::sync::Arc;

use engine_core::calendar::CalendarSettings;
use rhai::{Array, Dynamic, Engine, INT, Map};
use serde_json::Value as Json;

use super::{
    frame::{self, Native, charge, charge_each},
    operators::kind,
    times::days,
    values::Day,
};
use crate::call::Read;

/// A business day is looked for in so many days, and each is looked up.
pub(super) const OPERATIONS_OF_A_DAY: u64 = 7;

/// A calendar that a script has made.
#[derive(Clone, Debug)]
pub(super) struct Calendar(Arc<CalendarSettings>);

/// Registers the helpers.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<Calendar>("calendar")
        .register_fn("calendar", |settings: Map| calendar(&settings))
        .register_fn("is_business_day", |day: Day| is_working(day, None))
        .register_fn("is_business_day", |day: Day, by: Calendar| is_working(day, Some(&by)))
        .register_fn("add_business_days", |day: Day, count: INT| add(day, count, None))
        .register_fn("add_business_days", |day: Day, count: INT, by: Calendar| {
            add(day, count, Some(&by))
        })
        .register_fn("business_days_between", |from: Day, to: Day| between(from, to, None))
        .register_fn("business_days_between", |from: Day, to: Day, by: Calendar| {
            between(from, to, Some(&by))
        });
}

/// So many business days from a day, back where they are negative.
pub(super) fn add(day: Day, count: INT, by: Option<&Calendar>) -> Native<Day> {
    charge(OPERATIONS_OF_A_DAY.saturating_mul(count.unsigned_abs()))?;
    let calendar = chosen(by)?;
    let found = i32::try_from(count).ok().and_then(|count| calendar.shifted(day.0, count));
    found
        .map(Day)
        .ok_or_else(|| format!("`{count}` business days from `{}` is out of range", day.0).into())
}

fn between(from: Day, to: Day, by: Option<&Calendar>) -> Native<INT> {
    charge(days(from.0, to.0).unsigned_abs())?;
    Ok(chosen(by)?.working_between(from.0, to.0))
}

fn is_working(day: Day, by: Option<&Calendar>) -> Native<bool> {
    Ok(chosen(by)?.is_working(day.0))
}

fn chosen(by: Option<&Calendar>) -> Native<Arc<CalendarSettings>> {
    match by {
        Some(Calendar(made)) => Ok(Arc::clone(made)),
        None => frame::with(|frame| {
            frame.read(Read::Fact("calendar"));
            Ok(Arc::clone(&frame.call.calendar))
        }),
    }
}

/// From a map such as `#{working_days: ["sunday", …], holidays: ["2026-12-24", …]}`: the setting
/// `calendar` of an organization, without its hours.
fn calendar(settings: &Map) -> Native<Calendar> {
    let mut fields = serde_json::Map::new();
    for (name, value) in settings {
        let list = value.as_array_ref().map_err(|found| {
            format!("the calendar's `{name}`: expected a list, found a value of type `{found}`")
        })?;
        charge_each(list.len())?;
        fields.insert(name.to_string(), words(name, &list)?);
    }
    let made: CalendarSettings = serde_json::from_value(Json::Object(fields))
        .map_err(|error| format!("this is no calendar: {error}"))?;
    match made.fault() {
        Some((field, why)) => Err(format!("this is no calendar: `{field}`: {why}").into()),
        None => Ok(Calendar(Arc::new(made))),
    }
}

fn words(name: &str, list: &Array) -> Native<Json> {
    let word = |value: &Dynamic| match value.read_lock::<Day>() {
        Some(day) => Ok(Json::from(day.0.to_string())),
        None => {
            value.as_immutable_string_ref().map(|text| Json::from(text.as_str())).map_err(|_| {
                format!("the calendar's `{name}`: expected texts or dates, found {}", kind(value))
            })
        }
    };
    Ok(Json::Array(list.iter().map(word).collect::<Result<_, _>>()?))
}
