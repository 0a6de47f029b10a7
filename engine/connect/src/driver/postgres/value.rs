//! Values of PostgreSQL: sent as text, which the server reads by the type it wants; received in its
//! binary form and read here, exactly.

use std::{error::Error as StdError, fmt::Write};

use bytes::{BufMut, BytesMut};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use tokio_postgres::{
    Row,
    types::{Format, FromSql, IsNull, Kind, ToSql, Type},
};

use crate::{cell::Cell, error::Error};

type Fault = Box<dyn StdError + Sync + Send>;

/// A parameter as text; `None` is null.
#[derive(Debug)]
pub(super) struct TextParam(Option<String>);

pub(super) fn texts(params: &[Cell]) -> Vec<TextParam> {
    params.iter().map(|cell| TextParam(cell.to_text())).collect()
}

impl ToSql for TextParam {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Fault> {
        match &self.0 {
            None => Ok(IsNull::Yes),
            Some(text) => {
                out.put_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    tokio_postgres::types::to_sql_checked!();
}

/// A value as it came.
struct Raw<'a>(Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Fault> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Fault> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The cells of a row.
pub(super) fn cells(row: &Row) -> Result<Vec<Cell>, Error> {
    let mut cells = Vec::with_capacity(row.len());
    for (i, column) in row.columns().iter().enumerate() {
        let raw: Raw<'_> = row.try_get(i).map_err(|e| Error::Value(e.to_string()))?;
        let cell = raw.0.map_or(Some(Cell::Null), |bytes| read(column.type_(), bytes));
        cells.push(cell.ok_or_else(|| {
            Error::Value(format!(
                "column `{}` has the type `{}`, which is not supported here: cast it to text",
                column.name(),
                column.type_()
            ))
        })?);
    }
    Ok(cells)
}

/// `None` for a type that is not known here, and for bytes that are not of it.
fn read(ty: &Type, bytes: &[u8]) -> Option<Cell> {
    if let Kind::Domain(base) = ty.kind() {
        return read(base, bytes);
    }
    if let Kind::Array(item) = ty.kind() {
        return array(item, bytes);
    }
    if matches!(ty.kind(), Kind::Enum(_)) {
        return utf8(bytes).map(Cell::Text);
    }
    if let Some(number) = number(ty, bytes) {
        return Some(number);
    }
    Some(match *ty {
        Type::BOOL => Cell::Boolean(*bytes.first()? != 0),
        Type::BYTEA => Cell::Bytes(bytes.to_vec()),
        Type::DATE => Cell::Date(date(i32::from_be_bytes(bytes.try_into().ok()?))?),
        Type::TIME => Cell::Time(time(i64::from_be_bytes(bytes.try_into().ok()?))?),
        Type::TIMESTAMP => {
            Cell::Timestamp(timestamp(i64::from_be_bytes(bytes.try_into().ok()?), "")?)
        }
        Type::TIMESTAMPTZ => {
            Cell::Instant(timestamp(i64::from_be_bytes(bytes.try_into().ok()?), "Z")?)
        }
        Type::INTERVAL => Cell::Text(interval(bytes)?),
        Type::UUID => Cell::Text(uuid(bytes)?),
        Type::JSONB => Cell::Text(utf8(bytes.strip_prefix(&[1])?)?),
        Type::TEXT
        | Type::VARCHAR
        | Type::BPCHAR
        | Type::NAME
        | Type::CHAR
        | Type::UNKNOWN
        | Type::XML
        | Type::JSON => Cell::Text(utf8(bytes)?),
        Type::VOID => Cell::Null,
        _ if ty.name() == "citext" => Cell::Text(utf8(bytes)?),
        _ => return None,
    })
}

fn number(ty: &Type, bytes: &[u8]) -> Option<Cell> {
    Some(match *ty {
        Type::INT2 => Cell::Integer(i16::from_be_bytes(bytes.try_into().ok()?).into()),
        Type::INT4 => Cell::Integer(i32::from_be_bytes(bytes.try_into().ok()?).into()),
        Type::INT8 => Cell::Integer(i64::from_be_bytes(bytes.try_into().ok()?)),
        Type::OID => Cell::Integer(u32::from_be_bytes(bytes.try_into().ok()?).into()),
        Type::FLOAT4 => Cell::single(f32::from_be_bytes(bytes.try_into().ok()?)),
        Type::FLOAT8 => Cell::double(f64::from_be_bytes(bytes.try_into().ok()?)),
        Type::NUMERIC => Cell::Decimal(numeric(bytes)?),
        _ => return None,
    })
}

fn utf8(bytes: &[u8]) -> Option<String> {
    std::str::from_utf8(bytes).ok().map(ToOwned::to_owned)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (head, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*head)
}

/// Groups of four digits, the first of weight 10000^weight; `scale` digits after the point.
fn numeric(mut bytes: &[u8]) -> Option<String> {
    let count = u16::from_be_bytes(take(&mut bytes)?);
    let weight = i16::from_be_bytes(take(&mut bytes)?);
    let sign = u16::from_be_bytes(take(&mut bytes)?);
    let scale = usize::from(u16::from_be_bytes(take(&mut bytes)?));
    match sign {
        0 | 0x4000 => {}
        0xC000 => return Some("NaN".to_owned()),
        0xD000 => return Some("Infinity".to_owned()),
        0xF000 => return Some("-Infinity".to_owned()),
        _ => return None,
    }
    let mut groups = Vec::with_capacity(count.into());
    for _ in 0..count {
        groups.push(u16::from_be_bytes(take(&mut bytes)?));
    }
    let group = |place: i32| {
        let index = usize::try_from(i32::from(weight) - place).ok();
        index.and_then(|i| groups.get(i)).copied().unwrap_or(0)
    };
    let mut whole = String::new();
    for place in (0..=i32::from(weight).max(0)).rev() {
        write!(whole, "{:04}", group(place)).ok()?;
    }
    let whole = whole.trim_start_matches('0');
    let mut text = if sign == 0 { String::new() } else { "-".to_owned() };
    text.push_str(if whole.is_empty() { "0" } else { whole });
    if scale > 0 {
        let mut fraction = String::new();
        for place in 1..=i32::try_from(scale.div_ceil(4)).ok()? {
            write!(fraction, "{:04}", group(-place)).ok()?;
        }
        fraction.truncate(scale);
        text.push('.');
        text.push_str(&fraction);
    }
    Some(text)
}

fn epoch() -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2000, 1, 1)
}

fn date(days: i32) -> Option<String> {
    match days {
        i32::MAX => return Some("infinity".to_owned()),
        i32::MIN => return Some("-infinity".to_owned()),
        _ => {}
    }
    let day = epoch()?.checked_add_signed(TimeDelta::try_days(days.into())?)?;
    Some(day.format("%Y-%m-%d").to_string())
}

fn time(microseconds: i64) -> Option<String> {
    // The server has 24:00:00, the end of the day.
    if microseconds == 86_400_000_000 {
        return Some("24:00:00".to_owned());
    }
    let time = NaiveTime::MIN.overflowing_add_signed(TimeDelta::microseconds(microseconds)).0;
    Some(time.format("%H:%M:%S%.f").to_string())
}

fn timestamp(microseconds: i64, zone: &str) -> Option<String> {
    match microseconds {
        i64::MAX => return Some("infinity".to_owned()),
        i64::MIN => return Some("-infinity".to_owned()),
        _ => {}
    }
    let start: NaiveDateTime = epoch()?.and_hms_opt(0, 0, 0)?;
    let moment = start.checked_add_signed(TimeDelta::microseconds(microseconds))?;
    Some(format!("{}{zone}", moment.format("%Y-%m-%dT%H:%M:%S%.f")))
}

/// In the form of ISO 8601, each unit with its own sign.
fn interval(mut bytes: &[u8]) -> Option<String> {
    let microseconds = i64::from_be_bytes(take(&mut bytes)?);
    let days = i32::from_be_bytes(take(&mut bytes)?);
    let months = i32::from_be_bytes(take(&mut bytes)?);
    let (seconds, rest) = (microseconds / 1_000_000, (microseconds % 1_000_000).unsigned_abs());
    let minus = if microseconds < 0 && seconds == 0 { "-" } else { "" };
    Some(format!("P{months}M{days}DT{minus}{seconds}.{rest:06}S"))
}

fn uuid(bytes: &[u8]) -> Option<String> {
    let digits = hex::encode(<[u8; 16]>::try_from(bytes).ok()?);
    let parts = [digits.get(..8)?, digits.get(8..12)?, digits.get(12..16)?, digits.get(16..20)?];
    Some(format!("{}-{}", parts.join("-"), digits.get(20..)?))
}

/// One-dimensional arrays, as a JSON array of texts.
fn array(item: &Type, mut bytes: &[u8]) -> Option<Cell> {
    let dimensions = i32::from_be_bytes(take(&mut bytes)?);
    let (_nulls, _type) = (take::<4>(&mut bytes)?, take::<4>(&mut bytes)?);
    if dimensions == 0 {
        return Some(Cell::Text("[]".to_owned()));
    }
    if dimensions != 1 {
        return None;
    }
    let length = i32::from_be_bytes(take(&mut bytes)?);
    let _lower_bound = take::<4>(&mut bytes)?;
    let mut items = Vec::new();
    for _ in 0..length {
        let size = i32::from_be_bytes(take(&mut bytes)?);
        let Ok(size) = usize::try_from(size) else {
            items.push(None);
            continue;
        };
        let (value, rest) = bytes.split_at_checked(size)?;
        bytes = rest;
        items.push(read(item, value)?.to_text());
    }
    serde_json::to_string(&items).ok().map(Cell::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(weight: i16, sign: u16, scale: u16, groups: &[u16]) -> Vec<u8> {
        let head = [u16::try_from(groups.len()).unwrap(), weight as u16, sign, scale];
        head.iter().chain(groups).flat_map(|n| n.to_be_bytes()).collect()
    }

    #[test]
    fn numerics_are_read_exactly() {
        for (packed, text) in [
            (packed(0, 0, 0, &[]), "0"),
            (packed(0, 0, 2, &[]), "0.00"),
            (packed(1, 0, 2, &[1, 2500, 5000]), "12500.50"),
            (packed(-1, 0x4000, 5, &[1, 5000]), "-0.00015"),
            (packed(2, 0, 0, &[1]), "100000000"),
            (packed(-2, 0, 9, &[7, 5000]), "0.000000075"),
            (packed(0, 0xC000, 0, &[]), "NaN"),
            (packed(0, 0xF000, 0, &[]), "-Infinity"),
        ] {
            assert_eq!(numeric(&packed).as_deref(), Some(text));
        }
        assert_eq!(numeric(&[0, 9, 0, 0]), None);
    }

    #[test]
    fn days_and_instants_are_read() {
        assert_eq!(date(0).as_deref(), Some("2000-01-01"));
        assert_eq!(date(-1).as_deref(), Some("1999-12-31"));
        assert_eq!(date(i32::MAX).as_deref(), Some("infinity"));
        assert_eq!(timestamp(1_500_000, "Z").as_deref(), Some("2000-01-01T00:00:01.500Z"));
        assert_eq!(time(86_399_000_001).as_deref(), Some("23:59:59.000001"));
    }
}
