//! Events of the organization: what they do in memory, and the documents they leave.

use std::sync::Arc;

use engine_store::{Body, DocumentChange, Key};

use crate::{
    codec::encode,
    error::EngineError,
    load::{collection, compiled, name, single},
    organization::{OrganizationEvent, OrganizationState},
};

/// Applies an event to the state in memory.
pub(crate) fn apply(
    state: &mut OrganizationState,
    event: &OrganizationEvent,
) -> Result<(), EngineError> {
    use OrganizationEvent as E;
    let organization = Arc::make_mut(&mut state.organization);
    let directory = Arc::make_mut(&mut organization.directory);
    match event {
        E::Created | E::RestartOrdered(_) => {}
        E::UserPut(user) => directory.put_user(user.clone()),
        E::UserRemoved(id) => directory.remove_user(id),
        E::GroupPut(group) => directory.put_group(group.clone()),
        E::GroupRemoved(id) => directory.remove_group(id),
        E::NodePut(node) => directory.put_node(node.clone()),
        E::NodeRemoved(id) => directory.remove_node(id),
        E::ResourcePut(resource) => directory.put_resource(resource.clone()),
        E::ResourceRemoved(id) => directory.remove_resource(id),
        E::UserPropertiesSet(types) => organization.user_properties = types.clone(),
        E::RatesSet(rates) => organization.rates = Some(rates.clone()),
        E::SettingsSet(settings) => organization.settings = settings.clone(),
        E::DelegationSet(_)
        | E::DelegationEnded(_)
        | E::NoticesMuted { .. }
        | E::ScriptPut { .. }
        | E::ScriptRemoved(_)
        | E::PluginPut(_)
        | E::PluginRemoved(_)
        | E::TokenMade { .. }
        | E::TokenRemoved { .. } => apply_beside(state, event),
        E::RulePublished(_) | E::RuleEnded(_) | E::RuleGroupPut(_) | E::RuleGroupRemoved(_) => {
            apply_to_rules(state, event)?;
        }
    }
    // The days are those of somebody's time zone, and a setting says whether they count at all.
    let is_about_days = matches!(event, E::UserPut(_) | E::SettingsSet(_) | E::DelegationSet(_));
    if (is_about_days && !state.delegations.is_empty()) || matches!(event, E::DelegationEnded(_)) {
        state.count_delegations();
    }
    Ok(())
}

/// What stands beside the organization that decisions look at.
fn apply_beside(state: &mut OrganizationState, event: &OrganizationEvent) {
    use OrganizationEvent as E;
    match event {
        E::DelegationSet(record) => {
            state.delegations.insert(record.of.clone(), record.clone());
        }
        E::DelegationEnded(of) => {
            state.delegations.remove(of);
        }
        E::NoticesMuted { user, about } => {
            let organization = Arc::make_mut(&mut state.organization);
            organization.muted.insert(user.clone(), about.clone());
        }
        E::ScriptPut { name, text } => {
            state.scripts.insert(name.clone(), text.as_str().into());
        }
        E::ScriptRemoved(name) => {
            state.scripts.remove(name);
        }
        E::PluginPut(plugin) => {
            state.put_plugin((**plugin).clone());
        }
        E::PluginRemoved(id) => {
            state.remove_plugin(id);
        }
        E::TokenMade { hash, record } => {
            state.tokens.insert(hash.clone(), record.clone());
        }
        E::TokenRemoved { hash } => {
            state.tokens.remove(hash);
        }
        _ => {}
    }
}

fn apply_to_rules(
    state: &mut OrganizationState,
    event: &OrganizationEvent,
) -> Result<(), EngineError> {
    use OrganizationEvent as E;
    match event {
        E::RulePublished(published) => {
            let version = compiled(&state.organization, (**published).clone())?;
            let versions = state.rules.entry(version.rule.id.clone()).or_default();
            versions.insert(version.rule.version, version);
        }
        E::RuleEnded(end) => {
            state.ended.insert(end.rule.clone(), end.clone());
        }
        E::RuleGroupPut(group) => {
            state.rule_groups.insert(group.id.clone(), Arc::new(group.clone()));
        }
        E::RuleGroupRemoved(id) => {
            state.rule_groups.remove(id);
        }
        // The rest is of no rule.
        _ => {}
    }
    Ok(())
}

/// The stable name of an event.
pub(super) fn kind(event: &OrganizationEvent) -> &'static str {
    use OrganizationEvent as E;
    match event {
        E::Created => "organization_created",
        E::UserPut(_) => "user_put",
        E::UserRemoved(_) => "user_removed",
        E::GroupPut(_) => "group_put",
        E::GroupRemoved(_) => "group_removed",
        E::NodePut(_) => "node_put",
        E::NodeRemoved(_) => "node_removed",
        E::ResourcePut(_) => "resource_put",
        E::ResourceRemoved(_) => "resource_removed",
        E::UserPropertiesSet(_) => "user_properties_set",
        E::RatesSet(_) => "rates_set",
        E::SettingsSet(_) => "settings_set",
        E::DelegationSet(_) => "delegation_set",
        E::DelegationEnded(_) => "delegation_ended",
        E::NoticesMuted { .. } => "notices_muted",
        E::RulePublished(_) => "rule_published",
        E::RuleEnded(end) if end.deleted => "rule_deleted",
        E::RuleEnded(_) => "rule_retired",
        E::RestartOrdered(_) => "restart_ordered",
        E::RuleGroupPut(_) => "rule_group_put",
        E::RuleGroupRemoved(_) => "rule_group_removed",
        E::ScriptPut { .. } => "script_put",
        E::ScriptRemoved(_) => "script_removed",
        E::PluginPut(_) => "plugin_put",
        E::PluginRemoved(_) => "plugin_removed",
        E::TokenMade { .. } => "token_made",
        E::TokenRemoved { .. } => "token_removed",
    }
}

