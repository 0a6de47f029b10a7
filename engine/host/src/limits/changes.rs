//! Limits that an administrator changed for one plugin.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Limits;

/// What a plugin has in place of the defaults of its world. Absent ones stay as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitChanges {
    /// Units of deterministic work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Wall time from start to answer, in milliseconds, with or without look-ups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Bytes of linear memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Calls from the component to the host.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host_calls: Option<u64>,
    /// Bytes of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    /// Rows that it may read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Bytes that an executor may write to files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blob_bytes: Option<u64>,
    /// Calls to other systems.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_calls: Option<u64>,
}

/// A limit that cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is {found}: expected {least} to {most}")]
pub struct BadLimit {
    /// Which, as in the document.
    pub field: &'static str,
    found: u64,
    least: u64,
    most: u64,
}

/// What stands between a plugin and the machine: no change goes beyond.
const BOUNDS: [(&str, u64, u64); 8] = [
    ("fuel", 1_000, 1_000_000_000_000),
    ("deadline_ms", 1, 600_000),
    ("memory", 64 << 10, 64 << 20),
    ("host_calls", 1, 1_000_000),
    ("output", 1_024, 16 << 20),
    ("rows", 0, 100_000_000),
    ("blob_bytes", 0, 64 << 30),
    ("http_calls", 0, 10_000),
];

impl LimitChanges {
    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Every limit that is out of bounds.
    #[must_use]
    pub fn faults(&self) -> Vec<BadLimit> {
        let bounded = self.each().into_iter().zip(BOUNDS);
        bounded
            .filter_map(|(found, (field, least, most))| {
                let found = found.filter(|found| !(least..=most).contains(found))?;
                Some(BadLimit { field, found, least, most })
            })
            .collect()
    }

    /// In the order of [`BOUNDS`].
    fn each(&self) -> [Option<u64>; BOUNDS.len()] {
        [
            self.fuel,
            self.deadline_ms,
            self.memory,
            self.host_calls,
            self.output,
            self.rows,
            self.blob_bytes,
            self.http_calls,
        ]
    }

    /// The limits of one call.
    #[must_use]
    pub fn over(&self, defaults: &Limits) -> Limits {
        let of_memory = |changed: Option<u64>, default| size(changed).unwrap_or(default);
        let deadline = self.deadline_ms.map(Duration::from_millis);
        let count = |changed: Option<u64>, default| {
            changed.map_or(default, |changed| u32::try_from(changed).unwrap_or(u32::MAX))
        };
        Limits {
            fuel: self.fuel.unwrap_or(defaults.fuel),
            deadline: deadline.unwrap_or(defaults.deadline),
            deadline_with_lookups: deadline.unwrap_or(defaults.deadline_with_lookups),
            memory: of_memory(self.memory, defaults.memory),
            output: of_memory(self.output, defaults.output),
            host_calls: count(self.host_calls, defaults.host_calls),
            http_calls: count(self.http_calls, defaults.http_calls),
            rows: self.rows.unwrap_or(defaults.rows),
            blob_bytes: self.blob_bytes.unwrap_or(defaults.blob_bytes),
            ..defaults.clone()
        }
    }
}

fn size(changed: Option<u64>) -> Option<usize> {
    changed.map(|changed| usize::try_from(changed).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays() {
        let defaults = Limits::executor();
        assert_eq!(LimitChanges::default().over(&defaults), defaults);
        let changed =
            LimitChanges { deadline_ms: Some(90_000), rows: Some(7), ..Default::default() };
        let limits = changed.over(&defaults);
        assert_eq!(limits.deadline, Duration::from_secs(90));
        assert_eq!(limits.deadline_with_lookups, Duration::from_secs(90));
        assert_eq!((limits.rows, limits.fuel), (7, defaults.fuel));
    }

    #[test]
    fn no_change_goes_beyond_the_machine() {
        let changed = LimitChanges {
            fuel: Some(0),
            memory: Some(1 << 40),
            http_calls: Some(0),
            ..Default::default()
        };
        let faults: Vec<_> = changed.faults().iter().map(|fault| fault.field).collect();
        assert_eq!(faults, ["fuel", "memory"]);
        let told = changed.faults()[0].to_string();
        assert_eq!(told, "is 0: expected 1000 to 1000000000000");
    }
}
