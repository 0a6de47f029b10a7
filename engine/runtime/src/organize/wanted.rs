//! What can be changed.

use std::collections::BTreeMap;

use engine_api::{
    directory::{GroupDoc, NodeDoc, ReplaceBy, ResourceDoc, UserDoc},
    organization::DelegationDoc,
};
use engine_core::{
    ids::{
        GroupId, Login, NodeId, PluginId, PropertyName, ResourceId, RuleGroupId, RuleId, ScriptId,
    },
    money::Rates,
    organization::Settings,
    rule::{Definition, RuleGroup},
    value::PropertyType,
};
use engine_host::{Grant, LimitChanges};

use crate::plugin::PluginFile;

/// One change of an organization.
#[derive(Clone, Debug)]
pub enum Change {
    /// Adds or changes a user.
    PutUser(UserDoc),
    /// Deactivates a user: their history stays, and with it their name (DIR-8).
    RemoveUser(Login),
    /// Deactivates a user, and says who takes over (DIR-9).
    Deactivate {
        /// Who leaves.
        login: Login,
        /// Who takes over.
        replace_by: Option<ReplaceBy>,
        /// Even where nobody does: what then nobody can decide is blocked (FIN-8).
        force: bool,
    },
    /// Hands the owner's role over (DIR-3).
    TransferOwnership(Login),
    /// Adds or changes a group.
    PutGroup(GroupDoc),
    /// Removes a group.
    RemoveGroup(GroupId),
    /// Adds or changes a node.
    PutNode(NodeDoc),
    /// Removes a node.
    RemoveNode(NodeId),
    /// Adds or changes a resource.
    PutResource(ResourceDoc),
    /// Removes a resource.
    RemoveResource(ResourceId),
    /// Declares the types of the users' properties.
    SetUserProperties(BTreeMap<PropertyName, PropertyType>),
    /// Sets the rate table.
    SetRates(Rates),
    /// Sets the settings.
    SetSettings(Settings),
    /// Lets somebody stand in for a person (DEC-8).
    Delegate {
        /// Who is away.
        of: Login,
        /// Who stands in, and when.
        doc: DelegationDoc,
    },
    /// Ends a delegation.
    Undelegate {
        /// Who is back.
        of: Login,
    },
    /// Chooses what not to be told, for oneself (DUE-4).
    MuteNotices {
        /// Words of `Notice::OPTIONAL`; what is not among them is told.
        about: Vec<String>,
    },
    /// Publishes a version of a rule (RUL-2).
    Publish {
        /// The document.
        definition: Box<Definition>,
        /// Why.
        comment: String,
    },
    /// Lets a rule take no new requests; old ones run on (RUL-3).
    RetireRule(RuleId),
    /// Deletes a rule that nothing rests on (RUL-3).
    DeleteRule(RuleId),
    /// Lets all open requests of a rule begin again under its newest version (RUL-2).
    RestartRequests {
        /// Of which rule.
        rule: RuleId,
        /// Why.
        comment: Option<String>,
    },
    /// Adds or changes a rule group (RUL-4).
    PutRuleGroup(RuleGroup),
    /// Removes a rule group; requests that were submitted to it stay under their rules.
    RemoveRuleGroup(RuleGroupId),
    /// Adds or changes a script; its text has been compiled already.
    PutScript {
        /// Its name.
        name: ScriptId,
        /// Its text.
        text: String,
    },
    /// Removes a script.
    RemoveScript(ScriptId),
    /// Installs a plugin whose component has been added already.
    PutPlugin {
        /// Which.
        plugin: PluginId,
        /// Its component.
        file: PluginFile,
    },
    /// Says something of a plugin that is installed.
    ChangePlugin {
        /// Which.
        plugin: PluginId,
        /// What.
        change: PluginChange,
    },
    /// Removes a plugin.
    RemovePlugin(PluginId),
    /// Removes a token.
    RemoveToken {
        /// Its id.
        id: String,
    },
}

/// What administrators say of a plugin.
#[derive(Clone, Debug)]
pub enum PluginChange {
    /// What it may use: all of it, concretely.
    Grant(Grant),
    /// What it has in place of the host's limits: all of it.
    Limit(LimitChanges),
    /// That it is called again.
    Enable,
    /// That it is not called any more.
    Disable {
        /// Why; may be empty.
        comment: String,
    },
    /// That an earlier version takes its place.
    Back {
        /// The beginning of its digest; the newest of them where absent.
        to: Option<String>,
    },
}

impl Change {
    /// Whether it is about rules and nothing else.
    pub(super) fn is_of_rules(&self) -> bool {
        matches!(
            self,
            Self::Publish { .. }
                | Self::RetireRule(_)
                | Self::DeleteRule(_)
                | Self::RestartRequests { .. }
                | Self::PutRuleGroup(_)
                | Self::RemoveRuleGroup(_)
        )
    }
}
