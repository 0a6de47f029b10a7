//! Which rule takes a request: the one that was picked, or the first of a rule group whose entry condition
//! is met (RUL-4).

use super::{Context, Draft, submit::read};
use crate::{
    command::Submit,
    directory::User,
    explanation::Explanation,
    question::Inquiry,
    rejection::{FieldProblem, Rejection, Tried},
};

/// The context of a submission, with the rule that takes it.
///
/// # Errors
/// `rule_retired` (RUL-3); of a group `no_rule`, `condition_failed` where a rule cannot be asked, since those
/// behind it are not tried then (CND-3), and `invalid` where there is a value that
/// no rule of it can read.
pub(super) fn routed<'a>(
    context: &Context<'a>,
    inquiry: &'a Inquiry<'a>,
    requester: &User,
    submit: &Submit,
) -> Result<Context<'a>, Rejection> {
    if context.route.group.is_none() {
        return match context.route.rules.first() {
            Some(rule) => Ok(Context { rule, ..*context }),
            None => Err(Rejection::RuleRetired {
                title: context.rule.title.clone(),
                tried: Tried::Request,
            }),
        };
    }
    let (mut unmet, mut unread) = (Vec::new(), None);
    for rule in context.route.rules {
        let context = Context { rule, ..*context };
        let (request, problems) = read(&context, requester, submit);
        match Draft::first(&context, inquiry, request).check_entry() {
            Ok(()) => return Ok(context),
            Err(Rejection::NoRule { explanation, .. }) => unmet.push(*explanation),
            Err(other) => return Err(other),
        }
        unread = Some(match unread {
            Some(earlier) => in_both(earlier, &problems),
            None => problems,
        });
    }
    match unread {
        Some(problems) if !problems.is_empty() => Err(Rejection::Invalid(problems)),
        Some(_) | None => {
            let explanation = Box::new(Explanation::any(unmet));
            Err(Rejection::NoRule { group: context.route.group.cloned(), explanation })
        }
    }
}

/// What none of the rules can read: a field that only one of them has is no mistake.
fn in_both(mut earlier: Vec<FieldProblem>, later: &[FieldProblem]) -> Vec<FieldProblem> {
    earlier.retain(|problem| later.iter().any(|other| other.field == problem.field));
    earlier
}
