//! Questions, orders and answers in words.

use engine_core::extension::{
    Failure, Message, Nominee, NomineeKind, Plan, Presence, Problem, Receipt, Verdict,
};
use engine_host::{Answer, Answered, Capsule, Order};

/// What was asked or ordered.
pub(super) fn asked(capsule: &Capsule) -> &'static str {
    match &capsule.order {
        Some(Order::Plan) => "plan",
        Some(Order::Execute(_)) => "execute",
        Some(Order::Probe(_)) => "probe",
        Some(Order::Revert { .. }) => "revert",
        None => capsule.world.as_str(),
    }
}

/// What was answered then.
pub(super) fn answer(answer: &Answered) -> String {
    match answer {
        Answered::Verdict(Verdict::Met) => "met".to_owned(),
        Answered::Verdict(Verdict::Unmet(Message { text, .. })) => format!("unmet: {text:?}"),
        Answered::Nominees(nominees) => {
            let who = |nominee: &Nominee| match &nominee.who {
                NomineeKind::User(user) => user.to_string(),
                NomineeKind::Group(group) => format!("group {group}"),
            };
            all(nominees, who, "nobody")
        }
        Answered::Problems(problems) => {
            let what = |problem: &Problem| format!("{:?}", problem.why.text);
            all(problems, what, "no problems")
        }
        Answered::Plan(plan) => planned(plan),
        Answered::Receipt(receipt) => done(receipt),
        Answered::Presence(Presence::Happened(receipt)) => format!("happened: {}", done(receipt)),
        Answered::Presence(Presence::DidNotHappen) => "did not happen".to_owned(),
        Answered::Presence(Presence::CannotTell(why)) => format!("cannot tell: {why:?}"),
        Answered::Failed(failure) => failed(failure),
    }
}

/// What is answered now.
pub(super) fn again(capsule: &Capsule, now: &Answer<Answered>) -> String {
    match (&now.result, capsule.left_out(now)) {
        (Err(failure), _) => failed(failure),
        (Ok(answered), None) => answer(answered),
        (Ok(answered), Some(left)) => format!("{}, without asking {left}", answer(answered)),
    }
}

fn all<T>(values: &[T], tell: impl Fn(&T) -> String, none: &str) -> String {
    let all: Vec<String> = values.iter().map(tell).collect();
    if all.is_empty() { none.to_owned() } else { all.join(", ") }
}

/// Its effects, and what the approval binds, by which plans differ that look alike.
fn planned(plan: &Plan) -> String {
    let effects = all(&plan.effects, |effect| format!("{:?}", effect.summary), "nothing");
    format!("{effects}; bound: {}; statements: {}", plan.binding, plan.statements.len())
}

fn done(receipt: &Receipt) -> String {
    let fields = serde_json::json!(receipt.fields);
    format!("{:?} {fields}", receipt.reference)
}

fn failed(failure: &Failure) -> String {
    format!("failed ({:?}): {:?}", failure.class, failure.message)
}
