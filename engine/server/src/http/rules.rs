//! Rules: list, read, publish, retire, restart, delete. Mistakes in a document come back with line, caret and correction.

use axum::{Json, extract::State};
use engine_api::{
    code::ErrorCode,
    command::Remark,
    document::{Diagnostics, Document},
    organization::{ChangeList, RuleList, RuleView},
    problem::ErrorBody,
};
use engine_core::{
    ids::RuleId,
    rejection::{Code, Rejection},
    rule::Definition,
};
use engine_runtime::{Change, EngineError, RuleVersion};
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, DryRun, Id, Named, Text},
    outcome::{list as changes, message},
    refusal::Refusal,
};

/// The longest name of a file that errors repeat, in characters.
const MAX_FILE_NAME: usize = 200;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    version: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct How {
    dry_run: bool,
    comment: String,
    file: Option<String>,
}

pub(super) async fn list(known: Known) -> Result<Json<RuleList>, Refusal> {
    known.user()?;
    let newest = |id| known.organization.newest(id).map(|version| rule_view(version, &known));
    Ok(Json(RuleList { items: known.organization.rules.keys().filter_map(newest).collect() }))
}

pub(super) async fn read(
    known: Known,
    Id(id): Id<RuleId>,
    Asked(which): Asked<Which>,
) -> Result<Json<RuleView>, Refusal> {
    known.user()?;
    if known.organization.is_deleted(&id) {
        return Err(Refusal::not_found());
    }
    let version = match which.version {
        Some(number) => known.organization.version(&id, number),
        None => known.organization.newest(&id),
    };
    let version = version.ok_or_else(Refusal::not_found)?;
    let mut view = rule_view(version, &known);
    view.definition = serde_json::to_value(&version.published.definition).ok();
    Ok(Json(view))
}

pub(super) async fn publish(
    State(state): State<AppState>,
    known: Known,
    Named(id): Named<RuleId>,
    Asked(how): Asked<How>,
    Text(text): Text,
) -> Result<Json<ChangeList>, Refusal> {
    let looks_like_json = text.trim_start().starts_with('{');
    let usual = || format!("{id}.{}", if looks_like_json { "json" } else { "yaml" });
    let name: String = how.file.unwrap_or_else(usual).chars().take(MAX_FILE_NAME).collect();
    let rule = parse(&name, &text)?;
    if rule.definition.rule != id {
        let message = format!("expected `{id}`, as in the path");
        return Err(mistakes(rule.document.problem("rule", message).into()));
    }
    let publish = rule.change(&how.comment);
    let changed = known.organize(&state, vec![publish], how.dry_run).await;
    match changed {
        Ok(changed) => Ok(changes(changed, how.dry_run)),
        Err(error) => Err(rule.refusal(&known, &error)),
    }
}

pub(super) async fn retire(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RuleId>,
    Asked(how): Asked<DryRun>,
) -> Result<Json<ChangeList>, Refusal> {
    known.changed(&state, vec![Change::RetireRule(id)], how.dry_run).await
}

pub(super) async fn restart(
    State(state): State<AppState>,
    known: Known,
    Id(rule): Id<RuleId>,
    Asked(how): Asked<DryRun>,
    Body(body): Body<Remark>,
) -> Result<Json<ChangeList>, Refusal> {
    let change = Change::RestartRequests { rule, comment: body.comment };
    known.changed(&state, vec![change], how.dry_run).await
}

pub(super) async fn remove(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<RuleId>,
    Asked(how): Asked<DryRun>,
) -> Result<Json<ChangeList>, Refusal> {
    known.changed(&state, vec![Change::DeleteRule(id)], how.dry_run).await
}

/// A rule document that has the right shape.
pub(super) struct Read {
    document: Document,
    definition: Definition,
}

/// Reads a rule document.
pub(super) fn parse(name: &str, text: &str) -> Result<Read, Refusal> {
    let document = Document::parse(name, text).map_err(mistakes)?;
    let definition = document.read().map_err(mistakes)?;
    Ok(Read { document, definition })
}

impl Read {
    /// The change that publishes it.
    pub(super) fn change(&self, comment: &str) -> Change {
        Change::Publish {
            definition: Box::new(self.definition.clone()),
            comment: comment.to_owned(),
        }
    }

    /// An error, its problems with their places in the document.
    pub(super) fn refusal(&self, known: &Known, error: &EngineError) -> Refusal {
        let EngineError::Rejected(rejection) = error else { return known.refusal(error) };
        let Rejection::RuleInvalid(problems) = &**rejection else { return known.refusal(error) };
        let placed = problems.iter().map(|p| self.document.problem(&p.path, p.message.clone()));
        mistakes(Diagnostics(placed.collect()))
    }
}

fn mistakes(diagnostics: Diagnostics) -> Refusal {
    ErrorBody::document(ErrorCode::Rejected(Code::RuleInvalid), diagnostics).into()
}

fn rule_view(version: &RuleVersion, known: &Known) -> RuleView {
    let published = &version.published;
    let id = &published.definition.rule;
    let versions = known.organization.rules.get(id);
    RuleView {
        id: id.to_string(),
        title: version.rule.title.clone(),
        kind: published.definition.kind.to_string(),
        version: published.version,
        published_at: published.at,
        author: known.plain_names().login(&published.author),
        comment: published.comment.clone(),
        warnings: published.warnings.iter().map(message).collect(),
        retired_at: known.organization.ended.get(id).map(|end| end.at),
        versions: versions.into_iter().flat_map(|all| all.keys().copied()).collect(),
        definition: None,
    }
}
