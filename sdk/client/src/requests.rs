//! Requests: submit, read, decide.

use engine_api::{
    command::{
        ApproverRequest, CommentRequest, Decide, DecisionWord, EditRequest, Force, Reassign,
        Remark, SendBack, SubmitRequest, WatchRequest, WithComment, Withdraw,
    },
    endpoint::Endpoint,
    view::{CommentList, EventList, ExplanationView, Left, RequestPage, RequestView},
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
        let comment = Some(comment.to_owned());
        let decide = Decide { decision, comment, concern: None, items: None, step: None };
        self.call(about(Endpoint::Decide, seen)?.json(&decide)?).await
    }

    /// Saves a draft, as unfinished as it is.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn save_draft(&self, draft: &SubmitRequest) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::SaveDraft, &[]).json(draft)?).await
    }

    /// Writes a draft anew.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn replace_draft(
        &self,
        id: &str,
        draft: &SubmitRequest,
    ) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::PutDraft, &[id]).json(draft)?).await
    }

    /// Throws a draft away; the answer is what it was.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn delete_draft(&self, id: &str) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::DeleteDraft, &[id])).await
    }

    /// Submits a draft.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn submit_draft(&self, id: &str) -> Result<RequestView, ClientError> {
        let nothing_more = EditRequest::default();
        self.call(Call::new(Endpoint::SubmitDraft, &[id]).json(&nothing_more)?).await
    }

    /// Makes a draft of what an ended request asked for.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn resubmit(&self, id: &str) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::Resubmit, &[id])).await
    }

    /// Changes what is asked for, as it was when it was read: where it has moved on, `conflict`.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn edit(
        &self,
        seen: &RequestView,
        edit: &EditRequest,
    ) -> Result<RequestView, ClientError> {
        self.call(about(Endpoint::Edit, seen)?.json(edit)?).await
    }

    /// Submits a request that was reviewed to its route, as it was when it was read.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn pass_review(
        &self,
        seen: &RequestView,
        comment: Option<&str>,
    ) -> Result<RequestView, ClientError> {
        let body = Remark { comment: comment.map(str::to_owned) };
        self.call(about(Endpoint::PassReview, seen)?.json(&body)?).await
    }

    /// Returns a request to review instead of deciding it, as it was when it was read.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn return_to_review(
        &self,
        seen: &RequestView,
        comment: &str,
    ) -> Result<RequestView, ClientError> {
        let body = WithComment { comment: comment.to_owned() };
        self.call(about(Endpoint::ReturnToReview, seen)?.json(&body)?).await
    }

    /// Approves some of the items of a request as it was when it was read; the others are rejected for
    /// good (DEC-7).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn approve_items(
        &self,
        seen: &RequestView,
        items: &[&str],
        comment: &str,
    ) -> Result<RequestView, ClientError> {
        let unreadable = |why| ClientError::Unreadable { status: 200, why };
        let precondition = seen.precondition().map_err(unreadable)?;
        let decide = Decide {
            decision: DecisionWord::Approve,
            comment: Some(comment.to_owned()),
            concern: None,
            items: Some(items.iter().map(|item| (*item).into()).collect()),
            step: None,
        };
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

    /// Gives somebody a seat; in the active step where none is named (STP-15).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn add_approver(
        &self,
        id: &str,
        approver: &ApproverRequest,
    ) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::AddApprover, &[id]).json(approver)?).await
    }

    /// Takes somebody out of a step (STP-15).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn remove_approver(
        &self,
        id: &str,
        approver: &ApproverRequest,
    ) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::RemoveApprover, &[id]).json(approver)?).await
    }

    /// Passes the right to decide to somebody else (STP-16).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn reassign(
        &self,
        id: &str,
        to: &str,
        comment: &str,
    ) -> Result<RequestView, ClientError> {
        let body = Reassign { to: to.to_owned(), comment: comment.to_owned() };
        self.call(Call::new(Endpoint::Reassign, &[id]).json(&body)?).await
    }

    /// Has an earlier step of a request decided again, as it was when it was read (DEC-3).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn send_back(
        &self,
        seen: &RequestView,
        to: &str,
        comment: &str,
    ) -> Result<RequestView, ClientError> {
        let unreadable = |why| ClientError::Unreadable { status: 200, why };
        let precondition = seen.precondition().map_err(unreadable)?;
        let body = SendBack { to: to.to_owned(), comment: comment.to_owned(), step: None };
        let call = Call::new(Endpoint::SendBack, &[&seen.id]);
        self.call(call.header("if-match", precondition.to_string()).json(&body)?).await
    }

    /// Takes one's own decision back (DEC-5).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn withdraw(
        &self,
        id: &str,
        comment: Option<&str>,
    ) -> Result<RequestView, ClientError> {
        let body = Withdraw { comment: comment.map(str::to_owned), step: None };
        self.call(Call::new(Endpoint::Withdraw, &[id]).json(&body)?).await
    }

    /// Approves or rejects the whole request at once (DEC-6).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn force(
        &self,
        id: &str,
        decision: DecisionWord,
        comment: &str,
    ) -> Result<RequestView, ClientError> {
        let body = Force { decision, comment: comment.to_owned() };
        self.call(Call::new(Endpoint::Force, &[id]).json(&body)?).await
    }

    /// Lets nobody decide a request for a while (REQ-7).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn hold(&self, id: &str, comment: &str) -> Result<RequestView, ClientError> {
        let body = WithComment { comment: comment.to_owned() };
        self.call(Call::new(Endpoint::Hold, &[id]).json(&body)?).await
    }

    /// Lifts the hold (REQ-7).
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn release(&self, id: &str, comment: &str) -> Result<RequestView, ClientError> {
        let body = WithComment { comment: comment.to_owned() };
        self.call(Call::new(Endpoint::Release, &[id]).json(&body)?).await
    }

    /// Asks again what could not be decided.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn reevaluate(&self, id: &str) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::Reevaluate, &[id])).await
    }

    /// Lets a request begin again under the newest version of its rule.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn restart(&self, id: &str, comment: &str) -> Result<RequestView, ClientError> {
        let comment = Some(comment.to_owned());
        self.call(Call::new(Endpoint::Restart, &[id]).json(&Remark { comment })?).await
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
}

/// A call that says what was seen (DEC-8a).
fn about(endpoint: Endpoint, seen: &RequestView) -> Result<Call, ClientError> {
    let unreadable = |why| ClientError::Unreadable { status: 200, why };
    let precondition = seen.precondition().map_err(unreadable)?;
    Ok(Call::new(endpoint, &[&seen.id]).header("if-match", precondition.to_string()))
}
