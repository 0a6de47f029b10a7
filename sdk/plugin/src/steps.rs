//! The durable memory of one execution, for effects that are not in one database: what an earlier try
//! has done is not done again.
//!
//! ```no_run
//! # use sdk_plugin::{prelude::*, http, steps};
//! # fn execute(once_key: &str) -> sdk_plugin::Result<Receipt> {
//! let ticket: String = steps::once(once_key, "ticket", || {
//!     let call = http::call(http::Method::Post, "https://desk.example.org/tickets");
//!     call.header("idempotency-key", once_key).send()?.success()?.json()
//! })?;
//! # Ok(Receipt::new(ticket))
//! # }
//! ```

use serde::{Serialize, de::DeserializeOwned};

use crate::{Error, HostError, Result, backend};

/// How far a step came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It was begun, and nobody has noted its end: it may have happened.
    Begun,
    /// It is done; with what was noted.
    Done(Vec<u8>),
}

/// Notes that a step begins. None: nobody began it before, so do it now.
///
/// # Errors
/// [`Denied`](crate::ErrorKind::Denied) outside of an effect or with another key,
/// [`Limit`](crate::ErrorKind::Limit) for too many steps.
pub fn begin(once_key: &str, name: &str) -> Result<Option<Progress>, HostError> {
    backend::begin_step(once_key, name)
}

/// Notes that a step is done, with what a later try needs to know of it; never a secret.
///
/// # Errors
/// [`Invalid`](crate::ErrorKind::Invalid) for a step that was not begun, or is done with another answer.
pub fn finish(once_key: &str, name: &str, answer: &[u8]) -> Result<(), HostError> {
    backend::finish_step(once_key, name, answer)
}

/// How far a step came; none where it was never begun. Notes nothing, and so is for `probe` too.
///
/// # Errors
/// [`Denied`](crate::ErrorKind::Denied) with another key.
pub fn look(once_key: &str, name: &str) -> Result<Option<Progress>, HostError> {
    backend::look_at_step(once_key, name)
}

/// Does a step, unless an earlier try has done it: then its answer is this one's.
///
/// # Errors
/// Those of the step. Where an earlier try began it and did not come to its end:
/// [`unknown_outcome`](Error::unknown_outcome).
pub fn once<T: Serialize + DeserializeOwned>(
    once_key: &str,
    name: &str,
    step: impl FnOnce() -> Result<T>,
) -> Result<T> {
    match begin(once_key, name)? {
        Some(Progress::Done(answer)) => Ok(serde_json::from_slice(&answer)?),
        Some(Progress::Begun) => Err(Error::unknown_outcome(
            "step_begun",
            format!("an earlier try began the step `{name}` and did not note its end"),
        )),
        None => {
            let answer = step()?;
            finish(once_key, name, &serde_json::to_vec(&answer)?)?;
            Ok(answer)
        }
    }
}
