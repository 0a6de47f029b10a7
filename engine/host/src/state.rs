//! What belongs to one call of a component while it runs.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use wasmtime::{ResourceLimiter, component::ResourceTable};

use crate::{
    call::{Call, Denial, LogLine, Read, Trace},
    component::manifest::Manifest,
    host::Services,
    limits::Limits,
    machine,
    outside::{Journal, Outside},
};

/// How long a repetition may take at least: it says nothing about the machine it was recorded on.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the component was asked to do; some of what it may do depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// Instantiated to see whether that works.
    Trial,
    /// A question: nothing may change.
    Decide,
    /// A plan: nothing may change.
    Plan,
    /// What was approved, under this key.
    Execute(String),
    /// Looking for the effect of this key: nothing may change.
    Probe(String),
    /// Taking back what was done under the key of the execution, under another.
    Revert {
        /// The execution's.
        execution: String,
        /// Its own.
        key: String,
    },
    /// A notice, under this key.
    Deliver(String),
}

impl Task {
    /// Whether an executor is asked.
    pub(crate) fn is_order(&self) -> bool {
        match self {
            Self::Plan | Self::Execute(_) | Self::Probe(_) | Self::Revert { .. } => true,
            Self::Trial | Self::Decide | Self::Deliver(_) => false,
        }
    }
}

/// Why the host ended a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    /// More calls to the host than allowed.
    #[error("it called the host more than {0} times")]
    HostCalls(u32),
    /// The time is over.
    #[error("it took longer than {0} ms, host calls included")]
    Deadline(u128),
    /// More memory than allowed.
    #[error("it wanted more than {0} bytes of memory")]
    Memory(usize),
    /// More table elements than allowed.
    #[error("it wanted a table of more than {0} elements")]
    Table(usize),
    /// A property that the manifest does not declare.
    #[error("it read the {what} `{name}`, which its manifest does not declare")]
    Undeclared { what: &'static str, name: String },
    /// A function that no plugin is offered, or not in this world.
    #[error("it called `{0}`, which is not offered to it")]
    NotOffered(String),
    /// In a repetition: it asks for something else.
    #[error("it asks {now}, where it asked {then} the first time")]
    Differs { now: String, then: String },
    /// In a repetition: what it was answered is not there.
    #[error("what it was answered the first time was too large to be kept")]
    NotKept,
    /// In a repetition: the time was over before the answer came.
    #[error("it waited in vain the first time")]
    Unanswered,
    /// An argument that no well-made plugin gives.
    #[error("it called `{function}` with {why}")]
    BadArgument { function: &'static str, why: String },
}

/// What belongs to one call.
pub(crate) struct State {
    pub(crate) call: Call,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) task: Task,
    pub(crate) limits: Arc<Limits>,
    /// Databases, files and everything else that is not the call's own.
    pub(crate) outside: Outside,
    /// How long it may take, and until when.
    pub(crate) time: Duration,
    pub(crate) deadline: Instant,
    pub(crate) trace: Trace,
    pub(crate) memory: Memory,
    pub(crate) table: ResourceTable,
    /// Rows that came from connections.
    pub(crate) rows: u64,
    /// Bytes that went to files.
    pub(crate) blob_bytes: u64,
    /// Calls to other systems.
    pub(crate) http_calls: u32,
    /// The changes of the plan that were sent, by place; each is covered once.
    pub(crate) sent: BTreeSet<usize>,
    /// Something outside was changed, or may have been.
    pub(crate) may_have_changed: bool,
    log_bytes: usize,
}

