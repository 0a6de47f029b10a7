//! What a run came to, for people and for programs.

use std::fmt;

use serde::Serialize;

use super::{
    Listener,
    file::Place,
    update::{Fix, Updated},
};

/// The results of a run, in order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// One for each case, and one for each file that could not be read.
    pub cases: Vec<CaseReport>,
    /// What was written into the files.
    pub updated: Vec<Updated>,
}

/// The result of a case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// The scenario file.
    pub file: String,
    /// Where the case begins, from 1.
    pub line: usize,
    /// The case's name; for a file that could not be read, the file's.
    pub name: String,
    /// Empty: it passed.
    pub failures: Vec<Failure>,
}

/// Something that is not as the case says.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// From 1.
    pub line: usize,
    /// What was done, such as `approve as bob`.
    pub step: String,
    /// What is different; empty where the case could not go on.
    pub mismatches: Vec<Mismatch>,
    /// Why the case could not go on.
    pub error: Option<String>,
    /// Where the step stands.
    #[serde(skip)]
    pub(super) place: Place,
}

/// A key of `expect` that is different.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The key.
    pub key: &'static str,
    /// As the file says.
    pub expected: String,
    /// As it is.
    pub found: String,
    /// Of a list or map: what is expected and not there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Of a list or map: what is there and not expected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unexpected: Vec<String>,
    /// What would make the file right.
    #[serde(skip)]
    pub(super) fix: Option<Fix>,
}

impl Report {
    /// How many cases are as they say.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.cases.iter().filter(|case| case.failures.is_empty()).count()
    }

    /// How many are not.
    #[must_use]
    pub fn failed(&self) -> usize {
        self.cases.len() - self.passed()
    }

    /// The report as JSON, with the two counts.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "passed": self.passed(),
            "failed": self.failed(),
            "cases": self.cases,
            "updated": self.updated,
        })
    }

    /// The lines at the end: what was written, and the two counts.
    #[must_use]
    pub fn closing(&self) -> String {
        let mut lines = String::new();
        for Updated { file, line, key, before, now } in &self.updated {
            lines.push_str(&format!("updated {file}:{line} {key}: {before} → {now}\n"));
        }
        format!("{lines}{} passed, {} failed\n", self.passed(), self.failed())
    }

    /// One more case, which the listener hears of.
    pub(super) fn add(&mut self, case: CaseReport, tell: Listener<'_>) {
        tell(&case);
        self.cases.push(case);
    }
}

impl Failure {
    /// A case that could not go on.
    pub(super) fn broken(line: usize, step: &str, error: String, place: Place) -> Self {
        let (step, error) = (step.to_owned(), Some(error));
        Self { line, step, mismatches: Vec::new(), error, place }
    }
}

impl Mismatch {
    /// What was expected and what was found.
    pub(super) fn plain(
        key: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        let (missing, unexpected) = (Vec::new(), Vec::new());
        Self { key, expected: expected.into(), found: found.into(), missing, unexpected, fix: None }
    }
}

impl CaseReport {
    /// A case, or file, that could not begin.
    pub(super) fn unreadable(file: &str, line: usize, name: &str, error: String) -> Self {
        let failures = vec![Failure::broken(line, "", error, Place::new())];
        Self { file: file.to_owned(), line, name: name.to_owned(), failures }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        f.write_str(&self.closing())
    }
}

impl fmt::Display for Mismatch {
    /// The key and what is below it, each on a line of its own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n        {}\n          expected  {}", self.key, self.expected)?;
        write!(f, "\n          found     {}", self.found)?;
        for (word, parts) in [("missing ", &self.missing), ("too much", &self.unexpected)] {
            if !parts.is_empty() {
                write!(f, "\n          {word}  {}", parts.join(", "))?;
            }
        }
        Ok(())
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.failures.is_empty() {
            return write!(f, "ok    {}", self.name);
        }
        write!(f, "FAIL  {}", self.name)?;
        for failure in &self.failures {
            write!(f, "\n      {}:{}", self.file, failure.line)?;
            if !failure.step.is_empty() {
                write!(f, " {}", failure.step)?;
            }
            for mismatch in &failure.mismatches {
                write!(f, "{mismatch}")?;
            }
            for line in failure.error.iter().flat_map(|error| error.lines()) {
                write!(f, "\n        {line}")?;
            }
        }
        Ok(())
    }
}
