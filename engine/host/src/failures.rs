//! What ended a call, and what follows from it.

use std::any::Any;

use engine_core::extension::{Failure, FailureClass};
use wasmtime::{FrameInfo, PoolConcurrencyLimitError, Trap, WasmBacktrace};

use crate::{
    call::{LogLevel, Trace},
    state::Stop,
};

/// The failure behind an error of the machine. The administrator gets the backtrace and the last
/// words of the plugin's log, which is where a panic leaves its message.
pub(crate) fn from_error(error: &wasmtime::Error, trace: &Trace) -> Failure {
    let (class, message) = classify(error);
    let mut detail = format!("{error:?}");
    for line in trace.log.iter().filter(|line| line.level >= LogLevel::Warn) {
        detail.push_str("\nlog: ");
        detail.push_str(&line.message);
    }
    Failure {
        detail: Some(detail),
        ..Failure::new(class, format!("the plugin gave no answer: {message}"))
    }
}

/// The functions of the component that were under way when it was ended, the innermost first.
pub(crate) fn stack(error: &wasmtime::Error) -> Vec<String> {
    let Some(trace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    let name = |frame: &FrameInfo| match frame.func_name() {
        Some(name) => format!("{:#}", rustc_demangle::demangle(name)),
        None => format!("function {}", frame.func_index()),
    };
    trace.frames().iter().map(name).collect()
}

fn classify(error: &wasmtime::Error) -> (FailureClass, String) {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return (of_stop(stop), stop.to_string());
    }
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return of_trap(*trap);
    }
    if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
        return (FailureClass::Busy, "all places for plugins are taken".to_owned());
    }
    let text = error.root_cause().to_string();
    if text.contains("fuel allocated for hostcalls has been exhausted") {
        return (FailureClass::HostCalls, "it passed too much to the host in one call".to_owned());
    }
    (FailureClass::BadOutput, format!("it passed something that makes no sense: {text}"))
}

fn of_stop(stop: &Stop) -> FailureClass {
    match stop {
        Stop::HostCalls(_) => FailureClass::HostCalls,
        Stop::Deadline(_) => FailureClass::Deadline,
        Stop::Memory(_) | Stop::Table(_) => FailureClass::Memory,
        Stop::Undeclared { .. } => FailureClass::Contract,
        Stop::NotOffered(_) => FailureClass::Denied,
        Stop::BadArgument { .. } => FailureClass::BadOutput,
        Stop::Differs { .. } => FailureClass::Contract,
        Stop::NotKept => FailureClass::Unavailable,
        // Told as what it was: late.
        Stop::Unanswered => FailureClass::Deadline,
    }
}

fn of_trap(trap: Trap) -> (FailureClass, String) {
    let class = match trap {
        Trap::OutOfFuel => return (FailureClass::Fuel, "it used up its fuel".to_owned()),
        Trap::Interrupt => return (FailureClass::Deadline, "it used up its time".to_owned()),
        Trap::StackOverflow => {
            return (FailureClass::Memory, "it used up its stack".to_owned());
        }
        Trap::UnreachableCodeReached => {
            return (
                FailureClass::Trap,
                "it stopped in the middle (a panic, or `unreachable`)".to_owned(),
            );
        }
        Trap::AllocationTooLarge => FailureClass::Memory,
        Trap::StringOutOfBounds
        | Trap::ListOutOfBounds
        | Trap::InvalidDiscriminant
        | Trap::InvalidChar
        | Trap::UnalignedPointer => FailureClass::BadOutput,
        // The machine's own list grows with its versions; anything else is a trap like any other.
        _ => FailureClass::Trap,
    };
    (class, format!("it was stopped: {trap}"))
}

/// A panic in a function of ours: the plugin is not to blame.
pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Failure {
        detail: Some(format!("panic while an extension ran: {text}")),
        ..Failure::new(FailureClass::Bug, "the engine made a mistake while it ran the extension")
    }
}

/// No place is free.
pub(crate) fn busy() -> Failure {
    Failure::new(FailureClass::Busy, "all places for plugins are taken")
}

/// The time was over before the answer came.
pub(crate) fn late(deadline: std::time::Duration) -> Failure {
    let stop = Stop::Deadline(deadline.as_millis());
    Failure::new(FailureClass::Deadline, format!("the plugin gave no answer: {stop}"))
}

/// A failure after something was changed, or may have been, is never one after which nothing can
/// have happened.
pub(crate) fn in_doubt(failure: Failure, changed: bool) -> Failure {
    if !changed || failure.class.may_have_happened() {
        return failure;
    }
    let earlier = failure.detail.unwrap_or_default();
    let detail = Some(format!("{:?} after a change; {earlier}", failure.class));
    Failure { class: FailureClass::UnknownOutcome, detail, ..failure }
}
