//! Which executions are durably over, and who waits for that.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// One execution.
enum Slot {
    /// It ended before anybody asked.
    Ended,
    Awaited(oneshot::Sender<()>),
}

/// Executions by their requests.
#[derive(Default)]
pub(crate) struct Ends(Mutex<HashMap<String, Slot>>);

impl Ends {
    fn slots(&self) -> MutexGuard<'_, HashMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The execution of this request is durably over.
    pub(crate) fn mark(&self, request: &str) {
        let mut slots = self.slots();
        match slots.remove(request) {
            Some(Slot::Awaited(waiting)) => {
                // A client that has gone does not hear it.
                let _ = waiting.send(());
            }
            Some(Slot::Ended) | None => {
                slots.insert(request.to_owned(), Slot::Ended);
            }
        }
    }

    /// Waits for the end, once for each request.
    pub(crate) async fn of(&self, request: &str) {
        let end = {
            let mut slots = self.slots();
            if let Some(Slot::Ended) = slots.remove(request) {
                return;
            }
            let (sender, end) = oneshot::channel();
            slots.insert(request.to_owned(), Slot::Awaited(sender));
            end
        };
        // The sender is dropped by nobody but `mark`.
        let _ = end.await;
    }
}

impl std::fmt::Debug for Ends {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ends").field("open", &self.slots().len()).finish()
    }
}
