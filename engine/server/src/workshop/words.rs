//! What extensions answered, as people and files write it.

use engine_core::{
    extension::{Nominee, NomineeKind, Plan, Problem, Verdict},
    ids::UserId,
};
use engine_host::Call;
use serde_json::{Value as Json, json};

/// A user by login; by id where there is none.
pub(crate) fn login(call: &Call, id: &UserId) -> String {
    call.directory.user(id).map_or_else(|| id.to_string(), |user| user.login.to_string())
}

pub(crate) fn nominee(nominee: &Nominee, who: &impl Fn(&UserId) -> String) -> Json {
    let named = match &nominee.who {
        NomineeKind::User(id) => json!({ "user": who(id) }),
        NomineeKind::Group(id) => json!({ "group": id }),
    };
    json!({ "who": named, "reason": nominee.reason })
}

pub(crate) fn verdict(verdict: &Verdict) -> Json {
    match verdict {
        Verdict::Met => json!("met"),
        Verdict::Unmet(message) => json!({ "unmet": message.text }),
    }
}

pub(crate) fn plan(plan: &Plan) -> Json {
    let effects: Vec<&str> = plan.effects.iter().map(|effect| effect.summary.as_str()).collect();
    json!({
        "effects": effects,
        "binding": plan.binding,
        "estimates": plan.estimates,
        "statements": plan.statements,
    })
}

pub(crate) fn problem(problem: &Problem) -> Json {
    let Problem { property, item, why } = problem;
    let property = property.as_ref().map(|property| ("property", json!(property)));
    let item = item.as_ref().map(|item| ("item", json!(item)));
    let named = property.into_iter().chain(item).chain([("why", json!(why.text))]);
    named.map(|(name, value)| (name.to_owned(), value)).collect()
}
