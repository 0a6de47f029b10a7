//! What people are told, one sentence a notice.

use engine_core::{ids::StepId, notice::Notice, request::Request};

use super::{Names, request::said};

impl Names<'_> {
    fn due(&self, step: &StepId, request: &Request) -> Option<String> {
        let due = request.step(step)?.opened()?.due.as_ref()?;
        Some(due.at.format("%Y-%m-%d %H:%M UTC").to_string())
    }

    /// What a notice tells about the request as it now is.
    #[must_use]
    pub fn notice(&self, notice: &Notice, request: &Request) -> String {
        let title = &request.title;
        let who = self.person(&request.requester);
        match notice {
            Notice::StepOpened(step) => {
                format!("“{title}”, asked for by {who}, is now at step {}.", self.step(step))
            }
            Notice::DueSoon(step) => match self.due(step, request) {
                Some(due) => format!(
                    "“{title}”, asked for by {who}, waits for you at step {}, until {due}.",
                    self.step(step)
                ),
                None => format!("“{title}”, asked for by {who}, waits for you."),
            },
            Notice::Overdue(step) => {
                format!("Step {} of “{title}”, asked for by {who}, is overdue.", self.step(step))
            }
            Notice::NobodyToEscalateTo(step) => format!(
                "Step {} of “{title}” is overdue, and the rule found nobody else to ask: an administrator has to look.",
                self.step(step)
            ),
            Notice::UrgentWaits => format!(
                "“{title}” of {who} was done before anybody approved it, and still waits for your decision."
            ),
            Notice::UrgentOverdue => format!(
                "“{title}” of {who} was done before anybody approved it, and its approval is overdue."
            ),
            Notice::Commented(by) => format!("{} commented on “{title}”.", self.person(by)),
            Notice::Attached(by) => format!("{} attached a file to “{title}”.", self.person(by)),
            Notice::Mentioned(by) => {
                format!("{} mentioned you in a comment on “{title}”.", self.person(by))
            }
            Notice::Watching(by) => {
                format!("{} made you a watcher of “{title}”, asked for by {who}.", self.person(by))
            }
            Notice::Concern(by) => format!(
                "{} approved “{title}” of {who} with a concern: read it among the incidents.",
                self.person(by)
            ),
            Notice::Outcome => format!("“{title}” is {}.", said(request.status())),
            Notice::ReadyToRun(execution) => {
                format!("`{execution}` of “{title}” is ready: somebody has to run it.")
            }
            Notice::Blocked => match &request.blocked {
                Some(block) => format!("“{title}” is blocked. {}", self.block(block)),
                None => format!("“{title}” was blocked, and goes on."),
            },
            Notice::ExecutionTrouble(execution) => {
                format!("`{execution}` of “{title}” has failed: somebody has to look.")
            }
        }
    }
}
