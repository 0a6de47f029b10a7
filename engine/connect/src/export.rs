//! Answers written as CSV (RFC 4180), safe to open in a spreadsheet.

use crate::{
    blob::{BlobRef, BlobWriter, Pin},
    cell::{Batch, Cell},
    error::Error,
    stream::RowStream,
};

/// How the file is written. Lines end with CR LF; null is an empty field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// More rows are an error, and there is no file.
    pub max_rows: u64,
    /// A first line with the names of the columns.
    pub header: bool,
    /// Between fields.
    pub delimiter: Delimiter,
}

impl CsvOptions {
    /// A header, commas, and at most so many rows.
    #[must_use]
    pub fn new(max_rows: u64) -> Self {
        Self { max_rows, header: true, delimiter: Delimiter::Comma }
    }
}

/// What stands between fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delimiter {
    /// As RFC 4180 has it.
    Comma,
    /// As spreadsheets expect it where the comma is the decimal mark.
    Semicolon,
    /// The tabulator.
    Tab,
}

impl Delimiter {
    fn byte(self) -> u8 {
        match self {
            Self::Comma => b',',
            Self::Semicolon => b';',
            Self::Tab => b'\t',
        }
    }
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvReport {
    /// The file.
    pub blob: BlobRef,
    /// Without the header.
    pub rows: u64,
    /// The names of the columns, in order.
    pub columns: Vec<String>,
    /// Fields that a spreadsheet would have taken for a formula, and that now start with `'`.
    pub escaped: u64,
}

/// Writes an answer as CSV and makes the file visible when it is whole. It is not removed before the pin
/// is dropped.
///
/// # Errors
/// [`Error::TooManyRows`] at the cap; those of the stream and of the blob. There is no file then.
pub async fn export_csv(
    mut rows: RowStream,
    mut writer: BlobWriter,
    options: CsvOptions,
) -> Result<(CsvReport, Pin), Error> {
    let mut sheet = Sheet { options, rows: 0, escaped: 0, columns: None };
    while let Some(batch) = rows.next().await? {
        let text = sheet.text(&batch)?;
        writer.write(&text).await?;
    }
    let columns = sheet.columns.unwrap_or_default();
    let (blob, pin) = writer.finish().await?;
    let report = CsvReport { blob, rows: sheet.rows, columns, escaped: sheet.escaped };
    Ok((report, pin))
}

struct Sheet {
    options: CsvOptions,
    rows: u64,
    escaped: u64,
    columns: Option<Vec<String>>,
}

impl Sheet {
    fn text(&mut self, batch: &Batch) -> Result<Vec<u8>, Error> {
        let mut csv = csv::WriterBuilder::new()
            .delimiter(self.options.delimiter.byte())
            .terminator(csv::Terminator::CRLF)
            .from_writer(Vec::new());
        if self.columns.is_none() {
            let names: Vec<String> = batch.columns.iter().map(|c| c.name.clone()).collect();
            if self.options.header {
                let fields = names.iter().map(|name| self.defused(name.clone()));
                csv.write_record(fields.collect::<Vec<_>>()).map_err(|e| broken(&e))?;
            }
            self.columns = Some(names);
        }
        for row in &batch.rows {
            self.rows += 1;
            if self.rows > self.options.max_rows {
                return Err(Error::TooManyRows(self.options.max_rows));
            }
            let fields = row.iter().map(|cell| self.field(cell));
            csv.write_record(fields.collect::<Vec<_>>()).map_err(|e| broken(&e))?;
        }
        csv.into_inner().map_err(|e| broken(&e.into_error().into()))
    }

    fn field(&mut self, cell: &Cell) -> String {
        let text = cell.to_text().unwrap_or_default();
        if cell.is_number() && is_plain_number(&text) { text } else { self.defused(text) }
    }

    /// A text that no spreadsheet takes for a formula.
    fn defused(&mut self, text: String) -> String {
        if text.starts_with(starts_formula) {
            self.escaped += 1;
            format!("'{text}")
        } else {
            text
        }
    }
}

/// The signs that make a spreadsheet compute, their full-width forms included.
fn starts_formula(first: char) -> bool {
    matches!(first, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠')
}

fn is_plain_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'))
}

fn broken(error: &csv::Error) -> Error {
    Error::Bug(format!("a row cannot be written as CSV: {error}"))
}
