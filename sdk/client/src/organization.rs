//! The organization: people, rules, scripts, plugins, tokens.

use engine_api::{
    command::Remark,
    directory::{DirectoryDoc, RatesDoc, UserDoc},
    endpoint::Endpoint,
    organization::{
        Bundle, CapsuleList, ChangeList, DelegationDoc, GrantDoc, Health, LimitsDoc, Me, NewToken,
        PluginDetail, PluginList, RollBack, RuleGroupList, RuleGroupRules, RuleList, RuleView,
        TokenList, TokenMade,
    },
};

use crate::{Call, Client, ClientError};

/// Whether a change is made, or only worked out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Made.
    Do,
    /// Only worked out.
    DryRun,
}

/// Which capsules are wanted; all where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CapsulesWanted<'a> {
    /// What the id begins with.
    pub id: Option<&'a str>,
    /// The plugin's id.
    pub plugin: Option<&'a str>,
    /// The request's id.
    pub request: Option<&'a str>,
    /// From then on, such as `2026-03-02T09:00:00Z`.
    pub since: Option<&'a str>,
    /// The `next` of the page before.
    pub cursor: Option<&'a str>,
}

impl Deed {
    fn on(self, call: Call) -> Call {
        match self {
            Self::Do => call,
            Self::DryRun => call.query("dry_run", "true"),
        }
    }
}

