//! The statements of a plan, checked on the way in: what people approve is the host's own view of them.

use std::collections::BTreeSet;

use engine_core::{
    extension::{PlannedStatement, Stage},
    ids::ResourceId,
};

use super::{
    bindings::executor::exports::countersign::plugin::executor,
    results::{Answered, BadOutput},
    sql,
    statements::{as_planned, changes, concern, has_shape},
    values::shown,
};
use crate::{
    component::manifest::{Access, Capability},
    state::{State, Stop},
};

/// Statements of a plan.
const MAX_PLANNED: usize = 1_000;
/// Tables or functions of one of them.
const MAX_NAMES: usize = 100;
const MAX_NAME: usize = 300;

/// Why there is no plan.
#[derive(Debug)]
pub(crate) enum Unplanned {
    /// It makes no sense.
    Bad(BadOutput),
    /// The call was ended while it was looked at.
    Stopped(Stop),
}

impl Unplanned {
    /// As calls end.
    pub(crate) fn ended<T>(self) -> wasmtime::Result<Answered<T>> {
        match self {
            Self::Bad(bad) => Ok(Err(bad)),
            Self::Stopped(stop) => Err(stop.into()),
        }
    }

    fn below(self, path: &str) -> Self {
        match self {
            Self::Bad(bad) => Self::Bad(bad.below(path)),
            Self::Stopped(stop) => Self::Stopped(stop),
        }
    }
}

impl From<BadOutput> for Unplanned {
    fn from(bad: BadOutput) -> Self {
        Self::Bad(bad)
    }
}

impl From<Stop> for Unplanned {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl State {
    /// The statements of a plan, in an order of their own.
    pub(crate) fn planned(
        &mut self,
        given: Vec<executor::PlannedStatement>,
    ) -> Result<Vec<PlannedStatement>, Unplanned> {
        if given.len() > MAX_PLANNED {
            let why = format!("a list of {}, the most are {MAX_PLANNED}", given.len());
            return Err(BadOutput::new("statements", why).into());
        }
        let mut planned = Vec::with_capacity(given.len());
        for (place, statement) in given.into_iter().enumerate() {
            let read = self.planned_one(statement);
            planned.push(read.map_err(|why| why.below(&format!("statements[{place}]")))?);
        }
        planned.sort();
        // What only reads is covered as often as it is sent.
        planned.dedup_by(|one, other| one == other && !changes(one));
        Ok(planned)
    }

    fn planned_one(
        &mut self,
        given: executor::PlannedStatement,
    ) -> Result<PlannedStatement, Unplanned> {
        let bad = |why: String| BadOutput::new("connection", why);
        let name = shown(&given.connection);
        let allowed = self.allowed(Capability::Statements, Some(&given.connection));
        let access = allowed.map_err(|_| bad(format!("`{name}`, which was not granted")))?;
        let connection =
            ResourceId::parse(&given.connection).map_err(|error| bad(error.to_string()))?;
        let during = match given.during {
            executor::Stage::Execute => Stage::Execute,
            executor::Stage::Revert => Stage::Revert,
        };
        let planned = match given.what {
            executor::Coverage::Exact(exact) => self.exact(during, &connection, exact)?,
            executor::Coverage::Shape(shape) => shaped(during, connection, shape)?,
        };
        if access == Access::ReadOnly && changes(&planned) {
            return Err(bad(format!("`{name}`, which was granted for reading only")).into());
        }
        Ok(planned)
    }

    fn exact(
        &mut self,
        during: Stage,
        connection: &ResourceId,
        exact: executor::ExactStatement,
    ) -> Result<PlannedStatement, Unplanned> {
        let dialect = self.outside.dialect(connection)?;
        let dialect = dialect.map_err(|fault| BadOutput::new("connection", fault.message))?;
        let bad = |why: String| BadOutput::new("text", why);
        let found = engine_connect::classify(dialect, &exact.text)
            .map_err(|error| bad(format!("not understood: {error}")))?;
        let [statement] = found.as_slice() else {
            return Err(bad(format!("{} statements, expected one", found.len())).into());
        };
        if let Some(first) = statement.concerns.first() {
            return Err(bad(format!("a statement that {}", concern(first))).into());
        }
        let parameters = exact.parameters.map(sql::parameters).transpose();
        let parameters = parameters.map_err(|error| {
            BadOutput::new("parameters", format!("not a list to bind: {}", error.message))
        })?;
        Ok(as_planned(during, connection, statement, parameters.as_deref()))
    }
}

fn shaped(
    during: Stage,
    connection: ResourceId,
    shape: executor::StatementShape,
) -> Result<PlannedStatement, BadOutput> {
    if !has_shape(&shape.kind) {
        let why = format!("`{}`, which is planned by its text", shown(&shape.kind));
        return Err(BadOutput::new("kind", why));
    }
    Ok(PlannedStatement {
        during,
        connection,
        kind: shape.kind,
        object: None,
        reads: names("reads", shape.reads)?,
        writes: names("writes", shape.writes)?,
        functions: names("functions", shape.functions)?,
        text: None,
        parameters: None,
    })
}

fn names(path: &str, given: Vec<String>) -> Result<BTreeSet<String>, BadOutput> {
    if given.len() > MAX_NAMES {
        let why = format!("a list of {}, the most are {MAX_NAMES}", given.len());
        return Err(BadOutput::new(path, why));
    }
    match given.iter().find(|name| name.is_empty() || name.len() > MAX_NAME) {
        Some(name) => {
            let why =
                format!("a list with a name of {} bytes: expected 1 to {MAX_NAME}", name.len());
            Err(BadOutput::new(path, why))
        }
        None => Ok(given.into_iter().collect()),
    }
}
