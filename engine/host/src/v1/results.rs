//! What a component answers, checked on the way back.

use std::{collections::BTreeMap, fmt};

use engine_core::{
    directory::Directory,
    extension::{
        Facts, Failure, FailureClass, Message, Nominee, NomineeKind, Plan, PlannedEffect,
        PlannedStatement, Presence, Problem, Receipt, Verdict,
    },
    ids::{GroupId, PropertyName},
};
use serde_json::Value as Json;

use super::{
    bindings::{
        approvers::exports::countersign::plugin::approvers,
        condition::{countersign::plugin::types as wit, exports::countersign::plugin::condition},
        executor::exports::countersign::plugin::executor,
        validator::exports::countersign::plugin::validator,
    },
    values,
};

const MAX_TEXT: usize = 2_000;
const MAX_CODE: usize = 64;
const MAX_FIELDS: usize = 100;
const MAX_NOMINEES: usize = 1_000;
const MAX_EFFECTS: usize = 1_000;
const MAX_NOTES: usize = 100;
const MAX_PROBLEMS: usize = 100;

/// Where an answer makes no sense, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadOutput {
    path: String,
    why: String,
}

impl BadOutput {
    pub(super) fn new(path: impl Into<String>, why: impl Into<String>) -> Self {
        Self { path: path.into(), why: why.into() }
    }

    pub(super) fn below(mut self, path: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{path}{dot}{}", self.path);
        self
    }
}

impl fmt::Display for BadOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is {}", self.path, self.why)
    }
}

/// An answer, or the failure that the component itself reports.
pub(crate) type Answered<T> = Result<Result<T, Failure>, BadOutput>;

/// The answer of a condition.
pub(crate) fn verdict(
    answer: Result<condition::Verdict, wit::Failure>,
    directory: &Directory,
) -> Answered<Verdict> {
    match answer {
        Ok(condition::Verdict::Met) => Ok(Ok(Verdict::Met)),
        Ok(condition::Verdict::Unmet(why)) => {
            Ok(Ok(Verdict::Unmet(message(why, directory).map_err(|bad| bad.below("unmet"))?)))
        }
        Err(reported) => failure(reported, false, directory).map(Err),
    }
}

/// The answer of a resolver of approvers: who, and what else people should know.
pub(crate) fn nominees(
    answer: Result<approvers::Resolution, wit::Failure>,
    directory: &Directory,
) -> Answered<(Vec<Nominee>, Vec<Message>)> {
    let resolution = match answer {
        Ok(resolution) => resolution,
        Err(reported) => return failure(reported, false, directory).map(Err),
    };
    let found = list("nominees", resolution.nominees, MAX_NOMINEES, |nominee| {
        let reason = message(nominee.reason, directory).map_err(|bad| bad.below("reason"))?;
        Ok(Nominee { who: principal(nominee.who, directory)?, reason: Some(reason.text) })
    })?;
    let notes = list("notes", resolution.notes, MAX_NOTES, |note| message(note, directory))?;
    Ok(Ok((found, notes)))
}

fn principal(who: wit::Principal, directory: &Directory) -> Result<NomineeKind, BadOutput> {
    let bad = |why| BadOutput::new("who", why);
    match who {
        wit::Principal::User(id) => {
            values::user(&id, directory).map(NomineeKind::User).map_err(bad)
        }
        wit::Principal::Group(id) => {
            let id = values::id_of(GroupId::parse(&id)).map_err(bad)?;
            match directory.group(&id) {
                Some(group) => Ok(NomineeKind::Group(group.id.clone())),
                None => Err(bad(format!("the group `{id}`, which does not exist"))),
            }
        }
        wit::Principal::Other(other) => {
            Err(bad(format!("a `{}`, and this host knows users and groups", other.kind)))
        }
    }
}

/// The answer of a validator.
pub(crate) fn problems(
    answer: Result<Vec<validator::Problem>, wit::Failure>,
    facts: &Facts,
    directory: &Directory,
) -> Answered<Vec<Problem>> {
    let problems = match answer {
        Ok(problems) => problems,
        Err(reported) => return failure(reported, false, directory).map(Err),
    };
    let found = list("problems", problems, MAX_PROBLEMS, |problem| {
        let property = problem.property.map(|name| PropertyName::parse(&name)).transpose();
        let item = problem.item.map(|item| {
            let known = facts.items.iter().find(|found| found.resource.as_str() == item);
            known.map(|found| found.resource.clone()).ok_or(item)
        });
        let item = item.transpose().map_err(|item| {
            let item = values::shown(&item);
            BadOutput::new("item", format!("`{item}`, which is no item of the request"))
        })?;
        Ok(Problem {
            property: property.map_err(|error| BadOutput::new("property", error.to_string()))?,
            item,
            why: message(problem.why, directory).map_err(|bad| bad.below("why"))?,
        })
    })?;
    Ok(Ok(found))
}

