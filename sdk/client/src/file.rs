//! Files that executions made.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use engine_api::{endpoint::Endpoint, view::FileLinkView};
use sha2::{Digest as _, Sha256};

use crate::{Call, Client, ClientError, Reply};

impl Client {
    /// Makes a link to a file that an execution made, for the caller alone. Its name stands among the
    /// `files` of the execution.
    ///
    /// # Errors
    /// [`ClientError`]; `not_found` for whoever may not have it, `gone` after its retention.
    pub async fn link_file(
        &self,
        id: &str,
        execution: &str,
        name: &str,
    ) -> Result<FileLinkView, ClientError> {
        self.call(Call::new(Endpoint::LinkFile, &[id, execution, name])).await
    }

    /// Downloads a file by a link, of at most so many bytes, and checks that it arrived as it was made.
    ///
    /// # Errors
    /// [`ClientError`]; `not_found` for another person's link, `gone` where its time is over, it was
    /// used as often as it may be, or the file was deleted.
    pub async fn download(
        &self,
        id: &str,
        execution: &str,
        name: &str,
        link: &str,
        longest: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let call = Call::new(Endpoint::GetFile, &[id, execution, name]).query("link", link);
        self.checked(call.at_most(longest)).await
    }

    /// Downloads a file that an execution made, by a link of its own.
    ///
    /// # Errors
    /// As [`link_file`](Self::link_file) and [`download`](Self::download).
    pub async fn file(
        &self,
        id: &str,
        execution: &str,
        name: &str,
        longest: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let FileLinkView { link, .. } = self.link_file(id, execution, name).await?;
        self.download(id, execution, name, &link, longest).await
    }

    /// The bytes of a file, which are those that their digest is of.
    pub(crate) async fn checked(&self, call: Call) -> Result<Vec<u8>, ClientError> {
        let Reply { status, digest, body } = self.done(call).await?;
        let found = format!("sha-256=:{}:", BASE64_STANDARD.encode(Sha256::digest(&body)));
        match digest {
            Some(digest) if digest == found => Ok(body),
            Some(digest) => {
                let why = format!("the digest of the file is `{found}`, expected `{digest}`");
                Err(ClientError::Unreadable { status, why })
            }
            None => {
                let why = "the answer has no digest".to_owned();
                Err(ClientError::Unreadable { status, why })
            }
        }
    }
}
