//! The plugin host: WebAssembly components and Rhai scripts.
//!
//! [`Host`] is the one handle. A component is [loaded](Host::load) once and called many times, each
//! time in a fresh instance with its own limits; a script is [compiled](Host::compile_script) once
//! and run many times. Both answer an [`Answer`]: a value, or a [`Failure`] with its class, and what
//! was read on the way. An error is never silently true or false.
//!
//! wasmtime and Rhai are known to this crate alone. What a component can import lives in `v1`, one
//! file for each interface; what a script can call lives in `script`.
//!
//! [`Failure`]: engine_core::extension::Failure

mod call;
mod capsule;
mod component;
mod failures;
mod files;
mod grant;
mod guests;
mod host;
mod limits;
mod machine;
mod outside;
mod places;
mod ready;
mod run;
mod script;
mod settings;
mod state;
mod steps;
mod trial;
mod turns;
mod v1;

pub use chrono_tz::Tz;
pub use engine_connect::{Method, Origin};

pub use call::{
    Answer, Call, Denial, HeaderRecord, HttpOutcome, HttpRecord, LogLevel, LogLine, LookupOutcome,
    LookupRecord, Notice, ReadSet, RecordedBody, Trace,
};
pub use capsule::{Answered, Asked, Capsule, Order, Recorded};
pub use component::{
    Compiler, LoadError, Plugin, Stage, Weight, compile_component, custom_section, custom_sections,
    digest,
    manifest::{
        Access, Capability, Manifest, Name, Reads, SECTION as MANIFEST_SECTION, Want, World,
    },
    read_manifest, split_signature, with_signature,
};
pub use files::FileRecord;
pub use grant::{ConnectionGrant, Grant, HttpGrant};
pub use host::{Host, HostOptions, Lookup, OpenError};
pub use limits::{
    BadLimit, HostLimits, LimitChanges, Limits, MAX_COMPONENT_BYTES, MAX_SCRIPT_BYTES, ScriptLimits,
};
pub use machine::Pool;
pub use outside::{Exchange, Fault, FaultKind, Given, Kept};
pub use script::{
    Script, ScriptError, ScriptFindings, ScriptRole, ScriptTypes,
    library::{ScriptChapter, ScriptFunction, script_functions},
};
