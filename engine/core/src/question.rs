//! What a decision must know from scripts and plugins before it can be made.
//!
//! One pass over a command collects every question whose answer is missing; the runtime answers them
//! together, and the command is decided again with the answers.

use std::{cell::RefCell, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    extension::{Facts, Failure, FailureClass, Nominee, Plan, Problem, ResolvedConfig, Verdict},
    ids::{BindingId, PluginId, ResourceId, RuleId, ScriptId, StepId},
};

/// Who is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A script of the organization.
    Script(ScriptId),
    /// An installed plugin.
    Plugin(PluginId),
}

impl Source {
    /// The script's or plugin's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Script(id) => id.as_str(),
            Self::Plugin(id) => id.as_str(),
        }
    }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Whether a condition holds.
    Condition(Source),
    /// Who approves.
    Approvers(Source),
    /// What is wrong with the request.
    Problems(Source),
    /// What an execution would do.
    Plan {
        /// The rule's binding.
        binding: BindingId,
        /// The executor.
        plugin: PluginId,
    },
    /// How many urgent requests of the requester should have been approved by now (URG-5a).
    OverdueUrgent,
}

/// A question. Two with the same key have the same answer within one command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked, of whom.
    pub ask: Ask,
    /// With which configuration.
    pub config: ResolvedConfig,
    /// About what.
    pub facts: Facts,
}

/// What tells questions of one command apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct QuestionKey(String);

impl Question {
    /// The key: everything that can differ between two questions of one command.
    #[must_use]
    pub fn key(&self) -> QuestionKey {
        #[derive(Serialize)]
        struct Key<'a> {
            ask: &'a Ask,
            rule: (&'a RuleId, u32),
            config: &'a ResolvedConfig,
            step: Option<&'a StepId>,
            items: Vec<&'a ResourceId>,
        }
        let items = self.facts.items.iter().map(|item| &item.resource).collect();
        let key = Key {
            ask: &self.ask,
            rule: (&self.facts.rule, self.facts.rule_version),
            config: &self.config,
            step: self.facts.step.as_ref(),
            items,
        };
        // Maps with text keys and plain values always serialize; were one not to, the keys of two
        // questions would be equal and the second would be asked in the next round.
        QuestionKey(serde_json::to_string(&key).unwrap_or_default())
    }
}

/// An answer, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// To [`Ask::Condition`].
    Verdict(Result<Verdict, Failure>),
    /// To [`Ask::Approvers`].
    Nominees(Result<Vec<Nominee>, Failure>),
    /// To [`Ask::Problems`].
    Problems(Result<Vec<Problem>, Failure>),
    /// To [`Ask::Plan`].
    Plan(Result<Plan, Failure>),
    /// To [`Ask::OverdueUrgent`].
    Count(Result<u32, Failure>),
}

/// The answers there are.
pub type Answers = BTreeMap<QuestionKey, Answer>;

/// Answers what is known and remembers what is not.
#[derive(Debug)]
pub struct Inquiry<'a> {
    answers: &'a Answers,
    open: RefCell<BTreeMap<QuestionKey, Question>>,
}

impl<'a> Inquiry<'a> {
    /// With these answers.
    #[must_use]
    pub fn new(answers: &'a Answers) -> Self {
        Self { answers, open: RefCell::default() }
    }

    /// Whether a condition holds. A failure stands in for an answer that is still to come; the
    /// decision is thrown away then, since the question is open.
    pub(crate) fn condition(&self, question: Question) -> Result<Verdict, Failure> {
        match self.look_up(question) {
            Some(Answer::Verdict(verdict)) => verdict.clone(),
            other => Err(no_answer(other)),
        }
    }

    /// Who approves.
    pub(crate) fn approvers(&self, question: Question) -> Result<Vec<Nominee>, Failure> {
        match self.look_up(question) {
            Some(Answer::Nominees(nominees)) => nominees.clone(),
            other => Err(no_answer(other)),
        }
    }

    /// What is wrong with the request.
    pub(crate) fn problems(&self, question: Question) -> Result<Vec<Problem>, Failure> {
        match self.look_up(question) {
            Some(Answer::Problems(problems)) => problems.clone(),
            other => Err(no_answer(other)),
        }
    }

    /// What an execution would do.
    pub(crate) fn plan(&self, question: Question) -> Result<Plan, Failure> {
        match self.look_up(question) {
            Some(Answer::Plan(plan)) => plan.clone(),
            other => Err(no_answer(other)),
        }
    }

    /// How many urgent requests of the requester are overdue.
    pub(crate) fn overdue_urgent(&self, question: Question) -> Result<u32, Failure> {
        match self.look_up(question) {
            Some(Answer::Count(count)) => count.clone(),
            other => Err(no_answer(other)),
        }
    }

    fn look_up(&self, question: Question) -> Option<&'a Answer> {
        let key = question.key();
        let answer = self.answers.get(&key);
        if answer.is_none() {
            self.open.borrow_mut().insert(key, question);
        }
        answer
    }

    /// What must still be asked, in a stable order.
    #[must_use]
    pub fn into_open(self) -> Vec<Question> {
        self.open.into_inner().into_values().collect()
    }
}

fn no_answer(found: Option<&Answer>) -> Failure {
    match found {
        None => Failure::new(FailureClass::Unavailable, "not answered yet"),
        Some(_) => Failure::new(FailureClass::Bug, "an answer to another question"),
    }
}
