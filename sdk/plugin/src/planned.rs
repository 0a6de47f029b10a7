//! What an executor will send to databases, as its plan says it.

use crate::{Connection, Parameter, Statement};

/// Statements that a plan covers. The host refuses whatever the approved plan does not cover, reading
/// statements too, so that a plan that forgets one is found out by the first test of `execute`.
///
/// ```
/// # use sdk_plugin::{Connection, HostError, Plan, Planned};
/// # fn plan(connection: &Connection, plan: Plan) -> Result<Plan, HostError> {
/// let update = &connection.classify("update orders set state = 'paid' where id = ?")?[0];
/// Ok(plan
///     .covers(Planned::exact(connection, &update.text, &[Some(7_i64.into())]))
///     .covers(Planned::exact(connection, "REVOKE a FROM b", &[]).on_revert()))
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// When they are sent.
    pub during: Stage,
    /// Where, by name.
    pub connection: String,
    /// Which.
    pub what: Coverage,
}

/// When a statement is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// While `execute` runs; what only reads, also while `probe` does.
    Execute,
    /// While `revert` runs.
    Revert,
}

/// Which statements a plan covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// One text. A change is covered once for each time that it stands in the plan.
    Exact {
        /// One statement.
        text: String,
        /// The only parameters; none means: any.
        parameters: Option<Vec<Parameter>>,
    },
    /// Every statement of a kind within these tables: `select`, `insert`, `update`, `delete`, `merge`
    /// and `truncate` only.
    Shape {
        /// The classifier's word.
        kind: String,
        /// Tables that may be read.
        reads: Vec<String>,
        /// Tables that may be changed.
        writes: Vec<String>,
        /// Functions that may be called, standard ones aside.
        functions: Vec<String>,
    },
}

impl Planned {
    /// One statement with these parameters.
    #[must_use]
    pub fn exact(connection: &Connection, text: &str, parameters: &[Parameter]) -> Self {
        let parameters = Some(parameters.to_vec());
        Self::new(connection, Coverage::Exact { text: text.to_owned(), parameters })
    }

    /// One statement, whatever its parameters are.
    #[must_use]
    pub fn text(connection: &Connection, text: &str) -> Self {
        Self::new(connection, Coverage::Exact { text: text.to_owned(), parameters: None })
    }

    /// Every statement of the same kind that stays within the tables and functions of this one, for
    /// what is not known word by word.
    #[must_use]
    pub fn like(connection: &Connection, statement: &Statement) -> Self {
        let Statement { kind, reads, writes, .. } = statement.clone();
        let functions = statement.detail("functions").unwrap_or_default();
        Self::new(connection, Coverage::Shape { kind, reads, writes, functions })
    }

    /// The same, sent when the effect is taken back.
    #[must_use]
    pub fn on_revert(mut self) -> Self {
        self.during = Stage::Revert;
        self
    }

    fn new(connection: &Connection, what: Coverage) -> Self {
        Self { during: Stage::Execute, connection: connection.name().to_owned(), what }
    }
}
