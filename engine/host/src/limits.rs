//! What one call of an extension may use.
//!
//! Every limit has a default per world and can be changed per plugin. Fuel decides and is the same
//! in every repetition; the deadline protects, and covers the time spent in the host as well.

mod changes;

use std::time::Duration;

pub use changes::{BadLimit, LimitChanges};

/// The most bytes of a component file.
pub const MAX_COMPONENT_BYTES: usize = 20 * 1024 * 1024;
/// The most bytes of a script's text.
pub const MAX_SCRIPT_BYTES: usize = 32 * 1024;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What one call may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Units of deterministic work; about one per machine instruction.
    pub fuel: u64,
    /// Wall time from start to answer, host calls included.
    pub deadline: Duration,
    /// Bytes of linear memory, over all memories of the component.
    pub memory: usize,
    /// Elements of a table.
    pub table_elements: usize,
    /// Calls from the component to the host.
    pub host_calls: u32,
    /// Bytes that one host call may copy out of the component.
    pub host_call_bytes: usize,
    /// Handles that the component may hold at once.
    pub handles: usize,
    /// Bytes of the answer, counted as text.
    pub output: usize,
    /// Lines of the log; further ones are dropped and the log is marked as cut.
    pub log_lines: usize,
    /// Bytes of the log; further lines are dropped and the log is marked as cut.
    pub log_bytes: usize,
    /// Bytes that an executor may write to blobs.
    pub blob_bytes: u64,
    /// Rows that it may read from connections, look-ups included.
    pub rows: u64,
    /// Calls to other systems by HTTP.
    pub http_calls: u32,
    /// Bytes of the body of one such call.
    pub http_request_bytes: usize,
    /// Bytes of the body of its reply.
    pub http_reply_bytes: usize,
    /// The deadline of a plugin whose manifest asks for look-ups, in place of the other.
    pub deadline_with_lookups: Duration,
}

impl Limits {
    /// The defaults for the world `condition`.
    #[must_use]
    pub fn condition() -> Self {
        Self {
            fuel: 20_000_000,
            deadline: Duration::from_millis(50),
            memory: 16 * MIB,
            table_elements: 20_000,
            host_calls: 256,
            host_call_bytes: MIB,
            handles: 64,
            output: 64 * KIB,
            log_lines: 32,
            log_bytes: 8 * KIB,
            blob_bytes: 0,
            rows: 10_000,
            http_calls: 8,
            http_request_bytes: 0,
            http_reply_bytes: 256 * KIB,
            deadline_with_lookups: Duration::from_secs(2),
        }
    }

    /// The defaults for the world `approvers`.
    #[must_use]
    pub fn approvers() -> Self {
        Self {
            fuel: 200_000_000,
            deadline: Duration::from_secs(2),
            memory: 32 * MIB,
            host_calls: 2_000,
            host_call_bytes: 4 * MIB,
            handles: 256,
            output: 256 * KIB,
            log_lines: 200,
            log_bytes: 64 * KIB,
            http_calls: 32,
            http_reply_bytes: MIB,
            deadline_with_lookups: Duration::from_secs(5),
            ..Self::condition()
        }
    }

    /// The defaults for the world `validator`.
    #[must_use]
    pub fn validator() -> Self {
        Self {
            fuel: 200_000_000,
            deadline: Duration::from_millis(250),
            memory: 32 * MIB,
            host_calls: 2_000,
            host_call_bytes: 4 * MIB,
            output: 256 * KIB,
            ..Self::condition()
        }
    }

    /// The defaults for the world `notifier`.
    #[must_use]
    pub fn notifier() -> Self {
        Self {
            fuel: 200_000_000,
            deadline: Duration::from_secs(30),
            memory: 32 * MIB,
            host_calls: 2_000,
            host_call_bytes: 4 * MIB,
            log_lines: 200,
            log_bytes: 64 * KIB,
            http_request_bytes: MIB,
            deadline_with_lookups: Duration::from_secs(30),
            ..Self::condition()
        }
    }

    /// The defaults for the world `executor`.
    #[must_use]
    pub fn executor() -> Self {
        Self {
            fuel: 5_000_000_000,
            deadline: Duration::from_secs(30),
            memory: 64 * MIB,
            host_calls: 10_000,
            host_call_bytes: 16 * MIB,
            handles: 1_024,
            output: 256 * KIB,
            log_lines: 2_000,
            log_bytes: MIB,
            blob_bytes: 256 * MIB as u64,
            rows: 1_000_000,
            http_calls: 100,
            http_request_bytes: MIB,
            http_reply_bytes: 4 * MIB,
            deadline_with_lookups: Duration::from_secs(30),
            ..Self::condition()
        }
    }

    /// The same for a component that is an interpreter: it does ten times as much for the same answer, and
    /// its memory begins with the interpreter's own.
    #[must_use]
    pub fn interpreted(&self) -> Self {
        Self {
            fuel: self.fuel.saturating_mul(10),
            deadline: self.deadline.max(Duration::from_millis(250)),
            memory: self.memory.max(64 * MIB),
            ..self.clone()
        }
    }
}

/// What one run of a script may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLimits {
    /// Operations of the interpreter, and those that functions count for what they do.
    pub operations: u64,
    /// Wall time from start to answer.
    pub deadline: Duration,
    /// Calls within calls.
    pub call_levels: usize,
    /// Bytes of one text.
    pub text: usize,
    /// Elements of one array. Growth is checked element by element, so large arrays are slow.
    pub array: usize,
    /// Entries of one map.
    pub map: usize,
    /// Compiled scripts that are kept.
    pub cached_scripts: usize,
}

impl Default for ScriptLimits {
    fn default() -> Self {
        Self {
            operations: 200_000,
            deadline: Duration::from_millis(50),
            call_levels: 32,
            text: 64 * KIB,
            array: 2_000,
            map: 500,
            cached_scripts: 1_000,
        }
    }
}

/// The defaults of a host: one set per world, one for scripts, and the size of the pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostLimits {
    /// For conditions.
    pub condition: Limits,
    /// For approver resolvers.
    pub approvers: Limits,
    /// For validators.
    pub validator: Limits,
    /// For executors.
    pub executor: Limits,
    /// For notifiers.
    pub notifier: Limits,
    /// For scripts.
    pub script: ScriptLimits,
    /// Questions to components at once; further ones are told `busy`.
    pub concurrent_questions: u32,
    /// Effects of components at once; further ones are told `busy`. Counted apart, since they take
    /// long and must not hold up decisions.
    pub concurrent_effects: u32,
    /// Questions at once to components that are interpreters. They have a pool of their own; further
    /// questions wait there for a place, until their deadline.
    pub interpreted_questions: u32,
    /// Effects at once of components that are interpreters; further ones wait there for a place, until
    /// their deadline.
    pub interpreted_effects: u32,
    /// Whether a component that is an interpreter is compiled on all cores: quicker, where nobody else
    /// is served meanwhile. Otherwise on one, so that the others go on with requests.
    pub compile_on_all_cores: bool,
}

impl Default for HostLimits {
    fn default() -> Self {
        Self {
            condition: Limits::condition(),
            approvers: Limits::approvers(),
            validator: Limits::validator(),
            executor: Limits::executor(),
            notifier: Limits::notifier(),
            script: ScriptLimits::default(),
            concurrent_questions: 64,
            concurrent_effects: 32,
            interpreted_questions: 10,
            interpreted_effects: 4,
            compile_on_all_cores: false,
        }
    }
}
