//! Values of SQLite.

use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use crate::{cell::Cell, error::Error};

/// SQLite has no decimals, days and instants: they are text there, which its columns' affinities convert.
pub(super) fn bound(cell: &Cell) -> Result<ToSqlOutput<'_>, Error> {
    let text = |text: &'_ str| ToSqlOutput::Owned(Value::Text(text.to_owned()));
    Ok(match cell {
        Cell::Null => ToSqlOutput::Owned(Value::Null),
        Cell::Boolean(value) => ToSqlOutput::Owned(Value::Integer(i64::from(*value))),
        Cell::Integer(value) => ToSqlOutput::Owned(Value::Integer(*value)),
        Cell::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        Cell::Double(number) => {
            let number =
                number.parse().map_err(|_| Error::Value(format!("`{number}` is not a number")))?;
            ToSqlOutput::Owned(Value::Real(number))
        }
        Cell::Decimal(value)
        | Cell::Text(value)
        | Cell::Date(value)
        | Cell::Time(value)
        | Cell::Timestamp(value)
        | Cell::Instant(value) => text(value),
    })
}

pub(super) fn cell(value: ValueRef<'_>) -> Result<Cell, Error> {
    Ok(match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::double(number),
        ValueRef::Text(text) => Cell::Text(
            std::str::from_utf8(text)
                .map_err(|_| Error::Value("a text is not UTF-8".to_owned()))?
                .to_owned(),
        ),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
    })
}
