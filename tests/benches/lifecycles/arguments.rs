//! What to measure, and where.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, bail};

/// What the command line says.
pub(crate) struct Arguments {
    /// How long each run lasts, after a warm-up of a quarter of it.
    pub(crate) time: Duration,
    pub(crate) rounds: usize,
    pub(crate) clients: Vec<usize>,
    /// Only rows with this name.
    pub(crate) rows: Vec<String>,
    pub(crate) folder: Option<PathBuf>,
}

impl Arguments {
    /// Nothing where other benches are asked for. Without `--bench`, which `cargo bench` gives, the
    /// runs are as short as can be: then it is only shown that everything works.
    pub(crate) fn parse(name: &str, words: impl Iterator<Item = String>) -> Result<Option<Self>> {
        let words: Vec<String> = words.collect();
        let measured = words.iter().any(|word| word == "--bench");
        let mut arguments = Self {
            time: if measured { Duration::from_secs(3) } else { Duration::from_millis(100) },
            rounds: if measured { 3 } else { 1 },
            clients: if measured { vec![32, 64] } else { vec![2] },
            rows: Vec::new(),
            folder: None,
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("`{word}` needs a value"));
            match word.as_str() {
                "--bench" | "--test" => {}
                "--seconds" => arguments.time = Duration::from_secs_f64(value()?.parse()?),
                "--rounds" => arguments.rounds = value()?.parse()?,
                "--clients" => {
                    let counts = value()?;
                    let counts = counts.split(',').map(str::parse);
                    arguments.clients = counts.collect::<Result<_, _>>()?;
                }
                "--rows" => arguments.rows = value()?.split(';').map(str::to_owned).collect(),
                "--folder" => arguments.folder = Some(value()?.into()),
                option if option.starts_with('-') => bail!("unknown option `{option}`"),
                filter if name.contains(filter) => {}
                _ => return Ok(None),
            }
        }
        Ok(Some(arguments))
    }

    pub(crate) fn wants(&self, row: &str) -> bool {
        self.rows.is_empty() || self.rows.iter().any(|name| name == row)
    }
}

/// A folder on a real disk: where the build is. Temporary folders are often in memory, where a sync
/// costs nothing.
pub(crate) fn folder(arguments: &Arguments) -> Result<tempfile::TempDir> {
    let parent = match &arguments.folder {
        Some(folder) => folder.clone(),
        None => std::env::current_exe()?.parent().context("a program in no folder")?.to_owned(),
    };
    Ok(tempfile::Builder::new().prefix("lifecycles-").tempdir_in(parent)?)
}
