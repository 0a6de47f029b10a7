//! How long a grant lasts, and from when (EXE-6b).

use chrono::{DateTime, Utc};

use crate::{ids::PropertyName, value::Span};

/// After how long a grant whose window runs from its first use is taken back where nobody has used it, and
/// the rule does not say it (EXE-6b): a week.
pub const UNUSED: Span = Span::Seconds(7 * 86_400);

/// The window of a grant (EXE-6b).
#[derive(Clone, Debug)]
pub struct Window {
    /// From when.
    pub from: WindowStart,
    /// How long.
    pub length: WindowLength,
}

/// From when a window runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowStart {
    /// From the moment at which the grant takes effect.
    Effect,
    /// From its first use, which somebody reports.
    FirstUse {
        /// After how long a grant that nobody has used is taken back.
        unused: WindowLength,
    },
    /// From a fixed time.
    Fixed(DateTime<Utc>),
}

/// The length of a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WindowLength {
    /// As written.
    Fixed(Span),
    /// By a duration property of the request.
    Property(PropertyName),
}

impl Window {
    /// What the request says of how long it lasts: the properties.
    pub fn properties(&self) -> impl Iterator<Item = &PropertyName> {
        let unused = match &self.from {
            WindowStart::FirstUse { unused } => Some(unused),
            WindowStart::Effect | WindowStart::Fixed(_) => None,
        };
        std::iter::once(&self.length).chain(unused).filter_map(WindowLength::property)
    }

    /// When it opens, where that is a fixed time.
    #[must_use]
    pub fn opens(&self) -> Option<DateTime<Utc>> {
        match self.from {
            WindowStart::Fixed(time) => Some(time),
            WindowStart::Effect | WindowStart::FirstUse { .. } => None,
        }
    }
}

impl WindowLength {
    fn property(&self) -> Option<&PropertyName> {
        match self {
            Self::Fixed(_) => None,
            Self::Property(name) => Some(name),
        }
    }
}
