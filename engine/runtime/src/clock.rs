//! Time and ids come from here alone, so that tests and scenarios can decide both.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use chrono::{DateTime, Utc};

/// What time it is.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// Moved by hand, in milliseconds since 1970.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still until it is moved.
    #[must_use]
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.timestamp_millis())))
    }

    /// Now, in whole milliseconds: finer parts would not survive the store's indexes.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = match self {
            Self::System => Utc::now().timestamp_millis(),
            Self::Manual(millis) => millis.load(Ordering::SeqCst),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Moves a manual clock; the machine's goes by itself.
    pub fn set(&self, to: DateTime<Utc>) {
        if let Self::Manual(millis) = self {
            millis.store(to.timestamp_millis(), Ordering::SeqCst);
        }
    }

    /// Whether it moves by itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        matches!(self, Self::System)
    }
}

/// Where ids come from.
#[derive(Clone, Debug)]
pub enum Ids {
    /// Time-ordered and unique everywhere (UUID version 7).
    Random,
    /// Counted from 1: the same in every run of a scenario.
    Counted(Arc<AtomicU64>),
}

impl Ids {
    /// A counter at 1.
    #[must_use]
    pub fn counted() -> Self {
        Self::Counted(Arc::new(AtomicU64::new(1)))
    }

    /// The next id as text.
    #[must_use]
    pub fn next(&self, prefix: &str) -> String {
        match self {
            Self::Random => uuid::Uuid::now_v7().to_string(),
            Self::Counted(next) => format!("{prefix}{}", next.fetch_add(1, Ordering::SeqCst)),
        }
    }
}
