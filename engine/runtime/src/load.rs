//! An organization, read from its documents.

use std::sync::Arc;

use engine_core::{
    directory::Directory,
    ids::OrgId,
    organization::{Organization, Settings},
    rule::{Names, Published, RuleGroup, compile},
};
use engine_store::{Document, DocumentQuery, Limit, Name};
use serde::de::DeserializeOwned;

use crate::{
    codec::decode,
    engine::Engine,
    error::EngineError,
    organization::{DelegationRecord, OrganizationState, RuleEnd, RuleVersion, TokenRecord},
    plugin::InstalledPlugin,
};

/// The collections of documents. Their names never change.
pub(crate) mod collection {
    pub(crate) const USERS: &str = "users";
    pub(crate) const GROUPS: &str = "groups";
    pub(crate) const NODES: &str = "nodes";
    pub(crate) const RESOURCES: &str = "resources";
    /// Settings, rates and property types, one document each.
    pub(crate) const ORGANIZATION: &str = "organization";
    pub(crate) const DELEGATIONS: &str = "delegations";
    /// What people do not want to be told.
    pub(crate) const MUTED: &str = "muted";
    pub(crate) const RULES: &str = "rules";
    /// Rules that take no new requests.
    pub(crate) const RULE_ENDS: &str = "rule_ends";
    pub(crate) const RULE_GROUPS: &str = "rule_groups";
    pub(crate) const SCRIPTS: &str = "scripts";
    pub(crate) const PLUGINS: &str = "plugins";
    pub(crate) const TOKENS: &str = "tokens";
    /// What people were told; never held in memory.
    pub(crate) const NOTICES: &str = "notices";
    /// Urgent requests without their approval; never held in memory.
    pub(crate) const UNAPPROVED: &str = "unapproved";
    /// Concerns that people approved with; never held in memory.
    pub(crate) const INCIDENTS: &str = "incidents";
    /// Who lays claim to which right; never held in memory.
    pub(crate) const RIGHTS: &str = "rights";
    /// Contents that people have attached, by their hash; never held in memory.
    pub(crate) const CONTENTS: &str = "contents";
}

/// Every collection, for whoever looks at all that is kept.
pub const COLLECTIONS: [&str; 13] = {
    use collection as c;
    [
        c::USERS,
        c::GROUPS,
        c::NODES,
        c::RESOURCES,
        c::ORGANIZATION,
        c::DELEGATIONS,
        c::MUTED,
        c::RULES,
        c::RULE_ENDS,
        c::RULE_GROUPS,
        c::SCRIPTS,
        c::PLUGINS,
        c::TOKENS,
    ]
};

/// The keys of the documents in `organization`.
pub(crate) mod single {
    pub(crate) const SETTINGS: &str = "settings";
    pub(crate) const RATES: &str = "rates";
    pub(crate) const USER_PROPERTIES: &str = "user_properties";
}

impl Engine {
    pub(crate) async fn load_organization(
        &self,
        org: &OrgId,
    ) -> Result<OrganizationState, EngineError> {
        let mut state = OrganizationState::new(org.clone());
        state.sequence = self.inner.store.log(org).await?.sequence;
        let organization = self.load_people(org).await?;
        for document in self.collection(org, collection::SCRIPTS).await? {
            let text: String = decode("script", &document.body)?;
            let name = document.key.as_str().parse().map_err(EngineError::from)?;
            state.scripts.insert(name, text.into());
        }
        for plugin in self.load::<InstalledPlugin>(org, collection::PLUGINS, "plugin").await? {
            state.put_plugin(plugin);
        }
        for document in self.collection(org, collection::TOKENS).await? {
            let record: TokenRecord = decode("token", &document.body)?;
            state.tokens.insert(document.key.to_string(), record);
        }
        for published in self.load::<Published>(org, collection::RULES, "rule").await? {
            let version = compiled(&organization, published)?;
            let versions = state.rules.entry(version.rule.id.clone()).or_default();
            versions.insert(version.rule.version, version);
        }
        for end in self.load::<RuleEnd>(org, collection::RULE_ENDS, "end of a rule").await? {
            state.ended.insert(end.rule.clone(), end);
        }
        for group in self.load::<RuleGroup>(org, collection::RULE_GROUPS, "rule group").await? {
            state.rule_groups.insert(group.id.clone(), Arc::new(group));
        }
        for record in
            self.load::<DelegationRecord>(org, collection::DELEGATIONS, "delegation").await?
        {
            state.delegations.insert(record.of.clone(), record);
        }
        state.organization = Arc::new(organization);
        state.count_delegations();
        Ok(state)
    }

