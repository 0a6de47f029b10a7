//! The interface `statements`: connections, transactions and queries, for executors.
//!
//! Three bounds, each by itself: the database's, which are the account of the connection and read-only
//! transactions wherever the grant or the moment allows no writing; the classifier's, which refuses
//! what is known to reach further than a statement should; and the approved plan's, which covers what
//! is sent or does not (`cover`).

mod classify;
mod connection;
mod cover;
mod cursor;
mod transaction;

use std::collections::VecDeque;

use engine_connect::{Cell, Column, Mode};
use engine_core::ids::ResourceId;

pub(super) use self::{
    classify::concern,
    cover::{as_planned, changes, has_shape},
};
use super::bindings::{
    condition::countersign::plugin::types as wit, executor::countersign::plugin::statements,
};
use crate::{
    component::manifest::Access,
    outside::{self, Fault, FaultKind},
    state::State,
};

/// A connection that was granted. Nothing is open before a transaction begins.
#[derive(Clone, Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Connection {
    access: Access,
    database: outside::Database,
}

/// A transaction; dropped without a commit, it is undone.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Transaction {
    connection: ResourceId,
    mode: Mode,
    /// None when it is over.
    open: Option<outside::Transaction>,
}

/// The answer of a query; dropped early, it cancels the query.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Cursor {
    connection: ResourceId,
    columns: Vec<Column>,
    waiting: VecDeque<Vec<Cell>>,
    /// None at the end.
    stream: Option<outside::Rows>,
}

type Answer<T> = wasmtime::Result<Result<T, wit::HostError>>;

impl statements::Host for State {}

/// A transaction that is over.
fn over() -> wit::HostError {
    super::request::invalid("the transaction is over".to_owned())
}

/// More rows than allowed.
pub(super) fn too_many(most: u64) -> Fault {
    Fault::new(FaultKind::Limit, format!("there are more than {most} rows"))
}