impl Client {
    /// Who calls.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn me(&self) -> Result<Me, ClientError> {
        self.call(Call::new(Endpoint::GetMe, &[])).await
    }

    /// Whether requests are served.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn ready(&self) -> Result<Health, ClientError> {
        self.call(Call::new(Endpoint::Ready, &[])).await
    }

    /// Applies a bundle in one transaction; with `prune`, what it does not name is removed.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn apply(
        &self,
        bundle: &Bundle,
        deed: Deed,
        prune: bool,
    ) -> Result<ChangeList, ClientError> {
        let call = deed.on(Call::new(Endpoint::Apply, &[]));
        let call = call.query_if("prune", prune.then_some("true"));
        self.call(call.json(bundle)?).await
    }

    /// People and places.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn directory(&self) -> Result<DirectoryDoc, ClientError> {
        self.call(Call::new(Endpoint::GetDirectory, &[])).await
    }

    /// Adds or changes a user.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn put_user(&self, user: &UserDoc) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::PutUser, &[user.login.as_str()]).json(user)?).await
    }

    /// Lets somebody stand in for a user (DEC-8).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delegate(
        &self,
        of: &str,
        delegation: &DelegationDoc,
    ) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::PutDelegation, &[of]).json(delegation)?).await
    }

    /// Lets nobody stand in for a user any more (DEC-8).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn undelegate(&self, of: &str) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::DeleteDelegation, &[of])).await
    }

    /// Sets the rate table.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn put_rates(&self, rates: &RatesDoc) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::PutRates, &[]).json(rates)?).await
    }

    /// All rules.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn rules(&self) -> Result<RuleList, ClientError> {
        self.call(Call::new(Endpoint::ListRules, &[])).await
    }

    /// A rule, newest version.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn rule(&self, id: &str) -> Result<RuleView, ClientError> {
        self.call(Call::new(Endpoint::GetRule, &[id])).await
    }

    /// Publishes a rule document, YAML or JSON by the file's name.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn publish(
        &self,
        id: &str,
        file: &str,
        text: &str,
        comment: &str,
    ) -> Result<ChangeList, ClientError> {
        let call = Call::new(Endpoint::PublishRule, &[id]).query("file", file);
        self.call(call.query("comment", comment).body(text)).await
    }

    /// Lets a rule take no new requests.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn retire(&self, id: &str, deed: Deed) -> Result<ChangeList, ClientError> {
        self.call(deed.on(Call::new(Endpoint::RetireRule, &[id]))).await
    }

    /// Lets all open requests of a rule begin again under its newest version, those on hold excepted. They
    /// do so one after the other, after the answer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn restart_requests(
        &self,
        id: &str,
        comment: &str,
        deed: Deed,
    ) -> Result<ChangeList, ClientError> {
        let call = deed.on(Call::new(Endpoint::RestartRequests, &[id]));
        self.call(call.json(&Remark { comment: Some(comment.to_owned()) })?).await
    }

    /// Deletes a rule that nothing rests on.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_rule(&self, id: &str, deed: Deed) -> Result<ChangeList, ClientError> {
        self.call(deed.on(Call::new(Endpoint::DeleteRule, &[id]))).await
    }

    /// All rule groups.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn rule_groups(&self) -> Result<RuleGroupList, ClientError> {
        self.call(Call::new(Endpoint::ListRuleGroups, &[])).await
    }

    /// Adds or changes a rule group.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn put_rule_group(
        &self,
        id: &str,
        rules: &RuleGroupRules,
    ) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::PutRuleGroup, &[id]).json(rules)?).await
    }

    /// Removes a rule group; its requests stay under their rules.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_rule_group(&self, id: &str) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::DeleteRuleGroup, &[id])).await
    }

    /// Adds or changes a script.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn put_script(&self, name: &str, text: &str) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::PutScript, &[name]).body(text)).await
    }

    /// All plugins.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn plugins(&self) -> Result<PluginList, ClientError> {
        self.call(Call::new(Endpoint::ListPlugins, &[])).await
    }

    /// Installs a component, or replaces it; its grant stays.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn install(
        &self,
        id: &str,
        component: Vec<u8>,
        deed: Deed,
    ) -> Result<ChangeList, ClientError> {
        self.call(deed.on(Call::new(Endpoint::PutPlugin, &[id])).body(component)).await
    }

    /// Says what a plugin may use: all of it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn grant(&self, id: &str, grant: &GrantDoc) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::GrantPlugin, &[id]).json(grant)?).await
    }

    /// An installed plugin, and what it has done.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn plugin(&self, id: &str) -> Result<PluginDetail, ClientError> {
        self.call(Call::new(Endpoint::GetPlugin, &[id])).await
    }

    /// Questions that plugins answered, the oldest first: of a plugin, about a request, or by the
    /// beginning of their id.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn capsules(&self, wanted: &CapsulesWanted<'_>) -> Result<CapsuleList, ClientError> {
        let CapsulesWanted { id, plugin, request, since, cursor } = *wanted;
        let call = Call::new(Endpoint::ListCapsules, &[])
            .query("limit", "200")
            .query_if("id", id)
            .query_if("plugin", plugin)
            .query_if("request", request)
            .query_if("since", since)
            .query_if("cursor", cursor);
        self.call(call).await
    }

    /// The component of an installed plugin, or of an earlier version, of at most so many bytes.
    ///
    /// # Errors
    /// [`ClientError`]; `not_found` for one that no plugin of the organization has.
    pub async fn component(&self, digest: &str, longest: usize) -> Result<Vec<u8>, ClientError> {
        self.checked(Call::new(Endpoint::GetComponent, &[digest]).at_most(longest)).await
    }

    /// Says what a plugin has in place of the usual limits: all of it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn limit(&self, id: &str, limits: &LimitsDoc) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::LimitPlugin, &[id]).json(limits)?).await
    }

    /// Does not let a plugin be called any more.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn disable(&self, id: &str, comment: &str) -> Result<ChangeList, ClientError> {
        let remark = Remark { comment: Some(comment.to_owned()) };
        self.call(Call::new(Endpoint::DisablePlugin, &[id]).json(&remark)?).await
    }

    /// Lets a plugin be called again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn enable(&self, id: &str) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::EnablePlugin, &[id])).await
    }

    /// Goes back to an earlier version of a plugin: the one whose digest begins so, or the newest.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn roll_back(&self, id: &str, to: Option<&str>) -> Result<ChangeList, ClientError> {
        let back = RollBack { to: to.map(str::to_owned) };
        self.call(Call::new(Endpoint::RollBackPlugin, &[id]).json(&back)?).await
    }

    /// The tokens that the caller may see.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn tokens(&self) -> Result<TokenList, ClientError> {
        self.call(Call::new(Endpoint::ListTokens, &[])).await
    }

    /// Makes a token.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn make_token(&self, token: &NewToken) -> Result<TokenMade, ClientError> {
        self.call(Call::new(Endpoint::MakeToken, &[]).json(token)?).await
    }

    /// Removes a token.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_token(&self, id: &str) -> Result<ChangeList, ClientError> {
        self.call(Call::new(Endpoint::DeleteToken, &[id])).await
    }
}
