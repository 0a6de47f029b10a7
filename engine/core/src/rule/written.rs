//! The two shapes of the rule document whose keys depend on each other: conditions and `who`.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::Value as Json;

use super::definition::{NodeWhoDoc, PickDoc, PickFromDoc};
use crate::{
    directory::OrganizationRole,
    ids::{GroupId, Login, PluginId, PropertyName, ScriptId},
};

/// A script or plugin with its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ExtensionDoc<Id> {
    /// Which.
    pub id: Id,
    /// Values may be `{property: name}`.
    pub config: BTreeMap<String, Json>,
}

/// A condition, as written (CND).
#[derive(Clone, Debug, PartialEq)]
pub enum ConditionDoc {
    /// `{property: path, <operator>: value}`.
    Property {
        /// Such as `amount`, `request.urgent` or `requester.groups`.
        path: String,
        /// The operator with what it compares to.
        operator: OperatorDoc,
    },
    /// `{all: […]}`.
    All(Vec<ConditionDoc>),
    /// `{any: […]}`.
    Any(Vec<ConditionDoc>),
    /// `{not: …}`.
    Not(Box<ConditionDoc>),
    /// `{script: …}` (CND-3).
    Script(ExtensionDoc<ScriptId>),
    /// `{plugin: …}` (CND-3).
    Plugin(ExtensionDoc<PluginId>),
}

/// An operator, as written (CND-2).
#[derive(Clone, Debug, PartialEq)]
pub struct OperatorDoc {
    /// One of [`OPERATORS`].
    pub name: &'static str,
    /// A literal, a list of literals, or a boolean.
    pub operand: Json,
    /// For `between`: the upper bound is not included.
    pub half_open: bool,
}

/// The operators of CND-2.
pub(crate) const OPERATORS: [&str; 13] = [
    "equal",
    "not_equal",
    "less",
    "less_or_equal",
    "greater",
    "greater_or_equal",
    "between",
    "in",
    "not_in",
    "contains",
    "within",
    "is_set",
    "matches",
];

const CONDITION_KEYS: [&str; 21] = [
    "property",
    "all",
    "any",
    "not",
    "script",
    "plugin",
    "config",
    "half_open",
    "equal",
    "not_equal",
    "less",
    "less_or_equal",
    "greater",
    "greater_or_equal",
    "between",
    "in",
    "not_in",
    "contains",
    "within",
    "is_set",
    "matches",
];

const SHAPES: &str = "expected `{property: …, <operator>: …}`, `{all: […]}`, `{any: […]}`, `{not: …}`, `{script: …}` or `{plugin: …}`";

#[derive(Default)]
struct ConditionKeys {
    property: Option<String>,
    operators: Vec<(&'static str, Json)>,
    half_open: Option<bool>,
    all: Option<Vec<ConditionDoc>>,
    any: Option<Vec<ConditionDoc>>,
    not: Option<ConditionDoc>,
    script: Option<ScriptId>,
    plugin: Option<PluginId>,
    config: Option<BTreeMap<String, Json>>,
}

impl ConditionKeys {
    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut keys = Self::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "property" => keys.property = Some(map.next_value()?),
                "half_open" => keys.half_open = Some(map.next_value()?),
                "all" => keys.all = Some(map.next_value()?),
                "any" => keys.any = Some(map.next_value()?),
                "not" => keys.not = Some(map.next_value()?),
                "script" => keys.script = Some(map.next_value()?),
                "plugin" => keys.plugin = Some(map.next_value()?),
                "config" => keys.config = Some(map.next_value()?),
                other => match OPERATORS.iter().find(|name| **name == other) {
                    Some(name) => keys.operators.push((name, map.next_value()?)),
                    None => return Err(de::Error::unknown_field(other, &CONDITION_KEYS)),
                },
            }
        }
        Ok(keys)
    }

    fn condition<E: de::Error>(self) -> Result<ConditionDoc, E> {
        let shapes = usize::from(self.property.is_some())
            + usize::from(self.all.is_some())
            + usize::from(self.any.is_some())
            + usize::from(self.not.is_some())
            + usize::from(self.script.is_some())
            + usize::from(self.plugin.is_some());
        let is_test = self.property.is_some();
        let is_extension = self.script.is_some() || self.plugin.is_some();
        if shapes != 1 {
            return Err(E::custom(format_args!("not one condition: {SHAPES}")));
        }
        if !is_test && (!self.operators.is_empty() || self.half_open.is_some()) {
            return Err(E::custom("an operator goes with `property`"));
        }
        if !is_extension && self.config.is_some() {
            return Err(E::custom("`config` goes with `script` or `plugin`"));
        }
        let config = self.config.unwrap_or_default();
        if let Some(path) = self.property {
            let operator = operator(self.operators, self.half_open)?;
            return Ok(ConditionDoc::Property { path, operator });
        }
        if let Some(id) = self.script {
            return Ok(ConditionDoc::Script(ExtensionDoc { id, config }));
        }
        if let Some(id) = self.plugin {
            return Ok(ConditionDoc::Plugin(ExtensionDoc { id, config }));
        }
        Ok(match (self.all, self.any, self.not) {
            (Some(parts), _, _) => ConditionDoc::All(parts),
            (_, Some(parts), _) => ConditionDoc::Any(parts),
            (_, _, Some(part)) => ConditionDoc::Not(Box::new(part)),
            (None, None, None) => return Err(E::custom(SHAPES)),
        })
    }
}

