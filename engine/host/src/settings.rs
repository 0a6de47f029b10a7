//! The settings of one use of an extension, in the forms in which it sees them.

use engine_core::{
    extension::{ConfigValue, ResolvedConfig},
    value::Value,
};
use serde_json::Value as Json;

/// The settings as one JSON object; what came from a property is written as in rule documents.
pub(crate) fn to_json(config: &ResolvedConfig) -> Json {
    config.iter().map(|(key, value)| (key.clone(), json_of(value))).collect()
}

fn json_of(setting: &ConfigValue) -> Json {
    match setting {
        ConfigValue::Json(json) => json.clone(),
        ConfigValue::Property(value) => written(value),
    }
}

fn written(value: &Value) -> Json {
    match value {
        Value::Number(number) => (*number).into(),
        Value::Boolean(boolean) => (*boolean).into(),
        Value::List(values) => values.iter().map(written).collect(),
        Value::Text(_)
        | Value::Decimal(_)
        | Value::Money(_)
        | Value::Date(_)
        | Value::Timestamp(_)
        | Value::Duration(_)
        | Value::Choice(_)
        | Value::User(_)
        | Value::Group(_)
        | Value::Node(_)
        | Value::Resource(_)
        | Value::Attachment(_) => value.to_string().into(),
    }
}

/// Whether a setting is this name, or a list that has it.
pub(crate) fn names(config: &ResolvedConfig, key: &str, name: &str) -> bool {
    any(config, key, |found| found == name)
}

/// Whether a setting is such a text, or a list that has one.
pub(crate) fn any(config: &ResolvedConfig, key: &str, is: impl Fn(&str) -> bool) -> bool {
    let Some(setting) = config.get(key) else { return false };
    match setting {
        ConfigValue::Property(Value::List(values)) => values.iter().any(|v| is(&v.to_string())),
        ConfigValue::Property(value) => is(&value.to_string()),
        ConfigValue::Json(Json::String(found)) => is(found),
        ConfigValue::Json(Json::Array(all)) => all.iter().filter_map(Json::as_str).any(is),
        ConfigValue::Json(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config() -> ResolvedConfig {
        [
            ("plain", ConfigValue::Json(json!({"a": [1, "b"]}))),
            ("amount", ConfigValue::Property(Value::Money("12.50 EUR".parse().unwrap()))),
            ("days", ConfigValue::Property(Value::Number(3))),
            ("tags", ConfigValue::Property(Value::List(vec![Value::Text("x".into())]))),
            ("names", ConfigValue::Json(json!(["y", "z"]))),
        ]
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
    }

    #[test]
    fn properties_are_written_as_in_documents() {
        let expected = json!({
            "plain": {"a": [1, "b"]}, "amount": "12.50 EUR", "days": 3, "tags": ["x"],
            "names": ["y", "z"],
        });
        assert_eq!(to_json(&config()), expected);
    }

    #[test]
    fn names_are_found_alone_and_in_lists() {
        let config = config();
        assert!(names(&config, "tags", "x") && names(&config, "names", "z"));
        assert!(names(&config, "days", "3"));
        assert!(!names(&config, "names", "x") && !names(&config, "nothing", "x"));
    }
}
