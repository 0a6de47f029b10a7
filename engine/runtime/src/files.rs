//! Files that executions made: links to them, and their end (EXE-7).

use engine_core::{
    command::Command,
    decide::Changes,
    event::Event,
    ids::{ExecutionId, OrgId, RequestId},
    order::once_key,
    rejection::Rejection,
    request::{Execution, FileLink, MadeFile, Request},
};
use engine_store::{
    AgendaChange, AgendaEntry, Commit, DocumentChange, DocumentQuery, Key, Lane, Limit,
};

use crate::{
    caller::Caller,
    codec::encode,
    dispatcher::Job,
    engine::Engine,
    error::EngineError,
    load::{collection, name},
    tokens,
};

/// What the secret of every link begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "csl_";

/// A link that was just made. Its secret is kept nowhere.
#[derive(Clone, Debug)]
pub struct NewLink {
    /// What to send with the download.
    pub secret: String,
    /// What is kept.
    pub link: FileLink,
}

impl Engine {
    /// Makes a link to a file, for the caller alone. The requester, those it was asked for, the owner and
    /// administrators may have one; others who see the request may know that there is a file.
    ///
    /// # Errors
    /// `not_found`, the same for a file that is not there and one that the caller may not have; `gone`
    /// after its retention.
    pub async fn link_file(
        &self,
        caller: &Caller,
        request: &RequestId,
        execution: &ExecutionId,
        file: &str,
    ) -> Result<NewLink, EngineError> {
        let secret = tokens::random_text(PREFIX);
        let hash = tokens::hash_of(&secret);
        let (execution, file) = (execution.clone(), file.to_owned());
        let command = Command::LinkFile { execution: execution.clone(), file, hash: hash.clone() };
        // A repeat makes another link: what the first one was answered is kept nowhere.
        let caller = Caller { key: None, ..caller.clone() };
        let seen = self.command(&caller, request, command).await?;
        let files = seen.request.execution(&execution).map(|execution| &execution.files);
        let link = files.and_then(|files| files.links.iter().find(|link| link.hash == hash));
        let link = link.cloned().ok_or(Rejection::NotFound)?;
        Ok(NewLink { secret, link })
    }

    /// Uses a link once: what may be handed out now.
    ///
    /// # Errors
    /// `not_found`, the same for another person's link and one that never was; `gone` where the link's
    /// time is over, it is used up, or the file was deleted.
    pub async fn download(
        &self,
        caller: &Caller,
        request: &RequestId,
        execution: &ExecutionId,
        file: &str,
        secret: &str,
    ) -> Result<MadeFile, EngineError> {
        let hash = tokens::hash_of(secret);
        let (execution, name) = (execution.clone(), file.to_owned());
        let command = Command::Download { execution: execution.clone(), file: name, hash };
        let caller = Caller { key: None, ..caller.clone() };
        let seen = self.command(&caller, request, command).await?;
        let found = seen.request.execution(&execution).and_then(|it| it.files.file(file));
        found.cloned().ok_or_else(|| Rejection::NotFound.into())
    }

    /// The second half of the end of files: the first has said, durably, that they are no more. Now their
    /// contents go; says whether there was anything to take away. Nobody works on the execution meanwhile:
    /// a new attempt may make the same files.
    pub(crate) async fn take_files_away(
        &self,
        org: &OrgId,
        request: &RequestId,
        execution: &ExecutionId,
        entry: &AgendaEntry,
    ) -> Result<bool, EngineError> {
        let is_over = |it: &Execution| it.files.deleted.is_some() && !it.state.may_make_files();
        let is_over = |request: &Request| request.execution(execution).is_some_and(is_over);
        let before = self.load_request(org, request).await?;
        if !before.is_some_and(|known| is_over(&known.request)) {
            return Ok(false);
        }
        let (request_id, execution_id) = (request.clone(), execution.clone());
        let job = Job { org: org.clone(), request: request_id, execution: execution_id };
        let _nobody_else = self.reserve(job).ok_or(EngineError::Contended)?;
        let known = self.load_request(org, request).await?;
        let Some(known) = known.filter(|known| is_over(&known.request)) else { return Ok(false) };
        let deleted = self.inner.extensions.delete_files(&once_key(request, execution)).await;
        deleted.map_err(|failure| EngineError::Extension(failure.message))?;
        let mut commit = Commit::new(org.clone(), self.millis());
        commit.stands.push((request.clone(), known.sequence));
        let key = entry.key.clone();
        commit.agenda.push(AgendaChange::Remove { lane: Lane::Timer, key });
        self.inner.store.commit(commit).await?;
        Ok(true)
    }

    /// Whether people have attached this content, in any organization.
    pub(crate) async fn is_attached(&self, sha256: &str) -> Result<bool, EngineError> {
        for org in self.organizations() {
            let query = DocumentQuery {
                collection: name(collection::CONTENTS)?,
                prefix: format!("{sha256} "),
                after: None,
                limit: Limit::new(1),
            };
            if !self.inner.store.documents(&org, &query).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Remembers what was attached: a content is kept once, whoever needs it.
pub(crate) fn documents(changes: &Changes) -> Result<Vec<DocumentChange>, EngineError> {
    let mut documents = Vec::new();
    for event in &changes.events {
        let Event::AttachmentAdded(attachment) = event else { continue };
        let key = format!("{} {}", attachment.sha256, changes.request.id);
        let key = Key::parse(&key)
            .map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })?;
        documents.push(DocumentChange::Put {
            collection: name(collection::CONTENTS)?,
            key,
            body: encode("content", &())?,
            expected: None,
        });
    }
    Ok(documents)
}
