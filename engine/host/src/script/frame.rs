//! What one run of a script works on.
//!
//! All runs share one interpreter, and its functions and its progress callback know nothing of the
//! run they serve. A run never leaves its thread, so the thread holds what belongs to it.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    time::Instant,
};

use engine_core::{directory::Directory, extension::Facts};
use rhai::EvalAltResult;

use crate::call::Call;

/// What a native function answers to a script.
pub(super) type Native<T> = Result<T, Box<EvalAltResult>>;

thread_local! {
    static FRAME: RefCell<Option<Frame>> = const { RefCell::new(None) };
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
}

/// The clock is read once in so many operations.
const OPERATIONS_BETWEEN_LOOKS: u64 = 64;

/// One run.
pub(super) struct Frame {
    pub(super) call: Call,
    reads: BTreeSet<String>,
    host_calls: u32,
}

impl Frame {
    pub(super) fn facts(&self) -> &Facts {
        &self.call.facts
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.call.directory
    }

    /// Notes that something was read.
    pub(super) fn read(&mut self, what: impl FnOnce() -> String) {
        self.host_calls = self.host_calls.saturating_add(1);
        self.reads.insert(what());
    }
}

/// What a run used and read.
pub(super) struct Used {
    pub(super) reads: BTreeSet<String>,
    pub(super) host_calls: u32,
    pub(super) operations: u64,
}

/// Ends the run of this thread when it goes out of scope, even in a panic.
pub(super) struct Run(());

impl Run {
    /// Begins the run of this thread.
    pub(super) fn begin(call: Call, deadline: Instant) -> Self {
        let frame = Frame { call, reads: BTreeSet::new(), host_calls: 0 };
        FRAME.with_borrow_mut(|current| *current = Some(frame));
        DEADLINE.set(Some(deadline));
        OPERATIONS.set(0);
        Self(())
    }

    /// Ends it, and tells what it used.
    pub(super) fn end(self) -> Used {
        let frame = FRAME.with_borrow_mut(Option::take);
        let (reads, host_calls) =
            frame.map_or_else(Default::default, |frame| (frame.reads, frame.host_calls));
        Used { reads, host_calls, operations: OPERATIONS.get() }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        FRAME.with_borrow_mut(|current| *current = None);
        DEADLINE.set(None);
    }
}

/// Works on the run of this thread.
///
/// # Errors
/// What `work` answers, or a failure where no run is under way (while a script is compiled).
pub(super) fn with<T>(work: impl FnOnce(&mut Frame) -> Native<T>) -> Native<T> {
    FRAME.with_borrow_mut(|frame| match frame {
        Some(frame) => work(frame),
        None => Err("there is no request here".into()),
    })
}

/// Counts, and says whether the time is over.
pub(super) fn is_late(operations: u64) -> bool {
    OPERATIONS.set(operations);
    operations.is_multiple_of(OPERATIONS_BETWEEN_LOOKS)
        && DEADLINE.get().is_some_and(|deadline| Instant::now() >= deadline)
}
