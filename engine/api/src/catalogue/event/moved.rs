//! How a request comes under another rule, or another version of its own.

use engine_core::event::{Moved, MovedBecause};

use super::{super::Names, said};

impl Names<'_> {
    /// Under which rule a request begins again, and why.
    pub(super) fn moved(&self, moved: &Moved) -> String {
        let to = format!("version {} of the rule “{}”", moved.version, moved.rule);
        match &moved.why {
            MovedBecause::Restarted { by, comment, .. } => {
                said(&format!("{} restarted the request under {to}", self.person(by)), comment)
            }
            MovedBecause::Routed if moved.rule == moved.from => {
                format!("Only {to} takes the request as it is now: it begins again under it.")
            }
            MovedBecause::Routed => format!(
                "The request is no longer for the rule “{}”: it begins again under {to}.",
                moved.from
            ),
        }
    }
}
