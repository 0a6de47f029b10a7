//! Clients that submit and decide, and repeat with the same key what got no answer.

use std::time::Duration;

use engine_api::{
    command::{Decide, DecisionWord},
    endpoint::Endpoint,
    view::RequestView,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use sdk_client::{Call, ClientError};
use serde::de::DeserializeOwned;
use tokio::{sync::watch, task::JoinSet};

use super::{
    place::{People, submission, text},
    target::Kind,
};

/// How long a client waits for the next engine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two tries where the engine asks for patience.
const PAUSE: Duration = Duration::from_millis(50);

/// What one request's people know of it.
#[derive(Clone, Debug)]
pub(super) struct Told {
    /// Its title, its property and the row of its effect.
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The id, once the submission was acknowledged.
    pub(super) submitted: Option<String>,
    /// What Bob sent, if anything.
    pub(super) sent: Option<DecisionWord>,
    /// Whether that was acknowledged.
    pub(super) decided: bool,
}

/// The engine as it runs now, and the how-manieth it is.
#[derive(Clone)]
struct Now {
    number: u32,
    people: People,
}

/// Clients at work.
pub(super) struct Load {
    clients: JoinSet<Vec<Told>>,
    engines: watch::Sender<Now>,
    /// How many decisions were acknowledged.
    decisions: watch::Sender<u64>,
    stop: watch::Sender<bool>,
}

impl Load {
    /// Starts so many clients.
    pub(super) fn start(count: u64, seed: u64, people: People) -> Self {
        let (engines, engine) = watch::channel(Now { number: 0, people });
        let decisions = watch::Sender::new(0);
        let (stop, stopped) = watch::channel(false);
        let mut clients = JoinSet::new();
        for number in 0..count {
            let chance = StdRng::seed_from_u64(seed ^ (number << 32));
            let (engine, decisions) = (engine.clone(), decisions.clone());
            let client = Client { number, engine, decisions, chance };
            clients.spawn(client.run(stopped.clone()));
        }
        Self { clients, engines, decisions, stop }
    }

    /// There is another engine.
    pub(super) fn renew(&self, people: People) {
        self.engines.send_modify(|now| *now = Now { number: now.number + 1, people });
    }

    /// Waits for the next decision that is acknowledged.
    pub(super) async fn decision(&self) {
        let mut decisions = self.decisions.subscribe();
        let next = tokio::time::timeout(PATIENCE, decisions.changed()).await;
        next.expect("no decision is acknowledged any more").unwrap();
    }

    /// Lets every client finish its request; what they all were told.
    pub(super) async fn finish(mut self) -> Vec<Told> {
        self.stop.send_replace(true);
        let mut all = Vec::new();
        while let Some(told) = self.clients.join_next().await {
            all.extend(told.unwrap());
        }
        all
    }
}

struct Client {
    number: u64,
    engine: watch::Receiver<Now>,
    decisions: watch::Sender<u64>,
    chance: StdRng,
}

impl Client {
    async fn run(mut self, stop: watch::Receiver<bool>) -> Vec<Told> {
        let mut all = Vec::new();
        while !*stop.borrow() {
            let kind = Kind::ALL[self.chance.random_range(0..2)];
            let name = format!("{}-{}-{}", kind.name(), self.number, all.len());
            let told = Told { name, kind, submitted: None, sent: None, decided: false };
            all.push(self.request(told).await);
        }
        all
    }

    /// One request, as far as this client takes it.
    async fn request(&mut self, mut told: Told) -> Told {
        let call = Call::new(Endpoint::Submit, &[]).header("idempotency-key", &told.name);
        let call = call.json(&submission(told.kind, &told.name)).unwrap();
        let Some(view) = self.ask::<RequestView>(|people| &people.ann, call).await else {
            return told;
        };
        told.submitted = Some(view.id.clone());
        let decision = match self.chance.random_range(0..8) {
            0 => return told,
            1 => DecisionWord::Reject,
            _ => DecisionWord::Approve,
        };
        told.sent = Some(decision);
        let comment = Some("counted by hand".to_owned());
        let decide = Decide { decision, comment, concern: None, items: None, step: None };
        let call = Call::new(Endpoint::Decide, &[&view.id])
            .header("if-match", view.precondition().unwrap().to_string())
            .header("idempotency-key", &told.name);
        let call = call.json(&decide).unwrap();
        if self.ask::<RequestView>(|people| &people.bob, call).await.is_some() {
            told.decided = true;
            self.decisions.send_modify(|count| *count += 1);
        }
        told
    }

    /// Calls until there is an answer; none where the engine died and the client does not repeat.
    async fn ask<T: DeserializeOwned>(
        &mut self,
        who: fn(&People) -> &sdk_client::Client,
        call: Call,
    ) -> Option<T> {
        loop {
            let now = self.engine.borrow().clone();
            match who(&now.people).call(call.clone()).await {
                Ok(answer) => return Some(answer),
                Err(ClientError::Unreachable(_)) if self.chance.random_ratio(1, 4) => {
                    self.next_engine(now.number).await;
                    return None;
                }
                Err(ClientError::Unreachable(_)) => self.next_engine(now.number).await,
                Err(error) if error.code() == Some("unavailable") => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => panic!("{} {}: {error:?}", call.path, text(&call.body)),
            }
        }
    }

    async fn next_engine(&mut self, last: u32) {
        let next = self.engine.wait_for(|now| now.number > last);
        let next = tokio::time::timeout(PATIENCE, next).await;
        // Without a kill there is no next one: then it broke a connection by itself.
        next.expect("an engine that nobody killed does not answer").unwrap();
    }
}
