//! Whether the plan of a test covers a statement.

use super::{
    sql,
    state::{State, Task, ask},
};
use crate::{Coverage, ErrorKind, HostError, Parameter, Planned, Stage, Statement};

/// Kinds of which the tables say enough.
const SHAPES: [&str; 6] = ["select", "insert", "update", "delete", "merge", "truncate"];

/// What is to be sent, and where.
pub(crate) struct Sending<'a> {
    pub(crate) connection: &'a str,
    pub(crate) database: &'a str,
    pub(crate) text: &'a str,
    /// None where it is looked at and not run.
    pub(crate) parameters: Option<&'a [Parameter]>,
}

impl Sending<'_> {
    /// Refuses what the plan does not cover, as the engine does.
    pub(crate) fn check(&self) -> Result<(), HostError> {
        let statements = sql::classify(self.database, self.text)?;
        let [statement] = &statements[..] else {
            return Err(HostError::new(ErrorKind::Invalid, "one statement at a time"));
        };
        ask(|state| self.check_against(state, statement))
    }

    fn check_against(&self, state: &mut State, statement: &Statement) -> Result<(), HostError> {
        let during = match state.task {
            Task::Ask | Task::Plan | Task::Deliver => return Ok(()),
            Task::Execute | Task::Probe => Stage::Execute,
            Task::Revert => Stage::Revert,
        };
        let planned = state.plan.as_deref().unwrap_or_default();
        let fits = |planned: &Planned| {
            planned.during == during
                && planned.connection == self.connection
                && self.is_covered_by(&planned.what, statement)
        };
        let is_exact = |planned: &Planned| matches!(planned.what, Coverage::Exact { .. });
        let counts = self.parameters.is_some() && statement.kind != "select";
        // What is covered with any parameters is left for others where it can be.
        let mut fitting: Vec<_> = planned.iter().enumerate().filter(|(_, one)| fits(one)).collect();
        fitting.sort_by_key(|(_, one)| {
            !matches!(one.what, Coverage::Exact { parameters: Some(_), .. })
        });
        if fitting.iter().any(|(_, one)| !counts || !is_exact(one)) {
            return Ok(());
        }
        match fitting.iter().find(|(place, _)| !state.sent.contains(place)) {
            Some((place, _)) => {
                state.sent.insert(*place);
                Ok(())
            }
            None => Err(self.refusal(during, statement, fitting.is_empty())),
        }
    }

    fn is_covered_by(&self, what: &Coverage, statement: &Statement) -> bool {
        match what {
            Coverage::Exact { text, parameters } => {
                let same = match (parameters, self.parameters) {
                    (Some(these), Some(others)) => these == others,
                    (Some(_) | None, _) => true,
                };
                let text = text.trim().trim_end_matches(';').trim_end();
                same && text == statement.text
            }
            Coverage::Shape { kind, reads, writes, .. } => {
                SHAPES.contains(&kind.as_str())
                    && *kind == statement.kind
                    && statement.reads.iter().all(|name| reads.contains(name))
                    && statement.writes.iter().all(|name| writes.contains(name))
            }
        }
    }

    /// Says what to add to the plan.
    fn refusal(&self, during: Stage, statement: &Statement, is_unplanned: bool) -> HostError {
        let (kind, text, connection) = (&statement.kind, &statement.text, self.connection);
        let then = if during == Stage::Revert { ".on_revert()" } else { "" };
        let why = match is_unplanned {
            true => format!("the plan does not cover this `{kind}` on `{connection}`"),
            false => format!("this `{kind}` on `{connection}` was sent as often as it is planned"),
        };
        let add = format!(".covers(Planned::exact(&connection, text, parameters){then})");
        let message = format!("{why}: add `{add}` to what `plan` answers, for: {text}");
        HostError::new(ErrorKind::Denied, message)
    }
}
