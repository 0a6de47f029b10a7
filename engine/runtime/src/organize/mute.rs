//! What people do not want to be told (DUE-4).

use std::collections::BTreeSet;

use engine_core::notice::Notice;
use serde_json::json;

use super::{Changed, Plan};
use crate::{error::EngineError, organization::OrganizationEvent};

impl Plan<'_> {
    /// Everybody chooses for themself.
    pub(super) fn mute(&mut self, about: Vec<String>) -> Result<Option<Changed>, EngineError> {
        let found = self.problems.len();
        for (index, word) in about.iter().enumerate() {
            if Notice::OPTIONAL.contains(&word.as_str()) {
                continue;
            }
            let fault = match Notice::ABOUT.contains(&word.as_str()) {
                true => "is always told",
                false => "is no notice",
            };
            let word: String = word.chars().take(40).collect();
            let choice = Notice::OPTIONAL.join("`, `");
            self.problem(
                format!("mute[{index}]"),
                format!("`{word}` {fault}: expected `{choice}`"),
            );
        }
        if self.problems.len() > found {
            return Ok(None);
        }
        let after: BTreeSet<String> = about.into_iter().collect();
        let user = self.me.id.clone();
        let before = self.state.organization.muted.get(&user).cloned().unwrap_or_default();
        let what = format!("notices of {}", self.me.login);
        let event = OrganizationEvent::NoticesMuted { user, about: after.clone() };
        self.put(what, Some(&before), &after, event, |about| json!({ "mute": about })).map(Some)
    }
}
