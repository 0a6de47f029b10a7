//! The commands of a scenario, carried out.
//!
//! A command is first made into a [`Call`], with everything it needs (`prepare.rs`), so that several
//! can be started at once and a crash can come in between.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine_core::{
    command::{Command, Seen, Submit},
    ids::{Login, RequestId, UserId},
    rejection::{Code, Rejection, Unmet},
    rule::Target,
};
use engine_runtime::{Caller, Change, Changed, Engine, EngineError, Explained};

use super::bench::{Bench, Broken};

/// What a command came to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was accepted.
    Done {
        /// What the answer says to people.
        messages: Vec<String>,
    },
    /// It was refused.
    Refused(Refusal),
    /// Several at once: `ok`, or the code of the refusal.
    Together(Vec<String>),
    /// The engine died before it answered.
    Crashed,
}

/// A refusal, as a client sees it.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    /// None for a failure that is nobody's mistake.
    pub(super) code: Option<Code>,
    /// Named by `invalid`.
    pub(super) fields: Vec<String>,
    /// Why somebody cannot decide.
    pub(super) unmet: Vec<Code>,
    /// What is said to people.
    pub(super) messages: Vec<String>,
}

impl Outcome {
    /// What was said to people.
    pub(super) fn messages(&self) -> &[String] {
        match self {
            Self::Done { messages } => messages,
            Self::Refused(refusal) => &refusal.messages,
            Self::Together(_) | Self::Crashed => &[],
        }
    }

    /// In a word.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Done { .. } => "accepted",
            Self::Refused(_) => "refused",
            Self::Together(_) => "several outcomes",
            Self::Crashed => "a crash",
        }
    }
}

impl Refusal {
    /// A value that could not even be read.
    pub(super) fn unread(code: Code, field: &str, message: String) -> Self {
        let fields = vec![field.to_owned()];
        Self { code: Some(code), fields, unmet: Vec::new(), messages: vec![message] }
    }

    /// The code, with what was said where that helps.
    pub(super) fn describe(&self) -> String {
        match self.code {
            Some(code) => code.as_str().to_owned(),
            None => format!("a failure: {}", self.messages.join("; ")),
        }
    }
}

/// Everything that a command needs to be carried out.
#[derive(Debug)]
pub(super) enum Call {
    Submit(Caller, Target, Box<Submit>),
    Command(Caller, RequestId, Box<Command>),
    Organize(Caller, Box<Change>),
    Explain(Caller, RequestId, Option<UserId>),
    Look(Caller, RequestId, (Login, String)),
    Advance(DateTime<Utc>),
    Refused(Refusal),
}

/// What an accepted call brought.
#[derive(Debug)]
pub(super) enum Answer {
    Nothing,
    Changed(Vec<Changed>),
    Explained(Box<Explained>),
    Seen((Login, String), Seen),
    Refused(Refusal),
}

/// A call, and what the expectations after it are about.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) call: Call,
    pub(super) request: Option<RequestId>,
    pub(super) person: Option<UserId>,
}

/// What people see in their windows, by person and name.
pub(super) type Tabs = BTreeMap<(Login, String), Seen>;

impl Call {
    /// Carries it out.
    pub(super) async fn carry_out(self, engine: &Engine) -> Result<Answer, EngineError> {
        Ok(match self {
            Self::Submit(caller, target, submit) => {
                engine.submit(&caller, &target, *submit).await?;
                Answer::Nothing
            }
            Self::Command(caller, request, command) => {
                engine.command(&caller, &request, *command).await?;
                Answer::Nothing
            }
            Self::Organize(caller, change) => {
                Answer::Changed(engine.organize(&caller, vec![*change], false).await?)
            }
            Self::Explain(caller, request, person) => {
                let explained = engine.explain(&caller, &request, person.as_ref()).await?;
                Answer::Explained(Box::new(explained))
            }
            Self::Look(caller, request, tab) => {
                let seen = engine.request(&caller, &request).await?.request;
                let step = seen.active().map(|(step, _)| step.clone());
                Answer::Seen(tab, Seen { revision: seen.revision, step })
            }
            Self::Advance(to) => {
                engine.advance_to(to).await?;
                Answer::Nothing
            }
            Self::Refused(refusal) => Answer::Refused(refusal),
        })
    }
}

/// What an engine's refusal or failure says to a client.
pub(super) async fn refusal(error: EngineError, bench: &Bench) -> Result<Refusal, Broken> {
    let EngineError::Rejected(rejection) = error else {
        let messages = vec![Broken::from(error).to_string()];
        return Ok(Refusal { code: None, fields: Vec::new(), unmet: Vec::new(), messages });
    };
    let fields = match &*rejection {
        Rejection::Invalid(problems) => problems.iter().map(|p| p.field.clone()).collect(),
        Rejection::RuleInvalid(problems) => problems.iter().map(|p| p.path.clone()).collect(),
        Rejection::ReplacementNeeded(places) => {
            places.iter().map(|p| p.place.to_string()).collect()
        }
        _ => Vec::new(),
    };
    let unmet = match &*rejection {
        Rejection::CannotDecide(unmet) => unmet.iter().map(Unmet::code).collect(),
        _ => Vec::new(),
    };
    let mut messages = bench.refusal(&rejection).await?;
    if let Rejection::RuleInvalid(problems) = &*rejection {
        messages.extend(problems.iter().map(|p| format!("{}: {}", p.path, p.message)));
    }
    Ok(Refusal { code: Some(rejection.code()), fields, unmet, messages })
}
