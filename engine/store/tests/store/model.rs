//! Random commits, against a store so simple that it is plainly right.

use std::collections::{BTreeMap, BTreeSet};

use engine_core::{
    directory::OrganizationRole,
    ids::{CommandId, GroupId, OrgId, RequestId, UserId},
};
use engine_store::{
    AgendaChange, AgendaEntry, Answer, Body, Candidate, Commit, Document, DocumentChange,
    DocumentQuery, EmbeddedStore, Key, Lane, Limit, List, Loaded, Log, Millis, Name, Order,
    OrganizationChange, Outcome, Page, Paging, Position, Present, RequestChange, RequestIndex,
    Sequence, Store, StoredEvent, Subject,
};
use proptest::prelude::*;

use crate::{body, event, id, memory};

const ORGS: [&str; 2] = ["ab", "abc"];
const STATES: [&str; 3] = ["pending", "approved", "in_progress"];
const PEOPLE: [&str; 3] = ["ann", "ann-b", "bob"];
const GROUPS: [&str; 2] = ["finance", "legal"];
const ROLES: [OrganizationRole; 2] = [OrganizationRole::Owner, OrganizationRole::User];

/// What is tried. Small numbers pick from the names above, so that they often meet.
#[derive(Clone, Debug)]
enum Trial {
    Commit(Box<Attempt>),
    Prune { before: i64 },
}

#[derive(Clone, Debug)]
struct Attempt {
    org: usize,
    organization: Option<Guess>,
    request: Option<RequestTrial>,
    document: Option<DocumentTrial>,
    agenda: Option<(bool, usize, Option<i64>)>,
    answer: Option<(usize, usize)>,
}

/// Whether the sequence that is expected is the right one.
type Guess = bool;

#[derive(Clone, Debug)]
struct RequestTrial {
    which: usize,
    right: Guess,
    events: usize,
    /// None deletes it.
    now: Option<IndexTrial>,
}

#[derive(Clone, Debug)]
struct IndexTrial {
    time: i64,
    state: usize,
    people: BTreeSet<usize>,
    seats: BTreeSet<usize>,
}

#[derive(Clone, Debug)]
struct DocumentTrial {
    which: usize,
    put: bool,
    guess: Option<Guess>,
}

fn trial() -> impl Strategy<Value = Trial> {
    let commit = (
        0..ORGS.len(),
        prop::option::weighted(0.2, prop::bool::weighted(0.8)),
        prop::option::weighted(0.8, request_trial()),
        prop::option::weighted(0.3, document_trial()),
        prop::option::weighted(0.4, (any::<bool>(), 0..3_usize, prop::option::of(-3..3_i64))),
        prop::option::weighted(0.3, (0..PEOPLE.len(), 0..6_usize)),
    )
        .prop_map(|(org, organization, request, document, agenda, answer)| {
            let attempt = Attempt { org, organization, request, document, agenda, answer };
            Trial::Commit(Box::new(attempt))
        });
    prop_oneof![20 => commit, 1 => (0..60_i64).prop_map(|before| Trial::Prune { before })]
}

fn request_trial() -> impl Strategy<Value = RequestTrial> {
    let index = (
        -3..3_i64,
        0..STATES.len(),
        prop::collection::btree_set(0..PEOPLE.len(), 0..3),
        prop::collection::btree_set(0..PEOPLE.len() + GROUPS.len() + ROLES.len(), 0..4),
    )
        .prop_map(|(time, state, people, seats)| IndexTrial { time, state, people, seats });
    (0..5_usize, prop::bool::weighted(0.9), 0..3_usize, prop::option::weighted(0.9, index))
        .prop_map(|(which, right, events, now)| RequestTrial { which, right, events, now })
}

fn document_trial() -> impl Strategy<Value = DocumentTrial> {
    (0..4_usize, prop::bool::weighted(0.7), prop::option::of(prop::bool::weighted(0.8)))
        .prop_map(|(which, put, guess)| DocumentTrial { which, put, guess })
}

/// One organization of the model.
#[derive(Clone, Debug, Default)]
struct Model {
    sequence: u64,
    events: Vec<StoredEvent>,
    requests: BTreeMap<RequestId, (Loaded, RequestIndex)>,
    documents: BTreeMap<(Name, Key), Document>,
    agenda: BTreeMap<(Lane, Key), AgendaEntry>,
    answers: BTreeMap<(UserId, CommandId), (Millis, Body)>,
}

