//! Files that executions made.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use engine_api::endpoint::Endpoint;
use sha2::{Digest as _, Sha256};

use crate::{Call, Client, ClientError, Reply};

impl Client {
    /// Downloads a file that an execution made, of at most so many bytes, and checks that it arrived
    /// as it was made. Its name stands in the execution's receipt.
    ///
    /// # Errors
    /// [`ClientError`]; `not_found` for whoever may not have it.
    pub async fn file(
        &self,
        id: &str,
        execution: &str,
        name: &str,
        longest: usize,
    ) -> Result<Vec<u8>, ClientError> {
        let call = Call::new(Endpoint::GetFile, &[id, execution, name]).at_most(longest);
        self.checked(call).await
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
