//! What a run came to, for people and for programs.

use std::fmt;

use serde::Serialize;

/// The results of a run, in order.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// One for each case, and one for each file that could not be read.
    pub cases: Vec<CaseReport>,
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
        })
    }
}

impl Mismatch {
    /// What was expected and what was found.
    pub(super) fn plain(
        key: &'static str,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self { key, expected: expected.into(), found: found.into() }
    }
}

impl CaseReport {
    /// A case, or file, that could not begin.
    pub(super) fn unreadable(file: &str, line: usize, name: &str, error: String) -> Self {
        let failure =
            Failure { line, step: String::new(), mismatches: Vec::new(), error: Some(error) };
        Self { file: file.to_owned(), line, name: name.to_owned(), failures: vec![failure] }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        writeln!(f, "{} passed, {} failed", self.passed(), self.failed())
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
                let Mismatch { key, expected, found } = mismatch;
                write!(f, "\n        {key}\n          expected  {expected}")?;
                write!(f, "\n          found     {found}")?;
            }
            for line in failure.error.iter().flat_map(|error| error.lines()) {
                write!(f, "\n        {line}")?;
            }
        }
        Ok(())
    }
}