    async fn load_people(&self, org: &OrgId) -> Result<Organization, EngineError> {
        let mut organization = Organization::new(org.clone());
        let mut directory = Directory::default();
        for group in self.load(org, collection::GROUPS, "group").await? {
            directory.put_group(group);
        }
        for user in self.load(org, collection::USERS, "user").await? {
            directory.put_user(user);
        }
        for node in self.load(org, collection::NODES, "node").await? {
            directory.put_node(node);
        }
        for resource in self.load(org, collection::RESOURCES, "resource").await? {
            directory.put_resource(resource);
        }
        organization.directory = Arc::new(directory);
        for document in self.collection(org, collection::MUTED).await? {
            let about = decode("choice of notices", &document.body)?;
            organization.muted.insert(document.key.as_str().parse()?, about);
        }
        for document in self.collection(org, collection::ORGANIZATION).await? {
            match document.key.as_str() {
                single::SETTINGS => {
                    organization.settings = decode::<Settings>("settings", &document.body)?;
                }
                single::RATES => organization.rates = Some(decode("rates", &document.body)?),
                single::USER_PROPERTIES => {
                    organization.user_properties = decode("property types", &document.body)?;
                }
                other => {
                    let why = format!("`{other}` is not known to this version");
                    return Err(EngineError::Unreadable { what: "setting", why });
                }
            }
        }
        Ok(organization)
    }

    async fn load<T: DeserializeOwned>(
        &self,
        org: &OrgId,
        collection: &str,
        what: &'static str,
    ) -> Result<Vec<T>, EngineError> {
        let documents = self.collection(org, collection).await?;
        documents.iter().map(|document| decode(what, &document.body)).collect()
    }

    async fn collection(
        &self,
        org: &OrgId,
        collection: &str,
    ) -> Result<Vec<Document>, EngineError> {
        let mut documents: Vec<Document> = Vec::new();
        loop {
            let query = DocumentQuery {
                collection: name(collection)?,
                prefix: String::new(),
                after: documents.last().map(|document| document.key.clone()),
                limit: Limit::MAX,
            };
            let page = self.inner.store.documents(org, &query).await?;
            let is_last = page.len() < Limit::MAX.get();
            documents.extend(page);
            if is_last {
                return Ok(documents);
            }
        }
    }
}

/// Compiles a version that was published, with the people its logins named then.
pub(crate) fn compiled(
    organization: &Organization,
    published: Published,
) -> Result<RuleVersion, EngineError> {
    let names = Names::recorded(organization, &published);
    let compiled = compile(&published.definition, published.version, &names);
    let rule = compiled.map_err(|problems| {
        let problems: Vec<String> = problems
            .iter()
            .map(|problem| format!("{}: {}", problem.path, problem.message))
            .collect();
        EngineError::Unreadable { what: "rule", why: problems.join("; ") }
    })?;
    Ok(RuleVersion { published: Arc::new(published), rule: Arc::new(rule.rule) })
}

/// A word of the store's vocabulary.
pub(crate) fn name(word: &str) -> Result<Name, EngineError> {
    Name::parse(word).map_err(|bad| EngineError::Unstorable { what: "name", why: bad.to_string() })
}
