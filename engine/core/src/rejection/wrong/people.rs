//! People, and the steps that ask them.

use serde::{Deserialize, Serialize};

use crate::ids::{StepId, UserId};

/// What is wrong with people who are named (REQ-6, STP-2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongPerson {
    /// More people than a request is for (REQ-6).
    TooMany {
        /// So many.
        found: usize,
        /// So many may be.
        most: usize,
    },
    /// The same person a second time (REQ-6, STP-2).
    Twice {
        /// Who.
        person: UserId,
    },
    /// An account that was deactivated (DIR-8).
    Deactivated {
        /// Whose.
        person: UserId,
    },
    /// Nobody of the organization has this login.
    NobodyCalled {
        /// What was written.
        login: String,
    },
    /// A deactivated account, or no person's: nobody who decides (DIR-8).
    CannotApprove {
        /// Whose.
        account: UserId,
    },
    /// A deactivated account, or no person's: nobody who watches (REQ-9).
    CannotWatch {
        /// Whose.
        account: UserId,
    },
    /// Too few or too many people were picked (STP-2).
    PickNumber {
        /// So many.
        found: usize,
        /// At least so many have to be.
        least: u32,
        /// At most so many may be.
        most: u32,
    },
    /// The requester picked somebody whose own the request is (STP-2, STP-9).
    OwnRequest {
        /// Who.
        person: UserId,
    },
    /// The requester picked somebody whom the rule does not offer (STP-2).
    NotOffered {
        /// Who.
        person: UserId,
    },
    /// People mentioned who may not see the request (REQ-9, REQ-10).
    Strangers {
        /// They.
        people: Vec<UserId>,
    },
}

/// What is wrong with a step, or with somebody for it (STP-15, STP-16).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WrongStep {
    /// The rule of the request has no such step.
    Unknown {
        /// What was named.
        step: StepId,
    },
    /// Nothing was decided in that step yet (DEC-3).
    NotDecided {
        /// Which.
        step: StepId,
    },
    /// The step asks as many people as it can (STP-15).
    TooManyApprovers {
        /// So many.
        most: u32,
    },
    /// The step asks this person already (STP-15, FIN-7).
    AskedAlready,
    /// This person decided in the step already (STP-15, FIN-7).
    DecidedAlready,
    /// Who decided in a step stays in it (STP-15).
    DecidedAndStays,
    /// The step does not ask this person (STP-15).
    NotAsked,
}
