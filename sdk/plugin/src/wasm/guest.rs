//! From the exports of a component to the traits of this crate.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::{
    bindings::{
        approvers::exports::countersign::plugin::approvers as approvers_wit,
        condition::exports::countersign::plugin::condition as condition_wit,
        executor::exports::countersign::plugin::executor as executor_wit,
        notifier::exports::countersign::plugin::notifier as notifier_wit, plugin::types as wit,
        validator::exports::countersign::plugin::validator as validator_wit,
    },
    convert, data,
};
use crate::{
    Approvers, Condition, Coverage, Effect, Executor, Notifier, Plan, Planned, Problem, Result,
    Stage, Validator, Verdict, config, log,
};

/// A plugin as the bindings want it.
pub struct Exported<P>(PhantomData<P>);

/// Reads the settings and answers, with panics going to the log first.
fn call<C: DeserializeOwned, T>(answer: impl FnOnce(C) -> Result<T>) -> Result<T, wit::Failure> {
    std::panic::set_hook(Box::new(|panic| {
        log::event(log::Level::Error, &panic.to_string(), &[]);
    }));
    config::read().and_then(answer).map_err(convert::failure_out)
}

impl<P: Condition> condition_wit::Guest for Exported<P> {
    fn evaluate() -> Result<condition_wit::Verdict, wit::Failure> {
        call(P::evaluate).map(|verdict| match verdict {
            Verdict::Met => condition_wit::Verdict::Met,
            Verdict::Unmet(why) => condition_wit::Verdict::Unmet(convert::message_out(why)),
        })
    }
}

impl<P: Approvers> approvers_wit::Guest for Exported<P> {
    fn resolve() -> Result<approvers_wit::Resolution, wit::Failure> {
        call(P::resolve).map(|resolution| approvers_wit::Resolution {
            nominees: resolution
                .nominees
                .into_iter()
                .map(|nominee| approvers_wit::Nominee {
                    who: convert::principal_out(nominee.who),
                    reason: convert::message_out(nominee.reason),
                })
                .collect(),
            notes: resolution.notes.into_iter().map(convert::message_out).collect(),
        })
    }
}

impl<P: Validator> validator_wit::Guest for Exported<P> {
    fn validate() -> Result<Vec<validator_wit::Problem>, wit::Failure> {
        let problem = |problem: Problem| validator_wit::Problem {
            property: problem.property,
            item: problem.item.map(|item| item.0),
            why: convert::message_out(problem.why),
        };
        call(P::validate).map(|problems| problems.into_iter().map(problem).collect())
    }
}

impl<P: Notifier> notifier_wit::Guest for Exported<P> {
    fn deliver(once_key: String) -> Result<Option<String>, wit::Failure> {
        call(|config| P::deliver(config, &once_key))
    }
}

fn plan_out(plan: Plan) -> Result<executor_wit::EffectPlan> {
    let effect = |effect: Effect| executor_wit::Effect {
        kind: effect.kind,
        target: effect.target,
        summary: convert::message_out(effect.summary),
    };
    Ok(executor_wit::EffectPlan {
        effects: plan.effects.into_iter().map(effect).collect(),
        binding: plan.binding.to_string(),
        estimates: convert::fields_out(plan.estimates),
        statements: plan.statements.into_iter().map(planned_out).collect::<Result<_>>()?,
    })
}

fn planned_out(planned: Planned) -> Result<executor_wit::PlannedStatement> {
    let what = match planned.what {
        Coverage::Exact { text, parameters } => {
            let parameters = parameters.as_deref().map(data::parameters_out).transpose()?;
            executor_wit::Coverage::Exact(executor_wit::ExactStatement { text, parameters })
        }
        Coverage::Shape { kind, reads, writes, functions } => {
            let shape = executor_wit::StatementShape { kind, reads, writes, functions };
            executor_wit::Coverage::Shape(shape)
        }
    };
    let during = match planned.during {
        Stage::Execute => executor_wit::Stage::Execute,
        Stage::Revert => executor_wit::Stage::Revert,
    };
    Ok(executor_wit::PlannedStatement { during, connection: planned.connection, what })
}

impl<P: Executor> executor_wit::Guest for Exported<P> {
    fn plan() -> Result<executor_wit::EffectPlan, wit::Failure> {
        call(|config| plan_out(P::plan(config)?))
    }

    fn execute(once_key: String) -> Result<wit::Receipt, wit::Failure> {
        call(|config| P::execute(config, &once_key)).map(convert::receipt_out)
    }

    fn probe(once_key: String) -> Result<wit::Presence, wit::Failure> {
        call(|config| P::probe(config, &once_key)).map(convert::presence_out)
    }

    fn revert(done: wit::Receipt, once_key: String) -> Result<wit::Receipt, wit::Failure> {
        call(|config| P::revert(config, convert::receipt(done)?, &once_key))
            .map(convert::receipt_out)
    }
}
