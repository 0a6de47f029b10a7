//! The rules that a command on a request is decided by: the version that the request is bound to (RUL-2), and
//! those that it may come under (RUL-3, RUL-4).

use std::{collections::BTreeSet, sync::Arc};

use engine_core::{
    ids::{RuleGroupId, RuleId},
    request::{Request, Status},
    rule::{Route, Rule, Target},
};

use engine_store::{Limit, List, Order, Paging};

use crate::{
    codec::decode, engine::Engine, error::EngineError, load::name, organization::OrganizationState,
};

/// The rules of a command.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The version that the request is, or would be, bound to.
    pub(crate) rule: Arc<Rule>,
    group: Option<RuleGroupId>,
    tried: Vec<Arc<Rule>>,
    own: Option<Arc<Rule>>,
}

impl Rules {
    /// Those of a request. A group that is gone tries nothing any more: the request stays under its rule.
    pub(crate) fn of_request(state: &OrganizationState, request: &Request) -> Option<Self> {
        let rule = Arc::clone(&state.version(&request.rule, request.rule_version)?.rule);
        let group = request.group.as_ref().filter(|group| state.rule_groups.contains_key(*group));
        let own = state.newest(&request.rule).map(|version| Arc::clone(&version.rule));
        let tried = match group {
            Some(group) => state.tried(group, Some(&request.rule)),
            None => vec![Arc::clone(own.as_ref().unwrap_or(&rule))],
        };
        Some(Self { rule, group: group.cloned(), tried, own })
    }

    /// Those of a draft, as for a new request. One of a group that is gone cannot be submitted.
    pub(crate) fn of_draft(state: &OrganizationState, request: &Request) -> Option<Self> {
        let of_rule = Self::of_target(state, &Target::Rule(request.rule.clone()));
        match &request.group {
            None => of_rule,
            Some(group) => {
                let rule = of_rule?.rule;
                let tried = state.tried(group, None);
                Some(Self { rule, group: Some(group.clone()), tried, own: None })
            }
        }
    }

    /// Those of a new request; of a retired rule that it is retired is said by the core.
    pub(crate) fn of_target(state: &OrganizationState, target: &Target) -> Option<Self> {
        match target {
            Target::Rule(rule) => {
                let newest = Arc::clone(&state.newest(rule)?.rule);
                let tried = if state.is_retired(rule) { Vec::new() } else { vec![newest.clone()] };
                Some(Self { rule: newest, group: None, tried, own: None })
            }
            Target::Group(id) => {
                let first = state.rule_groups.get(id)?.rules.first()?;
                let rule = Arc::clone(&state.newest(first)?.rule);
                let tried = state.tried(id, None);
                Some(Self { rule, group: Some(id.clone()), tried, own: None })
            }
        }
    }

    /// For the core.
    pub(crate) fn route(&self) -> Route<'_> {
        Route { group: self.group.as_ref(), rules: &self.tried, own: self.own.as_deref() }
    }
}

impl Engine {
    /// Where rules are retired: those under which a request is still to be decided (RUL-3).
    pub(crate) async fn rules_in_use(
        &self,
        state: &OrganizationState,
    ) -> Result<BTreeSet<RuleId>, EngineError> {
        let mut rules = BTreeSet::new();
        if state.ended.is_empty() {
            return Ok(rules);
        }
        for status in [Status::InReview, Status::Pending, Status::InProgress] {
            let list = List::State(name(status.as_str())?);
            let mut paging = Paging { order: Order::OldestFirst, after: None, limit: Limit::MAX };
            loop {
                let page = self.inner.store.list(&state.organization.id, &list, &paging).await?;
                for row in page.items {
                    let request: Request = decode("request", &row.loaded.snapshot)?;
                    rules.insert(request.rule);
                }
                if page.next.is_none() {
                    break;
                }
                paging.after = page.next;
            }
        }
        Ok(rules)
    }
}
