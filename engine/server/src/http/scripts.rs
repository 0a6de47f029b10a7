//! Scripts: each is compiled before it is taken.

use axum::{Json, extract::State};
use engine_api::{
    code::ErrorCode,
    document::Diagnostic,
    organization::{ChangeList, ScriptList, ScriptView},
    problem::{ErrorBody, FieldMessage},
};
use engine_core::ids::ScriptId;
use engine_runtime::Change;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, DryRun, Id, Named, Text},
    refusal::Refusal,
};

pub(super) async fn list(known: Known) -> Result<Json<ScriptList>, Refusal> {
    known.oversees()?;
    let items = known.organization.scripts.keys().map(ToString::to_string).collect();
    Ok(Json(ScriptList { items }))
}

pub(super) async fn read(
    known: Known,
    Id(name): Id<ScriptId>,
) -> Result<Json<ScriptView>, Refusal> {
    known.oversees()?;
    let text = known.organization.scripts.get(&name).ok_or_else(Refusal::not_found)?;
    Ok(Json(ScriptView { name: name.to_string(), text: text.to_string() }))
}

pub(super) async fn set(
    State(state): State<AppState>,
    known: Known,
    Named(name): Named<ScriptId>,
    Asked(how): Asked<DryRun>,
    Text(text): Text,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    check(&state, &name, &text)?;
    known.changed(&state, vec![Change::PutScript { name, text }], how.dry_run).await
}

pub(super) async fn remove(
    State(state): State<AppState>,
    known: Known,
    Id(name): Id<ScriptId>,
    Asked(how): Asked<DryRun>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    if !known.organization.scripts.contains_key(&name) {
        return Err(Refusal::not_found());
    }
    known.changed(&state, vec![Change::RemoveScript(name)], how.dry_run).await
}

/// Compiles a script; mistakes come back with line and caret.
pub(super) fn check(state: &AppState, name: &ScriptId, text: &str) -> Result<(), Refusal> {
    let Err(error) = state.library.check_script(text) else { return Ok(()) };
    let message = format!("{name}: {error}\n{}", error.snippet);
    let mut body = ErrorBody::new(ErrorCode::ScriptInvalid, message);
    body.fields = vec![FieldMessage { field: name.to_string(), message: error.message.clone() }];
    body.diagnostics = vec![Diagnostic {
        file: name.to_string(),
        line: error.line,
        column: error.column,
        path: String::new(),
        message: error.message,
        expected: Vec::new(),
        nearest: None,
        snippet: error.snippet,
        corrected: None,
    }];
    Err(body.into())
}
