//! What people call a field.

use super::label;

/// A field in words: `properties.max_rows` is *Max rows*, `items[0].fields` the first item's.
pub(super) fn field(path: &str) -> String {
    let known = match path {
        "approval_expires" => "Last day to approve",
        "ends" => "End",
        "picks" => "Your choice of people",
        "target_users" => "The people it is for",
        "to" => "The person or step you chose",
        "user" => "The person you chose",
        "sha256" => "The checksum of the file",
        "body" => "The file",
        "name" => "The name",
        "attachment" => "The attachment",
        _ => "",
    };
    if !known.is_empty() {
        return known.to_owned();
    }
    if let Some(name) = path.strip_prefix("properties.") {
        return label(name);
    }
    if let Some(assignment) = path.strip_prefix("picks.") {
        return format!("Your choice for {}", label(assignment));
    }
    match numbered(path) {
        Some(("target_users", number, _)) => format!("Person {number} it is for"),
        Some(("items", number, "" | ".resource")) => format!("Item {number}"),
        Some(("items", number, rest)) => {
            format!("{} of item {number}", label(rest.trim_start_matches('.')))
        }
        Some(_) => path.to_owned(),
        None if path.contains(['.', '[']) => path.to_owned(),
        None => label(path),
    }
}

/// `items[0].ticket` is `items`, 1 and `.ticket`.
fn numbered(path: &str) -> Option<(&str, usize, &str)> {
    let (list, rest) = path.split_once('[')?;
    let (index, rest) = rest.split_once(']')?;
    Some((list, index.parse::<usize>().ok()?.saturating_add(1), rest))
}
