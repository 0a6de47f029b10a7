//! What one run of a script works on.
//!
//! All runs share one interpreter, and its functions and its progress callback know nothing of the
//! run they serve. A run never leaves its thread, so the thread holds what belongs to it.
//!
//! The interpreter counts a call of a native function as one operation, however much it does. What does
//! more than a look-up [charges](charge) for it, in operations too.

use std::{
    cell::{Cell, RefCell},
    time::Instant,
};

use engine_core::{directory::Directory, extension::Facts};
use rhai::{Dynamic, EvalAltResult, Position};

use crate::call::{Call, Read, ReadSet};

/// What a native function answers to a script.
pub(super) type Native<T> = Result<T, Box<EvalAltResult>>;

thread_local! {
    static FRAME: RefCell<Option<Frame>> = const { RefCell::new(None) };
    static DEADLINE: Cell<Option<Instant>> = const { Cell::new(None) };
    /// Those that the interpreter has counted.
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
    /// Those that functions were charged for.
    static CHARGED: Cell<u64> = const { Cell::new(0) };
    static LIMIT: Cell<u64> = const { Cell::new(0) };
}

/// Ends a run whose operations and charges together are too many.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutOfOperations;

/// The clock is read once in so many operations.
const OPERATIONS_BETWEEN_LOOKS: u64 = 64;

/// One run.
pub(super) struct Frame {
    pub(super) call: Call,
    reads: ReadSet,
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
    pub(super) fn read(&mut self, what: Read) {
        self.host_calls = self.host_calls.saturating_add(1);
        self.reads.note(what);
    }
}

/// What a run used and read.
pub(super) struct Used {
    pub(super) reads: ReadSet,
    pub(super) host_calls: u32,
    pub(super) operations: u64,
}

/// Ends the run of this thread when it goes out of scope, even in a panic.
pub(super) struct Run(());

impl Run {
    /// Begins the run of this thread.
    pub(super) fn begin(call: Call, deadline: Instant, operations: u64) -> Self {
        let frame = Frame { call, reads: ReadSet::default(), host_calls: 0 };
        FRAME.with_borrow_mut(|current| *current = Some(frame));
        DEADLINE.set(Some(deadline));
        OPERATIONS.set(0);
        CHARGED.set(0);
        LIMIT.set(operations);
        Self(())
    }

    /// Ends it, and tells what it used.
    pub(super) fn end(self) -> Used {
        let frame = FRAME.with_borrow_mut(Option::take);
        let (reads, host_calls) =
            frame.map_or_else(Default::default, |frame| (frame.reads, frame.host_calls));
        Used { reads, host_calls, operations: used() }
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

/// Counts so much work of a function, in operations.
///
/// # Errors
/// Where the run has used up its operations; no script can catch that.
pub(super) fn charge(operations: u64) -> Native<()> {
    CHARGED.set(CHARGED.get().saturating_add(operations));
    if used() > LIMIT.get() {
        return Err(EvalAltResult::ErrorTooManyOperations(Position::NONE).into());
    }
    Ok(())
}

/// [`charge`] for a number of things.
pub(super) fn charge_each(things: usize) -> Native<()> {
    charge(u64::try_from(things).unwrap_or(u64::MAX))
}

/// Counts, and says why the run is to end, if it is: with nothing where its time is over, and with
/// [`OutOfOperations`].
pub(super) fn stop(operations: u64) -> Option<Dynamic> {
    OPERATIONS.set(operations);
    let is_late = operations.is_multiple_of(OPERATIONS_BETWEEN_LOOKS)
        && DEADLINE.get().is_some_and(|deadline| Instant::now() >= deadline);
    if is_late {
        return Some(Dynamic::UNIT);
    }
    (used() > LIMIT.get()).then(|| Dynamic::from(OutOfOperations))
}

fn used() -> u64 {
    OPERATIONS.get().saturating_add(CHARGED.get())
}
