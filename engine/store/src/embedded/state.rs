//! Whether the store works, and when it last wrote something.

use std::sync::Arc;

use tokio::sync::watch;

use crate::error::StoreError;

/// Shared by the store's handle and its writer.
#[derive(Debug)]
pub(super) struct State {
    /// The first failure; there is no way back.
    fault: watch::Sender<Option<Arc<str>>>,
    /// How many groups have become durable.
    groups: watch::Sender<u64>,
}

impl Default for State {
    fn default() -> Self {
        Self { fault: watch::Sender::new(None), groups: watch::Sender::new(0) }
    }
}

impl State {
    /// Refuses everything once the store has stopped.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.fault.borrow().as_ref() {
            None => Ok(()),
            Some(reason) => Err(StoreError::Stopped(reason.clone())),
        }
    }

    /// Stops the store for good; the first reason stays.
    pub(super) fn stop(&self, reason: &str) -> StoreError {
        self.fault.send_if_modified(|fault| {
            let first = fault.is_none();
            if first {
                tracing::error!(reason, "the store has stopped");
                *fault = Some(reason.into());
            }
            first
        });
        self.reason()
    }

    /// Why nothing goes on.
    pub(super) fn reason(&self) -> StoreError {
        let reason = self.fault.borrow().clone();
        StoreError::Stopped(reason.unwrap_or_else(|| "it was closed".into()))
    }

    /// A group has become durable.
    pub(super) fn advance(&self) {
        self.groups.send_modify(|groups| *groups = groups.wrapping_add(1));
    }

    pub(super) fn activity(&self) -> watch::Receiver<u64> {
        self.groups.subscribe()
    }

    pub(super) async fn stopped(&self) -> StoreError {
        let mut fault = self.fault.subscribe();
        if fault.wait_for(Option::is_some).await.is_err() {
            std::future::pending::<()>().await;
        }
        self.reason()
    }
}