fn index_of(trial: &IndexTrial) -> RequestIndex {
    let seat = |n: &usize| match *n {
        n if n < PEOPLE.len() => Candidate::Person(id(PEOPLE[n])),
        n if n < PEOPLE.len() + GROUPS.len() => Candidate::Group(id(GROUPS[n - PEOPLE.len()])),
        n => Candidate::Role(ROLES[n - PEOPLE.len() - GROUPS.len()]),
    };
    RequestIndex {
        time: Millis(trial.time),
        state: id(STATES[trial.state]),
        rule: id(if trial.time > 0 { "capex" } else { "opex" }),
        kind: id("sql"),
        people: trial.people.iter().map(|n| id(PEOPLE[*n])).collect(),
        resources: trial.people.iter().map(|n| id(PEOPLE[*n])).collect(),
        seats: trial.seats.iter().map(seat).collect(),
    }
}

impl Model {
    /// The commit that is tried: sequences are guessed from what is there.
    fn commit(&self, attempt: &Attempt, at: i64) -> Commit {
        let guess =
            |current: u64, right: Guess| Sequence(if right { current } else { current + 1 });
        let mut commit = Commit::new(id(ORGS[attempt.org]), Millis(at));
        commit.organization = attempt.organization.map(|right| OrganizationChange {
            expected: guess(self.sequence, right),
            events: vec![event(&format!("{at}"))],
        });
        if let Some(trial) = &attempt.request {
            let request: RequestId = id(&format!("r-{}", trial.which));
            let current = self.requests.get(&request).map_or(0, |(loaded, _)| loaded.sequence.0);
            commit.requests.push(RequestChange {
                request,
                expected: guess(current, trial.right),
                events: vec![event(&format!("{at}")); trial.events],
                now: trial
                    .now
                    .as_ref()
                    .map(|now| Present { snapshot: body(&format!("{at}")), index: index_of(now) }),
            });
        }
        if let Some(trial) = &attempt.document {
            commit.documents.push(self.document_change(trial, at, guess));
        }
        if let Some((outbox, which, due)) = attempt.agenda {
            let lane = if outbox { Lane::Outbox } else { Lane::Timer };
            let key = id(&format!("k{which}"));
            commit.agenda.push(match due {
                Some(due) => AgendaChange::Put { lane, key, due: Millis(due), body: body("1") },
                None => AgendaChange::Remove { lane, key },
            });
        }
        commit.answer = attempt.answer.map(|(actor, command)| Answer {
            actor: id(PEOPLE[actor]),
            command: id(&format!("c{command}")),
            body: body(&format!("{at}")),
        });
        commit
    }

    fn document_change(
        &self,
        trial: &DocumentTrial,
        at: i64,
        guess: impl Fn(u64, Guess) -> Sequence,
    ) -> DocumentChange {
        let collection: Name = id(if trial.which < 3 { "users" } else { "users2" });
        let key: Key = id(&format!("Key é{}", trial.which));
        let found = self.documents.get(&(collection.clone(), key.clone()));
        let current = found.map_or(0, |document| document.sequence.0);
        let expected = trial.guess.map(|right| guess(current, right));
        if trial.put {
            DocumentChange::Put { collection, key, body: body(&format!("{at}")), expected }
        } else {
            DocumentChange::Remove { collection, key, expected }
        }
    }

    fn apply(&mut self, commit: &Commit) -> Outcome {
        if let Some(Answer { actor, command, .. }) = &commit.answer
            && let Some((_, body)) = self.answers.get(&(actor.clone(), command.clone()))
        {
            return Outcome::AlreadyAnswered(body.clone());
        }
        if let Some((subject, current)) = self.conflict(commit) {
            return Outcome::Conflict { subject, current: Sequence(current) };
        }
        if let Some(change) = &commit.organization {
            self.sequence += 1;
            self.append(commit.at, &Subject::Organization, self.sequence, &change.events);
        }
        for RequestChange { request, expected, events, now } in &commit.requests {
            let sequence = expected.0 + 1;
            self.append(commit.at, &Subject::Request(request.clone()), sequence, events);
            self.requests.remove(request);
            if let Some(Present { snapshot, index }) = now.clone() {
                let loaded = Loaded { sequence: Sequence(sequence), snapshot };
                self.requests.insert(request.clone(), (loaded, index));
            }
        }
        self.apply_rest(commit);
        Outcome::Committed { position: Position(self.events.len() as u64) }
    }

    fn conflict(&self, commit: &Commit) -> Option<(Subject, u64)> {
        let organization = commit.organization.iter();
        let organization = organization.map(|c| (Subject::Organization, self.sequence, c.expected));
        let requests = commit.requests.iter().map(|c| {
            let current = self.requests.get(&c.request).map_or(0, |(loaded, _)| loaded.sequence.0);
            (Subject::Request(c.request.clone()), current, c.expected)
        });
        let documents = commit.documents.iter().filter_map(|c| {
            let (DocumentChange::Put { collection, key, expected, .. }
            | DocumentChange::Remove { collection, key, expected }) = c;
            let found = self.documents.get(&(collection.clone(), key.clone()));
            let current = found.map_or(0, |document| document.sequence.0);
            Some((Subject::Document(collection.clone(), key.clone()), current, (*expected)?))
        });
        organization
            .chain(requests)
            .chain(documents)
            .find(|(_, current, expected)| *current != expected.0)
            .map(|(subject, current, _)| (subject, current))
    }

