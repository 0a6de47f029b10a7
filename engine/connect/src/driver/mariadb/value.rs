//! Values of MariaDB, by its binary protocol.

use mysql_async::{
    Column, Params, Row, Value,
    consts::{ColumnFlags, ColumnType},
};

use crate::{cell::Cell, error::Error};

/// The character set of bytes that are no text.
const BINARY: u16 = 63;

/// Decimals go as text, which the server converts exactly where it stores them; a comparison of a decimal
/// column with a parameter is exact only with `CAST(? AS DECIMAL(…))`.
pub(super) fn positional(params: &[Cell]) -> Result<Params, Error> {
    if params.is_empty() {
        return Ok(Params::Empty);
    }
    params.iter().map(sent).collect::<Result<_, _>>().map(Params::Positional)
}

fn sent(cell: &Cell) -> Result<Value, Error> {
    Ok(match cell {
        Cell::Null => Value::NULL,
        Cell::Boolean(value) => Value::Int(i64::from(*value)),
        Cell::Integer(value) => Value::Int(*value),
        Cell::Double(number) => Value::Double(
            number.parse().map_err(|_| Error::Value(format!("`{number}` is not a number")))?,
        ),
        Cell::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Cell::Decimal(text) | Cell::Text(text) | Cell::Date(text) | Cell::Time(text) => {
            Value::Bytes(text.clone().into_bytes())
        }
        // Our sessions are in UTC; the server knows no `T` and `Z`.
        Cell::Timestamp(text) | Cell::Instant(text) => {
            Value::Bytes(text.trim_end_matches('Z').replace('T', " ").into_bytes())
        }
    })
}

/// The cells of a row.
pub(super) fn cells(row: Row) -> Result<Vec<Cell>, Error> {
    let columns = row.columns();
    let values = row.unwrap();
    values.into_iter().zip(columns.iter()).map(|(value, column)| received(value, column)).collect()
}

fn received(value: Value, column: &Column) -> Result<Cell, Error> {
    let kind = column.column_type();
    Ok(match value {
        Value::NULL => Cell::Null,
        Value::Int(number) => Cell::Integer(number),
        Value::UInt(number) => match i64::try_from(number) {
            Ok(number) => Cell::Integer(number),
            Err(_) => Cell::Decimal(number.to_string()),
        },
        Value::Float(number) => Cell::single(number),
        Value::Double(number) => Cell::double(number),
        Value::Date(year, month, day, hour, minute, second, micros) => {
            let date = format!("{year:04}-{month:02}-{day:02}");
            let time = clock(hour.into(), minute, second, micros);
            match kind {
                ColumnType::MYSQL_TYPE_DATE | ColumnType::MYSQL_TYPE_NEWDATE => Cell::Date(date),
                ColumnType::MYSQL_TYPE_TIMESTAMP | ColumnType::MYSQL_TYPE_TIMESTAMP2 => {
                    Cell::Instant(format!("{date}T{time}Z"))
                }
                _ => Cell::Timestamp(format!("{date}T{time}")),
            }
        }
        Value::Time(negative, days, hours, minutes, seconds, micros) => {
            let sign = if negative { "-" } else { "" };
            let hours = days * 24 + u32::from(hours);
            Cell::Time(format!("{sign}{}", clock(hours, minutes, seconds, micros)))
        }
        Value::Bytes(bytes) => match kind {
            ColumnType::MYSQL_TYPE_DECIMAL | ColumnType::MYSQL_TYPE_NEWDECIMAL => {
                Cell::Decimal(utf8(bytes, column)?)
            }
            ColumnType::MYSQL_TYPE_BIT | ColumnType::MYSQL_TYPE_GEOMETRY => Cell::Bytes(bytes),
            _ if column.character_set() == BINARY => Cell::Bytes(bytes),
            _ => Cell::Text(utf8(bytes, column)?),
        },
    })
}

fn clock(hours: u32, minutes: u8, seconds: u8, micros: u32) -> String {
    let whole = format!("{hours:02}:{minutes:02}:{seconds:02}");
    if micros == 0 { whole } else { format!("{whole}.{micros:06}") }
}

fn utf8(bytes: Vec<u8>, column: &Column) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|_| {
        Error::Value(format!("column `{}` holds text that is not UTF-8", column.name_str()))
    })
}

/// As DDL writes it, roughly.
pub(super) fn type_name(column: &Column) -> String {
    let name = format!("{:?}", column.column_type());
    let name =
        name.trim_start_matches("MYSQL_TYPE_").trim_start_matches("NEW").to_ascii_lowercase();
    let unsigned = column.flags().contains(ColumnFlags::UNSIGNED_FLAG);
    if unsigned { format!("{name} unsigned") } else { name }
}
