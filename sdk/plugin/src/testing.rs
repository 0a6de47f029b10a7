//! A host for plain `cargo test`: the same plugin, run natively.
//!
//! [`Host`] holds a request, settings, people, databases and files; its methods call a plugin as the
//! engine would, with fresh settings each time. It is as strict as the engine where authors err most:
//! a property that the manifest does not declare ends the test, writing while planning is denied, and so
//! is every statement that the plan does not cover.
//!
//! ```
//! use sdk_plugin::{prelude::*, testing::{Host, money}};
//! # struct Frugal;
//! # #[derive(Deserialize)]
//! # struct Config { limit: Money }
//! # impl Condition for Frugal {
//! #     type Config = Config;
//! #     fn evaluate(config: Config) -> Result<Verdict> {
//! #         let amount: Money = request::get("amount")?;
//! #         if request::compare(&amount, &config.limit)?.is_gt() {
//! #             return unmet("above_limit", format!("{amount} is above {}", config.limit));
//! #         }
//! #         met()
//! #     }
//! # }
//! # const MANIFEST: &str = r#"{"name": "frugal", "version": "0.1.0", "contract": "1.0.0",
//! #   "worlds": ["condition"], "about": "Small amounts only", "reads": {"request": ["amount"]}}"#;
//! let host = Host::new(MANIFEST)
//!     .config(serde_json::json!({"limit": "1000 EUR"}))
//!     .property("amount", money("1200 EUR"));
//! assert_eq!(host.evaluate::<Frugal>(), unmet("above_limit", "1200 EUR is above 1000 EUR"));
//! ```

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use chrono::{DateTime, Utc};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Approvers, Condition, ErrorKind, Executor, HostError, Message, Money, Notifier, Plan, Presence,
    Problem, Receipt, Resolution, Result, RowSet, UserId, Validator, Value, Verdict, config,
    http::{Method, Reply},
    log::Level,
};

pub(crate) mod backend;
mod cover;
mod database;
mod manifest;
mod sql;
#[cfg(feature = "sqlite")]
mod sqlite;
mod state;

pub use database::FakeDatabase;
pub use manifest::{Manifest, Name, Reads, Want};
pub use state::{Person, Sent};

use state::{State, Task};

/// What surrounds a plugin in a test.
pub struct Host {
    state: Rc<RefCell<State>>,
}

impl Host {
    /// A host for the plugin with this manifest: usually its constant `MANIFEST`.
    ///
    /// # Panics
    /// Where the manifest is not one.
    #[must_use]
    pub fn new(manifest: &str) -> Self {
        Self { state: Rc::new(RefCell::new(State::new(Manifest::parse(manifest)))) }
    }

    fn set(self, change: impl FnOnce(&mut State)) -> Self {
        change(&mut self.state.borrow_mut());
        self
    }

    /// The settings.
    ///
    /// # Panics
    /// Where they are not JSON.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that cannot be set up fails")]
    pub fn config(self, config: impl Serialize) -> Self {
        let config = serde_json::to_value(config).expect("settings are JSON");
        self.set(|state| state.config = config)
    }

    /// A property of the request.
    #[must_use]
    pub fn property(self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.set(|state| {
            state.properties.insert(name.to_owned(), value);
        })
    }