    fn append(
        &mut self,
        at: Millis,
        subject: &Subject,
        sequence: u64,
        events: &[engine_store::EventRecord],
    ) {
        for event in events {
            self.events.push(StoredEvent {
                position: Position(self.events.len() as u64 + 1),
                at,
                subject: subject.clone(),
                sequence: Sequence(sequence),
                kind: event.kind.clone(),
                body: event.body.clone(),
            });
        }
    }

    fn apply_rest(&mut self, commit: &Commit) {
        for change in &commit.documents {
            match change.clone() {
                DocumentChange::Put { collection, key, body, .. } => {
                    let found = self.documents.get(&(collection.clone(), key.clone()));
                    let sequence = Sequence(found.map_or(0, |d| d.sequence.0) + 1);
                    let document = Document { key: key.clone(), sequence, body };
                    self.documents.insert((collection, key), document);
                }
                DocumentChange::Remove { collection, key, .. } => {
                    self.documents.remove(&(collection, key));
                }
            }
        }
        for change in &commit.agenda {
            match change.clone() {
                AgendaChange::Put { lane, key, due, body } => {
                    self.agenda.insert((lane, key.clone()), AgendaEntry { key, due, body });
                }
                AgendaChange::Remove { lane, key } => {
                    self.agenda.remove(&(lane, key));
                }
            }
        }
        if let Some(Answer { actor, command, body }) = commit.answer.clone() {
            self.answers.insert((actor, command), (commit.at, body));
        }
    }

    fn prune(&mut self, before: Millis) -> u64 {
        let there = self.answers.len();
        self.answers.retain(|_, (at, _)| *at >= before);
        (there - self.answers.len()) as u64
    }

    fn list(&self, list: &List, order: Order) -> Vec<RequestId> {
        let listed = self.requests.iter().filter(|(_, (_, index))| belongs(list, index));
        let mut places: Vec<_> = listed.map(|(id, (_, index))| (index.time, id.clone())).collect();
        places.sort();
        if order == Order::NewestFirst {
            places.reverse();
        }
        places.into_iter().map(|(_, id)| id).collect()
    }
}

fn belongs(list: &List, index: &RequestIndex) -> bool {
    match list {
        List::All => true,
        List::State(state) => index.state == *state,
        List::Rule(rule) => index.rule == *rule,
        List::Kind(kind) => index.kind == *kind,
        List::Resource(resource) => index.resources.contains(resource),
        List::Mine(person) => index.people.contains(person),
        List::ToDecide { person, groups, role } => index.seats.iter().any(|seat| match seat {
            Candidate::Person(id) => id == person,
            Candidate::Group(id) => groups.contains(id),
            Candidate::Role(of) => of == role,
        }),
        List::Several(lists) => lists.iter().any(|list| belongs(list, index)),
    }
}

fn every_list() -> Vec<List> {
    let mut lists = vec![List::All, List::Kind(id("sql")), List::Rule(id("capex"))];
    lists.extend(STATES.map(|state| List::State(id(state))));
    lists.extend(PEOPLE.map(|person| List::Mine(id(person))));
    lists.extend(PEOPLE.map(|resource| List::Resource(id(resource))));
    for person in PEOPLE {
        for role in ROLES {
            for groups in [&GROUPS[..0], &GROUPS[..1], &GROUPS[..]] {
                let groups: BTreeSet<GroupId> = groups.iter().map(|group| id(group)).collect();
                lists.push(List::ToDecide { person: id(person), groups, role });
            }
        }
    }
    let of_two = lists.iter().rev().take(2).cloned().collect();
    lists.push(List::Several(of_two));
    lists
}

/// All pages of a list.
async fn walk(store: &EmbeddedStore, org: &OrgId, list: &List, paging: Paging) -> Vec<RequestId> {
    let (mut paging, mut found) = (paging, Vec::new());
    loop {
        let Page { items, next } = store.list(org, list, &paging).await.unwrap();
        assert!(items.len() <= paging.limit.get());
        for row in items {
            let loaded = store.load(org, &row.request).await.unwrap();
            assert_eq!(loaded, Some(row.loaded));
            found.push(row.request);
        }
        if next.is_none() {
            return found;
        }
        paging.after = next;
    }
}

