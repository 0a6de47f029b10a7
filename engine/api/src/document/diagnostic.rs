//! What is told about a mistake in a document.

use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A mistake, with its place. Displayed as compilers do it, with the line and a caret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnostic {
    /// The name of the document.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The part of the document, such as `steps[0].who`; empty for the whole.
    #[serde(default)]
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What could stand there, where that is a closed list or a kind of thing.
    #[serde(default)]
    pub expected: Vec<String>,
    /// Which of these was probably meant.
    #[serde(default)]
    pub nearest: Option<String>,
    /// The line, and below it a caret.
    pub snippet: String,
    /// The line as it was probably meant.
    #[serde(default)]
    pub corrected: Option<String>,
}

/// Mistakes, in the order of the document; never empty where it is an error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, message, snippet, .. } = self;
        let gutter = " ".repeat(line.to_string().len());
        writeln!(f, "error: {message}\n{gutter}--> {file}:{line}:{column}")?;
        write!(f, "{snippet}")?;
        if self.expected.is_empty() {
            writeln!(f)?;
        } else {
            writeln!(f, " expected {}", listed(&self.expected))?;
        }
        if let (Some(nearest), Some(corrected)) = (&self.nearest, &self.corrected) {
            writeln!(f, "{gutter} |\nhelp: perhaps `{nearest}`?\n{corrected}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, diagnostic) in self.0.iter().enumerate() {
            write!(f, "{}{diagnostic}", if i == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

impl From<Diagnostic> for Diagnostics {
    fn from(only: Diagnostic) -> Self {
        Self(vec![only])
    }
}

/// `a`, `a or b`, `one of a, b, c`.
fn listed(words: &[String]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [one, other] => format!("{one} or {other}"),
        many => format!("one of {}", many.join(", ")),
    }
}
