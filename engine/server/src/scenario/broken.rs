//! A case that cannot go on.

use engine_runtime::EngineError;

/// A case that cannot go on: the scenario is wrong, or the engine failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Broken(String);

impl Broken {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// An error with all of its causes.
    pub(crate) fn of(error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            message.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        Self(message)
    }
}

impl From<EngineError> for Broken {
    fn from(error: EngineError) -> Self {
        Self::of(&error)
    }
}

impl From<engine_store::StoreError> for Broken {
    fn from(error: engine_store::StoreError) -> Self {
        Self::of(&error)
    }
}
