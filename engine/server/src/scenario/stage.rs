//! Where a case is played: an engine of this process, or a server.
//!
//! There are two stages: [`super::bench::Bench`] calls the engine itself, [`super::remote::Remote`] sends
//! what a client sends. Both are looked at as a client sees things, so that expectations are compared
//! with the same words.

use std::{collections::BTreeMap, fmt};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use engine_api::{
    directory::UserDoc,
    view::{ExplanationView, RequestView},
};
use engine_core::{
    command::Seen,
    ids::{CommandId, Login, RequestId, UserId},
};
use serde_json::Value as Json;

use super::{
    act::{Answer, Call, Refusal},
    broken::Broken,
    crash::CrashPoint,
    notices::NoticeSeen,
    remote::Server,
    stub::Method,
    world::Builder,
};

/// Where the stages of a case come from.
pub(super) struct Room<'a> {
    /// What every one begins with.
    pub(super) builder: &'a Builder<'a>,
    /// None for engines of this process.
    pub(super) server: Option<&'a Server>,
}

impl Room<'_> {
    /// A world as the file has it.
    pub(super) async fn stage(&self, at: DateTime<Utc>) -> Result<Box<dyn Stage>, Broken> {
        let Builder { file, beside, kind, .. } = self.builder;
        Ok(match self.server {
            None => Box::new(self.builder.build(at).await?),
            Some(server) => Box::new(server.open(file, beside, *kind, at).await?),
        })
    }
}

/// Who gives a command; the owner where nobody is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct By {
    /// A person of the file.
    pub(super) login: Option<Login>,
    /// What a repeat is recognized by (REQ-11).
    pub(super) key: Option<CommandId>,
}

/// Everything that is kept, part by part, each as a number that differs where the part does.
pub(super) type State = BTreeMap<String, u64>;

/// The answers to calls in their order; none where the engine died before it gave them all.
pub(super) type Answers = Option<Vec<Result<Answer, Refusal>>>;

/// Where a case is played.
#[async_trait]
pub(super) trait Stage: fmt::Debug + Send + Sync {
    /// Whom a login names.
    fn user(&self, login: &Login) -> Result<UserId, Broken>;

    /// The owner's login, where the file does not write one: it appears in no expectation.
    fn hidden(&self) -> Option<&Login>;

    /// A new id.
    fn next_id(&self) -> Result<String, Broken>;

    /// What time it is there.
    async fn now(&self) -> Result<DateTime<Utc>, Broken>;

    /// The organization's settings.
    async fn settings(&self) -> Result<Json, Broken>;

    /// A user as a document, to be changed.
    async fn user_doc(&self, login: &Login) -> Result<UserDoc, Broken>;

    /// Lets in whoever is needed for a call, so that what is kept does not change by that later.
    async fn admit(&self, call: &Call) -> Result<(), Broken>;

    /// Starts all calls before any is waited for; `may_die` waits for what follows from them too.
    async fn act(&mut self, calls: Vec<Call>, may_die: bool) -> Result<Answers, Broken>;

    /// Lets everything that is under way come to rest.
    async fn settle(&mut self) -> Result<(), Broken>;

    /// Lets the engine die at the next such moment.
    async fn arm(&mut self, point: CrashPoint) -> Result<(), Broken>;

    /// Drops the engine without a goodbye and opens the same store again.
    async fn crash(&mut self) -> Result<(), Broken>;

    /// Everything that is kept.
    async fn state(&self) -> Result<State, Broken>;

    /// The request as the owner sees it.
    async fn request(&self, request: &RequestId) -> Result<Option<RequestView>, Broken>;

    /// Who can decide it, asked by the owner.
    async fn explained(
        &self,
        request: &RequestId,
        person: Option<&Login>,
    ) -> Result<ExplanationView, Broken>;

    /// The names of everything that happened to a request.
    async fn events(&self, request: &RequestId) -> Result<Vec<String>, Broken>;

    /// The logins of those who see the request, each asked for themself.
    async fn visible_to(&self, request: &RequestId) -> Result<Vec<String>, Broken>;

    /// What people were told since the last time that this was asked.
    async fn new_notices(&self) -> Result<Vec<NoticeSeen>, Broken>;

    /// How often a script or plugin was called so.
    async fn calls(&self, name: &str, method: Method) -> Result<u32, Broken>;

    /// Lets go of what the case was played on.
    async fn close(&mut self) -> Result<(), Broken> {
        Ok(())
    }

    /// What is there now, for a decision that names no tab (DEC-8a).
    async fn seen(&self, request: &RequestId) -> Result<Option<Seen>, Broken> {
        let Some(view) = self.request(request).await? else { return Ok(None) };
        Ok(Some(view.precondition().map_err(Broken::new)?.into()))
    }
}
