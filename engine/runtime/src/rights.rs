//! Who lays claim to a right: an index by right, written in the commit of the requests that it follows
//! from (EXE-6c). A record is never removed, since a new one would begin with the same sequences.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use engine_core::{
    command::{Command, EngineCommand},
    extension::{Failure, FailureClass},
    ids::{OrgId, PluginId},
    request::{Execution, Request},
    rights::{Claim, Claimant, Claims, Ending, SharedRights},
};
use engine_store::{DocumentChange, Key, Sequence};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::{
    codec::{decode, encode},
    engine::Engine,
    error::EngineError,
    load::{collection, name},
    write::Errand,
};

/// What is kept of a right.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct RightRecord {
    plugin: PluginId,
    right: String,
    claims: Claims,
}

/// The records that one try of a command looks at: it stands only if they still do.
#[derive(Debug)]
pub(crate) struct RightsRead {
    /// How often claims had changed before the first record was read.
    version: u64,
    records: BTreeMap<Key, (Sequence, RightRecord)>,
}

impl RightsRead {
    /// What was only looked at must still stand too.
    fn documents(&self) -> Result<Vec<DocumentChange>, EngineError> {
        let mut documents = Vec::new();
        for (key, (sequence, record)) in &self.records {
            documents.push(DocumentChange::Put {
                collection: name(collection::RIGHTS)?,
                key: key.clone(),
                body: encode("right", record)?,
                expected: Some(*sequence),
            });
        }
        Ok(documents)
    }
}

impl Engine {
    /// Before a try of a command.
    pub(crate) fn rights_read(&self) -> RightsRead {
        RightsRead { version: self.inner.dispatcher.claims(), records: BTreeMap::new() }
    }

    /// The command, which for the end of a grant says what stays for others, and what they left to it.
    ///
    /// # Errors
    /// [`EngineError::RightInUse`] while another execution gives one of its rights or takes it back.
    pub(crate) async fn with_rights<'c>(
        &self,
        errand: &Errand<'c>,
        request: Option<&Request>,
        read: &mut RightsRead,
    ) -> Result<Cow<'c, Command>, EngineError> {
        let unchanged = Ok(Cow::Borrowed(errand.command));
        let Command::Engine(EngineCommand::StartRevert(id, _)) = errand.command else {
            return unchanged;
        };
        let found = request.and_then(|request| Some((request, request.execution(id)?)));
        let Some((request, execution)) = found else { return unchanged };
        let mut shared = SharedRights::default();
        for right in execution.claims().into_keys() {
            let version = read.version;
            let record = self.right(errand.org, read, &execution.plugin, &right).await?;
            match record.claims.ending(&request.id, id) {
                Ending::PassedOn => {
                    shared.passed_on.insert(right);
                }
                Ending::Waits => return Err(EngineError::RightInUse { version }),
                Ending::InDoubt(other) => {
                    let (execution, outcome) = (id.clone(), Err(in_doubt(other)));
                    let failed = EngineCommand::FinishRevert { execution, outcome };
                    return Ok(Cow::Owned(Command::Engine(failed)));
                }
                Ending::TakenBack { given_before: true } => {
                    shared.given_before.insert(right);
                }
                Ending::TakenBack { given_before: false } => {}
            }
        }
        Ok(Cow::Owned(Command::Engine(EngineCommand::StartRevert(id.clone(), shared))))
    }

    /// What a command changes of the claims.
    ///
    /// # Errors
    /// [`EngineError::RightInUse`] while another execution gives a right or takes it back that this one is
    /// to give or take back.
    pub(crate) async fn claims(
        &self,
        org: &OrgId,
        before: Option<&Request>,
        after: &Request,
        read: &mut RightsRead,
    ) -> Result<Vec<DocumentChange>, EngineError> {
        // What the request has no more, claims nothing any more.
        let gone = before.iter().flat_map(|before| &before.executions);
        let gone = gone.filter(|execution| after.execution(&execution.id).is_none());
        for execution in after.executions.iter().chain(gone) {
            let claims =
                |request: &Request| request.execution(&execution.id).map(Execution::claims);
            let was = before.and_then(claims).unwrap_or_default();
            let now = claims(after).unwrap_or_default();
            let rights: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
            for right in rights {
                let (was, now) = (was.get(right).copied(), now.get(right).copied());
                if was == now {
                    continue;
                }
                let version = read.version;
                let record = self.right(org, read, &execution.plugin, right).await?;
                let begins = now.is_some_and(Claim::is_exclusive);
                if begins && !record.claims.is_free_for(&after.id, &execution.id) {
                    return Err(EngineError::RightInUse { version });
                }
                record.claims.put(&after.id, &execution.id, was, now);
            }
        }
        read.documents()
    }

    /// The record of a right as it was when this try first looked at it.
    async fn right<'r>(
        &self,
        org: &OrgId,
        read: &'r mut RightsRead,
        plugin: &PluginId,
        right: &str,
    ) -> Result<&'r mut RightRecord, EngineError> {
        let key = key(plugin, right)?;
        if !read.records.contains_key(&key) {
            let found = self.inner.store.document(org, &name(collection::RIGHTS)?, &key).await?;
            let known = match found {
                Some(document) => (document.sequence, decode("right", &document.body)?),
                None => (
                    Sequence::NONE,
                    RightRecord {
                        plugin: plugin.clone(),
                        right: right.to_owned(),
                        claims: Claims::default(),
                    },
                ),
            };
            read.records.insert(key.clone(), known);
        }
        let known = read.records.get_mut(&key).map(|(_, record)| record);
        known.ok_or(EngineError::Contended)
    }
}

/// Rights have any length.
fn key(plugin: &PluginId, right: &str) -> Result<Key, EngineError> {
    let text = format!("{plugin} {}", hex::encode(Sha256::digest(right.as_bytes())));
    Key::parse(&text).map_err(|bad| EngineError::Unstorable { what: "key", why: bad.to_string() })
}

/// Why the end of a grant waits for another one (EXE-3).
fn in_doubt(other: &Claimant) -> Failure {
    let message = "another grant of the same right may be there, and nobody knows: retry that one, or \
                   take it back, and this one ends by itself";
    let mut failure = Failure::new(FailureClass::Unavailable, message);
    let Claimant { request, execution, .. } = other;
    failure.detail = Some(format!("it is `{execution}` of the request `{request}`"));
    failure
}