/// The answer of a notifier.
pub(crate) fn delivered(
    answer: Result<Option<String>, wit::Failure>,
    directory: &Directory,
) -> Answered<Option<String>> {
    match answer {
        Ok(name) => Ok(Ok(name.map(|name| text("delivered", name, MAX_TEXT)).transpose()?)),
        Err(reported) => failure(reported, true, directory).map(Err),
    }
}

/// The plan of an executor; `planned` reads its statements.
pub(crate) fn plan<E: From<BadOutput>>(
    answer: Result<executor::EffectPlan, wit::Failure>,
    directory: &Directory,
    planned: impl FnOnce(Vec<executor::PlannedStatement>) -> Result<Vec<PlannedStatement>, E>,
) -> Result<Result<Plan, Failure>, E> {
    let plan = match answer {
        Ok(plan) => plan,
        Err(reported) => return Ok(Err(failure(reported, false, directory)?)),
    };
    let effects = list("effects", plan.effects, MAX_EFFECTS, |effect| {
        Ok(PlannedEffect {
            kind: text("kind", effect.kind, MAX_CODE)?,
            target: text("target", effect.target, MAX_TEXT)?,
            summary: message(effect.summary, directory).map_err(|bad| bad.below("summary"))?.text,
        })
    })?;
    let binding = match serde_json::from_str(&plan.binding) {
        Ok(object @ Json::Object(_)) => object,
        Ok(_) => return Err(BadOutput::new("binding", "not a JSON object").into()),
        Err(error) => return Err(BadOutput::new("binding", format!("not JSON: {error}")).into()),
    };
    let estimates = fields("estimates", plan.estimates, directory)?;
    let estimates = estimates.into_iter().map(|(name, value)| (name, value.to_string())).collect();
    let statements = planned(plan.statements)?;
    Ok(Ok(Plan { effects, binding, estimates, statements }))
}

/// The receipt of an executor.
pub(crate) fn executed(
    answer: Result<wit::Receipt, wit::Failure>,
    directory: &Directory,
) -> Answered<Receipt> {
    match answer {
        Ok(done) => receipt(done, directory).map(Ok),
        Err(reported) => failure(reported, true, directory).map(Err),
    }
}

/// What a probe found out.
pub(crate) fn presence(
    answer: Result<wit::Presence, wit::Failure>,
    directory: &Directory,
) -> Answered<Presence> {
    Ok(Ok(match answer {
        Ok(wit::Presence::Happened(done)) => {
            Presence::Happened(receipt(done, directory).map_err(|bad| bad.below("happened"))?)
        }
        Ok(wit::Presence::DidNotHappen) => Presence::DidNotHappen,
        Ok(wit::Presence::CannotTell(why)) => {
            let why = message(why, directory).map_err(|bad| bad.below("cannot-tell"))?;
            Presence::CannotTell(why.text)
        }
        Err(reported) => return failure(reported, true, directory).map(Err),
    }))
}

/// A receipt from a component.
pub(super) fn receipt(done: wit::Receipt, directory: &Directory) -> Result<Receipt, BadOutput> {
    let fields = fields("fields", done.fields, directory)?;
    Ok(Receipt {
        reference: text("reference", done.reference, MAX_TEXT)?,
        fields: fields.iter().map(|(name, value)| (name.clone(), values::to_json(value))).collect(),
    })
}

/// A receipt for a component.
///
/// # Errors
/// A field that no component and no host has written.
pub(crate) fn receipt_to_wit(done: &Receipt) -> Result<wit::Receipt, String> {
    let field = |(name, json): (&String, &Json)| {
        let value = values::from_json(json)
            .map_err(|why| format!("the receipt's field `{name}`: {why}"))?;
        Ok(wit::Field { name: name.clone(), value: values::to_wit(&value) })
    };
    Ok(wit::Receipt {
        reference: done.reference.clone(),
        fields: done.fields.iter().map(field).collect::<Result<_, String>>()?,
    })
}

/// A receipt that a marker holds, for a component.
///
/// # Errors
/// Where somebody else wrote it.
pub(super) fn stored_receipt(stored: Json) -> Result<wit::Receipt, String> {
    let receipt: Receipt = serde_json::from_value(stored)
        .map_err(|error| format!("the marker cannot be read: {error}"))?;
    receipt_to_wit(&receipt)
}

