//! Why a function of the host gives no answer.

use tokio::runtime::Handle;
use wasmtime::component::ResourceTableError;

use super::bindings::condition::countersign::plugin::types as wit;
use crate::{
    outside::{Fault, FaultKind},
    state::{State, Stop},
};

/// Why there is no answer.
pub(super) enum Refused {
    /// The component is told.
    Told(wit::HostError),
    /// Its call is over.
    Ended(wasmtime::Error),
}

impl From<wit::HostError> for Refused {
    fn from(error: wit::HostError) -> Self {
        Self::Told(error)
    }
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self::Told(fault.into())
    }
}

impl From<Stop> for Refused {
    fn from(stop: Stop) -> Self {
        Self::Ended(stop.into())
    }
}

impl From<ResourceTableError> for Refused {
    fn from(error: ResourceTableError) -> Self {
        Self::Ended(error.into())
    }
}

/// That of the calling thread, which may block, for questions that go outside.
///
/// # Errors
/// Where there is none.
pub(super) fn runtime() -> Result<Handle, Fault> {
    Handle::try_current().map_err(|_| {
        Fault::new(FaultKind::Internal, "look-ups need a runtime on the calling thread")
    })
}

/// An answer as the machine takes it.
pub(super) fn told<T>(answer: Result<T, Refused>) -> wasmtime::Result<Result<T, wit::HostError>> {
    match answer {
        Ok(value) => Ok(Ok(value)),
        Err(Refused::Told(error)) => Ok(Err(error)),
        Err(Refused::Ended(error)) => Err(error),
    }
}

impl From<Fault> for wit::HostError {
    fn from(fault: Fault) -> Self {
        let Fault { kind, message, code } = fault;
        let kind = match kind {
            FaultKind::Denied => wit::ErrorKind::Denied,
            FaultKind::Invalid => wit::ErrorKind::Invalid,
            FaultKind::NotFound => wit::ErrorKind::NotFound,
            FaultKind::Rejected => wit::ErrorKind::Rejected,
            FaultKind::Limit => wit::ErrorKind::Limit,
            FaultKind::Busy => wit::ErrorKind::Busy,
            FaultKind::Unavailable => wit::ErrorKind::Unavailable,
            FaultKind::UnknownOutcome => wit::ErrorKind::UnknownOutcome,
            FaultKind::Internal => wit::ErrorKind::Internal,
        };
        Self { kind, message, code }
    }
}

impl State {
    /// A fault, for the component. What was refused is recorded, and so is an outcome that nobody knows.
    pub(super) fn faulty(&mut self, name: &str, fault: Fault) -> wit::HostError {
        match fault.kind {
            FaultKind::Denied => self.deny("statements", name, &fault.message),
            FaultKind::UnknownOutcome => self.may_have_changed = true,
            _ => {}
        }
        fault.into()
    }
}
