//! `docs/schema/*.json`: JSON Schemas of the documents that people write, from the types that read them.
//!
//! Fields and words, whether they may be absent, and what they mean are those of the source. What a type
//! with a reader of its own looks like is told in `by_hand.rs`; a type that is known to neither ends the
//! test. What only the engine can judge (whether a name exists, whether a value is of its property's
//! type) is left to the engine.

mod by_hand;
mod types;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use self::types::{Field, Named, Shape, Types, Variant};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

const RULE_FILES: &[&str] = &[
    "engine/core/src/directory.rs",
    "engine/core/src/rule/definition.rs",
    "engine/core/src/rule/definition/notify.rs",
    "engine/core/src/rule/definition/step.rs",
    "engine/core/src/rule/written.rs",
];
const ORGANIZATION_FILES: &[&str] = &[
    "engine/api/src/directory.rs",
    "engine/api/src/organization.rs",
    "engine/api/src/organization/grant.rs",
    "engine/core/src/calendar.rs",
    "engine/core/src/directory.rs",
    "engine/core/src/organization.rs",
];
const SCENARIO_FILES: &[&str] = &[
    "engine/server/src/scenario/file.rs",
    "engine/server/src/scenario/command.rs",
    "engine/server/src/scenario/command/rules.rs",
    "engine/server/src/scenario/command/step.rs",
    "engine/server/src/scenario/command/talk.rs",
    "engine/server/src/scenario/crash.rs",
    "engine/server/src/scenario/expect/keys.rs",
    "engine/server/src/scenario/stub/answers.rs",
    "engine/api/src/command.rs",
    "engine/api/src/directory.rs",
    "engine/core/src/calendar.rs",
    "engine/core/src/directory.rs",
    "engine/core/src/extension.rs",
    "engine/core/src/organization.rs",
    "engine/core/src/rejection/code.rs",
    "engine/core/src/request/phase.rs",
    "engine/core/src/rule/group.rs",
    "engine/host/src/grant.rs",
];

/// The schema of a rule document.
pub(super) fn rule() -> String {
    let mut schemas = Schemas::of(RULE_FILES);
    schemas.document("Definition", "A rule of Countersign")
}

/// The schema of a document about an organization.
pub(super) fn organization() -> String {
    let mut schemas = Schemas::of(ORGANIZATION_FILES);
    schemas.document("OrganizationDoc", "An organization of Countersign")
}

/// The schema of a scenario file.
pub(super) fn scenario() -> String {
    let mut rules = Schemas::of(RULE_FILES);
    rules.define("Definition");
    let mut schemas = Schemas::of(SCENARIO_FILES);
    schemas.parts = rules.parts;
    schemas.document("WorldDoc", "A scenario file of Countersign")
}

/// Schemas on their way to a document.
struct Schemas {
    types: Types,
    /// Whether a `StepDoc` is a command of a scenario.
    has_commands: bool,
    /// What stands under `$defs`, by its name there.
    parts: BTreeMap<String, Json>,
}

impl Schemas {
    fn of(files: &[&str]) -> Self {
        let has_commands = files == SCENARIO_FILES;
        Self { types: Types::read(files), has_commands, parts: BTreeMap::new() }
    }

    /// The whole schema of a document, as it is committed.
    fn document(&mut self, root: &str, title: &str) -> String {
        self.define(root);
        let mut schema = self.parts.remove(&part_name(root)).unwrap();
        let parts: Map<String, Json> = std::mem::take(&mut self.parts).into_iter().collect();
        schema["$schema"] = json!(DIALECT);
        schema["title"] = json!(title);
        schema["$defs"] = Json::Object(parts);
        serde_json::to_string_pretty(&schema).unwrap() + "\n"
    }

    /// A reference to a named type, which is among the parts then.
    fn define(&mut self, name: &str) -> Json {
        let part = part_name(name);
        if !self.parts.contains_key(&part) {
            // Types hold themselves: it has to be known before its fields are.
            self.parts.insert(part.clone(), Json::Null);
            let schema = match by_hand::named(self, name) {
                Some(schema) => schema,
                None => self.read(name),
            };
            self.parts.insert(part.clone(), schema);
        }
        json!({ "$ref": format!("#/$defs/{part}") })
    }

