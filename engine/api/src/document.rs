//! Documents that people write: rules, directories, scenarios.
//!
//! A document is read in two steps. [`Document::parse`] turns YAML or JSON into a tree that knows
//! where each part stands; [`Document::read`] makes a typed value of the tree. Errors of both name
//! file, line, column, what was expected and the nearest known word, show the line with a caret,
//! and where the right word can be guessed, the corrected line. Errors found later, by whoever
//! checks the meaning, carry a path such as `steps[0].approvers[1].who.group`;
//! [`Document::problem`] finds its place.
//!
//! The YAML that is read is the part of YAML 1.2 that means the same to everybody: no anchors,
//! aliases, tags or merge keys, no key twice. `true` and `false` are booleans and whole numbers are
//! numbers where a number is asked for; every other plain scalar is text, kept as it was written, so
//! that amounts, durations and times are never rounded.
//!
//! ```
//! use engine_api::document::Document;
//!
//! #[derive(serde::Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct Limit {
//!     amount: String,
//! }
//!
//! let document = Document::parse("limit.yaml", "amuont: 12500.00 EUR\n").unwrap();
//! let errors = document.read::<Limit>().err().unwrap();
//! assert_eq!(
//!     errors.to_string(),
//!     "\
//! error: unknown field `amuont`
//!  --> limit.yaml:1:1
//!   |
//! 1 | amuont: 12500.00 EUR
//!   | ^^^^^^ expected `amount`
//!   |
//! help: perhaps `amount`?
//!   |
//! 1 | amount: 12500.00 EUR
//!   | ~~~~~~
//! "
//! );
//! ```

mod diagnostic;
mod edit;
mod json;
mod nearest;
mod node;
mod path;
mod read;
mod source;
mod yaml;

use std::sync::Arc;

use serde::de::DeserializeOwned;

pub use self::{
    diagnostic::{Diagnostic, Diagnostics},
    edit::Edit,
    path::{BadPath, Path, Segment},
    source::Span,
};
use self::{
    node::{Data, Node},
    source::Source,
};

/// The longest text that is read, in bytes.
pub const MAX_BYTES: usize = 256 * 1024;
/// How deep lists and maps may stand in each other.
pub const MAX_DEPTH: usize = 64;
/// The most documents of one YAML stream.
pub const MAX_DOCUMENTS: usize = 1_000;

/// The two ways to write the same document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2, as far as the module's documentation says.
    Yaml,
    /// JSON, strictly.
    Json,
}

impl Format {
    /// JSON for names that end in `.json`, YAML for all others.
    #[must_use]
    pub fn of(name: &str) -> Self {
        let extension = std::path::Path::new(name).extension();
        if extension.is_some_and(|e| e.eq_ignore_ascii_case("json")) {
            Self::Json
        } else {
            Self::Yaml
        }
    }
}

/// A document whose parts know where they stand.
#[derive(Clone, Debug)]
pub struct Document {
    source: Arc<Source>,
    root: Node,
}

impl Document {
    /// Reads the one document of a file; its name decides about the format ([`Format::of`]).
    ///
    /// # Errors
    /// The text is too long, too deep, not YAML or JSON, has a key twice, or does not hold exactly
    /// one document.
    pub fn parse(name: &str, text: &str) -> Result<Self, Diagnostics> {
        Self::parse_as(Format::of(name), name, text)
    }

    /// As [`Document::parse`], with the format given.
    ///
    /// # Errors
    /// As [`Document::parse`].
    pub fn parse_as(format: Format, name: &str, text: &str) -> Result<Self, Diagnostics> {
        let mut documents = Self::parse_stream(format, name, text)?;
        let last = documents.pop();
        match (last, documents.is_empty()) {
            (Some(only), true) => Ok(only),
            (Some(last), false) => {
                let message = "expected one document, found another after `---`".to_owned();
                Err(last.source.diagnostic(last.root.span, message).into())
            }
            (None, _) => {
                let source = Source::new(format, name, text);
                let message = "expected a document, found nothing".to_owned();
                Err(source.diagnostic(Span::default(), message).into())
            }
        }
    }

    /// Reads every document of a YAML stream (`---` between them), or the one of a JSON text. Empty
    /// documents are left out.
    ///
    /// # Errors
    /// As [`Document::parse`], and more than [`MAX_DOCUMENTS`].
    pub fn parse_stream(format: Format, name: &str, text: &str) -> Result<Vec<Self>, Diagnostics> {
        let source = Arc::new(Source::new(format, name, text));
        if source.text().len() > MAX_BYTES {
            let message =
                format!("expected at most {MAX_BYTES} bytes, found {}", source.text().len());
            return Err(source.diagnostic(Span::default(), message).into());
        }
        let roots = match format {
            Format::Yaml => yaml::parse(&source),
            Format::Json => json::parse(&source).map(|root| vec![root]),
        };
        let document = |root| Self { source: Arc::clone(&source), root };
        match roots {
            Ok(roots) => Ok(roots.into_iter().map(document).collect()),
            Err(error) => Err(source.diagnostic(error.span, error.message).into()),
        }
    }

    /// The typed value that the document describes.
    ///
    /// # Errors
    /// The first place where the document does not fit `T`.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Diagnostics> {
        T::deserialize(read::Reader::new(&self.root, self.source.format()))
            .map_err(|error| error.locate(&self.source, &self.root).into())
    }

    /// The text of a field of the outermost map, such as `rule`; for telling kinds of documents
    /// apart before they are read.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&str> {
        match &self.root.entry(key)?.value.data {
            Data::Text(text) | Data::Number(text) => Some(text),
            Data::Null | Data::Boolean(_) | Data::List(_) | Data::Map(_) => None,
        }
    }

    /// A part of it as a document of its own, whose places are those of the whole; none where the
    /// path leads nowhere. For lists whose elements are read one by one, so that a mistake in one is
    /// not a mistake in all.
    #[must_use]
    pub fn part(&self, path: &[Segment]) -> Option<Self> {
        let root = self.root.find(path)?.clone();
        Some(Self { source: Arc::clone(&self.source), root })
    }

    /// The name it was parsed under.
    #[must_use]
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// Where a part stands: a scalar itself, or the key of a list or map. For a path that leads
    /// nowhere, the last part of it that is there.
    #[must_use]
    pub fn locate(&self, path: &[Segment]) -> Span {
        self.root.locate(path)
    }

    /// The line and column of a place, both from 1, columns in characters.
    #[must_use]
    pub fn position(&self, span: Span) -> (usize, usize) {
        self.source.position(span.start)
    }

    /// Gives an error that was found in the meaning of the document its place. A path that cannot
    /// be read leads to the beginning.
    #[must_use]
    pub fn problem(&self, path: &str, message: impl Into<String>) -> Diagnostic {
        let segments = path.parse::<Path>().unwrap_or_default();
        let mut diagnostic = self.source.diagnostic(self.locate(&segments), message.into());
        path.clone_into(&mut diagnostic.path);
        diagnostic
    }
}

#[cfg(test)]
mod tests;
