//! Rule groups: which of several rules takes a request (RUL-4).

use axum::{Json, extract::State};
use engine_api::organization::{ChangeList, RuleGroupDoc, RuleGroupList, RuleGroupRules};
use engine_core::{
    ids::{RuleGroupId, RuleId},
    rule::RuleGroup,
};
use engine_runtime::Change;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, DryRun, Id, Named, field},
    refusal::Refusal,
};

pub(super) async fn list(known: Known) -> Result<Json<RuleGroupList>, Refusal> {
    known.user()?;
    let groups = known.organization.rule_groups.values().map(|group| RuleGroupDoc {
        id: group.id.to_string(),
        rules: group.rules.iter().map(ToString::to_string).collect(),
    });
    Ok(Json(RuleGroupList { items: groups.collect() }))
}

pub(super) async fn set(
    State(state): State<AppState>,
    known: Known,
    Named(id): Named<RuleGroupId>,
    Asked(how): Asked<DryRun>,
    Body(doc): Body<RuleGroupRules>,
) -> Result<Json<ChangeList>, Refusal> {
    known.changed(&state, vec![change(id, &doc.rules)?], how.dry_run).await
}

pub(super) async fn remove(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RuleGroupId>,
    Asked(how): Asked<DryRun>,
) -> Result<Json<ChangeList>, Refusal> {
    if !known.organization.rule_groups.contains_key(&id) {
        return Err(Refusal::not_found());
    }
    known.changed(&state, vec![Change::RemoveRuleGroup(id)], how.dry_run).await
}

/// The change that puts a group as a file has it.
pub(super) fn read(doc: &RuleGroupDoc) -> Result<Change, Refusal> {
    change(field("rule_groups", &doc.id)?, &doc.rules)
}

fn change(id: RuleGroupId, rules: &[String]) -> Result<Change, Refusal> {
    let at = format!("rule_groups.{id}.rules");
    let rules = rules.iter().map(|rule| field::<RuleId>(&at, rule));
    Ok(Change::PutRuleGroup(RuleGroup { id, rules: rules.collect::<Result<_, _>>()? }))
}
