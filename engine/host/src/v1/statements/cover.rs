//! Whether the approved plan covers a statement (EXE-6a).
//!
//! What the classifier finds in a statement is compared with what the plan says, both in the words
//! that people approved. A text that is covered as it stands is compared as it stands.

use std::{collections::BTreeSet, sync::Arc};

use engine_connect::{
    Cell,
    classify::{Statement, TableName},
};
use engine_core::{
    extension::{PlannedStatement, Stage},
    ids::ResourceId,
};
use sha2::{Digest, Sha256};

use super::classify::words;
use crate::{
    state::{State, Task},
    v1::bindings::condition::countersign::plugin::types as wit,
};

/// Kinds of which the tables say enough; of all others only the text does.
const SHAPES: [&str; 6] = ["select", "insert", "update", "delete", "merge", "truncate"];
/// So many of a plan's statements are named in a refusal.
const MAX_NAMED: usize = 5;

/// What is done with a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// Its columns or its rows are estimated; it is not run.
    LookedAt,
    /// It is run where nothing can change.
    Read,
    /// It is run.
    Run,
}

/// Whether a kind can be covered without its text.
pub(in crate::v1) fn has_shape(kind: &str) -> bool {
    SHAPES.contains(&kind)
}

/// Whether a statement does more than read.
pub(in crate::v1) fn changes(statement: &PlannedStatement) -> bool {
    !matches!(statement.kind.as_str(), "select" | "explain")
}

/// A statement in the words of a plan.
pub(in crate::v1) fn as_planned(
    during: Stage,
    connection: &ResourceId,
    statement: &Statement,
    parameters: Option<&[Cell]>,
) -> PlannedStatement {
    let (kind, object) = words(statement.kind);
    let named = |names: &BTreeSet<TableName>| names.iter().map(ToString::to_string).collect();
    PlannedStatement {
        during,
        connection: connection.clone(),
        kind,
        object,
        reads: named(&statement.reads),
        writes: named(&statement.writes),
        functions: statement.functions.clone(),
        text: Some(hex::encode(Sha256::digest(&statement.text))),
        parameters: parameters.map(hash),
    }
}

/// Each cell with its type and its length, so that no two lists are alike.
fn hash(cells: &[Cell]) -> String {
    let mut hash = Sha256::new();
    for cell in cells {
        let cell = format!("{cell:?}");
        hash.update((cell.len() as u64).to_be_bytes());
        hash.update(cell);
    }
    hex::encode(hash.finalize())
}

/// Whether a statement of the plan covers one that is to be sent.
fn covers(planned: &PlannedStatement, asked: &PlannedStatement) -> bool {
    if (planned.during, &planned.connection) != (asked.during, &asked.connection) {
        return false;
    }
    match (&planned.text, &planned.parameters, &asked.parameters) {
        (None, _, _) => {
            has_shape(&planned.kind)
                && (&planned.kind, &planned.object) == (&asked.kind, &asked.object)
                && asked.reads.is_subset(&planned.reads)
                && asked.writes.is_subset(&planned.writes)
                && asked.functions.is_subset(&planned.functions)
        }
        (Some(_), Some(these), Some(others)) if these != others => false,
        (Some(_), _, _) => planned.text == asked.text,
    }
}

/// What a plan says to a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Covered, as often as it is sent.
    Always,
    /// Covered once, by the one in this place.
    Once(usize),
    /// Covered, but sent as often as it is planned.
    UsedUp,
    /// Not covered.
    Nothing,
}

/// Looks for what covers a statement; `sent` are the places that covered a change already.
fn find(
    plan: &[PlannedStatement],
    asked: &PlannedStatement,
    counts: bool,
    sent: &BTreeSet<usize>,
) -> Found {
    let mut found = Found::Nothing;
    for (place, planned) in plan.iter().enumerate().filter(|(_, planned)| covers(planned, asked)) {
        if !counts || planned.text.is_none() {
            return Found::Always;
        }
        found = match found {
            _ if sent.contains(&place) && found == Found::Nothing => Found::UsedUp,
            _ if sent.contains(&place) => found,
            // One with its parameters before one with any, which others may need.
            Found::Once(_) if planned.parameters.is_none() => found,
            Found::Always | Found::Once(_) | Found::UsedUp | Found::Nothing => Found::Once(place),
        };
    }
    found
}

