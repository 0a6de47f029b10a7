//! From what the engine says to what is answered.

use axum::{
    Json,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use engine_api::{
    catalogue::{Names, SaidByServer},
    organization::{ChangeList, ChangeView, ChangeWord},
    problem::FieldMessage,
    view::{RequestView, precondition},
};
use engine_core::{command::Command, ids::RequestId, request::Request, rule::Rule};
use engine_runtime::{Change, Changed, EngineError};

use super::{AppState, caller::Known, refusal::Refusal};

impl Known {
    /// The version of the rule that governs a request.
    pub(super) fn rule(&self, request: &Request) -> Option<&Rule> {
        let version = self.organization.version(&request.rule, request.rule_version);
        version.map(|version| &*version.rule)
    }

    /// Names for telling about a request.
    pub(super) fn names(&self, request: &Request) -> Names<'_> {
        self.names_of(self.rule(request))
    }

    /// Names for telling about anything else.
    pub(super) fn plain_names(&self) -> Names<'_> {
        self.names_of(None)
    }

    /// Names with the titles of a rule, where there is one; times in the caller's time zone, which is the
    /// organization's where they have none (FIN-24).
    pub(super) fn names_of<'n>(&'n self, rule: Option<&'n Rule>) -> Names<'n> {
        let organization = &self.organization.organization;
        let directory = &organization.directory;
        let names = match rule {
            Some(rule) => Names::of_rule(directory, rule),
            None => Names::of_directory(directory),
        };
        let caller = directory.user(&self.caller.user);
        let own = caller.and_then(|user| user.time_zone.as_deref()?.parse().ok());
        names.in_zone(own.unwrap_or_else(|| organization.settings.zone()))
    }

    /// An error about no request in particular.
    pub(super) fn refusal(&self, error: &EngineError) -> Refusal {
        Refusal::of(error, &self.plain_names())
    }

    /// An error about a request, told with the titles of its rule, where the caller sees it.
    pub(super) async fn refusal_about(
        &self,
        state: &AppState,
        request: &RequestId,
        error: &EngineError,
    ) -> Refusal {
        let seen = state.engine.request(&self.caller, request).await.ok();
        let rule = seen.as_ref().and_then(|seen| self.rule(&seen.request));
        Refusal::of(error, &self.names_of(rule))
    }

    /// A request as the answer, with its `ETag`.
    pub(super) fn answer(&self, request: &Request, allowed: Option<Vec<String>>) -> Response {
        let mut view = RequestView::new(request, &self.names(request));
        view.allowed = allowed;
        let mut response = Json(view).into_response();
        let tag = HeaderValue::try_from(precondition(request).to_string());
        if let Ok(tag) = tag {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }

    /// Carries out a command to its end, whether or not the caller waits for it.
    pub(super) async fn command(
        &self,
        state: &AppState,
        request: &RequestId,
        command: Command,
    ) -> Result<Response, Refusal> {
        let (engine, caller, id) = (state.engine.clone(), self.caller.clone(), request.clone());
        let done = tokio::spawn(async move { engine.command(&caller, &id, command).await });
        match joined(done.await)? {
            Ok(seen) => Ok(self.answer(&seen.request, None)),
            Err(error) => Err(self.refusal_about(state, request, &error).await),
        }
    }

    /// Changes the organization in one transaction, whether or not the caller waits for it.
    pub(super) async fn organize(
        &self,
        state: &AppState,
        changes: Vec<Change>,
        dry_run: bool,
    ) -> Result<Vec<Changed>, EngineError> {
        let (engine, caller) = (state.engine.clone(), self.caller.clone());
        let done = tokio::spawn(async move { engine.organize(&caller, changes, dry_run).await });
        done.await.unwrap_or_else(|error| Err(EngineError::Extension(error.to_string())))
    }

    /// As [`Known::organize`], as the answer.
    pub(super) async fn changed(
        &self,
        state: &AppState,
        changes: Vec<Change>,
        dry_run: bool,
    ) -> Result<Json<ChangeList>, Refusal> {
        let changed = self.organize(state, changes, dry_run).await;
        changed.map(|changed| list(changed, dry_run)).map_err(|error| self.refusal(&error))
    }
}

/// A task that panicked is a mistake of the engine's own.
pub(super) fn joined<T>(done: Result<T, tokio::task::JoinError>) -> Result<T, Refusal> {
    done.map_err(|error| {
        tracing::error!(%error, "a call stopped");
        Refusal::said(SaidByServer::Mistake)
    })
}

pub(super) fn list(changed: Vec<Changed>, dry_run: bool) -> Json<ChangeList> {
    Json(ChangeList { dry_run, ..changes(changed) })
}

/// What changed, as the API answers it.
pub(crate) fn changes(changed: Vec<Changed>) -> ChangeList {
    ChangeList { changes: changed.into_iter().map(view).collect(), dry_run: false }
}

fn view(changed: Changed) -> ChangeView {
    let plain = |change, what| ChangeView {
        change,
        what,
        version: None,
        warnings: Vec::new(),
        fields: Vec::new(),
        left_off: 0,
    };
    match changed {
        Changed::Created(what) => plain(ChangeWord::Created, what),
        Changed::Updated { what, differences } => ChangeView {
            fields: differences.fields,
            left_off: differences.left_off,
            ..plain(ChangeWord::Updated, what)
        },
        Changed::Removed(what) => plain(ChangeWord::Removed, what),
        Changed::Same(what) => plain(ChangeWord::Same, what),
        Changed::Restarting(rule) => {
            plain(ChangeWord::Restarting, format!("requests of rule {rule}"))
        }
        Changed::Retired(rule) => plain(ChangeWord::Retired, format!("rule {rule}")),
        Changed::Published { rule, version, warnings, differences } => ChangeView {
            version: Some(version),
            warnings: warnings.iter().map(message).collect(),
            fields: differences.fields,
            left_off: differences.left_off,
            ..plain(ChangeWord::Published, format!("rule {rule}"))
        },
    }
}

pub(super) fn message(problem: &engine_core::rule::Problem) -> FieldMessage {
    FieldMessage { field: problem.path.clone(), message: problem.message.clone() }
}
