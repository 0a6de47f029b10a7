//! What can be seen of the engine, in the words of the API.

use engine_api::{
    catalogue::Names,
    directory::UserDoc,
    problem::ErrorBody,
    view::{ExplanationView, RequestView},
};
use engine_core::{
    ids::{Login, OrgId, RequestId, RuleId},
    rejection::Code,
};
use engine_runtime::{Caller, Engine, EngineError, OrganizationState};

use super::{Bench, Broken};
use crate::{http, scenario::act::Refusal};

/// The engine in hand; every call under way has one of its own.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) engine: Engine,
    pub(super) org: OrgId,
}

impl Bench {
    pub(super) fn desk(&self) -> Result<Desk, Broken> {
        Ok(Desk { engine: self.engine()?.clone(), org: self.org.clone() })
    }

    pub(super) async fn explanation(
        &self,
        caller: &Caller,
        request: &RequestId,
        person: Option<&Login>,
    ) -> Result<ExplanationView, Broken> {
        Ok(self.desk()?.explanation(caller, request, person).await?)
    }

    pub(super) async fn view(&self, request: &RequestId) -> Result<Option<RequestView>, Broken> {
        let found = self.engine()?.request(&self.caller(None)?, request).await;
        let Some(seen) = there(found)? else { return Ok(None) };
        let state = self.state()?;
        let version = state.version(&seen.request.rule, seen.request.rule_version);
        let directory = &state.organization.directory;
        let names = match version {
            Some(version) => Names::of_rule(directory, &version.rule),
            None => Names::of_directory(directory),
        };
        Ok(Some(RequestView::new(&seen.request, &names)))
    }

    pub(super) async fn history(&self, request: &RequestId) -> Result<Vec<String>, Broken> {
        let found = self.engine()?.history(&self.caller(None)?, request).await;
        let events = there(found)?.unwrap_or_default();
        Ok(events.iter().map(|event| event.event.name().to_owned()).collect())
    }

    pub(super) async fn seeing(&self, request: &RequestId) -> Result<Vec<String>, Broken> {
        let mut seeing = Vec::new();
        for user in self.state()?.organization.directory.users() {
            let caller = Caller::new(self.org.clone(), user.id.clone(), "scenario");
            if there(self.engine()?.request(&caller, request).await)?.is_some() {
                seeing.push(user.login.to_string());
            }
        }
        Ok(seeing)
    }

    pub(super) fn document_of(&self, login: &Login) -> Result<UserDoc, Broken> {
        let state = self.state()?;
        let directory = &state.organization.directory;
        let user = directory.user(&self.user(login)?);
        let user = user.ok_or_else(|| Broken::new(format!("there is no user `{login}`")))?;
        Ok(UserDoc::of(user, &Names::of_directory(directory)))
    }
}

impl Desk {
    /// As the API's endpoint of that name.
    pub(super) async fn explanation(
        &self,
        caller: &Caller,
        request: &RequestId,
        person: Option<&Login>,
    ) -> Result<ExplanationView, EngineError> {
        let state = self.engine.organization(&self.org)?;
        let directory = &state.organization.directory;
        let person = person.and_then(|login| directory.by_login(login)).map(|user| &user.id);
        let explained = self.engine.explain(caller, request, person).await?;
        let version = state.version(&explained.request.rule, explained.request.rule_version);
        Ok(match version {
            Some(version) => {
                let names = Names::of_rule(directory, &version.rule);
                http::explanation(&explained, &caller.user, &names)
            }
            None => http::explanation(&explained, &caller.user, &Names::of_directory(directory)),
        })
    }

    /// What an engine's refusal or failure says to a client.
    pub(super) async fn refusal(
        &self,
        request: Option<&RequestId>,
        rule: Option<&RuleId>,
        error: EngineError,
    ) -> Result<Refusal, Broken> {
        let EngineError::Rejected(rejection) = error else {
            let messages = vec![Broken::from(error).to_string()];
            return Ok(Refusal { code: None, fields: Vec::new(), unmet: Vec::new(), messages });
        };
        let state = self.engine.organization(&self.org)?;
        let rule = match (request, rule) {
            (Some(request), _) => self.rule_of(&state, request).await?,
            (None, Some(rule)) => state.newest(rule).map(|version| version.rule.clone()),
            (None, None) => None,
        };
        let directory = &state.organization.directory;
        let names = match &rule {
            Some(rule) => Names::of_rule(directory, rule),
            None => Names::of_directory(directory),
        };
        Ok(Refusal::of(Some(rejection.code()), &ErrorBody::rejection(&rejection, &names)))
    }

    async fn rule_of(
        &self,
        state: &OrganizationState,
        request: &RequestId,
    ) -> Result<Option<std::sync::Arc<engine_core::rule::Rule>>, Broken> {
        let owner = engine_core::directory::OrganizationRole::Owner;
        let Some(owner) = state.organization.directory.with_role(owner).next() else {
            return Ok(None);
        };
        let caller = Caller::new(self.org.clone(), owner.id.clone(), "scenario");
        let Some(seen) = there(self.engine.request(&caller, request).await)? else {
            return Ok(None);
        };
        let version = state.version(&seen.request.rule, seen.request.rule_version);
        Ok(version.map(|version| version.rule.clone()))
    }
}

/// None for what is not there, or not for this caller.
fn there<T>(found: Result<T, EngineError>) -> Result<Option<T>, Broken> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.code() == Some(Code::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
