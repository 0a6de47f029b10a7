//! Checks a request by a JSON Schema.
//!
//! The schema is one of an object with the request's properties, those that are empty left out. Numbers
//! are exact. What the person reads is the `x-message` of the schema that is not met, or a sentence of
//! the validator.

use jsonschema::ValidationError;
use sdk_plugin::{plugin, prelude::*};
use serde_json::{Map, Number, Value as Json, json};

/// The validator.
struct BusinessRules;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    properties: Vec<String>,
    schema: Map<String, Json>,
}

impl Validator for BusinessRules {
    type Config = Config;

    fn validate(config: Config) -> Result<Vec<Problem>> {
        let schema = Json::Object(config.schema);
        let validator = jsonschema::draft202012::new(&schema).map_err(|error| {
            Error::permanent("bad_schema", format!("the schema cannot be used: {error}"))
        })?;
        let names: Vec<&str> = config.properties.iter().map(String::as_str).collect();
        let mut request = Map::new();
        for (name, value) in names.iter().zip(request::find_many(&names)?) {
            if let Some(value) = value {
                request.insert((*name).to_owned(), written(&value)?);
            }
        }
        let request = Json::Object(request);
        let mut problems: Vec<Problem> =
            validator.iter_errors(&request).map(|error| problem(&error, &schema)).collect();
        problems.dedup();
        problems.truncate(100);
        Ok(problems)
    }
}

plugin!(validator: BusinessRules);

/// A value as the schema sees it.
fn written(value: &Value) -> Result<Json> {
    Ok(match value {
        Value::Decimal(decimal) => Json::Number(number(&decimal.to_string())?),
        Value::Money(money) => {
            json!({ "amount": number(&money.amount.to_string())?, "currency": money.currency })
        }
        Value::List(values) => values.iter().map(written).collect::<Result<_>>()?,
        other => other.to_json(),
    })
}

/// A decimal with all its digits.
fn number(text: &str) -> Result<Number> {
    Ok(serde_json::from_str(text)?)
}

/// What the person reads of an error.
fn problem(error: &ValidationError<'_>, schema: &Json) -> Problem {
    let place = error.schema_path().to_string();
    let around = place.rsplit_once('/').map_or("", |(around, _)| around);
    let told = schema.pointer(around).and_then(|schema| schema.get("x-message"));
    let text = match told.and_then(Json::as_str) {
        Some(text) => text.to_owned(),
        None => error.to_string(),
    };
    let property = match missing(error) {
        Some(name) => Some(name),
        None => first(&error.instance_path().to_string()),
    };
    let why = Message::new("business_rule", text);
    match property {
        Some(name) => Problem::of(&name, why),
        None => Problem::whole(why),
    }
}

/// The property that is missing at the top, where that is the error.
fn missing(error: &ValidationError<'_>) -> Option<String> {
    match error.kind() {
        jsonschema::error::ValidationErrorKind::Required { property }
            if error.instance_path().to_string().is_empty() =>
        {
            property.as_str().map(str::to_owned)
        }
        _ => None,
    }
}

/// The property in which a place lies, such as `price` for `/price/amount`.
fn first(place: &str) -> Option<String> {
    let name = place.strip_prefix('/')?.split('/').next()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use sdk_plugin::{
        Class,
        testing::{Host, money},
    };

    use super::*;

    fn host(schema: &Json) -> Host {
        let properties = ["price", "factor", "reason", "tags", "until"];
        Host::new(MANIFEST)
            .config(json!({ "properties": properties, "schema": schema }))
            .property("price", money("1000.01 EUR"))
            .property("factor", Value::Decimal("0.3".parse().unwrap()))
            .property("reason", "because".to_owned())
            .property("tags", Value::List(vec![Value::Text("a".into()), Value::Text("a".into())]))
    }

    fn found(schema: &Json) -> Vec<(Option<String>, String)> {
        let problems = host(schema).validate::<BusinessRules>().unwrap();
        problems.into_iter().map(|problem| (problem.property, problem.why.text)).collect()
    }

    #[test]
    fn what_fits_has_no_problem() {
        let schema = json!({
            "required": ["price"],
            "properties": {
                "price": {"properties": {"amount": {"maximum": 1000.01}, "currency": {"const": "EUR"}}},
                "factor": {"multipleOf": 0.1},
                "reason": {"minLength": 5},
            },
        });
        assert_eq!(found(&schema), []);
    }

    #[test]
    fn a_problem_names_its_property() {
        let schema = json!({
            "required": ["until"],
            "properties": {
                "price": {
                    "properties": {"amount": {"maximum": 1000, "x-message": "Above 1,000 ask the board."}},
                },
                "reason": {"pattern": "^[A-Z]", "x-message": "Say it in a sentence."},
                "tags": {"uniqueItems": true},
            },
            "x-message": "Say until when.",
        });
        let mut found = found(&schema);
        found.sort();
        let of = |name: &str, text: &str| (Some(name.to_owned()), text.to_owned());
        assert_eq!(found[0], of("price", "Above 1,000 ask the board."));
        assert_eq!(found[1], of("reason", "Say it in a sentence."));
        assert_eq!(found[2].0.as_deref(), Some("tags"));
        assert_eq!(found[3], of("until", "Say until when."));
        assert_eq!(found.len(), 4);
    }

    #[test]
    fn numbers_are_exact() {
        let most = |most: &str| {
            let text = format!(
                r#"{{"properties": {{"price": {{"properties": {{"amount": {{"maximum": {most}}}}}}}}}}}"#
            );
            found(&serde_json::from_str(&text).unwrap()).len()
        };
        assert_eq!(most("1000.01"), 0);
        assert_eq!(most("1000.00999999999999999999"), 1);
    }

    #[test]
    fn rules_over_several_properties_are_about_the_whole() {
        let schema = json!({"not": {"required": ["price", "factor"]}, "x-message": "Not both."});
        assert_eq!(found(&schema), [(None, "Not both.".to_owned())]);
    }

    #[test]
    fn a_schema_that_is_none_is_no_answer() {
        for schema in [json!({"type": "text"}), json!({"$ref": "https://example.org/a.json"})] {
            let error = host(&schema).validate::<BusinessRules>().unwrap_err();
            assert_eq!(error.class, Class::Permanent);
        }
    }
}
