//! What is known of a statement without asking the database, and what is refused by it.

use engine_connect::{
    Cell, Dialect,
    classify::{Concern, Kind, Statement},
};
use engine_core::ids::ResourceId;
use serde_json::Value as Json;

use super::cover::Use;

use crate::{
    state::State,
    v1::{
        bindings::{
            condition::countersign::plugin::types as wit, executor::countersign::plugin::statements,
        },
        request::invalid,
    },
};

/// The statements of a text, for a component.
pub(super) fn classify(
    dialect: Dialect,
    text: &str,
) -> Result<Vec<statements::Statement>, wit::HostError> {
    let found = engine_connect::classify(dialect, text);
    found
        .map(|all| all.into_iter().map(to_wit).collect())
        .map_err(|error| invalid(error.to_string()))
}

fn to_wit(statement: Statement) -> statements::Statement {
    let text = |text: String| wit::Scalar::Text(text);
    let texts = |texts: Vec<String>| wit::Value::Many(texts.into_iter().map(text).collect());
    let field = |name: &str, value| wit::Field { name: name.to_owned(), value };
    let (kind, object) = words(statement.kind);
    let concerns = statement.concerns.iter().map(concern).collect();
    let mut details = vec![
        field("has-condition", wit::Value::One(wit::Scalar::Boolean(statement.has_condition))),
        field("functions", texts(statement.functions.into_iter().collect())),
        field("concerns", texts(concerns)),
    ];
    details.extend(object.map(|object| field("object", wit::Value::One(text(object)))));
    statements::Statement {
        text: statement.text,
        kind,
        reads: statement.reads.iter().map(ToString::to_string).collect(),
        writes: statement.writes.iter().map(ToString::to_string).collect(),
        transactional: statement.transactional,
        details,
    }
}

/// The word for what a statement does, and for what it does that to.
pub(super) fn words(kind: Kind) -> (String, Option<String>) {
    match serde_json::to_value(kind) {
        Ok(Json::String(word)) => (word, None),
        Ok(Json::Object(words)) => words.into_iter().next().map_or_else(
            || ("other".to_owned(), None),
            |(word, object)| (word, object.as_str().map(ToOwned::to_owned)),
        ),
        _ => ("other".to_owned(), None),
    }
}

pub(in crate::v1) fn concern(concern: &Concern) -> String {
    match concern {
        Concern::ReachesOutside(name) => {
            format!("calls `{name}`, which reaches outside the database")
        }
        Concern::UnknownFunction(name) => format!("calls the unknown function `{name}`"),
        Concern::Construct(what) => format!("has `{what}`, which reaches outside or holds code"),
        Concern::ExecutableComment => "has a comment that the database executes".to_owned(),
        Concern::TransactionControl => "begins or ends a transaction".to_owned(),
        Concern::MarkerTable => "names the engine's own table".to_owned(),
        Concern::SeveralChanges => "makes several changes at once".to_owned(),
    }
}

impl State {
    /// Refuses what is not one statement, what is known to reach further than a statement should, a
    /// change where nothing may change, and what the approved plan does not cover. The account of
    /// the connection and the mode of the transaction bound it all the same.
    pub(super) fn may_send(
        &mut self,
        connection: &ResourceId,
        dialect: Dialect,
        text: &str,
        parameters: Option<&[Cell]>,
        used: Use,
    ) -> Result<(), wit::HostError> {
        let found = engine_connect::classify(dialect, text)
            .map_err(|error| invalid(format!("the statement is not understood: {error}")))?;
        let [statement] = found.as_slice() else {
            return Err(invalid(format!("expected one statement, found {}", found.len())));
        };
        if let Some(first) = statement.concerns.first() {
            let why = format!("the statement {}", concern(first));
            return Err(self.denied("statements", connection.as_str(), &why));
        }
        if used == Use::Read && !matches!(statement.kind, Kind::Select | Kind::Explain) {
            let why = "the transaction is for reading only";
            return Err(self.denied("statements", connection.as_str(), why));
        }
        self.must_be_covered(connection, statement, parameters, used)
    }
}
