//! Who calls.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use engine_core::{
    directory::{OrganizationRole, User},
    ids::CommandId,
    rejection::{Forbidden, Rejection},
};
use engine_runtime::{Caller, OrganizationState};
use std::sync::Arc;

use super::{AppState, refusal::Refusal};

/// The header that makes a repeat recognizable (REQ-11).
const KEY: &str = "idempotency-key";
/// The longest `Authorization` header that is looked at, in bytes.
const MAX_TOKEN: usize = 512;

/// A caller that code of this process vouches for, put into a request's extensions. No header can
/// put it there.
#[derive(Clone, Debug)]
pub struct Trusted(pub Caller);

/// A caller with a valid token, and the organization as it is now.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) caller: Caller,
    pub(super) organization: Arc<OrganizationState>,
}

impl FromRequestParts<AppState> for Known {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let mut caller = match parts.extensions.get::<Trusted>() {
            Some(Trusted(caller)) => caller.clone(),
            None => authenticate(&parts.headers, state)?,
        };
        caller.key = key(&parts.headers)?;
        let organization = state.engine.organization(&caller.org);
        let organization = organization.map_err(|_| Refusal::unauthenticated())?;
        Ok(Self { caller, organization })
    }
}

impl Known {
    /// The caller as a user; deactivated a moment ago, they are not authenticated any more.
    pub(super) fn user(&self) -> Result<&User, Refusal> {
        let user = self.organization.organization.directory.active(&self.caller.user);
        user.ok_or_else(Refusal::unauthenticated)
    }

    /// Those who may change the organization.
    pub(super) fn administrates(&self) -> Result<(), Refusal> {
        match self.user()?.role {
            OrganizationRole::Owner | OrganizationRole::Administrator => Ok(()),
            OrganizationRole::WorkflowManager
            | OrganizationRole::Auditor
            | OrganizationRole::User => Err(forbidden(Forbidden::OnlyAdministrators)),
        }
    }

    /// Those who may look at how the organization is made.
    pub(super) fn oversees(&self) -> Result<(), Refusal> {
        match self.user()?.role {
            OrganizationRole::Owner
            | OrganizationRole::Administrator
            | OrganizationRole::WorkflowManager
            | OrganizationRole::Auditor => Ok(()),
            OrganizationRole::User => Err(forbidden(Forbidden::OnlyOverseers)),
        }
    }
}

fn forbidden(why: Forbidden) -> Refusal {
    Refusal::rejected(&Rejection::Forbidden(why))
}

fn authenticate(headers: &HeaderMap, state: &AppState) -> Result<Caller, Refusal> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, token) =
        header.and_then(|text| text.split_once(' ')).ok_or_else(Refusal::unauthenticated)?;
    if !scheme.eq_ignore_ascii_case("bearer") || token.len() > MAX_TOKEN {
        return Err(Refusal::unauthenticated());
    }
    let (org, user) =
        state.engine.authenticate(token.trim()).map_err(|_| Refusal::unauthenticated())?;
    Ok(Caller::new(org, user, "api"))
}

fn key(headers: &HeaderMap) -> Result<Option<CommandId>, Refusal> {
    let Some(value) = headers.get(KEY) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let key = CommandId::parse(text);
    key.map(Some).map_err(|bad| Refusal::invalid("Idempotency-Key", bad.to_string()))
}
