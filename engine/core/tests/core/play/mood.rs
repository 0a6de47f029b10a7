//! What scripts and plugins say in a play: anything, but always the same to the same question.

use std::collections::BTreeSet;

use engine_core::{
    extension::{
        Failure, FailureClass, Message, Nominee, NomineeKind, Plan, Problem, Receipt, Verdict,
    },
    ids::StepId,
    question::{Answer, Ask, Question},
};
use serde_json::json;

use super::script::{GROUPS, PEOPLE};
use crate::office::id;

const CLASSES: [FailureClass; 4] = [
    FailureClass::Permanent,
    FailureClass::Retryable,
    FailureClass::UnknownOutcome,
    FailureClass::Trap,
];

/// All answers follow from one number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mood(pub(crate) u64);

impl Mood {
    /// A number below `most`, by what is asked.
    fn pick(self, what: &str, most: u64) -> u64 {
        // FNV-1a, with a last stir for the low bits.
        let hash = what
            .bytes()
            .chain(self.0.to_le_bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            });
        (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) % most
    }

    /// Whether a condition holds; none where it fails.
    pub(crate) fn verdict(self, name: &str, step: Option<&str>) -> Option<bool> {
        match self.pick(&format!("{name} in {step:?}"), 10) {
            0 => None,
            1..=3 => Some(false),
            _ => Some(true),
        }
    }

    pub(crate) fn answer(self, question: &Question) -> Answer {
        let step = question.facts.step.as_ref().map(StepId::as_str);
        match &question.ask {
            Ask::Condition(source) => Answer::Verdict(match self.verdict(source.name(), step) {
                Some(true) => Ok(Verdict::Met),
                Some(false) => Ok(Verdict::Unmet(Message {
                    code: "frozen".to_owned(),
                    arguments: [].into(),
                    text: "not today".to_owned(),
                })),
                None => Err(self.failure(source.name())),
            }),
            Ask::Approvers(source) => Answer::Nominees(self.nominees(source.name(), step)),
            Ask::Problems(source) => Answer::Problems(self.problems(source.name())),
            Ask::OverdueUrgent => Answer::Count(Ok(0)),
            Ask::Plan { binding, .. } => Answer::Plan(self.plan(binding.as_str())),
        }
    }

    fn failure(self, what: &str) -> Failure {
        let class = CLASSES[self.pick(what, CLASSES.len() as u64) as usize];
        Failure::new(class, "no answer")
    }

    fn problems(self, name: &str) -> Result<Vec<Problem>, Failure> {
        let found = Problem {
            property: None,
            item: None,
            why: Message {
                code: "odd".to_owned(),
                arguments: [].into(),
                text: "looks odd".to_owned(),
            },
        };
        match self.pick(&format!("what is wrong, by {name}"), 6) {
            0 => Err(self.failure(name)),
            1 => Ok(vec![found]),
            _ => Ok(Vec::new()),
        }
    }

    fn nominees(self, name: &str, step: Option<&str>) -> Result<Vec<Nominee>, Failure> {
        let what = format!("{name} for {step:?}");
        if self.pick(&what, 8) == 0 {
            return Err(self.failure(&what));
        }
        let number = self.pick(&format!("{what}: how many"), 3);
        let nominee = |index: u64| {
            let who = self.pick(&format!("{what}: {index}"), (PEOPLE + GROUPS) as u64) as usize;
            let who = match who.checked_sub(PEOPLE) {
                None => NomineeKind::User(id(&format!("p{who}"))),
                Some(group) => NomineeKind::Group(id(&format!("g{group}"))),
            };
            Nominee { who, reason: None }
        };
        Ok((0..number).map(nominee).collect())
    }

    /// Most moods make the same plan.
    fn plan(self, binding: &str) -> Result<Plan, Failure> {
        match self.pick(binding, 16) {
            0 => Err(self.failure(binding)),
            1..=3 => Ok(Plan { binding: json!({"tables": ["orders"]}), ..Plan::default() }),
            4..=7 => Ok(Plan { binding: json!({"grants": ["door"]}), ..Plan::default() }),
            8..=11 => Ok(Plan { binding: json!({"grants": ["door", "gate"]}), ..Plan::default() }),
            _ => Ok(Plan::default()),
        }
    }

    /// The rights that accounts have before anybody grants them.
    pub(crate) fn had_before(self) -> BTreeSet<String> {
        let some = (self.pick("had before", 4) == 0).then(|| "gate".to_owned());
        some.into_iter().collect()
    }
}

/// How an attempt ends, by a number.
pub(crate) fn end(number: u8) -> engine_core::command::AttemptOutcome {
    use engine_core::command::AttemptOutcome::{
        CannotTell, Failed, NeverHappened, Succeeded, Unclear,
    };
    let failure = Failure::new(CLASSES[usize::from(number / 8) % CLASSES.len()], "broken");
    match number % 8 {
        0..=3 => Succeeded(Receipt::default()),
        4 => Failed(failure),
        5 => Unclear(failure),
        6 => NeverHappened,
        _ => CannotTell(failure),
    }
}

/// How taking a grant back ends, by a number.
pub(crate) fn end_of_revert(number: u8) -> Result<(), Failure> {
    match number % 6 {
        0 => Err(Failure::new(FailureClass::Unavailable, "away")),
        // Once done, and once not.
        1 => Err(Failure::new(FailureClass::UnknownOutcome, "done, and nobody saw it")),
        2 => Err(Failure::new(FailureClass::UnknownOutcome, "away")),
        _ => Ok(()),
    }
}
