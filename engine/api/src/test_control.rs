//! How `countersign test --server` plays scenarios: endpoints that a server has only if it was
//! started with `--test-control`. Any other server answers `forbidden` to all of them.
//!
//! They make worlds (an organization on an engine of its own, with a clock that only the caller moves,
//! and stubs for plugins), move their time, let them crash, and say what is kept. What people do goes
//! through the API itself, below the path of the world: `/test-control/v1/worlds/{world}/api/v1/…`.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::endpoint::{Description, Method, Shape};

/// Below here is everything that only a server with `--test-control` does.
pub const ROOT: &str = "/test-control/v1";
/// The id that a submission's request is to have; anywhere else than in a world it means nothing.
pub const ID_HEADER: &str = "countersign-test-id";
/// The code of the answer where the engine of a world died before it gave one.
pub const CRASHED: &str = "crashed";

/// An endpoint for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestEndpoint {
    /// Whether there is test control.
    Look,
    /// Make a world.
    Open,
    /// Forget a world.
    Close,
    /// Let what is under way come to rest.
    Settle,
    /// Move the clock.
    Advance,
    /// Let the engine die.
    Crash,
    /// What is kept.
    State,
}

impl TestEndpoint {
    /// Every one.
    pub const ALL: &'static [Self] = &[
        Self::Look,
        Self::Open,
        Self::Close,
        Self::Settle,
        Self::Advance,
        Self::Crash,
        Self::State,
    ];

    /// What it is.
    #[must_use]
    pub const fn description(self) -> Description {
        let (method, path, about) = self.line();
        let (takes, gives) = match self {
            Self::Look => (None, Shape::of::<TestControl>()),
            Self::Open => (Some(Shape::of::<NewWorld>()), Shape::of::<World>()),
            Self::Close | Self::Settle => (None, Shape::of::<Rest>()),
            Self::Advance => (Some(Shape::of::<Advance>()), Shape::of::<Rest>()),
            Self::Crash => (Some(Shape::of::<Crash>()), Shape::of::<Rest>()),
            Self::State => (None, Shape::of::<WorldState>()),
        };
        Description { method, path, about, query: &[], takes, gives }
    }

    const fn line(self) -> (Method, &'static str, &'static str) {
        match self {
            Self::Look => (Method::Get, "/test-control/v1", "Whether worlds can be made"),
            Self::Open => {
                (Method::Post, "/test-control/v1/worlds", "Make the world of a scenario file")
            }
            Self::Close => (Method::Delete, "/test-control/v1/worlds/{world}", "Forget a world"),
            Self::Settle => (
                Method::Post,
                "/test-control/v1/worlds/{world}/settle",
                "Let executions and their retries come to rest; the clock stands",
            ),
            Self::Advance => (
                Method::Post,
                "/test-control/v1/worlds/{world}/advance",
                "Move the clock, timers in the order of their time",
            ),
            Self::Crash => (
                Method::Post,
                "/test-control/v1/worlds/{world}/crash",
                "Drop the engine without a goodbye, now or at its next such moment",
            ),
            Self::State => (
                Method::Get,
                "/test-control/v1/worlds/{world}/state",
                "What is kept, and how often plugins were called",
            ),
        }
    }
}

/// There is test control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TestControl {
    /// Of the engine.
    pub version: String,
}

/// A world to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWorld {
    /// The name of the scenario file, for messages; `.json` is read as JSON, any other as YAML.
    pub file: String,
    /// The scenario file; its cases are left alone.
    pub text: String,
    /// The files that it names, by their names, in Base64.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// What time it is.
    pub at: DateTime<Utc>,
    /// Where its data is.
    #[serde(default)]
    pub store: WorldStore,
}

/// Where a world's data is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorldStore {
    /// In memory.
    #[default]
    Memory,
    /// In a temporary folder.
    Redb,
}

/// A world.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct World {
    /// The API of this world begins below it: put it before `/api/v1`.
    pub path: String,
    /// The owner's login.
    pub owner: String,
    /// Whether the file does not write the owner, who then appears in no expectation.
    pub hidden: bool,
    /// The owner's token.
    pub token: String,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Where to move the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    /// Never back.
    pub to: DateTime<Utc>,
}

/// When the engine dies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// At once where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<CrashMoment>,
}

/// A moment at which an engine can die.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CrashMoment {
    /// Before the next commit is written.
    BeforeCommit,
    /// After it is durable, and before anybody is told.
    AfterCommit,
    /// After the next effect of an executor, and before its outcome is committed.
    AfterEffect,
}

/// Nothing is under way any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Rest {
    /// What time it is.
    pub at: DateTime<Utc>,
    /// Whether the engine died meanwhile; it has to be started again, by a crash without a moment.
    pub crashed: bool,
}

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WorldState {
    /// What time it is.
    pub at: DateTime<Utc>,
    /// A number for each part, different where the part is.
    pub parts: BTreeMap<String, u64>,
    /// How often each script and plugin was called, by the name of the call.
    pub calls: BTreeMap<String, BTreeMap<String, u32>>,
}
