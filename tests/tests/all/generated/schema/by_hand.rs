//! What types look like that read themselves, and what the types of the others cannot say.

use std::collections::BTreeSet;

use engine_core::{ids::MAX_ID_LENGTH, rule::MAX_STEPS, value::PropertyType};
use serde_json::{Map, Value as Json, json};

use super::{Schemas, described, or_nothing, single, text};

/// The keys of a condition that are no operators.
const NO_OPERATORS: [&str; 8] =
    ["property", "all", "any", "not", "script", "plugin", "config", "half_open"];

/// The schema of a type that has a reader of its own; none where serde derived it.
pub(super) fn named(schemas: &mut Schemas, name: &str) -> Option<Json> {
    let schema = match name {
        id if is_id(id) => json!({
            "type": ["string", "number"],
            "pattern": "^[a-z0-9][a-z0-9._-]*$",
            "maxLength": MAX_ID_LENGTH,
        }),
        "PropertyType" => {
            let words = PropertyType::words();
            let words = words.flat_map(|word| [word.to_owned(), format!("list of {word}")]);
            json!({ "enum": words.collect::<Vec<String>>() })
        }
        "Span" => json!({
            "type": "string",
            "pattern": "^[0-9]+(s|m|h|d|w|bd)$",
            "description": "Such as `90m`, `3d`, `2w`, or `5bd` for business days.",
        }),
        "TimeOfDay" => json!({ "type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5]?[0-9]$" }),
        "Origin" => json!({ "type": "string", "pattern": "^https?://[^/?#@]+/?$" }),
        "Method" => {
            json!({ "enum": engine_host::Method::ALL.map(engine_host::Method::as_str) })
        }
        // Of a property, or of where the settings name it.
        "Name" => {
            let text = json!({ "type": "string" });
            json!({ "anyOf": [text, single("config", &text)] })
        }
        "ConditionDoc" => condition(schemas),
        "WhoDoc" => who(schemas),
        "NotifyDoc" => notify(schemas),
        "PickFromDoc" => {
            let who = schemas.define("WhoDoc");
            json!({ "anyOf": [{ "const": "everyone" }, who] })
        }
        "GroupDoc" => group(schemas),
        "RatesDoc" => rates(),
        "ReplaceBy" => replacement(schemas),
        "Texts" | "OneOf" => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": text() }] })
        }
        "ApproversAnswer" => approvers(schemas),
        "ActionDoc" => action(schemas),
        _ => return None,
    };
    Some(schema)
}

/// What the type of a field does not say.
pub(super) fn refined(schemas: &mut Schemas, name: &str, mut schema: Json) -> Json {
    match name {
        "Definition" => {
            schema["properties"]["steps"]["minItems"] = json!(1);
            schema["properties"]["steps"]["maxItems"] = json!(MAX_STEPS);
        }
        "WorldDoc" => {
            let file = single("file", &text());
            let rule = json!({ "$ref": "#/$defs/definition" });
            schema["properties"]["rules"]["items"] = json!({ "anyOf": [rule, file] });
            schema["properties"]["cases"]["items"] = schemas.define("CaseDoc");
            schema["properties"]["cases"]["minItems"] = json!(1);
            schema["required"] = json!(["cases"]);
        }
        "CaseDoc" => {
            schema["properties"]["do"]["items"] = schemas.define("ActionDoc");
            schema["properties"]["do"]["minItems"] = json!(1);
        }
        "PluginDoc" => {
            schema["oneOf"] = json!([{ "required": ["component"] }, { "required": ["stub"] }]);
        }
        _ => {}
    }
    schema
}

/// Whether it is a text that people name something by.
pub(super) fn is_id(name: &str) -> bool {
    name.ends_with("Id") || matches!(name, "Login" | "PropertyName")
}

/// Each shape of a condition has the keys that go together, and no other.
fn condition(schemas: &mut Schemas) -> Json {
    let operators = schemas.types.words("OPERATORS");
    let keys: BTreeSet<String> = schemas.types.words("CONDITION_KEYS").into_iter().collect();
    let known = operators.iter().map(String::as_str).chain(NO_OPERATORS);
    assert_eq!(keys, known.map(str::to_owned).collect(), "the keys of a condition");

    let mut shapes: Vec<Json> = operators.iter().map(|operator| comparison(operator)).collect();
    for shape in schemas.types.variants("ConditionDoc") {
        let name = &shape.names[0];
        let schema = match name.as_str() {
            "property" => continue,
            "script" | "plugin" => extension(schemas, name),
            _ => single(name, &schemas.of_type(shape.of.as_ref().unwrap())),
        };
        shapes.push(described(schema, &shape.about));
    }
    json!({ "description": schemas.types.about("ConditionDoc"), "anyOf": shapes })
}

