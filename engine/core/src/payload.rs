//! What exactly is approved: the SHA-256 of the resolved payload (EXE-6a).

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::{
    extension::{Item, Plan, ResolvedConfig},
    ids::{ExecutionId, PluginId},
};

/// The SHA-256 of a payload, in hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PayloadHash(String);

impl fmt::Display for PayloadHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PayloadHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PayloadHash {
    /// The payload of an execution: executor, configuration with its values, item, and the plan's
    /// binding fields and statements. Estimates are shown, not hashed; a plan that is still to be made
    /// is `null`, and one without statements is hashed without them.
    #[must_use]
    pub fn of(
        execution: &ExecutionId,
        plugin: &PluginId,
        config: &ResolvedConfig,
        item: Option<&Item>,
        plan: Option<&Plan>,
    ) -> Self {
        let mut payload = json!({
            "execution": execution,
            "plugin": plugin,
            "config": config,
            "item": item,
            "binding": plan.map(|plan| &plan.binding),
        });
        let statements = plan.map(|plan| &plan.statements).filter(|all| !all.is_empty());
        if let (Some(statements), Json::Object(fields)) = (statements, &mut payload) {
            fields.insert("statements".to_owned(), json!(statements));
        }
        let mut bytes = Vec::new();
        write_canonical(&payload, &mut bytes);
        Self(Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// JSON with sorted keys and no spaces: the same value gives the same bytes, whatever order a map
/// keeps its keys in.
fn write_canonical(json: &Json, to: &mut Vec<u8>) {
    match json {
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            to.push(b'{');
            for (index, (key, value)) in entries.into_iter().enumerate() {
                if index > 0 {
                    to.push(b',');
                }
                write_canonical(&Json::String(key.clone()), to);
                to.push(b':');
                write_canonical(value, to);
            }
            to.push(b'}');
        }
        Json::Array(values) => {
            to.push(b'[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    to.push(b',');
                }
                write_canonical(value, to);
            }
            to.push(b']');
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            to.extend_from_slice(json.to_string().as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(binding: Json, estimate: &str) -> PayloadHash {
        let estimates = [("rows".to_owned(), estimate.to_owned())].into();
        hash_of(&Plan { binding, estimates, ..Plan::default() })
    }

    fn hash_of(plan: &Plan) -> PayloadHash {
        let (execution, plugin) = ("fix".parse().unwrap(), "sql".parse().unwrap());
        PayloadHash::of(&execution, &plugin, &ResolvedConfig::new(), None, Some(plan))
    }

    /// EXE-6a
    #[test]
    fn the_hash_binds_the_binding_fields_and_not_the_estimates() {
        let approved = hash(json!({"kinds": ["update"], "tables": ["orders"]}), "3");
        assert_eq!(approved, hash(json!({"tables": ["orders"], "kinds": ["update"]}), "4"));
        assert_ne!(approved, hash(json!({"kinds": ["delete"], "tables": ["orders"]}), "3"));
        assert_eq!(approved.to_string().len(), 64);
    }

    /// EXE-6, EXE-6a
    #[test]
    fn the_hash_binds_the_statements() {
        let statement = |json: Json| serde_json::from_value(json).unwrap();
        let update = json!({
            "during": "execute", "connection": "shop", "kind": "update", "writes": ["orders"],
        });
        let hash =
            |json: Json| hash_of(&Plan { statements: vec![statement(json)], ..Plan::default() });
        let approved = hash(update.clone());
        assert_eq!(approved, hash(update.clone()));
        for (field, other) in [
            ("during", json!("revert")),
            ("connection", json!("shop-2")),
            ("kind", json!("delete")),
            ("object", json!("table")),
            ("reads", json!(["people"])),
            ("writes", json!(["orders", "people"])),
            ("functions", json!(["app.pay"])),
            ("text", json!("ab")),
            ("parameters", json!("ab")),
        ] {
            let mut changed = update.clone();
            changed[field] = other;
            assert_ne!(approved, hash(changed), "{field}");
        }
        let twice = vec![statement(update.clone()), statement(update)];
        assert_ne!(approved, hash_of(&Plan { statements: twice, ..Plan::default() }));
    }

    /// A plan that was stored before plans had statements reads as it was, and means what it meant.
    #[test]
    fn a_plan_without_statements_is_hashed_as_ever() {
        let stored = json!({"effects": [], "binding": {"tables": ["orders"]}, "estimates": {}});
        let plan: Plan = serde_json::from_value(stored.clone()).unwrap();
        assert_eq!(serde_json::to_value(&plan).unwrap(), stored);
        let before = "261449cd77a12da8f24890f4a7130c1db2c6380929df5faa2493834e48d78578";
        assert_eq!(hash_of(&plan).to_string(), before);
    }
}
