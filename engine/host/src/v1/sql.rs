//! Parameters and cells, for components.

use engine_connect::{Cell, Column};

use super::{
    bindings::condition::countersign::plugin::{sql_types, types as wit},
    values,
};

/// The cells of parameters.
///
/// # Errors
/// `invalid`, with the place of what cannot be bound.
pub(super) fn parameters(given: Vec<sql_types::Parameter>) -> Result<Vec<Cell>, wit::HostError> {
    let bound = |given: Option<wit::Value>| match given {
        None => Ok(Cell::Null),
        Some(wit::Value::One(scalar)) => to_cell(scalar),
        Some(wit::Value::Many(_)) => Err("a list cannot be bound".to_owned()),
        Some(wit::Value::Other(other)) => Err(format!("`{}` cannot be bound", other.kind)),
    };
    let cell = |(place, given): (usize, sql_types::Parameter)| {
        bound(given)
            .map_err(|why| super::request::invalid(format!("parameter {}: {why}", place + 1)))
    };
    given.into_iter().enumerate().map(cell).collect()
}

fn to_cell(scalar: wit::Scalar) -> Result<Cell, String> {
    Ok(match scalar {
        wit::Scalar::Text(text)
        | wit::Scalar::Choice(text)
        | wit::Scalar::Duration(text)
        | wit::Scalar::User(text)
        | wit::Scalar::Group(text)
        | wit::Scalar::Node(text)
        | wit::Scalar::Resource(text)
        | wit::Scalar::Attachment(text) => Cell::Text(text),
        wit::Scalar::Number(number) => Cell::Integer(number),
        wit::Scalar::Decimal(text) => Cell::Decimal(values::decimal(&text)?.to_string()),
        wit::Scalar::Money(_) => return Err("money cannot be bound: bind its amount".to_owned()),
        wit::Scalar::Boolean(boolean) => Cell::Boolean(boolean),
        wit::Scalar::Date(text) => Cell::Date(text),
        wit::Scalar::Timestamp(text) => {
            values::instant(&text)?;
            Cell::Instant(text)
        }
    })
}

/// A cell of an answer; what the contract has no kind for is text, as the database prints it.
pub(super) fn from_cell(cell: Cell) -> sql_types::Cell {
    Some(match cell {
        Cell::Null => return None,
        Cell::Boolean(boolean) => wit::Scalar::Boolean(boolean),
        Cell::Integer(number) if number.unsigned_abs() <= values::MAX_NUMBER.unsigned_abs() => {
            wit::Scalar::Number(number)
        }
        Cell::Integer(number) => wit::Scalar::Decimal(number.to_string()),
        Cell::Decimal(text) if values::decimal(&text).is_ok() => wit::Scalar::Decimal(text),
        Cell::Date(text) if text.parse::<chrono::NaiveDate>().is_ok() => wit::Scalar::Date(text),
        Cell::Instant(text) if values::instant(&text).is_ok() => wit::Scalar::Timestamp(text),
        Cell::Bytes(bytes) => wit::Scalar::Text(hex::encode(bytes)),
        Cell::Decimal(text)
        | Cell::Double(text)
        | Cell::Text(text)
        | Cell::Date(text)
        | Cell::Time(text)
        | Cell::Timestamp(text)
        | Cell::Instant(text) => wit::Scalar::Text(text),
    })
}

/// The columns of an answer.
pub(super) fn columns(columns: &[Column]) -> Vec<sql_types::Column> {
    let column = |column: &Column| sql_types::Column {
        name: column.name.clone(),
        kind: column.type_name.clone(),
    };
    columns.iter().map(column).collect()
}