fn operator<E: de::Error>(
    mut found: Vec<(&'static str, Json)>,
    half_open: Option<bool>,
) -> Result<OperatorDoc, E> {
    let Some((name, operand)) = found.pop() else {
        return Err(E::custom(format_args!(
            "no operator: expected one of {}",
            OPERATORS.join(", ")
        )));
    };
    if !found.is_empty() {
        return Err(E::custom("two operators in one condition: a range is one `between`"));
    }
    if half_open.is_some() && name != "between" {
        return Err(E::custom("`half_open` goes with `between`"));
    }
    Ok(OperatorDoc { name, operand, half_open: half_open.unwrap_or(false) })
}

impl<'de> Deserialize<'de> for ConditionDoc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = ConditionDoc;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a condition such as `{property: amount, less: \"100 EUR\"}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ConditionDoc, A::Error> {
                ConditionKeys::read(map)?.condition()
            }
        }
        from.deserialize_map(Reader)
    }
}

impl Serialize for ConditionDoc {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        match self {
            Self::Property { path, operator } => {
                map.serialize_entry("property", path)?;
                map.serialize_entry(operator.name, &operator.operand)?;
                if operator.half_open {
                    map.serialize_entry("half_open", &true)?;
                }
            }
            Self::All(parts) => map.serialize_entry("all", parts)?,
            Self::Any(parts) => map.serialize_entry("any", parts)?,
            Self::Not(part) => map.serialize_entry("not", part)?,
            Self::Script(doc) => extension(&mut map, "script", doc)?,
            Self::Plugin(doc) => extension(&mut map, "plugin", doc)?,
        }
        map.end()
    }
}

fn extension<M: SerializeMap, Id: Serialize>(
    map: &mut M,
    key: &str,
    doc: &ExtensionDoc<Id>,
) -> Result<(), M::Error> {
    map.serialize_entry(key, &doc.id)?;
    if !doc.config.is_empty() {
        map.serialize_entry("config", &doc.config)?;
    }
    Ok(())
}

/// Whom an assignment names, as written (STP-2).
#[derive(Clone, Debug, PartialEq)]
pub enum WhoDoc {
    /// A user, by login.
    User(Login),
    /// A group.
    Group(GroupId),
    /// An organization role.
    Role(OrganizationRole),
    /// A node role.
    Node(NodeWhoDoc),
    /// The owner of the resource that a property, or `items`, names.
    OwnerOf(String),
    /// A user or group property, such as `requester.manager` or `request.project_owner`.
    Property(String),
    /// Picked by the requester.
    Pick(Box<PickDoc>),
    /// Named by a script.
    Script(ExtensionDoc<ScriptId>),
    /// Named by a plugin.
    Plugin(ExtensionDoc<PluginId>),
}

const WHO_KEYS: [&str; 10] =
    ["user", "group", "role", "node", "owner_of", "property", "pick", "script", "plugin", "config"];

impl<'de> Deserialize<'de> for WhoDoc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = WhoDoc;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("who, such as `{group: finance}` or `{property: requester.manager}`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<WhoDoc, A::Error> {
                let mut found: Vec<WhoDoc> = Vec::new();
                let mut config: Option<BTreeMap<String, Json>> = None;
                let bare = BTreeMap::new;
                while let Some(key) = map.next_key::<String>()? {
                    found.push(match key.as_str() {
                        "user" => WhoDoc::User(map.next_value()?),
                        "group" => WhoDoc::Group(map.next_value()?),
                        "role" => WhoDoc::Role(map.next_value()?),
                        "node" => WhoDoc::Node(map.next_value()?),
                        "owner_of" => WhoDoc::OwnerOf(map.next_value()?),
                        "property" => WhoDoc::Property(map.next_value()?),
                        "pick" => WhoDoc::Pick(map.next_value()?),
                        "script" => {
                            WhoDoc::Script(ExtensionDoc { id: map.next_value()?, config: bare() })
                        }
                        "plugin" => {
                            WhoDoc::Plugin(ExtensionDoc { id: map.next_value()?, config: bare() })
                        }
                        "config" => {
                            config = Some(map.next_value()?);
                            continue;
                        }
                        other => return Err(de::Error::unknown_field(other, &WHO_KEYS)),
                    });
                }
                one_who(found, config)
            }
        }
        from.deserialize_map(Reader)
    }
}

fn one_who<E: de::Error>(
    mut found: Vec<WhoDoc>,
    config: Option<BTreeMap<String, Json>>,
) -> Result<WhoDoc, E> {
    let who = found.pop().filter(|_| found.is_empty());
    match (who, config) {
        (Some(WhoDoc::Script(doc)), Some(config)) => {
            Ok(WhoDoc::Script(ExtensionDoc { config, ..doc }))
        }
        (Some(WhoDoc::Plugin(doc)), Some(config)) => {
            Ok(WhoDoc::Plugin(ExtensionDoc { config, ..doc }))
        }
        (Some(who), None) => Ok(who),
        (Some(_), Some(_)) => Err(E::custom("`config` goes with `script` or `plugin`")),
        (None, _) => {
            Err(E::custom(format_args!("expected exactly one of {}", WHO_KEYS.join(", "))))
        }
    }
}

impl Serialize for WhoDoc {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        match self {
            Self::User(login) => map.serialize_entry("user", login)?,
            Self::Group(id) => map.serialize_entry("group", id)?,
            Self::Role(role) => map.serialize_entry("role", role)?,
            Self::Node(node) => map.serialize_entry("node", node)?,
            Self::OwnerOf(property) => map.serialize_entry("owner_of", property)?,
            Self::Property(path) => map.serialize_entry("property", path)?,
            Self::Pick(pick) => map.serialize_entry("pick", pick)?,
            Self::Script(doc) => extension(&mut map, "script", doc)?,
            Self::Plugin(doc) => extension(&mut map, "plugin", doc)?,
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for PickFromDoc {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = PickFromDoc;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`everyone` or a who such as `{group: finance}`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<PickFromDoc, E> {
                if text == "everyone" {
                    Ok(PickFromDoc::Everyone)
                } else {
                    Err(E::invalid_value(de::Unexpected::Str(text), &self))
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PickFromDoc, A::Error> {
                let who = WhoDoc::deserialize(de::value::MapAccessDeserializer::new(map))?;
                Ok(PickFromDoc::Who(Box::new(who)))
            }
        }
        from.deserialize_any(Reader)
    }
}

impl Serialize for PickFromDoc {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everyone => to.serialize_str("everyone"),
            Self::Who(who) => who.serialize(to),
        }
    }
}

/// A value of a configuration that stands for a property, `{property: name}`.
pub(crate) fn property_reference(value: &Json) -> Option<Result<PropertyName, String>> {
    let map = value.as_object()?;
    let name = map.get("property")?.as_str().filter(|_| map.len() == 1)?;
    Some(PropertyName::parse(name).map_err(|bad| bad.to_string()))
}
