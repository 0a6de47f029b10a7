//! Words for the administrator, kept with the call. Usually written with [`log!`](crate::log!).

use crate::{Value, backend};

/// How much a word matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every step.
    Trace,
    /// For the author.
    Debug,
    /// For whoever looks.
    Info,
    /// Something to look at.
    Warn,
    /// Something to mend.
    Error,
}

/// Writes one event with named values. Never a secret.
pub fn event(level: Level, message: &str, fields: &[(&str, Value)]) {
    backend::log(level, message, fields);
}

/// Writes to the log: `log!("{n} rows")`, or with a level of [`Level`]: `log!(Warn: "no {name}")`.
#[macro_export]
macro_rules! log {
    ($level:ident: $($text:tt)+) => {
        $crate::log::event($crate::log::Level::$level, &::std::format!($($text)+), &[])
    };
    ($($text:tt)+) => {
        $crate::log::event($crate::log::Level::Info, &::std::format!($($text)+), &[])
    };
}