type Stored = Option<(&'static str, Key, Option<Body>)>;

/// A document of the organization's own, by its name.
fn of_organization(
    name: &str,
    body: Body,
) -> Result<(&'static str, Key, Option<Body>), EngineError> {
    Ok((collection::ORGANIZATION, key(name)?, Some(body)))
}

fn key(text: &str) -> Result<Key, EngineError> {
    Key::parse(text).map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })
}

/// What a person has arranged for themself.
fn document_of_person(event: &OrganizationEvent) -> Result<Stored, EngineError> {
    use OrganizationEvent as E;
    Ok(match event {
        E::DelegationSet(record) => {
            let body = encode("delegation", record)?;
            Some((collection::DELEGATIONS, Key::from(&record.of), Some(body)))
        }
        E::DelegationEnded(of) => Some((collection::DELEGATIONS, Key::from(of), None)),
        E::NoticesMuted { user, about } => {
            let body = encode("choice of notices", about)?;
            Some((collection::MUTED, Key::from(user), Some(body).filter(|_| !about.is_empty())))
        }
        // The rest is of no person.
        _ => None,
    })
}

/// The document that an event leaves, or removes.
pub(super) fn document(event: &OrganizationEvent) -> Result<Stored, EngineError> {
    use OrganizationEvent as E;
    Ok(Some(match event {
        E::Created | E::RestartOrdered(_) => return Ok(None),
        E::UserPut(user) => (collection::USERS, Key::from(&user.id), Some(encode("user", user)?)),
        E::UserRemoved(id) => (collection::USERS, Key::from(id), None),
        E::GroupPut(group) => {
            (collection::GROUPS, Key::from(&group.id), Some(encode("group", group)?))
        }
        E::GroupRemoved(id) => (collection::GROUPS, Key::from(id), None),
        E::NodePut(node) => (collection::NODES, Key::from(&node.id), Some(encode("node", node)?)),
        E::NodeRemoved(id) => (collection::NODES, Key::from(id), None),
        E::ResourcePut(resource) => {
            (collection::RESOURCES, Key::from(&resource.id), Some(encode("resource", resource)?))
        }
        E::ResourceRemoved(id) => (collection::RESOURCES, Key::from(id), None),
        E::UserPropertiesSet(types) => {
            of_organization(single::USER_PROPERTIES, encode("property types", types)?)?
        }
        E::RatesSet(rates) => of_organization(single::RATES, encode("rates", rates)?)?,
        E::SettingsSet(settings) => {
            of_organization(single::SETTINGS, encode("settings", settings)?)?
        }
        E::DelegationSet(_) | E::DelegationEnded(_) | E::NoticesMuted { .. } => {
            return document_of_person(event);
        }
        E::RulePublished(_) | E::RuleEnded(_) | E::RuleGroupPut(_) | E::RuleGroupRemoved(_) => {
            return document_of_rule(event);
        }
        E::ScriptPut { name, text } => {
            (collection::SCRIPTS, Key::from(name), Some(encode("script", text)?))
        }
        E::ScriptRemoved(name) => (collection::SCRIPTS, Key::from(name), None),
        E::PluginPut(plugin) => {
            (collection::PLUGINS, Key::from(&plugin.id), Some(encode("plugin", plugin)?))
        }
        E::PluginRemoved(id) => (collection::PLUGINS, Key::from(id), None),
        E::TokenMade { hash, record: r } => {
            (collection::TOKENS, key(hash)?, Some(encode("token", r)?))
        }
        E::TokenRemoved { hash } => (collection::TOKENS, key(hash)?, None),
    }))
}

fn document_of_rule(event: &OrganizationEvent) -> Result<Stored, EngineError> {
    use OrganizationEvent as E;
    Ok(Some(match event {
        E::RulePublished(published) => {
            let text = format!("{}@{:010}", published.definition.rule, published.version);
            (collection::RULES, key(&text)?, Some(encode("rule", published)?))
        }
        E::RuleEnded(end) => {
            (collection::RULE_ENDS, Key::from(&end.rule), Some(encode("end of a rule", end)?))
        }
        E::RuleGroupPut(group) => {
            (collection::RULE_GROUPS, Key::from(&group.id), Some(encode("rule group", group)?))
        }
        E::RuleGroupRemoved(id) => (collection::RULE_GROUPS, Key::from(id), None),
        // The rest is of no rule.
        _ => return Ok(None),
    }))
}

pub(super) fn document_change(
    collection: &'static str,
    key: &Key,
    body: Option<Body>,
) -> Result<DocumentChange, EngineError> {
    let (collection, key) = (name(collection)?, key.clone());
    Ok(match body {
        Some(body) => DocumentChange::Put { collection, key, body, expected: None },
        None => DocumentChange::Remove { collection, key, expected: None },
    })
}
