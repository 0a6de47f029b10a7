//! Attachments of a request, and who may have and add them (REQ-9).

use engine_core::{
    command::Attach,
    evaluate::View,
    ids::{OrgId, RequestId},
    question::{Answers, Inquiry},
    rejection::Rejection,
    request::Attachment,
};

use crate::{caller::Caller, engine::Engine, error::EngineError};

impl Engine {
    /// An attachment of a request that the caller sees.
    ///
    /// # Errors
    /// `not_found`, also where it was removed.
    pub async fn attachment(
        &self,
        caller: &Caller,
        request: &RequestId,
        number: u32,
    ) -> Result<Attachment, EngineError> {
        let seen = self.request(caller, request).await?;
        let found = seen.request.talk.attachment(number).cloned();
        found.ok_or_else(|| Rejection::NotFound.into())
    }

    /// Whether an attachment of a request has this content.
    ///
    /// # Errors
    /// Failures of the store.
    pub async fn has_attached(
        &self,
        org: &OrgId,
        request: &RequestId,
        sha256: &str,
    ) -> Result<bool, EngineError> {
        let known = self.load_request(org, request).await?;
        let mut all = known.iter().flat_map(|known| &known.request.talk.attachments);
        Ok(all.any(|attachment| attachment.sha256 == sha256))
    }

    /// Whether the caller might attach a file of this name, as things are: to be asked before its content
    /// is taken. The command itself decides.
    ///
    /// # Errors
    /// What the command would be refused with.
    pub async fn may_attach(
        &self,
        caller: &Caller,
        request: &RequestId,
        name: &str,
    ) -> Result<(), EngineError> {
        let (state, rule, seen) = self.visible(caller, request).await?;
        let organization = &state.organization;
        let person = organization.directory.active(&caller.user).ok_or(Rejection::NotFound)?;
        let answers = Answers::default();
        let inquiry = Inquiry::new(&answers);
        let view = View {
            organization,
            rule: &rule,
            request: &seen.request,
            at: self.now(),
            inquiry: &inquiry,
        };
        let fits = Attach { name: name.to_owned(), size: 1, sha256: "0".repeat(64) };
        Ok(view.check_attach(person, &fits)?)
    }
}
