//! How a request comes under another rule, or another version of its own.

use engine_core::{
    event::{Moved, MovedBecause},
    ids::RuleId,
};

use super::{
    super::{Names, label},
    said,
};

impl Names<'_> {
    /// Under which rule a request begins again, and why.
    pub(super) fn moved(&self, moved: &Moved) -> String {
        let title = rule(&moved.rule, &moved.title);
        let to = format!("version {} of the rule “{title}”", moved.version);
        match &moved.why {
            MovedBecause::Restarted { by, comment, .. } => {
                said(&format!("{} restarted the request under {to}", self.person(by)), comment)
            }
            MovedBecause::Routed if moved.rule == moved.from => {
                format!("Only {to} takes the request as it is now: it begins again under it.")
            }
            MovedBecause::Routed => format!(
                "The request is no longer for the rule “{}”: it begins again under {to}.",
                rule(&moved.from, &moved.from_title)
            ),
        }
    }
}

/// What a rule was called; its id where that was not recorded.
fn rule(id: &RuleId, title: &str) -> String {
    if title.is_empty() || title == id.as_str() { label(id.as_str()) } else { title.to_owned() }
}
