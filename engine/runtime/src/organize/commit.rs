//! Events of the organization, committed and then seen.

use std::{collections::BTreeMap, sync::Arc};

use engine_core::ids::OrgId;
use engine_store::{
    Commit, DocumentChange, EventRecord, Key, OrganizationChange, Outcome, Sequence,
};

use super::stored::{apply, document, document_change, kind};
use crate::{
    codec::encode,
    engine::{Engine, Slot},
    error::EngineError,
    load::name,
    organization::{OrganizationEvent, OrganizationState},
    recount::recounts,
    write::Part,
};

impl Engine {
    /// Records events of the organization that need no working out.
    pub(crate) async fn record_events(
        &self,
        org: &OrgId,
        events: Vec<OrganizationEvent>,
    ) -> Result<(), EngineError> {
        let slot = self.slot(org)?;
        let _turn = slot.turn.lock().await;
        let mut state = (*slot.state.load_full()).clone();
        for event in &events {
            apply(&mut state, event)?;
        }
        self.replace(&slot, state, &events, Vec::new()).await?;
        Ok(())
    }

    /// Commits events and lets everybody see the state they lead to. Where the store is ahead of what
    /// is in memory (a change whose caller went away between the two), it is read again first. With changes
    /// of requests it says whether they still stood.
    pub(super) async fn replace(
        &self,
        slot: &Slot,
        mut state: OrganizationState,
        events: &[OrganizationEvent],
        with: Vec<Part>,
    ) -> Result<bool, EngineError> {
        let before = slot.state.load_full();
        let rests_on_requests = !with.is_empty();
        match self.commit_events(Some(&before), &state, events, with).await? {
            Some(sequence) => {
                state.sequence = sequence;
                slot.state.store(Arc::new(state));
                Ok(true)
            }
            None => {
                slot.state.store(Arc::new(self.load_organization(&state.organization.id).await?));
                if rests_on_requests { Ok(false) } else { Err(EngineError::Contended) }
            }
        }
    }

    /// The organization's new sequence; none where another change was faster.
    pub(super) async fn commit_events(
        &self,
        before: Option<&OrganizationState>,
        state: &OrganizationState,
        events: &[OrganizationEvent],
        with: Vec<Part>,
    ) -> Result<Option<Sequence>, EngineError> {
        let org = &state.organization.id;
        let now = self.millis();
        let mut commit = Commit::new(org.clone(), now);
        let mut records = Vec::new();
        let mut documents: BTreeMap<(&'static str, Key), DocumentChange> = BTreeMap::new();
        for event in events {
            records.push(EventRecord { kind: name(kind(event))?, body: encode("event", event)? });
            if let Some((collection, key, body)) = document(event)? {
                let change = document_change(collection, &key, body)?;
                documents.insert((collection, key), change);
            }
        }
        commit.documents = documents.into_values().collect();
        let expected = state.sequence;
        if let Some(before) = before {
            let next = Sequence(expected.0 + 1);
            let has_groups = !state.rule_groups.is_empty();
            let directory = &before.organization.directory;
            commit.agenda = recounts(directory, has_groups, events, next, now)?;
        }
        for part in with {
            commit.requests.push(part.request);
            commit.agenda.extend(part.agenda);
            commit.documents.extend(part.documents);
        }
        commit.organization = Some(OrganizationChange { expected, events: records });
        match self.inner.store.commit(commit).await? {
            Outcome::Committed { .. } => Ok(Some(Sequence(expected.0 + 1))),
            Outcome::Conflict { .. } | Outcome::AlreadyAnswered(_) => Ok(None),
        }
    }
}
