//! Who calls, for whom the answer is.

use engine_core::ids::{CommandId, OrgId, UserId};

/// Who calls the engine.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The organization.
    pub org: OrgId,
    /// The person or service account.
    pub user: UserId,
    /// Through what: `api`, `console`, `mail`, `cli`, ….
    pub via: String,
    /// What a repeat of this call is recognized by (REQ-11); for mutating calls.
    pub key: Option<CommandId>,
}

impl Caller {
    /// A caller without an idempotency key.
    #[must_use]
    pub fn new(org: OrgId, user: UserId, via: &str) -> Self {
        Self { org, user, via: via.to_owned(), key: None }
    }
}
