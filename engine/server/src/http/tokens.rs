//! Tokens: their texts are shown once and kept nowhere.

use axum::{Json, extract::State};
use engine_api::organization::{ChangeList, NewToken, TokenList, TokenMade, TokenView};
use engine_core::ids::Login;
use engine_runtime::{Change, TokenRecord};

use super::{
    AppState,
    caller::Known,
    extract::{Body, Id, field},
    outcome::joined,
    refusal::Refusal,
};

/// One's own; all of them for those who administrate.
pub(super) async fn list(known: Known) -> Result<Json<TokenList>, Refusal> {
    let sees_all = known.administrates().is_ok();
    let mine = |record: &&TokenRecord| sees_all || record.user == known.caller.user;
    let mut items: Vec<TokenView> =
        known.organization.tokens.values().filter(mine).map(|r| view(r, &known)).collect();
    items.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Json(TokenList { items }))
}

pub(super) async fn make(
    State(state): State<AppState>,
    known: Known,
    Body(wanted): Body<NewToken>,
) -> Result<Json<TokenMade>, Refusal> {
    let user = match &wanted.user {
        Some(login) => {
            let login: Login = field("user", login)?;
            let user = known.organization.organization.directory.by_login(&login);
            let nobody = || Refusal::invalid("user", format!("`{login}` is nobody's login"));
            user.ok_or_else(nobody)?.id.clone()
        }
        None => known.caller.user.clone(),
    };
    let (engine, caller) = (state.engine.clone(), known.caller.clone());
    let made = tokio::spawn(async move {
        engine.make_token(&caller, &user, &wanted.name, wanted.expires).await
    });
    let made = joined(made.await)?.map_err(|error| known.refusal(&error))?;
    Ok(Json(TokenMade { token: made.text, record: view(&made.record, &known) }))
}

pub(super) async fn remove(
    State(state): State<AppState>,
    known: Known,
    Id(id): Id<String>,
) -> Result<Json<ChangeList>, Refusal> {
    known.administrates()?;
    if !known.organization.tokens.values().any(|record| record.id == id) {
        return Err(Refusal::not_found());
    }
    known.changed(&state, vec![Change::RemoveToken { id }], false).await
}

fn view(record: &TokenRecord, known: &Known) -> TokenView {
    TokenView {
        id: record.id.clone(),
        user: known.plain_names().login(&record.user),
        name: record.name.clone(),
        created: record.created,
        expires: record.expires,
    }
}
