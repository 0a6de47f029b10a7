//! What a request has done: run, try again, say that it is used, take back.

use engine_api::{command::WithComment, endpoint::Endpoint, view::RequestView};

use crate::{Call, Client, ClientError};

impl Client {
    /// Runs an execution.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn run(&self, id: &str, execution: &str) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::Run, &[id, execution])).await
    }

    /// Tries a failed execution again.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn retry(&self, id: &str, execution: &str) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::Retry, &[id, execution])).await
    }

    /// Reports that a grant is used for the first time, now (EXE-6b).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn report_use(&self, id: &str, execution: &str) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::Use, &[id, execution])).await
    }

    /// Takes a grant back.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn revoke(
        &self,
        id: &str,
        execution: &str,
        comment: &str,
    ) -> Result<RequestView, ClientError> {
        let body = WithComment { comment: comment.to_owned() };
        self.call(Call::new(Endpoint::Revoke, &[id, execution]).json(&body)?).await
    }
}
