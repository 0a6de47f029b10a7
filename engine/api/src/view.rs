//! Requests as people see them: logins instead of ids, literals instead of typed values.

mod attachment;
mod condition;
mod event;
mod execution;
mod explanation;
mod notice;
mod request;
mod step;
mod talk;
mod urgent;

pub use attachment::{AttachmentList, AttachmentView};
pub use condition::ConditionView;
pub use event::EventView;
pub use execution::{
    ExecutionView, FailureView, FileLinkView, FileView, PlanView, PlannedEffectView, ReceiptView,
};
pub use explanation::{AssignmentConditions, ExplanationView, PersonView, SeatFilled, StepPeople};
pub use notice::{NoticeChoices, NoticeList, NoticeView};
pub use request::{DraftView, ItemView, RequestSummary, RequestView, precondition};
pub use step::{DecisionView, SeatView, StepView};
pub use talk::{CommentList, CommentView, Left};
pub use urgent::{BeforeApproval, IncidentList, IncidentView, UnapprovedList, UnapprovedView};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of requests.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RequestPage {
    /// In the order of the list.
    pub items: Vec<RequestSummary>,
    /// Where the next page begins; absent where this is the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The history of a request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventList {
    /// Oldest first.
    pub items: Vec<EventView>,
}