impl State {
    /// Refuses what the approved plan does not cover. While a plan is made there is none yet, and
    /// nothing can change.
    pub(super) fn must_be_covered(
        &mut self,
        connection: &ResourceId,
        statement: &Statement,
        parameters: Option<&[Cell]>,
        used: Use,
    ) -> Result<(), wit::HostError> {
        let during = match self.task {
            Task::Trial | Task::Decide | Task::Plan => return Ok(()),
            Task::Execute(_) | Task::Probe(_) => Stage::Execute,
            Task::Revert { .. } => Stage::Revert,
            Task::Deliver(_) => {
                let why = "a notifier sends no statements";
                return Err(self.denied("statements", connection.as_str(), why));
            }
        };
        let asked = as_planned(during, connection, statement, parameters);
        let plan = Arc::clone(&self.call.statements);
        let counts = used == Use::Run && changes(&asked);
        let why = match find(&plan, &asked, counts, &self.sent) {
            Found::Always => return Ok(()),
            Found::Once(place) => {
                self.sent.insert(place);
                return Ok(());
            }
            Found::UsedUp => {
                format!("{} was sent already, as often as it is planned", told(&asked))
            }
            Found::Nothing => uncovered(&plan, &asked),
        };
        Err(self.denied("statements", connection.as_str(), &why))
    }
}

/// What is asked for, and what there is instead.
fn uncovered(plan: &[PlannedStatement], asked: &PlannedStatement) -> String {
    let here = |planned: &&PlannedStatement| {
        (planned.during, &planned.connection) == (asked.during, &asked.connection)
    };
    let named: Vec<String> = plan.iter().filter(here).take(MAX_NAMED).map(told).collect();
    let more = plan.iter().filter(here).count().saturating_sub(named.len());
    let covered = match (named.is_empty(), more) {
        (true, _) => "nothing here".to_owned(),
        (false, 0) => named.join("; "),
        (false, more) => format!("{}; and {more} more", named.join("; ")),
    };
    let asked = PlannedStatement { text: None, ..asked.clone() };
    format!("the approved plan does not cover {}: it covers {covered}", told(&asked))
}

