//! The contract `countersign:plugin`, major version 1.
//!
//! One file per interface. An older minor version needs nothing here; another major version gets a
//! module beside this one that converts types and delegates, without a check of its own. To add an
//! interface: its file with the generated `Host` trait implemented for [`State`], its line in
//! [`questions`] or [`effects`], its functions in [`offered`], and a test with a component that uses it.
//! What it reaches of the world outside is a method of [`Outside`](crate::outside), so that it can be
//! repeated.

mod access;
mod blobs;
mod config;
mod determinism;
mod directory;
mod http;
mod log;
mod lookups;
mod notice;
pub(crate) mod offered;
mod planned;
mod refused;
mod request;
pub(crate) mod results;
mod secrets;
mod sql;
mod statements;
mod steps;
mod values;

use wasmtime::{
    Engine,
    component::{HasSelf, Linker},
};

pub(crate) use self::{planned::Unplanned, results::Answered};
use crate::state::State;

/// The contract's package.
pub(crate) const PACKAGE: &str = "countersign:plugin";
/// The major version that this module speaks.
pub(crate) const MAJOR: u32 = 1;
/// The version that this host offers.
pub(crate) const VERSION: &str = "1.0.0";

/// The interfaces that questions are offered.
pub(crate) const QUESTIONS: [&str; 11] = [
    "types",
    "request",
    "config",
    "log",
    "determinism",
    "directory",
    "sql-types",
    "named-statements",
    "secrets",
    "http-types",
    "http-lookups",
];
/// The interfaces that executors are offered.
pub(crate) const EFFECTS: [&str; 15] = [
    "types",
    "request",
    "config",
    "log",
    "determinism",
    "directory",
    "sql-types",
    "named-statements",
    "secrets",
    "http-types",
    "http-lookups",
    "statements",
    "blobs",
    "http",
    "steps",
];
/// The interfaces that notifiers are offered.
pub(crate) const NOTICES: [&str; 9] = [
    "types",
    "notice",
    "config",
    "log",
    "determinism",
    "directory",
    "secrets",
    "http-types",
    "http",
];

/// The interface behind a name of this contract, such as `request` of
/// `countersign:plugin/request@1.0.0`.
pub(crate) fn interface(name: &str) -> Option<&str> {
    let interface = name.strip_prefix(PACKAGE)?.strip_prefix('/')?;
    Some(interface.split_once('@').map_or(interface, |(interface, _)| interface))
}

/// What the compiler makes of the contract, one module per world; the interfaces of the first are
/// used by the others.
pub(crate) mod bindings {
    /// Conditions.
    pub(crate) mod condition {
        wasmtime::component::bindgen!({
            path: "../../sdk/wit/v1",
            world: "condition-plugin",
            imports: { default: trappable },
            with: {
                "countersign:plugin/secrets.secret": crate::v1::secrets::Secret,
            },
        });
    }

    /// Resolvers of approvers.
    pub(crate) mod approvers {
        wasmtime::component::bindgen!({
            path: "../../sdk/wit/v1",
            world: "approvers-plugin",
            imports: { default: trappable },
            with: {
                "countersign:plugin": super::condition::countersign::plugin,
            },
        });
    }

    /// Validators.
    pub(crate) mod validator {
        wasmtime::component::bindgen!({
            path: "../../sdk/wit/v1",
            world: "validator-plugin",
            imports: { default: trappable },
            with: {
                "countersign:plugin": super::condition::countersign::plugin,
            },
        });
    }

    /// Executors.
    pub(crate) mod executor {
        wasmtime::component::bindgen!({
            path: "../../sdk/wit/v1",
            world: "executor-plugin",
            imports: {
                "countersign:plugin/statements": async | trappable,
                "countersign:plugin/blobs": async | trappable,
                "countersign:plugin/named-statements": async | trappable,
                "countersign:plugin/http-lookups": async | trappable,
                "countersign:plugin/http": async | trappable,
                "countersign:plugin/steps": async | trappable,
                default: trappable,
            },
            exports: { default: async },
            with: {
                "countersign:plugin/types": super::condition::countersign::plugin::types,
                "countersign:plugin/request": super::condition::countersign::plugin::request,
                "countersign:plugin/config": super::condition::countersign::plugin::config,
                "countersign:plugin/log": super::condition::countersign::plugin::log,
                "countersign:plugin/determinism": super::condition::countersign::plugin::determinism,
                "countersign:plugin/directory": super::condition::countersign::plugin::directory,
                "countersign:plugin/sql-types": super::condition::countersign::plugin::sql_types,
                "countersign:plugin/secrets": super::condition::countersign::plugin::secrets,
                "countersign:plugin/http-types": super::condition::countersign::plugin::http_types,
                "countersign:plugin/statements.connection": crate::v1::statements::Connection,
                "countersign:plugin/statements.transaction": crate::v1::statements::Transaction,
                "countersign:plugin/statements.cursor": crate::v1::statements::Cursor,
                "countersign:plugin/blobs.writer": crate::v1::blobs::Writer,
            },
        });
    }

    /// Notifiers.
    pub(crate) mod notifier {
        wasmtime::component::bindgen!({
            path: "../../sdk/wit/v1",
            world: "notifier-plugin",
            imports: { default: trappable },
            exports: { default: async },
            with: {
                "countersign:plugin/types": super::condition::countersign::plugin::types,
                "countersign:plugin/config": super::condition::countersign::plugin::config,
                "countersign:plugin/log": super::condition::countersign::plugin::log,
                "countersign:plugin/determinism": super::condition::countersign::plugin::determinism,
                "countersign:plugin/directory": super::condition::countersign::plugin::directory,
                "countersign:plugin/secrets": super::condition::countersign::plugin::secrets,
                "countersign:plugin/http-types": super::condition::countersign::plugin::http_types,
                "countersign:plugin/http": super::executor::countersign::plugin::http,
            },
        });
    }
}

pub(crate) use bindings::{
    approvers::{ApproversPlugin, ApproversPluginPre},
    condition::{ConditionPlugin, ConditionPluginPre},
    executor::ExecutorPluginPre,
    notifier::NotifierPluginPre,
    validator::{ValidatorPlugin, ValidatorPluginPre},
};

/// What questions are offered: conditions, resolvers of approvers, validators. Every function returns at
/// once, except look-ups, which wait on the runtime of the calling thread.
pub(crate) fn questions(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    ConditionPlugin::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| state)?;
    Ok(linker)
}

/// What executors are offered.
pub(crate) fn effects(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    bindings::executor::ExecutorPlugin::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| {
        state
    })?;
    Ok(linker)
}

/// What notifiers are offered.
pub(crate) fn notices(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    bindings::notifier::NotifierPlugin::add_to_linker::<_, HasSelf<State>>(&mut linker, |state| {
        state
    })?;
    Ok(linker)
}
