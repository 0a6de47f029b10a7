//! Files that executions made, and who may have them (EXE-7).

use std::io;

use engine_core::{
    directory::OrganizationRole,
    ids::{ExecutionId, RequestId},
    order::once_key,
    rejection::Rejection,
    request::ExecutionState,
};
use engine_host::FileRecord;

use crate::{caller::Caller, engine::Engine, error::EngineError, library::Library};

impl Engine {
    /// A file that an execution made. The requester, those it was asked for, the owner and
    /// administrators may have it; others who see the request may know that there is one.
    ///
    /// # Errors
    /// `not_found`, the same for a file that is not there and one that the caller may not have.
    pub async fn file(
        &self,
        library: &Library,
        caller: &Caller,
        request: &RequestId,
        execution: &ExecutionId,
        name: &str,
    ) -> Result<FileRecord, EngineError> {
        let seen = self.request(caller, request).await?;
        let state = self.organization(&caller.org)?;
        let person = state.organization.directory.active(&caller.user);
        let person = person.ok_or(Rejection::NotFound)?;
        let administrates = match person.role {
            OrganizationRole::Owner | OrganizationRole::Administrator => true,
            OrganizationRole::WorkflowManager
            | OrganizationRole::Auditor
            | OrganizationRole::User => false,
        };
        if !administrates && !seen.request.is_for(&person.id) {
            return Err(Rejection::NotFound.into());
        }
        let execution = seen.request.execution(execution).filter(|found| is_done(&found.state));
        let execution = execution.ok_or(Rejection::NotFound)?;
        // By the list of what the execution made: a name is compared, never looked for on a disk.
        let made = library.host().files(&once_key(&seen.request.id, &execution.id)).await;
        let made = made.map_err(unreadable)?;
        let found = made.into_iter().find(|file| file.name == name);
        found.ok_or_else(|| Rejection::NotFound.into())
    }
}

/// Whether there is a receipt, which tells of the files.
fn is_done(state: &ExecutionState) -> bool {
    match state {
        ExecutionState::Succeeded { .. }
        | ExecutionState::Active { .. }
        | ExecutionState::Revoking { .. } => true,
        ExecutionState::Waiting
        | ExecutionState::Scheduled { .. }
        | ExecutionState::Running { .. }
        | ExecutionState::Failed { .. }
        | ExecutionState::Cancelled { .. }
        | ExecutionState::Expired { .. }
        | ExecutionState::Revoked { .. }
        | ExecutionState::Lapsed { .. } => false,
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn unreadable(error: io::Error) -> EngineError {
    EngineError::Unreadable { what: "list of files", why: error.to_string() }
}
