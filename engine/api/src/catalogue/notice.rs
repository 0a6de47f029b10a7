//! What people are told, one sentence a notice.

use engine_core::{
    ids::{StepId, UserId},
    notice::Notice,
    request::Request,
};

use super::{Names, request::said};

impl Names<'_> {
    fn told_blocked(&self, request: &Request) -> String {
        let title = &request.title;
        match &request.blocked {
            Some(block) => format!("“{title}” is blocked. {}", self.block(block)),
            None => format!("“{title}” was blocked, and goes on."),
        }
    }

    fn talk(&self, notice: &Notice, by: &UserId, request: &Request) -> String {
        let (by, title) = (self.person(by), &request.title);
        match notice {
            Notice::Commented(_) => format!("{by} commented on “{title}”."),
            Notice::Mentioned(_) => format!("{by} mentioned you in a comment on “{title}”."),
            _ => {
                let who = self.person(&request.requester);
                format!("{by} made you a watcher of “{title}”, asked for by {who}.")
            }
        }
    }

    fn due_soon(&self, step: &StepId, request: &Request) -> String {
        let (title, who) = (&request.title, self.person(&request.requester));
        match self.due(step, request) {
            Some(due) => format!(
                "“{title}”, asked for by {who}, waits for you at step {}, until {due}.",
                self.step(step)
            ),
            None => format!("“{title}”, asked for by {who}, waits for you."),
        }
    }

    fn done(&self, request: &Request) -> String {
        let who = self.person(&request.requester);
        format!("“{}” of {who} was done before anybody approved it", request.title)
    }

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
            Notice::DueSoon(step) => self.due_soon(step, request),
            Notice::Overdue(step) => {
                format!("Step {} of “{title}”, asked for by {who}, is overdue.", self.step(step))
            }
            Notice::NobodyToEscalateTo(step) => format!(
                "Step {} of “{title}” is overdue, and the rule found nobody else to ask: an administrator has to look.",
                self.step(step)
            ),
            Notice::UrgentWaits => {
                format!("{}, and still waits for your decision.", self.done(request))
            }
            Notice::UrgentOverdue => {
                format!("{}, and its approval is overdue.", self.done(request))
            }
            Notice::Commented(by) | Notice::Mentioned(by) | Notice::Watching(by) => {
                self.talk(notice, by, request)
            }
            Notice::Concern(by) => format!(
                "{} approved “{title}” of {who} with a concern: read it among the incidents.",
                self.person(by)
            ),
            Notice::ReviewStarted => format!("“{title}” waits for your review."),
            Notice::Edited(_) => {
                format!("“{title}” has changed since you decided about it. Look at it again.")
            }
            Notice::Restarted(_) => format!(
                "“{title}” begins again, and what you decided about it does not count any more."
            ),
            Notice::RestartRefused => format!(
                "“{title}” could not begin again with the other requests of its rule: its history says why."
            ),
            Notice::Outcome => format!("“{title}” is {}.", said(request.status())),
            Notice::ReadyToRun(execution) => {
                format!("`{execution}` of “{title}” is ready: somebody has to run it.")
            }
            Notice::Blocked => self.told_blocked(request),
            Notice::ExecutionTrouble(execution) => {
                format!("`{execution}` of “{title}” has failed: somebody has to look.")
            }
        }
    }
}
