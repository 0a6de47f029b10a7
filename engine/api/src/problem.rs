//! What is answered when something is refused or fails: problem details (RFC 9457).

use engine_core::rejection::{Code, FieldProblem, Rejection};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    catalogue::{Names, SaidByServer, Whom},
    code::ErrorCode,
    document::{Diagnostic, Diagnostics},
};

/// The media type of [`ErrorBody`].
pub const PROBLEM_JSON: &str = "application/problem+json";

/// A code with its sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Said {
    /// For programs, such as `no_seat`.
    pub code: String,
    /// For people.
    pub message: String,
}

/// A wrong field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldMessage {
    /// Such as `title` or `properties.amount`.
    pub field: String,
    /// What was found, what was expected.
    pub message: String,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ErrorBody {
    /// For programs, such as `not_found`.
    pub code: String,
    /// The status of the answer.
    pub status: u16,
    /// For people: what is wrong, and what to do next.
    pub message: String,
    /// Whether the same call may succeed later without anybody changing it.
    #[serde(default)]
    pub retryable: bool,
    /// Every field that is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldMessage>,
    /// Everything that keeps this person from deciding, the first being the code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unmet: Vec<Said>,
    /// What decided, sentence by sentence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub explanation: Vec<String>,
    /// Mistakes in a document, with line, caret and the corrected line.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diagnostics: Vec<Diagnostic>,
}

impl ErrorBody {
    /// A code with a sentence.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code: code.as_str().to_owned(),
            status: code.status(),
            message: message.into(),
            retryable: code.is_retryable(),
            fields: Vec::new(),
            unmet: Vec::new(),
            explanation: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    /// What the server says where nothing of the request is at fault.
    #[must_use]
    pub fn of_server(said: SaidByServer) -> Self {
        Self::new(said.code(), said.message())
    }

    /// One wrong field.
    #[must_use]
    pub fn invalid(field: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let mut body = Self::new(Code::Invalid.into(), format!("{field}: {message}"));
        body.fields = vec![FieldMessage { field: field.to_owned(), message }];
        body
    }

    /// A refused command.
    #[must_use]
    pub fn rejection(rejection: &Rejection, names: &Names<'_>) -> Self {
        let mut body = Self::new(code_of(rejection), names.rejection(rejection));
        match rejection {
            Rejection::Invalid(fields) => {
                body.fields = FieldMessage::all(fields, names);
            }
            Rejection::RuleInvalid(problems) => {
                body.fields = problems.iter().map(of_problem).collect();
            }
            Rejection::ReplacementNeeded(places) => {
                body.fields = places.iter().map(|place| of_place(place, names)).collect();
            }
            Rejection::CannotDecide(unmet) => body.unmet = names.all_unmet(unmet, Whom::Reader),
            Rejection::NoRule { explanation, .. } | Rejection::ConditionFailed { explanation } => {
                body.explanation = names.reasons(explanation);
            }
            Rejection::NotFound
            | Rejection::Forbidden(_)
            | Rejection::WrongStatus { .. }
            | Rejection::Conflict { .. }
            | Rejection::Gone(_)
            | Rejection::StepComplete { .. }
            | Rejection::UrgentApproveOnly
            | Rejection::UrgentNotAllowed(_)
            | Rejection::UrgentOverdue { .. }
            | Rejection::NoApprovers(_)
            | Rejection::NoReviewers(_)
            | Rejection::RuleRetired { .. }
            | Rejection::RuleInUse { .. }
            | Rejection::PlanFailed { .. }
            | Rejection::ValidatorFailed { .. }
            | Rejection::OnHold
            | Rejection::NotPending { .. }
            | Rejection::CannotHoldSeat { .. }
            | Rejection::NothingToConfirm { .. }
            | Rejection::AlreadyConfirmed
            | Rejection::TooLate { .. } => {}
        }
        body
    }

    /// Mistakes in a document.
    #[must_use]
    pub fn document(code: ErrorCode, diagnostics: Diagnostics) -> Self {
        let mut body = Self::new(code, diagnostics.to_string());
        body.fields = diagnostics
            .0
            .iter()
            .map(|d| FieldMessage { field: d.path.clone(), message: d.message.clone() })
            .collect();
        body.diagnostics = diagnostics.0;
        body
    }
}

impl FieldMessage {
    fn all(problems: &[FieldProblem], names: &Names<'_>) -> Vec<Self> {
        let of = |problem: &FieldProblem| Self {
            field: problem.field.clone(),
            message: names.wrong(&problem.wrong),
        };
        problems.iter().map(of).collect()
    }
}

/// The rejection's code; what is too busy to plan now may do so in a moment.
fn code_of(rejection: &Rejection) -> ErrorCode {
    match rejection {
        Rejection::PlanFailed { class, .. } | Rejection::ValidatorFailed { class, .. }
            if class.is_retryable() =>
        {
            ErrorCode::Unavailable
        }
        other => other.code().into(),
    }
}

fn of_problem(problem: &engine_core::rule::Problem) -> FieldMessage {
    FieldMessage { field: problem.path.clone(), message: problem.message.clone() }
}

fn of_place(needed: &engine_core::offboarding::NeededPlace, names: &Names<'_>) -> FieldMessage {
    FieldMessage { field: needed.place.to_string(), message: names.needed(&needed.why) }
}
