//! What the caller was told.

use axum::{Json, extract::State};
use engine_api::view::{NoticeChoices, NoticeList, NoticeView};
use engine_runtime::NoticeTold;
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body},
    outcome::joined,
    refusal::Refusal,
};

/// How many where nobody says.
const USUAL: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    pub(super) limit: usize,
    pub(super) cursor: Option<String>,
}

impl Default for Wanted {
    fn default() -> Self {
        Self { limit: USUAL, cursor: None }
    }
}

pub(super) async fn list(
    State(state): State<AppState>,
    known: Known,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<NoticeList>, Refusal> {
    let page = state.engine.notices(&known.caller, wanted.cursor.as_deref(), wanted.limit).await;
    let page = page.map_err(|error| known.refusal(&error))?;
    let view = |told: &NoticeTold| {
        let (title, text) = match &told.request {
            Some(request) => {
                let text = known.names(request).notice(&told.record.notice, request);
                (Some(request.title.clone()), text)
            }
            None => (None, "You do not see this request any more.".to_owned()),
        };
        NoticeView {
            id: told.record.id.clone(),
            at: told.record.at,
            about: told.record.notice.about().to_owned(),
            request: told.record.request.to_string(),
            title,
            text,
        }
    };
    Ok(Json(NoticeList { items: page.items.iter().map(view).collect(), next: page.next }))
}

pub(super) async fn choices(
    State(state): State<AppState>,
    known: Known,
) -> Result<Json<NoticeChoices>, Refusal> {
    let mute = state.engine.muted_notices(&known.caller);
    Ok(Json(NoticeChoices { mute: mute.map_err(|error| known.refusal(&error))? }))
}

pub(super) async fn choose(
    State(state): State<AppState>,
    known: Known,
    Body(body): Body<NoticeChoices>,
) -> Result<Json<NoticeChoices>, Refusal> {
    let (engine, caller, mute) = (state.engine.clone(), known.caller.clone(), body.mute.clone());
    let done = tokio::spawn(async move { engine.mute_notices(&caller, mute).await });
    joined(done.await)?.map_err(|error| known.refusal(&error))?;
    Ok(Json(body))
}
