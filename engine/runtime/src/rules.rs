//! Rules: published as the next version (RUL-2), retired, deleted (RUL-3), put into groups (RUL-4).

use engine_core::{
    ids::RuleId,
    rejection::{Rejection, Tried},
    rule::{Definition, Names, Problem, Published, RuleGroup, compile, unknown_name},
};
use engine_store::{Limit, List, Order, Paging};

use crate::{
    error::EngineError,
    organization::{OrganizationEvent, RestartOrdered, RuleEnd},
    organize::{Changed, Plan, told},
};

impl Plan<'_> {
    /// Publishes a document, unless the newest version is the same and means the same.
    pub(crate) fn publish(
        &mut self,
        definition: Definition,
        comment: String,
    ) -> Result<Changed, EngineError> {
        let newest = self.state.newest(&definition.rule).map(|version| version.published.clone());
        if let Some(newest) = &newest
            && newest.definition == definition
            && self.has_types_of(newest)
        {
            return Ok(Changed::Same(format!("rule {}", definition.rule)));
        }
        self.check_publishable(&definition, newest.as_deref())?;
        let version = newest.as_ref().map_or(1, |newest| newest.version + 1);
        let (scripts, plugins) = (self.state.script_names(), self.state.worlds());
        let names = Names::of_today(&self.state.organization, &scripts, &plugins)
            .with_schemas(&self.state.schemas)
            .with_reads(&self.state.reads);
        let compiled = compile(&definition, version, &names).map_err(Rejection::RuleInvalid)?;
        let differences = newest
            .map(|newest| self.differences(&told(&newest.definition), &told(&definition)))
            .unwrap_or_default();
        let published = Published {
            version,
            author: self.me.id.clone(),
            at: self.engine.now(),
            comment,
            people: compiled.people,
            user_properties: compiled.user_properties,
            warnings: compiled.warnings.clone(),
            definition,
        };
        let rule = published.definition.rule.clone();
        self.record(OrganizationEvent::RulePublished(Box::new(published)))?;
        Ok(Changed::Published { rule, version, warnings: compiled.warnings, differences })
    }

    /// Whether the id is free, or its rule takes another version (RUL-1, RUL-3).
    fn check_publishable(
        &self,
        definition: &Definition,
        newest: Option<&Published>,
    ) -> Result<(), Rejection> {
        if self.state.is_deleted(&definition.rule) {
            return Err(Rejection::RuleInvalid(vec![used_up(&definition.rule)]));
        }
        match newest {
            Some(newest) if newest.definition.kind != definition.kind => {
                Err(Rejection::RuleInvalid(vec![other_kind(&newest.definition)]))
            }
            Some(_) if self.state.is_retired(&definition.rule) => {
                let title = self.state.title(&definition.rule);
                Err(Rejection::RuleRetired { title, tried: Tried::Version })
            }
            Some(_) | None => Ok(()),
        }
    }

    /// RUL-3: no new requests, old ones run on.
    pub(crate) fn retire(&mut self, rule: &RuleId) -> Result<Changed, EngineError> {
        self.state.newest(rule).ok_or(Rejection::NotFound)?;
        if self.state.is_retired(rule) {
            return Ok(Changed::Same(format!("rule {rule}")));
        }
        self.end(rule, false)?;
        Ok(Changed::Retired(rule.clone()))
    }

    /// RUL-2: each on its own, after this is recorded; those on hold excepted.
    pub(crate) fn restart_requests(
        &mut self,
        rule: &RuleId,
        comment: &str,
    ) -> Result<Changed, EngineError> {
        self.state.newest(rule).ok_or(Rejection::NotFound)?;
        let comment = comment.trim().to_owned();
        let (most, length) =
            (self.state.organization.settings.comments.max, comment.chars().count());
        if length > most as usize {
            let message = format!("expected at most {most} characters, found {length}");
            return Err(Rejection::invalid("comment", message).into());
        }
        let (rule, at, by) = (rule.clone(), self.engine.now(), self.me.id.clone());
        let ordered = RestartOrdered { rule: rule.clone(), at, by, comment };
        self.record(OrganizationEvent::RestartOrdered(ordered))?;
        Ok(Changed::Restarting(rule))
    }

    /// RUL-3: only where no group names it, and, by [`Plan::check_deletions`], where no request was made
    /// under it.
    pub(crate) fn delete_rule(&mut self, rule: &RuleId) -> Result<Changed, EngineError> {
        self.state.newest(rule).ok_or(Rejection::NotFound)?;
        let group = self.state.rule_groups.values().find(|group| group.rules.contains(rule));
        if let Some(group) = group {
            let group = Some(group.id.clone());
            let title = self.state.title(rule);
            return Err(Rejection::RuleInUse { title, group }.into());
        }
        self.end(rule, true)?;
        Ok(Changed::Removed(format!("rule {rule}")))
    }

    fn end(&mut self, rule: &RuleId, deleted: bool) -> Result<(), EngineError> {
        let (at, by) = (self.engine.now(), self.me.id.clone());
        self.record(OrganizationEvent::RuleEnded(RuleEnd { rule: rule.clone(), at, by, deleted }))
    }

    /// Refuses the deletion of a rule under which a request was made, whatever became of it.
    pub(crate) async fn check_deletions(&self) -> Result<(), EngineError> {
        let paging = Paging { order: Order::NewestFirst, after: None, limit: Limit::new(1) };
        for event in &self.events {
            let OrganizationEvent::RuleEnded(RuleEnd { rule, deleted: true, .. }) = event else {
                continue;
            };
            let (store, org) = (&self.engine.inner.store, &self.state.organization.id);
            let page = store.list(org, &List::Rule(rule.clone()), &paging).await?;
            if !page.items.is_empty() {
                let title = self.state.title(rule);
                return Err(Rejection::RuleInUse { title, group: None }.into());
            }
        }
        Ok(())
    }

    /// RUL-4: rules that there are, each once.
    pub(crate) fn put_rule_group(
        &mut self,
        group: &RuleGroup,
    ) -> Result<Option<Changed>, EngineError> {
        let at = |index: usize| format!("rule_groups.{}.rules[{index}]", group.id);
        if group.rules.is_empty() {
            self.problem(format!("rule_groups.{}.rules", group.id), "expected at least one rule");
        }
        let mut problems = Vec::new();
        for (index, rule) in group.rules.iter().enumerate() {
            if self.state.newest(rule).is_none() {
                let known = self.state.rules.keys().filter(|rule| !self.state.is_deleted(rule));
                let message = unknown_name("rule", rule.as_str(), known.map(RuleId::as_str));
                problems.push((at(index), message));
            } else if group.rules.iter().take(index).any(|earlier| earlier == rule) {
                problems.push((at(index), format!("`{rule}` stands twice")));
            }
        }
        for (field, message) in problems {
            self.problem(field, message);
        }
        let before = self.state.rule_groups.get(&group.id).cloned();
        let (event, what) =
            (OrganizationEvent::RuleGroupPut(group.clone()), format!("rule group {}", group.id));
        self.put(what, before.as_deref(), group, event, told).map(Some)
    }

    /// Whether the properties of people that a version looks at still have the types they had.
    fn has_types_of(&self, version: &Published) -> bool {
        let types = &self.state.organization.user_properties;
        version.user_properties.iter().all(|(name, of)| types.get(name) == Some(of))
    }
}

fn used_up(rule: &RuleId) -> Problem {
    let message = format!("`{rule}` was deleted, and an id is never used again: choose another");
    Problem { path: "rule".to_owned(), message }
}

fn other_kind(newest: &Definition) -> Problem {
    let message =
        format!("the kind of `{}` is `{}` since its first version", newest.rule, newest.kind);
    Problem { path: "kind".to_owned(), message }
}
