//! What each code means, for the table of codes; and what the server itself says.

use engine_core::rejection::Code;

use crate::code::ErrorCode;

/// What a code means, in a sentence for whoever looks it up.
#[must_use]
pub fn meaning(code: ErrorCode) -> &'static str {
    match code {
        ErrorCode::Rejected(code) => rejected(code),
        ErrorCode::Unauthenticated => "There is no token, or one that is not valid: sign in again.",
        ErrorCode::PreconditionRequired => {
            "A decision has to say what the person saw: open the request again first."
        }
        ErrorCode::MethodNotAllowed => "The path exists, the method does not.",
        ErrorCode::TooLarge => "What was sent is larger than it may be.",
        ErrorCode::PluginInvalid => "The file is no plugin that can be used.",
        ErrorCode::ScriptInvalid => "The text is no script that can be used.",
        ErrorCode::Unavailable => {
            "Too much is going on, or there is no room: nothing was done, try again."
        }
        ErrorCode::Internal => "The system made a mistake; its log says more.",
    }
}

fn rejected(code: Code) -> &'static str {
    match code {
        Code::NotFound => "There is no such thing, or this person cannot see it.",
        Code::Forbidden => "This person sees it, and only others can do that.",
        Code::Invalid => "Entries are wrong; `fields` names each.",
        Code::WrongStatus => "That cannot be done with the request as it now is.",
        Code::Conflict => "The request has changed since it was opened; nothing was done.",
        Code::StepComplete => "The step is complete, and its decisions stay.",
        Code::UrgentApproveOnly => "An urgent request can only be approved, as a whole.",
        Code::UrgentNotAllowed => "The organization or the rule takes no urgent requests.",
        Code::UrgentOverdue => "Too many urgent requests of this person are past their date.",
        Code::NoApprovers => "Nobody could approve the request, or review it.",
        Code::NoRule => "The rule does not take this request, or none of the group does.",
        Code::ConditionFailed => "It cannot be said whether the rule takes the request.",
        Code::RuleInvalid => "The rule has mistakes and was not published; `fields` names each.",
        Code::RuleInUse => "The rule cannot be deleted: a group or requests rest on it.",
        Code::RuleRetired => "The rule is retired: it takes no new requests and versions.",
        Code::ReplacementNeeded => "Somebody has to take over; `fields` names where.",
        Code::PlanChanged => "Of an execution that failed: it would do what was not approved.",
        Code::Gone => "It was there, and is no more: a file, or a link to one.",
        Code::Inactive => "The account is deactivated.",
        Code::NoAccess => "The request is for people who are named for it.",
        Code::NoSeat => "The step asks other people, or needs nothing more from this one.",
        Code::Permission => "What is asked for is not what this person may approve.",
        Code::Criteria => "The rule lets nobody decide the request as it is.",
        Code::RequiredProperties => "Entries have to be filled in before anybody can approve.",
        Code::SelfApproval => "The request is their own, is for them, or was changed by them.",
        Code::Separation => "They decided an earlier step, and the rule wants somebody else.",
        Code::NotPending => "The request is not to be decided: a draft, in review, or over.",
        Code::OnHold => "The request is on hold until somebody releases it.",
        Code::Blocked => "The request is blocked until something else is put right.",
        Code::AlreadyDecided => "This person, or somebody for them, decided in this step already.",
    }
}

/// What the server says where nothing of the request is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidByServer {
    /// No token, or one that is not valid.
    NotSignedIn,
    /// A decision without what the person saw (DEC-8a).
    OpenAgain,
    /// More commands than the store keeps up with, or others on the same request were faster.
    Busy,
    /// The disk is full.
    NoRoom,
    /// The program is being stopped.
    Stopping,
    /// A mistake of the program.
    Mistake,
}

impl SaidByServer {
    /// The code that it is answered with.
    #[must_use]
    pub fn code(self) -> ErrorCode {
        match self {
            Self::NotSignedIn => ErrorCode::Unauthenticated,
            Self::OpenAgain => ErrorCode::PreconditionRequired,
            Self::Busy | Self::NoRoom | Self::Stopping => ErrorCode::Unavailable,
            Self::Mistake => ErrorCode::Internal,
        }
    }

    /// For people.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::NotSignedIn => {
                "You are not signed in, or were signed out. Sign in again. (Programs send a valid token as `Authorization: Bearer …`.)"
            }
            Self::OpenAgain => {
                "Open the request again before you decide, so that you decide about what it says now. (Programs send its `ETag` as `If-Match`.)"
            }
            Self::Busy => {
                "There is too much going on at the moment. Nothing was done; try again in a minute."
            }
            Self::NoRoom => {
                "There is no room to save this. Nothing was done; tell your administrator."
            }
            Self::Stopping => {
                "The system is being restarted. Nothing was done; try again in a minute."
            }
            Self::Mistake => {
                "Something went wrong on our side. Look whether it was done before you try again, and tell your administrator."
            }
        }
    }
}
