//! Everything outside that a call of a component can reach: databases, files, steps, other systems,
//! secrets. Nothing that a component can call has another way there.
//!
//! Each way is an exchange of the [`journal`]. Where an order is repeated, the journal gives the answers
//! again, in order, and what would have asked outside is not run: whatever is added here can be repeated
//! from its first day.

mod database;
mod fault;
mod files;
mod http;
mod journal;

use std::{mem, sync::Arc};

pub(crate) use self::{
    database::{Database, Rows, Transaction},
    files::{Draft, Export},
    http::{Body, Headers, HttpAnswer, Sending, SentSecret},
    journal::{Journal, Recording},
};
pub use self::{
    fault::{Fault, FaultKind},
    journal::{Exchange, Given, Kept},
};
use crate::{
    host::Services,
    state::Stop,
    steps::{Noted, Progress},
};

/// What came of an exchange, unless it ended the call.
pub(crate) type Exchanged<T> = Result<Result<T, Fault>, Stop>;

/// The world outside, as one call of a component reaches it.
pub(crate) struct Outside {
    services: Arc<Services>,
    journal: Journal,
    /// Transactions and drafts so far: each has a number by which it is the same in every repetition.
    opened: u32,
}

/// Something that is open outside; nothing where a call is repeated.
#[derive(Clone, Debug)]
struct Live<T>(Option<T>);

impl<T> Live<T> {
    /// # Errors
    /// Never in fact: what is open nowhere is asked nothing.
    fn get(&mut self) -> Result<&mut T, Fault> {
        self.0.as_mut().ok_or_else(nothing)
    }

    /// # Errors
    /// As [`get`](Self::get).
    fn take(self) -> Result<T, Fault> {
        self.0.ok_or_else(nothing)
    }
}

fn nothing() -> Fault {
    Fault::new(FaultKind::Internal, "a mistake of the engine: nothing is open there")
}

impl Outside {
    pub(crate) fn new(services: Arc<Services>, journal: Journal) -> Self {
        Self { services, journal, opened: 0 }
    }

    /// What was exchanged.
    pub(crate) fn take_recording(&mut self) -> Recording {
        mem::replace(&mut self.journal, Journal::Off).into_recording()
    }

    fn number(&mut self) -> u32 {
        self.opened = self.opened.saturating_add(1);
        self.opened
    }

    /// Whether the operator configured a secret.
    pub(crate) fn has_secret(&mut self, name: &str) -> Exchanged<bool> {
        let secrets = &self.services.secrets;
        let known = || Ok((secrets.contains_key(name), ()));
        told(self.journal.ask_now(("secrets.get", name), &name, known))
    }

    /// Notes that a step begins.
    pub(crate) async fn begin_step(&mut self, key: &str, name: &str) -> Exchanged<Noted> {
        let steps = &self.services.steps;
        let real = async { steps.begin(key, name).await.map_err(step).map(|noted| (noted, ())) };
        told(self.journal.ask(("steps.begin", name), &(key, name), real).await)
    }

    /// Notes that a step is done.
    pub(crate) async fn finish_step(
        &mut self,
        key: &str,
        name: &str,
        answer: &[u8],
    ) -> Exchanged<Noted> {
        let steps = &self.services.steps;
        let real =
            async { steps.finish(key, name, answer).await.map_err(step).map(|noted| (noted, ())) };
        let with = (key, name, journal::Bytes(answer));
        told(self.journal.ask(("steps.finish", name), &with, real).await)
    }

    /// How far a step came.
    pub(crate) async fn look_at_step(
        &mut self,
        key: &str,
        name: &str,
    ) -> Exchanged<Option<Progress>> {
        let steps = &self.services.steps;
        let real = async { steps.look(key, name).await.map_err(step).map(|found| (found, ())) };
        told(self.journal.ask(("steps.look", name), &(key, name), real).await)
    }
}

/// An answer beside which nothing is open.
fn told<T>(exchanged: Exchanged<(T, Option<()>)>) -> Exchanged<T> {
    exchanged.map(|answer| answer.map(|(value, _)| value))
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn step(error: std::io::Error) -> Fault {
    Fault::new(FaultKind::Unavailable, format!("cannot keep the step: {error}"))
}