fn comparison(operator: &str) -> Json {
    let operand = match operator {
        "in" | "not_in" => json!({ "type": "array" }),
        "between" => json!({ "type": "array", "minItems": 2, "maxItems": 2 }),
        "is_set" => json!({ "type": "boolean" }),
        _ => json!({}),
    };
    let mut properties = Map::new();
    let path = "A property, such as `amount`, `request.urgent` or `requester.groups`.";
    properties.insert("property".to_owned(), described(text(), path));
    properties.insert(operator.to_owned(), operand);
    if operator == "between" {
        let about = "The upper bound is not included.";
        properties.insert("half_open".to_owned(), described(json!({ "type": "boolean" }), about));
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": ["property", operator],
        "additionalProperties": false,
    })
}

/// A script or a plugin with its configuration.
fn extension(schemas: &mut Schemas, key: &str) -> Json {
    let mut schema = single(key, &schemas.define("Id"));
    let about = "Values may be `{property: name}`.";
    schema["properties"]["config"] = described(json!({ "type": "object" }), about);
    schema
}

fn who(schemas: &mut Schemas) -> Json {
    let mut keys: BTreeSet<String> = schemas.types.words("WHO_KEYS").into_iter().collect();
    keys.remove("config");
    let mut shapes = Vec::new();
    for shape in schemas.types.variants("WhoDoc") {
        let name = &shape.names[0];
        assert!(keys.remove(name), "`{name}` is no key of a who");
        let schema = match name.as_str() {
            "script" | "plugin" => extension(schemas, name),
            _ => single(name, &schemas.of_type(shape.of.as_ref().unwrap())),
        };
        shapes.push(described(schema, &shape.about));
    }
    assert!(keys.is_empty(), "{keys:?} are keys of a who that no variant has");
    json!({ "description": schemas.types.about("WhoDoc"), "anyOf": shapes })
}

fn notify(schemas: &mut Schemas) -> Json {
    let mut shapes = Vec::new();
    for shape in schemas.types.variants("NotifyDoc") {
        let schema = match &shape.of {
            None => json!({ "const": shape.names[0] }),
            Some(of) => schemas.of_type(of),
        };
        shapes.push(described(schema, &shape.about));
    }
    json!({ "description": schemas.types.about("NotifyDoc"), "anyOf": shapes })
}

fn group(schemas: &mut Schemas) -> Json {
    let id = schemas.define("GroupId");
    let mut named = single("id", &id);
    let about = "Shown to people; the id where absent.";
    named["properties"]["name"] = described(or_nothing(text()), about);
    json!({ "description": schemas.types.about("GroupDoc"), "anyOf": [id, named] })
}

fn rates() -> Json {
    let currency = "^[A-Z]{3}$";
    let base = json!({ "type": "string", "pattern": currency });
    let day = json!({ "type": "string", "format": "date" });
    let rate = described(text(), "The value of one unit in the base currency.");
    json!({
        "description": "The rate table (DIR-7).",
        "type": "object",
        "properties": {
            "base": described(base, "The base currency, such as `EUR`."),
            "as_of": described(day, "The day of the rates."),
        },
        "required": ["base", "as_of"],
        "patternProperties": { currency: rate },
        "additionalProperties": false,
    })
}

fn replacement(schemas: &mut Schemas) -> Json {
    let login = schemas.define("Login");
    let each = json!({ "type": "object", "additionalProperties": login });
    json!({ "description": schemas.types.about("ReplaceBy"), "anyOf": [login, each] })
}

/// `[bob, cleo]`, one of them, or how it fails; answers stand in lists of their own.
fn approvers(schemas: &mut Schemas) -> Json {
    let (login, class) = (schemas.define("Login"), schemas.define("FailureClass"));
    let several = json!({ "type": "array", "items": login });
    json!({ "anyOf": [login, several, single("fail", &class)] })
}

/// One command, and what is expected after it.
fn action(schemas: &mut Schemas) -> Json {
    let mut properties = Map::new();
    for command in schemas.types.commands() {
        let schema = schemas.of_type(&command.of);
        properties.insert(command.name, schema);
    }
    properties.insert("expect".to_owned(), schemas.define("ExpectDoc"));
    json!({
        "description": "One command, and what is expected after it; without `expect` it must succeed.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        "anyOf": [
            { "minProperties": 1, "maxProperties": 1, "not": { "required": ["expect"] } },
            { "minProperties": 2, "maxProperties": 2, "required": ["expect"] },
        ],
    })
}