    /// An item of the request, with its fields.
    #[must_use]
    pub fn item(self, resource: &str, fields: &[(&str, Value)]) -> Self {
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), v.clone())).collect();
        self.set(|state| state.items.push((resource.to_owned(), fields)))
    }

    /// Who submits; by default `requester`.
    #[must_use]
    pub fn requester(self, id: &str) -> Self {
        self.set(|state| state.requester = id.to_owned())
    }

    /// For whom the request is; by default the requester.
    #[must_use]
    pub fn target_user(self, id: &str) -> Self {
        self.set(|state| state.target_users.push(id.to_owned()))
    }

    /// Run first, approve after.
    #[must_use]
    pub fn urgent(self) -> Self {
        self.set(|state| state.urgent = true)
    }

    /// Somebody in the directory.
    #[must_use]
    pub fn person(self, person: Person) -> Self {
        self.set(|state| {
            state.people.insert(person.user.id.0.clone(), person);
        })
    }

    /// The instant of the call, by RFC 3339; by default `2026-03-02T09:00:00Z`, a Monday.
    ///
    /// # Panics
    /// Where the text is no instant.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that cannot be set up fails")]
    pub fn now(self, at: &str) -> Self {
        let at: DateTime<Utc> = at.parse().expect("an instant such as `2026-03-02T09:00:00Z`");
        self.set(|state| state.now = at)
    }

    /// A time zone that the host knows, all year at this offset. The organization's own is `UTC`.
    #[must_use]
    pub fn time_zone(self, name: &str, minutes_east: i32) -> Self {
        self.set(|state| {
            state.zones.insert(name.to_owned(), minutes_east);
        })
    }

    /// What one unit of a currency is worth in the base currency, whose own rate is 1.
    ///
    /// # Panics
    /// Where the rate is no decimal.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a test that cannot be set up fails")]
    pub fn rate(self, currency: &str, rate: &str) -> Self {
        let rate = rate.parse().expect("a decimal such as `0.92`");
        self.set(|state| {
            state.rates.insert(currency.to_owned(), rate);
        })
    }

    /// A connection that is granted.
    #[must_use]
    pub fn connection(self, name: &str, database: &FakeDatabase) -> Self {
        let database = database.clone();
        self.set(|state| {
            state.connections.insert(name.to_owned(), database);
        })
    }

    /// The answer of a named statement.
    #[must_use]
    pub fn look_up(self, connection: &str, statement: &str, answer: RowSet) -> Self {
        self.set(|state| {
            state.look_ups.insert((connection.to_owned(), statement.to_owned()), answer);
        })
    }

    /// A secret that is granted.
    #[must_use]
    pub fn secret(self, name: &str) -> Self {
        self.set(|state| {
            state.secrets.insert(name.to_owned());
        })
    }

    /// What another system replies to a call; one that is not named here is out of reach.
    #[must_use]
    pub fn reply(self, method: Method, url: &str, status: u16, body: &str) -> Self {
        let reply = Reply { status, headers: Vec::new(), body: body.as_bytes().to_vec() };
        self.set(|state| {
            state.replies.insert((method, url.to_owned()), Ok(reply));
        })
    }

    /// A call of another system that fails.
    #[must_use]
    pub fn no_reply(self, method: Method, url: &str, kind: ErrorKind) -> Self {
        let error = HostError::new(kind, "no reply came");
        self.set(|state| {
            state.replies.insert((method, url.to_owned()), Err(error));
        })
    }

    /// The notice to deliver; by default one for `recipient` about an approval.
    #[must_use]
    pub fn notice(self, recipient: &str, subject: &str, content: Message) -> Self {
        self.set(|state| {
            recipient.clone_into(&mut state.notice.recipient);
            subject.clone_into(&mut state.notice.subject);
            state.notice.content = content;
        })
    }

    /// Where the notice leads; by default nowhere.
    #[must_use]
    pub fn link(self, url: &str) -> Self {
        self.set(|state| state.notice.link = Some(url.to_owned()))
    }

    /// The plan that was approved, where it is not the one that this host would make.
    #[must_use]
    pub fn approved(self, plan: &Plan) -> Self {
        let statements = plan.statements.clone();
        self.set(|state| state.plan = Some(statements))
    }

    /// Evaluates a condition.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn evaluate<P: Condition>(&self) -> Result<Verdict> {
        self.call(Task::Ask, P::evaluate)
    }

    /// Looks for approvers.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn resolve<P: Approvers>(&self) -> Result<Resolution> {
        self.call(Task::Ask, P::resolve)
    }

    /// Looks for what is wrong with the request.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn validate<P: Validator>(&self) -> Result<Vec<Problem>> {
        self.call(Task::Ask, P::validate)
    }

    /// Delivers the notice.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn deliver<P: Notifier>(&self, once_key: &str) -> Result<Option<String>> {
        self.call(Task::Deliver, |config| P::deliver(config, once_key))
    }

    /// Makes a plan; writing is denied meanwhile. It counts as approved.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn plan<P: Executor>(&self) -> Result<Plan> {
        let plan = self.call(Task::Plan, P::plan)?;
        self.state.borrow_mut().plan = Some(plan.statements.clone());
        Ok(plan)
    }

    /// Executes, within the approved plan; where there is none, the plugin is asked for one first.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn execute<P: Executor>(&self, once_key: &str) -> Result<Receipt> {
        self.call_planned::<P, _>(Task::Execute, |config| P::execute(config, once_key))
    }

    /// Asks whether an execution happened, within the approved plan as above.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn probe<P: Executor>(&self, once_key: &str) -> Result<Presence> {
        self.call_planned::<P, _>(Task::Probe, |config| P::probe(config, once_key))
    }

    /// Takes an execution back, within the approved plan as above.
    ///
    /// # Errors
    /// Those of the plugin.
    pub fn revert<P: Executor>(&self, done: Receipt, once_key: &str) -> Result<Receipt> {
        self.call_planned::<P, _>(Task::Revert, |config| P::revert(config, done, once_key))
    }

    /// The secret that a connection was opened with in place of its password; none where it was not.
    #[must_use]
    pub fn password_of(&self, connection: &str) -> Option<String> {
        self.state.borrow().passwords.get(connection).cloned()
    }

    /// What the plugin logged, in order.
    #[must_use]
    pub fn log(&self) -> Vec<(Level, String)> {
        self.state.borrow().log.clone()
    }

    /// What was sent to other systems so far, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.state.borrow().sent_out.clone()
    }

    /// The content of the files made so far, by name.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.state.borrow();
        state.files.iter().map(|f| (f.file.name.clone(), f.content.clone())).collect()
    }

    fn call_planned<P: Executor, T>(
        &self,
        task: Task,
        answer: impl FnOnce(P::Config) -> Result<T>,
    ) -> Result<T> {
        let is_planned = self.state.borrow().plan.is_some();
        if !is_planned {
            self.plan::<P>()?;
        }
        self.call(task, answer)
    }

    fn call<C: DeserializeOwned, T>(
        &self,
        task: Task,
        answer: impl FnOnce(C) -> Result<T>,
    ) -> Result<T> {
        {
            let mut state = self.state.borrow_mut();
            state.task = task;
            state.sent.clear();
        }
        let _here = state::enter(&self.state);
        config::read().and_then(answer)
    }
}

/// An amount, for tests: `money("12.50 EUR")`.
///
/// # Panics
/// Where the text is no money.
#[must_use]
#[expect(clippy::expect_used, reason = "a test that cannot be set up fails")]
pub fn money(text: &str) -> Money {
    text.parse().expect("money such as `12.50 EUR`")
}

/// Somebody in the directory, for tests: `person("ann").property("manager", user("bob"))`.
#[must_use]
pub fn person(id: &str) -> Person {
    Person::new(id)
}

/// A user as a value.
#[must_use]
pub fn user(id: &str) -> UserId {
    UserId::from(id)
}