/// What a component says about why it gives no answer.
fn failure(
    reported: wit::Failure,
    may_be_unknown: bool,
    directory: &Directory,
) -> Result<Failure, BadOutput> {
    let (class, why, after) = match reported {
        wit::Failure::Permanent(why) => (FailureClass::Permanent, why, None),
        wit::Failure::Retryable(retry) => (FailureClass::Retryable, retry.why, retry.after_ms),
        wit::Failure::Refused(why) => (FailureClass::Refused, why, None),
        wit::Failure::UnknownOutcome(why) if may_be_unknown => {
            (FailureClass::UnknownOutcome, why, None)
        }
        wit::Failure::UnknownOutcome(_) => {
            let why = "an unknown outcome, where nothing can have happened";
            return Err(BadOutput::new("failure", why));
        }
    };
    let why = message(why, directory).map_err(|bad| bad.below("failure"))?;
    let detail = Some(format!("the plugin reports `{}`", why.code));
    Ok(Failure { detail, retry_after_ms: after, ..Failure::new(class, why.text) })
}

fn message(given: wit::Message, directory: &Directory) -> Result<Message, BadOutput> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if !given.code.starts_with(plain) || !given.code.chars().all(plain) {
        let why = format!(
            "`{}`: expected lower-case letters, digits and `_`",
            values::shown(&given.code)
        );
        return Err(BadOutput::new("code", why));
    }
    Ok(Message {
        code: text("code", given.code, MAX_CODE)?,
        arguments: fields("arguments", given.arguments, directory)?,
        text: text("text", given.text, MAX_TEXT)?,
    })
}

fn fields(
    path: &str,
    given: Vec<wit::Field>,
    directory: &Directory,
) -> Result<BTreeMap<String, engine_core::value::Value>, BadOutput> {
    let count = given.len();
    let pairs = list(path, given, MAX_FIELDS, |field| {
        let name = text("name", field.name, MAX_CODE)?;
        let value = values::from_wit(field.value, directory)
            .map_err(|why| BadOutput::new(format!("value of {}", values::shown(&name)), why))?;
        Ok((name, value))
    })?;
    let fields: BTreeMap<_, _> = pairs.into_iter().collect();
    if fields.len() == count {
        Ok(fields)
    } else {
        Err(BadOutput::new(path, "a list in which a name comes twice"))
    }
}

fn list<A, B>(
    path: &str,
    given: Vec<A>,
    most: usize,
    check: impl Fn(A) -> Result<B, BadOutput>,
) -> Result<Vec<B>, BadOutput> {
    if given.len() > most {
        return Err(BadOutput::new(
            path,
            format!("a list of {}, the most are {most}", given.len()),
        ));
    }
    let checked = given
        .into_iter()
        .enumerate()
        .map(|(place, entry)| check(entry).map_err(|bad| bad.below(&format!("{path}[{place}]"))));
    checked.collect()
}

fn text(path: &str, given: String, most: usize) -> Result<String, BadOutput> {
    if given.trim().is_empty() || given.len() > most {
        let why = format!("a text of {} bytes: expected 1 to {most}", given.len());
        return Err(BadOutput::new(path, why));
    }
    Ok(given)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn say(code: &str, text: &str) -> wit::Message {
        wit::Message { code: code.into(), arguments: vec![], text: text.into() }
    }

    #[test]
    fn nonsense_names_its_place() {
        let directory = Directory::default();
        let nominee = |id: &str| approvers::Nominee {
            who: wit::Principal::User(id.into()),
            reason: say("limit", "their limit covers it"),
        };
        let resolution = approvers::Resolution { nominees: vec![nominee("u-eve")], notes: vec![] };
        let bad = nominees(Ok(resolution), &directory).unwrap_err().to_string();
        assert_eq!(bad, "`nominees[0].who` is the user `u-eve`, who does not exist");
        for (message, place) in [
            (say("Not A Code", "text"), "`unmet.code`"),
            (say("", "text"), "`unmet.code`"),
            (say("fine", " "), "`unmet.text`"),
            (say("fine", &"x".repeat(MAX_TEXT + 1)), "`unmet.text`"),
        ] {
            let bad = verdict(Ok(condition::Verdict::Unmet(message)), &directory).unwrap_err();
            assert!(bad.to_string().starts_with(place), "{bad}");
        }
        let unknown = wit::Failure::UnknownOutcome(say("lost", "the connection broke"));
        assert!(verdict(Err(unknown), &directory).is_err());
    }

    #[test]
    fn a_binding_is_a_json_object() {
        let plan_of = |binding: &str| {
            let plan = executor::EffectPlan {
                effects: vec![],
                binding: binding.into(),
                estimates: vec![],
                statements: vec![],
            };
            super::plan(Ok(plan), &Directory::default(), |_| Ok::<_, BadOutput>(Vec::new()))
        };
        assert!(plan_of("{}").unwrap().is_ok());
        for bad in ["", "[]", "{", "null"] {
            assert!(plan_of(bad).is_err(), "{bad}");
        }
    }
}
