//! What the last line of a script means.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::{
    directory::Directory,
    extension::{Message, Nominee, NomineeKind, Verdict},
    ids::{Login, UserId},
};
use rhai::Dynamic;

use super::values::Person;

/// The code of every message that a script gives.
const MESSAGE_CODE: &str = "script_message";
const MAX_MESSAGE_BYTES: usize = 2_000;

/// `true` is met, a text is unmet with that text for the person.
pub(super) fn verdict(value: Dynamic) -> Result<Verdict, String> {
    if let Ok(met) = value.as_bool() {
        return if met {
            Ok(Verdict::Met)
        } else {
            Err("the script ended in `false`: end in `true`, or in a text that tells the person why not".into())
        };
    }
    let kind = value.type_name();
    let Ok(text) = value.into_immutable_string() else {
        return Err(format!(
            "the script ended in a value of type `{kind}`: expected `true`, or a text that tells the person why not"
        ));
    };
    let message = message(&text).map_err(|why| format!("the script ended in a text of {why}"))?;
    Ok(Verdict::Unmet(message))
}

/// A text for a person; the error is its length.
pub(super) fn message(text: &str) -> Result<Message, String> {
    if text.trim().is_empty() || text.len() > MAX_MESSAGE_BYTES {
        return Err(format!("{} bytes: expected 1 to {MAX_MESSAGE_BYTES}", text.len()));
    }
    let (code, text) = (MESSAGE_CODE.to_owned(), text.to_owned());
    Ok(Message { code, arguments: BTreeMap::new(), text })
}

/// A list of logins or users; each user once, in the order of the list.
pub(super) fn nominees(value: Dynamic, directory: &Directory) -> Result<Vec<Nominee>, String> {
    let kind = value.type_name();
    let Ok(list) = value.into_array() else {
        return Err(format!(
            "the script ended in a value of type `{kind}`: expected a list of logins"
        ));
    };
    let mut seen = BTreeSet::new();
    let mut nominees = Vec::new();
    for (place, entry) in list.into_iter().enumerate() {
        let user = user(entry, directory)
            .map_err(|why| format!("the script's list at [{place}]: {why}"))?;
        if seen.insert(user.clone()) {
            nominees.push(Nominee { who: NomineeKind::User(user), reason: None });
        }
    }
    Ok(nominees)
}

fn user(entry: Dynamic, directory: &Directory) -> Result<UserId, String> {
    if let Some(person) = entry.clone().try_cast::<Person>() {
        return Ok(person.0);
    }
    let kind = entry.type_name();
    let Ok(login) = entry.into_immutable_string() else {
        return Err(format!("expected a login or a user, found a value of type `{kind}`"));
    };
    let login = Login::parse(&login).map_err(|error| error.to_string())?;
    match directory.by_login(&login) {
        Some(user) => Ok(user.id.clone()),
        None => Err(format!("nobody has the login `{login}`")),
    }
}
