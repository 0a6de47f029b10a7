//! The texts of scripts, beside the capsules of their day: each is kept once, however often it was asked.

use std::{
    collections::BTreeMap,
    fs, io,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::Path,
};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{MAX_LINE, append};

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Kept {
    digest: String,
    text: String,
}

/// By digest.
pub(super) type Texts = BTreeMap<String, String>;

pub(super) fn file_name(day: NaiveDate) -> String {
    format!("{day}.scripts.jsonl")
}

/// Those of a day.
///
/// # Errors
/// Where there is such a file, and it cannot be read.
pub(super) fn read(folder: &Path, day: NaiveDate) -> io::Result<Texts> {
    let file = match fs::File::open(folder.join(file_name(day))) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Texts::new()),
        Err(error) => return Err(error),
    };
    let (mut lines, mut line, mut texts) = (BufReader::new(file), Vec::new(), Texts::new());
    while lines.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? > 0 {
        // A line that was cut off by a crash is none.
        texts
            .extend(serde_json::from_slice(&line).ok().map(|Kept { digest, text }| (digest, text)));
        line.clear();
    }
    Ok(texts)
}

/// Adds one.
///
/// # Errors
/// Where it cannot be written.
pub(super) fn keep(folder: &Path, day: NaiveDate, digest: &str, text: &str) -> io::Result<()> {
    let kept = Kept { digest: digest.to_owned(), text: text.to_owned() };
    let mut line = serde_json::to_vec(&kept)?;
    line.push(b'\n');
    append(&folder.join(file_name(day)))?.write_all(&line)
}
