//! What is there in the end: in the engine, and on the servers without asking the engine.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use engine_api::{
    command::DecisionWord,
    view::{EventView, RequestSummary, RequestView},
};
use sdk_client::{Client, ListWord};

use super::{
    load::Told,
    target::{Kind, Target},
};

/// Until what was approved has run.
const SETTLED_WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);
const PAGE: usize = 100;

/// Everything that can be seen of all requests.
pub(super) struct Census {
    /// By title.
    requests: BTreeMap<String, Vec<Seen>>,
    /// How often each effect happened, as the servers say.
    effects: BTreeMap<(Kind, String), u64>,
}

struct Seen {
    view: RequestView,
    events: Vec<EventView>,
}

/// How many, for the people who read the output.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) submissions: usize,
    pub(super) decisions: usize,
    pub(super) effects: usize,
    /// Executions that were running at a kill, and whose effect was found done.
    pub(super) found_done: usize,
    /// Executions that were running at a kill, had no effect, and were run again.
    pub(super) run_again: usize,
}

impl Census {
    /// Waits until nothing is going to happen any more, and looks.
    pub(super) async fn take(owner: &Client, targets: &[Target]) -> Self {
        let mut requests: BTreeMap<String, Vec<Seen>> = BTreeMap::new();
        for summary in all(owner).await {
            let view = settled(owner, &summary.id).await;
            let events = owner.history(&summary.id).await.unwrap().items;
            requests.entry(summary.title).or_default().push(Seen { view, events });
        }
        let mut effects = BTreeMap::new();
        for target in targets {
            let counted = target.effects().await;
            effects.extend(counted.into_iter().map(|(name, n)| ((target.kind, name), n)));
        }
        Self { requests, effects }
    }

    /// Every wrong that there is: what was acknowledged and is missing, and what is there more or less
    /// often than once.
    pub(super) fn wrongs(&self, all: &[Told]) -> Vec<String> {
        let mut wrongs = Vec::new();
        for told in all {
            let seen = self.requests.get(&told.name).map_or(&[][..], Vec::as_slice);
            if let [seen] = seen {
                wrongs.extend(self.of_one(told, seen));
            } else if !seen.is_empty() || told.submitted.is_some() {
                wrongs.push(format!("{} requests: {told:?}", seen.len()));
            }
        }
        let known: BTreeSet<&str> = all.iter().map(|told| told.name.as_str()).collect();
        let unknown = |name: &&String| !known.contains(name.as_str());
        let names = self.requests.keys().chain(self.effects.keys().map(|(_, name)| name));
        wrongs.extend(names.filter(unknown).map(|name| format!("nobody asked for `{name}`")));
        wrongs
    }

    fn of_one(&self, told: &Told, Seen { view, events }: &Seen) -> Vec<String> {
        let recorded = events.iter().filter(|e| e.event == "decision_recorded").count();
        let decisions: Vec<_> = view.steps.iter().flat_map(|step| &step.decisions).collect();
        let right = match decisions.as_slice() {
            [] => !told.decided && recorded == 0 && view.status == "pending",
            [one] => {
                let status = match one.decision {
                    DecisionWord::Approve => "approved",
                    DecisionWord::Reject => "rejected",
                };
                Some(one.decision) == told.sent
                    && one.by == "bob"
                    && recorded == 1
                    && view.status == status
            }
            _ => false,
        };
        let same = told.submitted.as_ref().is_none_or(|id| *id == view.id);
        let effects = self.effects.get(&(told.kind, told.name.clone())).copied().unwrap_or(0);
        let succeeded = view.executions.iter().filter(|e| e.state == "succeeded").count();
        let expected = u64::from(view.status == "approved");
        let mut wrongs = Vec::new();
        let mut must = |is: bool, what: &str| {
            if !is {
                wrongs.push(format!("{what}: {told:?}, {effects} effects, {view:?}, {events:?}"));
            }
        };
        must(right, "decisions");
        must(same && view.requester == "ann", "submission");
        must(effects == expected, "effects");
        must(succeeded as u64 == expected && view.executions.len() == 1, "execution");
        wrongs
    }

    /// Counts; with the moments at which engines were dead.
    pub(super) fn numbers(&self, all: &[Told], deaths: &[DateTime<Utc>]) -> Numbers {
        let mut numbers = Numbers {
            submissions: all.iter().filter(|told| told.submitted.is_some()).count(),
            decisions: all.iter().filter(|told| told.decided).count(),
            effects: self.effects.len(),
            ..Numbers::default()
        };
        for Seen { events, .. } in self.requests.values().flatten() {
            let mut started = None;
            for event in events {
                let died = |from: DateTime<Utc>| {
                    deaths.iter().any(|death| from < *death && *death < event.at)
                };
                match event.event.as_str() {
                    "execution_started" => started = Some(event.at),
                    "execution_succeeded" if started.is_some_and(died) => numbers.found_done += 1,
                    "execution_retry_scheduled" if started.is_some_and(died) => {
                        numbers.run_again += 1;
                    }
                    _ => {}
                }
            }
        }
        numbers
    }
}

/// Every request that there is.
async fn all(owner: &Client) -> Vec<RequestSummary> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let page = owner.requests(ListWord::All, PAGE, cursor.as_deref()).await.unwrap();
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return all;
        }
    }
}

/// A request when nothing of it is going to happen by itself any more.
pub(super) async fn settled(owner: &Client, id: &str) -> RequestView {
    let until = Instant::now() + SETTLED_WITHIN;
    loop {
        let view = owner.request(id).await.unwrap();
        let moves = |state: &str| matches!(state, "waiting" | "scheduled" | "running");
        let moving = view.executions.iter().any(|execution| moves(&execution.state));
        if view.status != "approved" || !moving {
            return view;
        }
        let events = owner.history(id).await.unwrap().items;
        assert!(Instant::now() < until, "does not come to an end: {view:?}, {events:?}");
        tokio::time::sleep(POLL).await;
    }
}
