//! The names of events, as people and programs meet them.

use super::Event;

impl Event {
    /// The stable name, as in `events_contain` and the feed.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::RequestSubmitted(_) => "request_submitted",
            Self::DraftSaved(_) => "draft_saved",
            Self::DraftDeleted { .. } => "draft_deleted",
            Self::RequestEdited(_) => "request_edited",
            Self::RequestMoved(_) => "request_moved",
            Self::RestartRefused { .. } => "restart_refused",
            Self::ReviewStarted { .. } => "review_started",
            Self::ReviewPassed { .. } => "review_passed",
            Self::ReturnedToReview { .. } => "returned_to_review",
            Self::StepSkipped { .. } => "step_skipped",
            Self::StepActivated { .. } => "step_activated",
            Self::StepReminded { .. } => "step_reminded",
            Self::StepOverdue { .. } => "step_overdue",
            Self::UrgentReminded => "urgent_reminded",
            Self::UrgentOverdue => "urgent_overdue",
            Self::SeatsReplaced { .. } => "seats_replaced",
            Self::DecisionRecorded { .. } => "decision_recorded",
            Self::ItemsRejected { .. } => "items_rejected",
            Self::ApproverAdded { .. } => "approver_added",
            Self::ApproverRemoved { .. } => "approver_removed",
            Self::SeatReassigned { .. } => "seat_reassigned",
            Self::StepCompleted { .. } => "step_completed",
            Self::RequestSentBack { .. } => "request_sent_back",
            Self::DecisionWithdrawn { .. } => "decision_withdrawn",
            Self::RejectionWithdrawn => "rejection_withdrawn",
            Self::RequestHeld { .. } => "request_held",
            Self::RequestReleased { .. } => "request_released",
            Self::StepsReopened { .. } => "steps_reopened",
            Self::StepPaused { .. } => "step_paused",
            Self::StepResumed { .. } => "step_resumed",
            Self::RequestApproved { .. } => "request_approved",
            Self::RequestRejected { .. } => "request_rejected",
            Self::RequestCancelled { .. } => "request_cancelled",
            Self::RequestExpired => "request_expired",
            Self::CommentAdded { .. } => "comment_added",
            Self::WatcherAdded { .. } => "watcher_added",
            Self::WatcherLeft { .. } => "watcher_left",
            Self::AttachmentAdded(_) => "attachment_added",
            Self::AttachmentRemoved { .. } => "attachment_removed",
            Self::ReceiptConfirmed { .. } => "receipt_confirmed",
            Self::RequestBlocked { .. } => "request_blocked",
            Self::RequestUnblocked => "request_unblocked",
            Self::ExecutionReleased { .. } => "execution_released",
            Self::ExecutionStarted { .. } => "execution_started",
            Self::ExecutionSucceeded { .. } => "execution_succeeded",
            Self::ExecutionRetryScheduled { .. } => "execution_retry_scheduled",
            Self::ExecutionInDoubt { .. } => "execution_in_doubt",
            Self::ExecutionFailed { .. } => "execution_failed",
            Self::ExecutionExpired { .. } => "execution_expired",
            Self::ExecutionCancelled { .. } => "execution_cancelled",
            Self::Grant { what, .. } => what.name(),
            Self::Files { what, .. } => what.name(),
        }
    }
}
