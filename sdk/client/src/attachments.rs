//! Files of requests.

use engine_api::{
    endpoint::Endpoint,
    view::{AttachmentList, RequestView},
};

use crate::{Call, Client, ClientError};

impl Client {
    /// Attaches a file to a request (REQ-9).
    ///
    /// # Errors
    /// [`ClientError`]; `too_large` for more than 25 MiB.
    pub async fn attach(
        &self,
        id: &str,
        name: &str,
        content: impl Into<Vec<u8>>,
    ) -> Result<RequestView, ClientError> {
        let call = Call::new(Endpoint::Attach, &[id]).query("name", name);
        self.call(call.header("content-type", "application/octet-stream").body(content)).await
    }

    /// The files of a request.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn attachments(&self, id: &str) -> Result<AttachmentList, ClientError> {
        self.call(Call::new(Endpoint::ListAttachments, &[id])).await
    }

    /// Downloads an attachment of at most so many bytes, and checks that it arrived as it was sent.
    ///
    /// # Errors
    /// [`ClientError`]; `not_found` where it was removed.
    pub async fn attachment(
        &self,
        id: &str,
        number: u32,
        longest: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let call = Call::new(Endpoint::GetAttachment, &[id, &number.to_string()]);
        self.checked(call.at_most(longest)).await
    }

    /// Takes an attachment away, while the request is open.
    ///
    /// # Errors
    /// [`ClientError`]; `forbidden` for whoever neither attached it nor administrates.
    pub async fn remove_attachment(
        &self,
        id: &str,
        number: u32,
    ) -> Result<RequestView, ClientError> {
        self.call(Call::new(Endpoint::RemoveAttachment, &[id, &number.to_string()])).await
    }
}
