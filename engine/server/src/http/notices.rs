//! What the caller was told.

use axum::{Json, extract::State};
use engine_api::{
    catalogue::NOT_SEEN,
    organization::ChangeList,
    view::{NoticeChoices, NoticeList, NoticeView},
};
use engine_runtime::{Change, NoticeTold};
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, Body, DryRun},
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
    let me = known.caller.user.clone();
    let view = |told: &NoticeTold| {
        let (title, text) = match &told.request {
            Some(request) => {
                let text = known.names(request).notice(&told.record.notice, request, &me);
                (Some(request.title.clone()), text)
            }
            None => (None, NOT_SEEN.to_owned()),
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

pub(super) async fn choices(known: Known) -> Result<Json<NoticeChoices>, Refusal> {
    let user = known.user()?;
    let muted = known.organization.organization.muted.get(&user.id);
    Ok(Json(NoticeChoices { mute: muted.into_iter().flatten().cloned().collect() }))
}

pub(super) async fn choose(
    State(state): State<AppState>,
    known: Known,
    Asked(how): Asked<DryRun>,
    Body(body): Body<NoticeChoices>,
) -> Result<Json<ChangeList>, Refusal> {
    known.changed(&state, vec![Change::MuteNotices { about: body.mute }], how.dry_run).await
}
