//! The commands of a scenario as calls, and what comes back.
//!
//! A command is first made into a [`Call`], with everything it needs (`prepare.rs`), so that several
//! can be started at once and a crash can come in between. How a call is carried out is the stage's
//! business: `bench/act.rs` calls the engine, `remote/wire.rs` says which endpoint it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use engine_api::{
    document::Document, organization::ChangeList, problem::ErrorBody, view::ExplanationView,
};
use engine_core::{
    command::{Command, Seen, Submit},
    ids::{Login, RequestId},
    rejection::Code,
    rule::Target,
};
use engine_runtime::Change;
use serde_json::Value as Json;

use super::stage::By;

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
    /// An answer of the API that says no. `None` as the code where it is nobody's mistake.
    pub(super) fn of(code: Option<Code>, body: &ErrorBody) -> Self {
        let unmet = body.unmet.iter();
        let mut messages = vec![body.message.clone()];
        messages.extend(body.unmet.iter().map(|said| said.message.clone()));
        messages.extend(body.fields.iter().map(|f| format!("{}: {}", f.field, f.message)));
        messages.extend(body.explanation.iter().cloned());
        Self {
            code,
            fields: body.fields.iter().map(|field| field.field.clone()).collect(),
            unmet: unmet.filter_map(|said| code_of(&said.code)).collect(),
            messages,
        }
    }

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

/// Whether a draft is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Draft {
    /// It is not.
    New,
    /// It is, and is written anew.
    Again,
}

/// Everything that a command needs to be carried out. People are named by login.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// Ask for something.
    Submit(By, Target, Box<Submit>),
    /// Write a draft, where there is none yet or anew.
    SaveDraft(By, Target, Box<Submit>, Draft),
    /// The ended request, and the draft to be made of it.
    Resubmit(By, RequestId, RequestId),
    /// A command about a request.
    Command(By, RequestId, Box<Command>),
    /// A file to be attached to a request: its name, and its bytes.
    Attach(By, RequestId, (String, Vec<u8>)),
    /// A change of the organization.
    Organize(By, Box<Change>),
    /// A rule document to publish, unread.
    Publish(By, Box<Document>, String),
    /// All settings, unread.
    Settings(By, Json),
    /// Who decides, and what keeps a person from it.
    Explain(By, RequestId, Option<Login>),
    /// Remember under a name what a person sees.
    Look(By, RequestId, (Login, String)),
    /// Move the clock.
    Advance(DateTime<Utc>),
    /// It cannot even be asked for.
    Refused(Refusal),
}

/// What an accepted call brought.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// Nothing that an expectation is about.
    Nothing,
    /// What changed.
    Changed(ChangeList),
    /// What was explained.
    Explained(Box<ExplanationView>),
    /// What a person sees in a window.
    Seen((Login, String), Seen),
    /// It was not even asked for.
    Refused(Refusal),
}

/// A call, and what the expectations after it are about.
#[derive(Debug)]
pub(super) struct Prepared {
    /// What is asked for.
    pub(super) call: Call,
    /// Of which request.
    pub(super) request: Option<RequestId>,
    /// About whom `can_decide` and `unmet` ask.
    pub(super) person: Option<Login>,
}

/// What people see in their windows, by person and name.
pub(super) type Tabs = BTreeMap<(Login, String), Seen>;

impl Call {
    /// Who calls; none for what nobody in particular does.
    pub(super) fn by(&self) -> Option<&By> {
        match self {
            Self::Submit(by, ..)
            | Self::SaveDraft(by, ..)
            | Self::Resubmit(by, ..)
            | Self::Command(by, ..)
            | Self::Attach(by, ..)
            | Self::Organize(by, _)
            | Self::Publish(by, ..)
            | Self::Settings(by, _)
            | Self::Explain(by, ..)
            | Self::Look(by, ..) => Some(by),
            Self::Advance(_) | Self::Refused(_) => None,
        }
    }

    /// Whether it changes nothing: what only asks counts for nothing.
    pub(super) fn only_asks(&self) -> bool {
        matches!(self, Self::Explain(..) | Self::Look(..))
    }
}

/// A code as the wire writes it.
pub(super) fn code_of(word: &str) -> Option<Code> {
    serde_json::from_value(Json::String(word.to_owned())).ok()
}
