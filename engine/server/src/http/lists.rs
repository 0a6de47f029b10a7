//! Pages of requests.

use axum::{Json, extract::State};
use engine_api::view::{RequestPage, RequestSummary};
use engine_runtime::ListQuery;
use engine_store::{Cursor, List, Order};
use serde::Deserialize;

use super::{
    AppState,
    caller::Known,
    extract::{Asked, field},
    refusal::Refusal,
};

/// How many where nobody says.
const USUAL: usize = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Wanted {
    list: ListName,
    state: Option<String>,
    rule: Option<String>,
    order: OrderName,
    limit: usize,
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum ListName {
    Mine,
    ToDecide,
    #[default]
    All,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum OrderName {
    #[default]
    Newest,
    Oldest,
}

impl Default for Wanted {
    fn default() -> Self {
        Self {
            list: ListName::default(),
            state: None,
            rule: None,
            order: OrderName::default(),
            limit: USUAL,
            cursor: None,
        }
    }
}

pub(super) async fn list(
    State(state): State<AppState>,
    known: Known,
    Asked(wanted): Asked<Wanted>,
) -> Result<Json<RequestPage>, Refusal> {
    let query = ListQuery {
        list: which(&wanted, &known)?,
        order: match wanted.order {
            OrderName::Newest => Order::NewestFirst,
            OrderName::Oldest => Order::OldestFirst,
        },
        after: wanted.cursor.map(Cursor),
        limit: wanted.limit,
    };
    let page = state.engine.list(&known.caller, &query).await;
    let page = page.map_err(|error| known.refusal(&error))?;
    let summary = |item: &engine_runtime::Summary| {
        RequestSummary::new(&item.request, item.unmet.as_deref(), &known.names(&item.request))
    };
    Ok(Json(RequestPage {
        items: page.items.iter().map(summary).collect(),
        next: page.next.map(|Cursor(text)| text),
    }))
}

fn which(wanted: &Wanted, known: &Known) -> Result<List, Refusal> {
    let user = known.user()?;
    match (wanted.list, &wanted.state, &wanted.rule) {
        (ListName::Mine, None, None) => Ok(List::Mine(user.id.clone())),
        (ListName::ToDecide, None, None) => Ok(List::ToDecide {
            person: user.id.clone(),
            groups: user.groups.clone(),
            role: user.role,
        }),
        (ListName::All, None, None) => Ok(List::All),
        (ListName::All, Some(state), None) => Ok(List::State(field("state", state)?)),
        (ListName::All, None, Some(rule)) => Ok(List::Rule(field("rule", rule)?)),
        (ListName::Mine | ListName::ToDecide | ListName::All, _, _) => Err(Refusal::invalid(
            "query",
            "expected one of `list=mine`, `list=to_decide`, `state=…`, `rule=…`, not several",
        )),
    }
}
