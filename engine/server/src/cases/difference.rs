//! What an answer has that was not expected.

use serde_json::Value as Json;

/// One line for each difference, with the place where it is. Of a map, only what is expected is looked
/// at; lists are as long as expected.
pub(super) fn between(expected: &Json, found: &Json) -> Vec<String> {
    if let (Some(failure), None) = (found.get("failure"), expected.get("failure")) {
        let text = |key| failure.get(key).and_then(Json::as_str).unwrap_or_default();
        return vec![format!("no answer [{}]: {}", text("class"), text("message"))];
    }
    let mut lines = Vec::new();
    compare("", expected, found, &mut lines);
    lines
}

fn compare(place: &str, expected: &Json, found: &Json, lines: &mut Vec<String>) {
    match (expected, found) {
        (Json::Object(wanted), Json::Object(there)) => {
            for (key, expected) in wanted {
                let place = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                match there.get(key) {
                    Some(found) => compare(&place, expected, found, lines),
                    None => lines.push(difference(&place, expected, found)),
                }
            }
        }
        (Json::Array(wanted), Json::Array(there)) if wanted.len() == there.len() => {
            for (number, (expected, found)) in wanted.iter().zip(there).enumerate() {
                compare(&format!("{place}[{number}]"), expected, found, lines);
            }
        }
        (expected, found) if expected != found => lines.push(difference(place, expected, found)),
        _ => {}
    }
}

fn difference(place: &str, expected: &Json, found: &Json) -> String {
    let place = if place.is_empty() { "answer" } else { place };
    format!("{place}: expected {expected}, found {found}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_are_told_by_place() {
        let found = json!({"nominees": [{"user": "bob", "reason": "may"}], "notes": ["a"]});
        assert_eq!(between(&json!({"nominees": [{"user": "bob"}]}), &found), [""; 0]);
        assert_eq!(
            between(&json!({"nominees": [{"user": "ann"}], "notes": []}), &found),
            [
                r#"nominees[0].user: expected "ann", found "bob""#,
                r#"notes: expected [], found ["a"]"#
            ]
        );
        assert_eq!(
            between(&json!({"unmet": "x"}), &json!("met")),
            [r#"answer: expected {"unmet":"x"}, found "met""#]
        );
        assert_eq!(
            between(
                &json!({"unmet": "x"}),
                &json!({"failure": {"class": "fuel", "message": "too much"}})
            ),
            ["no answer [fuel]: too much"]
        );
    }
}
