//! Bearer tokens: shown once, kept as a hash.

use chrono::{DateTime, Utc};
use engine_core::{
    directory::OrganizationRole,
    ids::{OrgId, UserId},
    rejection::{Forbidden, Rejection},
};
use sha2::{Digest, Sha256};

use crate::{
    caller::Caller,
    engine::Engine,
    error::EngineError,
    organization::{OrganizationEvent, TokenRecord},
};

/// What every token begins with, so that scanners for leaked secrets find it.
const PREFIX: &str = "csn_";

/// A token that was just made. Its text is not kept anywhere.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// What to send as bearer.
    pub text: String,
    /// What is kept.
    pub record: TokenRecord,
}

impl Engine {
    /// Makes a token for oneself, or for others as owner or administrator.
    ///
    /// # Errors
    /// `forbidden` for others' tokens; `not_found` for an unknown user.
    pub async fn make_token(
        &self,
        caller: &Caller,
        user: &UserId,
        name: &str,
        expires: Option<DateTime<Utc>>,
    ) -> Result<NewToken, EngineError> {
        let state = self.organization(&caller.org)?;
        let directory = &state.organization.directory;
        let me = directory.active(&caller.user).ok_or(Rejection::NotFound)?;
        let administrates =
            matches!(me.role, OrganizationRole::Owner | OrganizationRole::Administrator);
        let owner_only = directory.user(user).is_some_and(|u| u.role == OrganizationRole::Owner)
            && me.role != OrganizationRole::Owner;
        if (me.id != *user && !administrates) || owner_only {
            return Err(Rejection::Forbidden(Forbidden::OnlyAdministrators).into());
        }
        directory.active(user).ok_or(Rejection::NotFound)?;
        self.issue(&caller.org, user, name, expires).await
    }

    /// The owner's first token, for setting up.
    ///
    /// # Errors
    /// [`EngineError::NoSuchOrganization`].
    pub async fn first_token(&self, org: &OrgId) -> Result<NewToken, EngineError> {
        let state = self.organization(org)?;
        let owner = state.organization.directory.with_role(OrganizationRole::Owner).next();
        let owner = owner.map(|user| user.id.clone()).ok_or(Rejection::NotFound)?;
        self.issue(org, &owner, "first", None).await
    }

    async fn issue(
        &self,
        org: &OrgId,
        user: &UserId,
        name: &str,
        expires: Option<DateTime<Utc>>,
    ) -> Result<NewToken, EngineError> {
        if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
            return Err(Rejection::invalid("name", "expected 1 to 80 characters").into());
        }
        let text = random_text(PREFIX);
        let hash = hash_of(&text);
        let record = TokenRecord {
            id: hash.chars().take(12).collect(),
            user: user.clone(),
            name: name.to_owned(),
            created: self.now(),
            expires,
        };
        let event = OrganizationEvent::TokenMade { hash, record: record.clone() };
        self.record_events(org, vec![event]).await?;
        Ok(NewToken { text, record })
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// [`EngineError::Unauthenticated`] for an unknown or expired token, and for one whose user is
    /// not active any more (DIR-8).
    pub fn authenticate(&self, token: &str) -> Result<(OrgId, UserId), EngineError> {
        // The hash is looked up, not compared: how long that takes says nothing about the text.
        let hash = hash_of(token);
        for org in self.organizations() {
            let state = self.organization(&org)?;
            let Some(record) = state.tokens.get(&hash) else { continue };
            let alive = record.expires.is_none_or(|end| end > self.now());
            let active = state.organization.directory.active(&record.user).is_some();
            if alive && active {
                return Ok((org, record.user.clone()));
            }
        }
        Err(EngineError::Unauthenticated)
    }
}

/// 244 random bits: two version-4 UUIDs, from the operating system.
pub(crate) fn random_text(prefix: &str) -> String {
    let (a, b) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    format!("{prefix}{}{}", a.simple(), b.simple())
}

pub(crate) fn hash_of(token: &str) -> String {
    format!("{:x}", Sha256::digest(token.as_bytes()))
}
