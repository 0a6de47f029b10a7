//! Requests: submit, read, decide, run.

use engine_api::{
    command::{CommentRequest, Decide, DecisionWord, SubmitRequest, WatchRequest, WithComment},
    endpoint::Endpoint,
    view::{
        CommentList, EventList, ExplanationView, Left, NoticeChoices, NoticeList, RequestPage,
        RequestView,
    },
};

use crate::{Call, Client, ClientError};

/// Which requests to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListWord {
    /// Those that one asked for.
    Mine,
    /// Those that wait for one's decision.
    ToDecide,
    /// All that one may see.
    All,
}

impl ListWord {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::ToDecide => "to_decide",
            Self::All => "all",
        }
    }
}

impl Client {
    /// Submits a request.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn submit(&self, request: &SubmitRequest) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::Submit, &[]).json(request)?).await
    }

    /// Submits a request; a repeat with the same key gets the first answer (REQ-11).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn submit_once(
        &self,
        request: &SubmitRequest,
        key: &str,
    ) -> Result<RequestView, ClientError> {
        let call = Call::new(Endpoint::Submit, &[]).header("idempotency-key", key);
        self.call(call.json(request)?).await
    }

    /// Reads a request.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn request(&self, id: &str) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::GetRequest, &[id])).await
    }

    /// A page of requests.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn requests(
        &self,
        list: ListWord,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<RequestPage, ClientError> {
        let call = Call::new(Endpoint::ListRequests, &[])
            .query("list", list.as_str())
            .query("limit", &limit.to_string())
            .query_if("cursor", cursor);
        self.call(call).await
    }

    /// Decides a request as it was when it was read: where it has moved on, `conflict` (DEC-8a).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn decide(
        &self,
        seen: &RequestView,
        decision: DecisionWord,
        comment: &str,
    ) -> Result<RequestView, ClientError> {
        let unreadable = |why| ClientError::Unreadable { status: 200, why };
        let precondition = seen.precondition().map_err(unreadable)?;
        let comment = Some(comment.to_owned());
        let decide = Decide { decision, comment, concern: None, step: None };
        let call = Call::new(Endpoint::Decide, &[&seen.id]);
        self.call(call.header("if-match", precondition.to_string()).json(&decide)?).await
    }

    /// Takes a request back.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn cancel(&self, id: &str, comment: &str) -> Result<RequestView, ClientError> {
        let body = WithComment { comment: comment.to_owned() };
        self.call(Call::new(Endpoint::Cancel, &[id]).json(&body)?).await
    }

    /// Asks again what could not be decided.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn reevaluate(&self, id: &str) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::Reevaluate, &[id])).await
    }

    /// Who decides, and what keeps a person from it.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn explain(
        &self,
        id: &str,
        person: Option<&str>,
    ) -> Result<ExplanationView, ClientError> {
        self.call(Call::new(Endpoint::Explain, &[id]).query_if("person", person)).await
    }

    /// What happened to a request.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn history(&self, id: &str) -> Result<EventList, ClientError> {
        self.call(Call::new(Endpoint::History, &[id])).await
    }

    /// Says something about a request (REQ-9).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn comment(&self, id: &str, text: &str) -> Result<RequestView, ClientError> {
        let body = CommentRequest { text: text.to_owned() };
        self.call(Call::new(Endpoint::Comment, &[id]).json(&body)?).await
    }

    /// What was said about a request.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn comments(&self, id: &str) -> Result<CommentList, ClientError> {
        self.call(Call::new(Endpoint::ListComments, &[id])).await
    }

    /// Attaches a file to a request (REQ-9).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn attach(
        &self,
        id: &str,
        name: &str,
        content: impl Into<Vec<u8>>,
    ) -> Result<RequestView, ClientError> {
        let call = Call::new(Endpoint::Attach, &[id]).query("name", name).body(content);
        self.call(call.header("content-type", "application/octet-stream")).await
    }

    /// Makes somebody a watcher of a request.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn watch(&self, id: &str, login: &str) -> Result<RequestView, ClientError> {
        let body = WatchRequest { user: login.to_owned() };
        self.call(Call::new(Endpoint::Watch, &[id]).json(&body)?).await
    }

    /// Watches a request no longer.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn leave(&self, id: &str) -> Result<Left, ClientError> {
        self.call(Call::new(Endpoint::Leave, &[id])).await
    }

    /// What the caller was told, newest first (DUE-4).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn notices(
        &self,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<NoticeList, ClientError> {
        let call = Call::new(Endpoint::ListNotices, &[]);
        self.call(call.query("limit", &limit.to_string()).query_if("cursor", cursor)).await
    }

    /// Chooses what not to be told about, by the words of the notices (DUE-4).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn choose_notices(
        &self,
        choices: &NoticeChoices,
    ) -> Result<NoticeChoices, ClientError> {
        self.call(Call::new(Endpoint::PutNoticeChoices, &[]).json(choices)?).await
    }

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
