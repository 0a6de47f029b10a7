//! What a [`Host`](super::Host) holds, and which one is in charge.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde_json::{Value as Json, json};

use super::{FakeDatabase, Manifest, Name};
use crate::{
    File, HostError, Message, Planned, RowSet, UserId, Value,
    directory::User,
    http::{Method, Reply},
    log::Level,
    steps::Progress,
};

type Fields = BTreeMap<String, Value>;

/// Somebody in the directory.
#[derive(Clone, Debug)]
pub struct Person {
    pub(crate) user: User,
    pub(crate) groups: BTreeSet<String>,
    pub(crate) properties: Fields,
}

impl Person {
    /// An active person whose login and name are their id.
    #[must_use]
    pub fn new(id: &str) -> Self {
        let user = User {
            id: UserId::from(id),
            login: id.to_owned(),
            name: id.to_owned(),
            active: true,
            service: false,
        };
        Self { user, groups: BTreeSet::new(), properties: Fields::new() }
    }

    /// The name that people see.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.user.name);
        self
    }

    /// Somebody who left.
    #[must_use]
    pub fn inactive(mut self) -> Self {
        self.user.active = false;
        self
    }

    /// A member of a group.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.groups.insert(group.to_owned());
        self
    }

    /// A property.
    #[must_use]
    pub fn property(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.properties.insert(name.to_owned(), value.into());
        self
    }
}

/// A call that a plugin sent to another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// How.
    pub method: Method,
    /// Where.
    pub url: String,
    /// In order, those with secrets last, as `Bearer <name of the secret>`.
    pub headers: Vec<(String, String)>,
    /// What.
    pub body: Vec<u8>,
}

/// What a notifier is to deliver.
pub(crate) struct Notice {
    pub(crate) recipient: String,
    pub(crate) content: Message,
    pub(crate) subject: String,
    pub(crate) link: Option<String>,
}

/// A file and what is in it.
pub(crate) struct Stored {
    pub(crate) once_key: String,
    pub(crate) file: File,
    pub(crate) content: Vec<u8>,
}

/// All that a host holds.
pub(crate) struct State {
    pub(crate) manifest: Manifest,
    pub(crate) config: Json,
    pub(crate) requester: String,
    pub(crate) target_users: Vec<String>,
    pub(crate) urgent: bool,
    pub(crate) properties: Fields,
    pub(crate) items: Vec<(String, Fields)>,
    pub(crate) people: BTreeMap<String, Person>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) zones: BTreeMap<String, i32>,
    pub(crate) rates: BTreeMap<String, Decimal>,
    pub(crate) connections: BTreeMap<String, FakeDatabase>,
    pub(crate) look_ups: BTreeMap<(String, String), RowSet>,
    pub(crate) secrets: BTreeSet<String>,
    /// The secrets that connections were opened with.
    pub(crate) passwords: BTreeMap<String, String>,
    pub(crate) files: Vec<Stored>,
    /// What other systems answer.
    pub(crate) replies: BTreeMap<(Method, String), Result<Reply, HostError>>,
    pub(crate) sent_out: Vec<Sent>,
    pub(crate) steps: BTreeMap<(String, String), Progress>,
    pub(crate) notice: Notice,
    pub(crate) log: Vec<(Level, String)>,
    pub(crate) task: Task,
    /// What the plan covers, once there is one.
    pub(crate) plan: Option<Vec<Planned>>,
    /// The changes of the plan that this call has sent, by place.
    pub(crate) sent: BTreeSet<usize>,
}

/// What the plugin is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Ask,
    Plan,
    Execute,
    Probe,
    Revert,
    Deliver,
}

impl State {
    pub(crate) fn new(manifest: Manifest) -> Self {
        Self {
            manifest,
            config: json!({}),
            requester: "requester".to_owned(),
            target_users: Vec::new(),
            urgent: false,
            properties: Fields::new(),
            items: Vec::new(),
            people: BTreeMap::new(),
            now: DateTime::from_timestamp(1_772_442_000, 0).unwrap_or_default(),
            zones: [("UTC".to_owned(), 0)].into(),
            rates: BTreeMap::new(),
            connections: BTreeMap::new(),
            look_ups: BTreeMap::new(),
            secrets: BTreeSet::new(),
            passwords: BTreeMap::new(),
            files: Vec::new(),
            replies: BTreeMap::new(),
            sent_out: Vec::new(),
            steps: BTreeMap::new(),
            notice: Notice {
                recipient: "recipient".to_owned(),
                content: Message::new("approval_needed", "A request waits for you."),
                subject: "A request waits for you".to_owned(),
                link: None,
            },
            log: Vec::new(),
            task: Task::Ask,
            plan: None,
            sent: BTreeSet::new(),
        }
    }

    /// Ends the test where a name is not declared, as the engine would end the call.
    #[expect(clippy::panic, reason = "the contract ends the call")]
    pub(crate) fn check_declared(&self, what: &str, declared: &[Name], name: &str) {
        let known: Vec<_> = declared.iter().flat_map(|n| n.resolve(&self.config)).collect();
        if !known.contains(&name) {
            panic!("`{name}` is not declared under `reads.{what}` in manifest.json: {known:?}");
        }
    }
}

thread_local! {
    static IN_CHARGE: RefCell<Option<Rc<RefCell<State>>>> = const { RefCell::new(None) };
}

/// The host in charge, until dropped.
pub(crate) struct Here;

impl Drop for Here {
    fn drop(&mut self) {
        IN_CHARGE.with(|current| current.borrow_mut().take());
    }
}

/// Puts a host in charge of this thread.
pub(crate) fn enter(state: &Rc<RefCell<State>>) -> Here {
    IN_CHARGE.with(|current| *current.borrow_mut() = Some(state.clone()));
    Here
}

/// Asks the host in charge.
///
/// # Panics
/// Where there is none: plugins run natively only through [`Host`](super::Host).
#[expect(clippy::expect_used, reason = "a test that was not set up fails")]
pub(crate) fn ask<T>(question: impl FnOnce(&mut State) -> T) -> T {
    let state = IN_CHARGE.with(|current| current.borrow().clone());
    let state = state.expect("a call through `sdk_plugin::testing::Host`");
    let mut state = state.borrow_mut();
    question(&mut state)
}