    /// The schema of a type whose reader serde derived.
    fn read(&mut self, name: &str) -> Json {
        let shape = self.types.find(name);
        let about = self.types.about(name);
        let mut schema = match shape {
            Shape::Struct(fields) => self.object(&fields),
            Shape::Enum(variants) => self.choice(&variants),
        };
        if !about.is_empty() {
            schema["description"] = json!(about);
        }
        by_hand::refined(self, name, schema)
    }

    fn object(&mut self, fields: &[Field]) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in fields {
            for name in &field.names {
                let schema = described(self.of_type(&field.of), &field.about);
                properties.insert(name.clone(), schema);
            }
            if field.is_required {
                required.extend(field.names.first());
            }
        }
        let mut schema = json!({ "type": "object" });
        schema["properties"] = Json::Object(properties);
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema["additionalProperties"] = json!(false);
        schema
    }

    /// A word, or a map with a word as its only key.
    fn choice(&mut self, variants: &[Variant]) -> Json {
        let mut alternatives = Vec::new();
        for variant in variants {
            match &variant.of {
                None => {
                    for name in &variant.names {
                        alternatives.push(described(json!({ "const": name }), &variant.about));
                    }
                }
                Some(of) => {
                    let name = variant.names.first().unwrap();
                    let inner = self.of_type(of);
                    alternatives.push(described(single(name, &inner), &variant.about));
                }
            }
        }
        json!({ "anyOf": alternatives })
    }

    /// The schema of a field's type.
    fn of_type(&mut self, of: &Named) -> Json {
        match (of.name.as_str(), of.arguments.as_slice()) {
            ("Option", [of]) => or_nothing(self.of_type(of)),
            ("Box", [of]) => self.of_type(of),
            ("Vec", [of]) => json!({ "type": "array", "items": self.of_type(of) }),
            ("BTreeSet", [of]) => json!({ "type": "array", "items": self.of_type(of) }),
            ("BTreeMap", [key, of]) => {
                let mut schema = json!({ "type": "object" });
                let key = self.of_type(key);
                if key != text() {
                    schema["propertyNames"] = key;
                }
                schema["additionalProperties"] = self.of_type(of);
                schema
            }
            ("Answers", [of]) => {
                let one = self.of_type(of);
                json!({ "anyOf": [one, { "type": "array", "items": one }] })
            }
            ("bool", []) => json!({ "type": "boolean" }),
            ("u32", []) => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            ("String" | "PathBuf", []) => text(),
            ("Json" | "IgnoredAny", []) => json!({}),
            ("NaiveDate", []) => json!({ "type": "string", "format": "date" }),
            ("DateTime", [_]) => json!({ "type": "string", "format": "date-time" }),
            // Rules have a `StepDoc` too.
            ("StepDoc", []) if self.has_commands => self.define("ActionDoc"),
            (name, []) => self.define(name),
            (other, _) => panic!("`{other}` is not known here"),
        }
    }
}

/// A text. A number is one too, as it is in YAML.
fn text() -> Json {
    json!({ "type": ["string", "number"] })
}

/// A map with one key.
fn single(name: &str, of: &Json) -> Json {
    json!({
        "type": "object",
        "properties": { name: of },
        "required": [name],
        "additionalProperties": false,
    })
}

/// Nothing may stand there as well.
fn or_nothing(schema: Json) -> Json {
    if schema == json!({}) {
        return schema;
    }
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn described(mut schema: Json, about: &str) -> Json {
    if !about.is_empty() {
        schema["description"] = json!(about);
    }
    schema
}

/// `StepDoc` is a `step`, `OrganizationRole` an `organization_role`, whatever people name things by an `id`.
fn part_name(name: &str) -> String {
    if by_hand::is_id(name) {
        return "id".to_owned();
    }
    types::snake(name.strip_suffix("Doc").unwrap_or(name))
}