impl State {
    pub(crate) fn new(
        call: Call,
        manifest: Arc<Manifest>,
        task: Task,
        limits: Arc<Limits>,
        services: Arc<Services>,
    ) -> Self {
        let time = if manifest.looks_up() {
            limits.deadline.max(limits.deadline_with_lookups)
        } else {
            limits.deadline
        };
        let patience = if call.recorded.is_some() { time.max(PATIENCE) } else { time };
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits.handles);
        Self {
            deadline: Instant::now() + patience,
            time,
            memory: Memory::new(&limits),
            trace: Trace::default(),
            table,
            rows: 0,
            blob_bytes: 0,
            http_calls: 0,
            sent: BTreeSet::new(),
            may_have_changed: false,
            log_bytes: 0,
            outside: Outside::new(services, journal(&call, &task)),
            call,
            manifest,
            task,
            limits,
        }
    }

    /// Whether nothing was asked of the host yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.trace.host_calls == 0 && self.trace.denials.is_empty() && self.table.is_empty()
    }

    /// Counts a call to the host.
    ///
    /// # Errors
    /// [`Stop`] where there were too many, or the time is over.
    pub(crate) fn enter(&mut self) -> Result<(), Stop> {
        self.trace.host_calls = self.trace.host_calls.saturating_add(1);
        if self.trace.host_calls > self.limits.host_calls {
            return Err(Stop::HostCalls(self.limits.host_calls));
        }
        if Instant::now() >= self.deadline {
            return Err(Stop::Deadline(self.time.as_millis()));
        }
        Ok(())
    }

    /// The time that is left.
    pub(crate) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Whether a question is repeated: what it looked up is in its call.
    pub(crate) fn repeats_question(&self) -> bool {
        self.call.recorded.is_some() && !self.task.is_order()
    }

    /// Notes that something was read.
    pub(crate) fn read(&mut self, what: Read) {
        self.trace.reads.note(what);
    }

    /// Notes a refusal, for the audit log.
    pub(crate) fn deny(&mut self, capability: &str, name: &str, why: &str) {
        let shown = |text: &str| text.chars().take(200).collect();
        let denial =
            Denial { capability: shown(capability), name: shown(name), why: why.to_owned() };
        if self.trace.denials.len() < MAX_DENIALS && !self.trace.denials.contains(&denial) {
            self.trace.denials.push(denial);
        }
    }

    /// Keeps a line of the log, while there is room.
    pub(crate) fn log(&mut self, line: LogLine) {
        let fields = line.fields.iter().map(|(name, value)| name.len() + value.len());
        let bytes = line.message.len() + fields.sum::<usize>();
        let room = self.log_bytes.saturating_add(bytes) <= self.limits.log_bytes
            && self.trace.log.len() < self.limits.log_lines;
        if room {
            self.log_bytes += bytes;
            self.trace.log.push(line);
        } else {
            self.trace.log_cut = true;
        }
    }
}

/// How a call deals with the world outside. Of questions their look-ups are kept, beside this.
fn journal(call: &Call, task: &Task) -> Journal {
    if !task.is_order() {
        return Journal::Off;
    }
    match &call.recorded {
        Some(recorded) => Journal::dry(Arc::clone(&recorded.order)),
        None if call.recording => Journal::kept(),
        None => Journal::Off,
    }
}

/// Different refusals that are kept of one call.
const MAX_DENIALS: usize = 100;

/// The memory of one call.
#[derive(Debug)]
pub(crate) struct Memory {
    most: usize,
    most_elements: usize,
    used: usize,
    /// The most that was used at once.
    pub(crate) peak: usize,
}

impl Memory {
    fn new(limits: &Limits) -> Self {
        Self {
            most: limits.memory.min(machine::MAX_MEMORY),
            most_elements: limits.table_elements.min(machine::MAX_TABLE_ELEMENTS),
            used: 0,
            peak: 0,
        }
    }

    /// The same where so much is in use.
    pub(crate) fn after(self, start: &Self) -> Self {
        Self { used: start.used, peak: start.peak, ..self }
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let wanted = self.used.saturating_sub(current).saturating_add(desired);
        if wanted > self.most {
            return Err(Stop::Memory(self.most).into());
        }
        self.used = wanted;
        self.peak = self.peak.max(wanted);
        Ok(true)
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        _maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.most_elements {
            return Err(Stop::Table(self.most_elements).into());
        }
        Ok(true)
    }

    fn instances(&self) -> usize {
        machine::MAX_CORE_INSTANCES as usize
    }

    fn tables(&self) -> usize {
        machine::MAX_TABLES as usize
    }

    fn memories(&self) -> usize {
        machine::MAX_MEMORIES as usize
    }
}
