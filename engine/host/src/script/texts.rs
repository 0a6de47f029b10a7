//! Helpers for texts.

use engine_core::value::Value;
use rhai::{Array, Dynamic, Engine, ImmutableString};

use super::{
    frame::{self, Native, charge_each},
    operators::kind,
    people::known,
    values::{Day, Length, Moment, Money, Person, shown},
};

/// The longest pattern, in bytes.
const MAX_PATTERN: usize = 256;
/// So many steps of a comparison, or bytes of a text, are one operation.
const PER_OPERATION: usize = 32;

/// Registers the helpers.
pub(super) fn register(engine: &mut Engine) {
    engine
        // The language's own changes a variable and answers nothing.
        .register_fn("trim", |text: &str| ImmutableString::from(text.trim()))
        .register_fn("matches", matches)
        .register_fn("join", |list: Array, separator: &str| join(&list, separator));
}

/// Whether a text is as a pattern says: `*` stands for any letters or none, `?` for one.
fn matches(text: &str, pattern: &str) -> Native<bool> {
    if pattern.len() > MAX_PATTERN {
        return Err(format!(
            "`{}…` is too long for a pattern: it has {} bytes, the most are {MAX_PATTERN}",
            shown(pattern),
            pattern.len()
        )
        .into());
    }
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.chars().collect(), pattern.chars().collect());
    let mut steps = 0;
    let is_match = glob(&text, &pattern, &mut steps);
    charge_each(steps / PER_OPERATION)?;
    Ok(is_match)
}

/// Tries from the last star again where the rest does not fit: at most a step for each letter of the
/// text and of the pattern.
fn glob(text: &[char], pattern: &[char], steps: &mut usize) -> bool {
    let (mut at, mut of, mut again) = (0, 0, None);
    while let Some(letter) = text.get(at) {
        *steps = steps.saturating_add(1);
        match pattern.get(of) {
            Some('*') => {
                again = Some((at, of));
                of += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == letter => {
                at += 1;
                of += 1;
            }
            Some(_) | None => {
                let Some((from, star)) = again else { return false };
                again = Some((from + 1, star));
                at = from + 1;
                of = star + 1;
            }
        }
    }
    pattern.get(of..).unwrap_or_default().iter().all(|wanted| *wanted == '*')
}

/// The values of a list as one text.
fn join(list: &Array, separator: &str) -> Native<String> {
    charge_each(list.len())?;
    let mut joined = String::new();
    for (place, value) in list.iter().enumerate() {
        if place > 0 {
            joined.push_str(separator);
        }
        let text = text(value)?;
        charge_each((text.len().saturating_add(separator.len())) / PER_OPERATION)?;
        joined.push_str(text.as_str());
    }
    Ok(joined)
}

fn text(value: &Dynamic) -> Native<ImmutableString> {
    if let Ok(text) = value.as_immutable_string_ref() {
        return Ok(text.clone());
    }
    if let Some(person) = value.read_lock::<Person>() {
        let login = frame::with(|frame| Ok(known(frame, &person.0)?.login.to_string()))?;
        return Ok(login.into());
    }
    let found = None
        .or_else(|| value.read_lock::<Money>().map(|money| money.0.to_string()))
        .or_else(|| value.read_lock::<Day>().map(|day| day.0.to_string()))
        .or_else(|| value.read_lock::<Moment>().map(|at| Value::Timestamp(at.0).to_string()))
        .or_else(|| value.read_lock::<Length>().map(|length| length.0.to_string()))
        .or_else(|| value.as_int().ok().map(|number| number.to_string()))
        .or_else(|| value.as_decimal().ok().map(|decimal| decimal.to_string()))
        .or_else(|| value.as_char().ok().map(String::from));
    match found {
        Some(text) => Ok(text.into()),
        None => Err(format!("{} cannot be part of a text", kind(value)).into()),
    }
}
