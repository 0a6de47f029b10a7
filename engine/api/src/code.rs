//! Every error code of the wire, and what each means to HTTP: one table.

use std::fmt;

use engine_core::rejection::Code;

/// An error code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The rules forbid it.
    Rejected(Code),
    /// No token, or one that is not valid.
    Unauthenticated,
    /// A decision that does not say what the person saw (DEC-8a).
    PreconditionRequired,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The body is larger than it may be.
    TooLarge,
    /// The file is no plugin that can be used.
    PluginInvalid,
    /// The text is no script that can be used.
    ScriptInvalid,
    /// Too much is going on, or there is no room: nothing was done, try again.
    Unavailable,
    /// The engine made a mistake; the log says more.
    Internal,
}

impl ErrorCode {
    /// The word on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rejected(code) => code.as_str(),
            Self::Unauthenticated => "unauthenticated",
            Self::PreconditionRequired => "precondition_required",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TooLarge => "too_large",
            Self::PluginInvalid => "plugin_invalid",
            Self::ScriptInvalid => "script_invalid",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The status of HTTP.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::Rejected(code) => rejected(code),
            Self::Unauthenticated => 401,
            Self::MethodNotAllowed => 405,
            Self::TooLarge => 413,
            Self::PluginInvalid | Self::ScriptInvalid => 422,
            Self::PreconditionRequired => 428,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// Whether the same call may succeed later without anybody changing it.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Unavailable => true,
            Self::Rejected(_)
            | Self::Unauthenticated
            | Self::PreconditionRequired
            | Self::MethodNotAllowed
            | Self::TooLarge
            | Self::PluginInvalid
            | Self::ScriptInvalid
            | Self::Internal => false,
        }
    }
}

fn rejected(code: Code) -> u16 {
    match code {
        Code::NotFound => 404,
        Code::Gone => 410,
        Code::Conflict => 412,
        Code::Invalid
        | Code::NoApprovers
        | Code::NoRule
        | Code::ConditionFailed
        | Code::RuleInvalid => 422,
        Code::Forbidden
        | Code::UrgentNotAllowed
        | Code::Inactive
        | Code::NoAccess
        | Code::NoSeat
        | Code::Permission
        | Code::Criteria
        | Code::SelfApproval
        | Code::Separation => 403,
        Code::WrongStatus
        | Code::StepComplete
        | Code::UrgentApproveOnly
        | Code::UrgentOverdue
        | Code::RuleInUse
        | Code::RuleRetired
        | Code::ReplacementNeeded
        | Code::PlanChanged
        | Code::RequiredProperties
        | Code::NotPending
        | Code::OnHold
        | Code::Blocked
        | Code::AlreadyDecided => 409,
    }
}

impl From<Code> for ErrorCode {
    fn from(code: Code) -> Self {
        Self::Rejected(code)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