async fn compare(store: &EmbeddedStore, org: &OrgId, model: &Model, limit: usize) {
    let limit = Limit::new(limit);
    let end = Position(model.events.len() as u64);
    assert_eq!(store.log(org).await.unwrap(), Log { sequence: Sequence(model.sequence), end });
    assert_eq!(store.changes(org, Position(0), Limit::MAX).await.unwrap(), model.events);
    let middle = Position(end.0 / 2);
    let later: Vec<_> = model.events.iter().skip(middle.0 as usize).cloned().collect();
    assert_eq!(store.changes(org, middle, Limit::MAX).await.unwrap(), later);
    for which in 0..5 {
        let request: RequestId = id(&format!("r-{which}"));
        let loaded = model.requests.get(&request).map(|(loaded, _)| loaded.clone());
        assert_eq!(store.load(org, &request).await.unwrap(), loaded);
        let subject = Subject::Request(request.clone());
        let events: Vec<_> =
            model.events.iter().filter(|event| event.subject == subject).cloned().collect();
        let history = store.history(org, &request, Position(0), Limit::MAX).await.unwrap();
        assert_eq!(history, events);
    }
    for list in every_list() {
        for order in [Order::NewestFirst, Order::OldestFirst] {
            let paging = Paging { order, after: None, limit };
            assert_eq!(walk(store, org, &list, paging).await, model.list(&list, order), "{list:?}");
        }
    }
    compare_rest(store, org, model).await;
}

async fn compare_rest(store: &EmbeddedStore, org: &OrgId, model: &Model) {
    for (prefix, after) in [("", None), ("Key", Some("Key é0")), ("Key é1", None), ("L", Some("A"))]
    {
        let query = DocumentQuery {
            collection: id("users"),
            prefix: prefix.to_owned(),
            after: after.map(id),
            limit: Limit::MAX,
        };
        let expected: Vec<_> = model
            .documents
            .iter()
            .filter(|((collection, key), _)| {
                *collection == query.collection
                    && key.as_str().starts_with(prefix)
                    && query.after.as_ref().is_none_or(|after| key > after)
            })
            .map(|(_, document)| document.clone())
            .collect();
        assert_eq!(store.documents(org, &query).await.unwrap(), expected, "{query:?}");
    }
    for lane in [Lane::Outbox, Lane::Timer] {
        let of_lane = model.agenda.iter().filter(|((of, _), _)| *of == lane);
        let mut entries: Vec<_> = of_lane.map(|(_, entry)| entry.clone()).collect();
        entries.sort_by(|a, b| (a.due, &a.key).cmp(&(b.due, &b.key)));
        for now in -4..4 {
            let due: Vec<_> = entries.iter().filter(|e| e.due.0 <= now).cloned().collect();
            assert_eq!(store.due(org, lane, Millis(now), Limit::MAX).await.unwrap(), due);
        }
    }
    for actor in PEOPLE {
        for command in 0..6 {
            let (actor, command) = (id(actor), id(&format!("c{command}")));
            let found = store.answer(org, &actor, &command).await.unwrap();
            let expected = model.answers.get(&(actor, command)).map(|(_, body)| body.clone());
            assert_eq!(found, expected);
        }
    }
}

/// Plays batches: the commits of one wait together, so that they become one group.
async fn play(batches: Vec<Vec<Trial>>, limit: usize) {
    let store = memory();
    let mut models = [Model::default(), Model::default()];
    let mut at = 0;
    for batch in batches {
        let mut commits = Vec::new();
        for trial in batch {
            at += 1;
            match trial {
                Trial::Commit(attempt) => {
                    let model = &mut models[attempt.org];
                    let commit = model.commit(&attempt, at);
                    let outcome = model.apply(&commit);
                    commits.push((store.commit(commit), outcome));
                }
                Trial::Prune { before } => {
                    finish(std::mem::take(&mut commits)).await;
                    let pruned = store.prune_answers(Millis(before), Limit::MAX).await.unwrap();
                    let expected: u64 = models.iter_mut().map(|m| m.prune(Millis(before))).sum();
                    assert_eq!(pruned, expected);
                }
            }
        }
        finish(commits).await;
    }
    for (org, model) in ORGS.iter().zip(&models) {
        compare(&store, &id(org), model, limit).await;
    }
}

type Waiting<'s> =
    std::pin::Pin<Box<dyn Future<Output = Result<Outcome, engine_store::StoreError>> + Send + 's>>;

/// Begins all commits in order, and then waits for them.
async fn finish(commits: Vec<(Waiting<'_>, Outcome)>) {
    let mut begun = Vec::new();
    for (mut waiting, expected) in commits {
        let early = tokio::select! {
            biased;
            done = &mut waiting => Some(done),
            () = std::future::ready(()) => None,
        };
        begun.push((early, waiting, expected));
    }
    for (early, waiting, expected) in begun {
        let outcome = match early {
            Some(outcome) => outcome,
            None => waiting.await,
        };
        assert_eq!(outcome, Ok(expected));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_store_does_what_the_model_does(
        batches in prop::collection::vec(prop::collection::vec(trial(), 1..8), 1..12),
        limit in 1..4_usize,
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(play(batches, limit));
    }
}