/// Such as `` `update` of `orders`, reading `people` ``.
fn told(statement: &PlannedStatement) -> String {
    let quoted = |names: &BTreeSet<String>| {
        let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let object = statement.object.as_ref().map(|object| format!(" {object}")).unwrap_or_default();
    let mut text = format!("`{}{object}`", statement.kind);
    if !statement.writes.is_empty() {
        text += &format!(" of {}", quoted(&statement.writes));
    }
    if !statement.reads.is_empty() {
        text += &format!(", reading {}", quoted(&statement.reads));
    }
    if statement.text.is_some() {
        text += " in the planned words";
    }
    text
}

#[cfg(test)]
mod tests {
    use engine_connect::{Dialect, classify};

    use super::*;

    fn asked(text: &str, parameters: &[Cell]) -> PlannedStatement {
        let connection = "shop".parse().unwrap();
        let found = classify(Dialect::Postgres, text).unwrap();
        as_planned(Stage::Execute, &connection, &found[0], Some(parameters))
    }

    fn any_parameters(statement: PlannedStatement) -> PlannedStatement {
        PlannedStatement { parameters: None, ..statement }
    }

    /// As `text`, whatever its words are.
    fn shape(text: &str) -> PlannedStatement {
        any_parameters(PlannedStatement { text: None, ..asked(text, &[]) })
    }

    #[test]
    fn a_shape_covers_its_kind_on_its_tables_and_fewer() {
        let plan = shape("update orders set state = 1 where id in (select id from stock, people)");
        for (text, is_covered) in [
            ("update orders set state = 2", true),
            ("UPDATE Orders SET note = 'x' WHERE id = (SELECT max(id) FROM people)", true),
            ("delete from orders", false),
            ("insert into orders values (1)", false),
            ("update people set id = 1", false),
            ("update sales.orders set state = 2", false),
            ("update orders set state = (select name from salaries)", false),
            ("select id from orders", false),
        ] {
            assert_eq!(covers(&plan, &asked(text, &[])), is_covered, "{text}");
        }
        assert!(covers(&shape("select 1 from orders"), &asked("select id from orders", &[])));
    }

    #[test]
    fn what_names_no_tables_has_no_shape() {
        for text in [
            "grant a to b",
            "revoke a from b",
            "create role a",
            "set role a",
            "create table orders (id int)",
            "alter table orders drop column id",
            "drop table orders",
        ] {
            assert!(!covers(&shape(text), &asked(text, &[])), "{text}");
            assert!(covers(&asked(text, &[]), &asked(text, &[])), "{text}");
        }
        assert!(!covers(&asked("grant a to b", &[]), &asked("grant b to b", &[])));
    }

    #[test]
    fn a_text_is_covered_with_its_parameters_or_with_any() {
        let text = "update orders set state = $1";
        let (one, two) = ([Cell::Integer(1)], [Cell::Integer(2)]);
        let exact = asked(text, &one);
        assert!(covers(&exact, &asked(text, &one)));
        for others in [&two[..], &[Cell::Text("1".to_owned())], &[], &[Cell::Null]] {
            assert!(!covers(&exact, &asked(text, others)), "{others:?}");
        }
        let any = any_parameters(exact.clone());
        assert!(covers(&any, &asked(text, &two)));
        assert!(!covers(&any, &asked("update orders set state = $1 where true", &one)));
        let looked_at = any_parameters(asked(text, &[]));
        assert!(covers(&exact, &looked_at));
    }

    #[test]
    fn another_connection_and_another_stage_are_not_covered() {
        let one = asked("delete from orders", &[]);
        let there = PlannedStatement { connection: "shop-2".parse().unwrap(), ..one.clone() };
        let then = PlannedStatement { during: Stage::Revert, ..one.clone() };
        for planned in [there, then] {
            assert!(!covers(&planned, &one));
            assert!(!covers(&PlannedStatement { text: None, ..planned }, &one));
        }
    }

    #[test]
    fn a_change_is_covered_as_often_as_it_is_planned() {
        let text = "insert into orders values ($1)";
        let (one, two) = ([Cell::Integer(1)], [Cell::Integer(2)]);
        let plan = [any_parameters(asked(text, &[])), asked(text, &one)];
        let mut sent = BTreeSet::new();
        let mut send = |parameters: &[Cell]| {
            let found = find(&plan, &asked(text, parameters), true, &sent);
            if let Found::Once(place) = found {
                sent.insert(place);
            }
            found
        };
        assert_eq!(send(&one), Found::Once(1), "the one that no other can use");
        assert_eq!(send(&two), Found::Once(0));
        assert_eq!(send(&two), Found::UsedUp);
        assert_eq!(send(&one), Found::UsedUp);
        assert_eq!(find(&plan, &asked(text, &two), false, &sent), Found::Always, "it is looked at");
        let shaped = [shape(text), asked(text, &one)];
        assert_eq!(find(&shaped, &asked(text, &one), true, &sent), Found::Always);
        assert_eq!(find(&plan, &asked("delete from orders", &[]), true, &sent), Found::Nothing);
    }

    #[test]
    fn a_refusal_says_what_was_asked_and_what_is_covered() {
        let delete = asked("delete from people where id in (select id from orders)", &[]);
        let plan = [shape("update orders set a = 1"), asked("grant a to b", &[])];
        assert_eq!(
            uncovered(&plan, &delete),
            "the approved plan does not cover `delete` of `people`, reading `orders`, `people`: it covers \
             `update` of `orders`, reading `orders`; `grant` in the planned words"
        );
        assert_eq!(
            uncovered(&[], &asked("create role a", &[])),
            "the approved plan does not cover `create role`: it covers nothing here"
        );
    }
}
