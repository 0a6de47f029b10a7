//! Asking again.

use std::sync::Arc;

use engine_core::extension::{Failure, FailureClass};

use super::{Answered, Capsule, Order};
use crate::{
    call::{Answer, Call, Trace},
    component::{Plugin, manifest::World},
    host::Host,
    script::Script,
};

impl Host {
    /// Asks a plugin what a capsule holds, or gives it the order again, with what was answered then.
    /// Nothing of the world outside is reached, and nothing is done. Blocks; of the worker threads of a
    /// runtime, only where they may block.
    #[must_use]
    pub fn replay(&self, plugin: &Plugin, capsule: &Capsule) -> Answer<Answered> {
        let mut call = capsule.call();
        let defaults = self.usual_limits(plugin, capsule.world);
        call.limits = Some(Arc::new(capsule.limits.over(defaults)));
        match (&capsule.order, capsule.world) {
            (Some(order), _) => self.order_again(plugin, &call, order),
            (None, World::Condition) => said(self.condition(plugin, &call)),
            (None, World::Approvers) => said(self.approvers(plugin, &call)),
            (None, World::Validator) => said(self.validate(plugin, &call)),
            (None, World::Executor | World::Notifier) => {
                impossible("what was ordered is not in the capsule")
            }
        }
    }

    /// The same for a script.
    #[must_use]
    pub fn replay_script(&self, script: &Script, capsule: &Capsule) -> Answer<Answered> {
        let call = capsule.call();
        match capsule.world {
            World::Condition => said(self.script_condition(script, &call)),
            World::Approvers => said(self.script_approvers(script, &call)),
            World::Validator => said(self.script_validator(script, &call)),
            World::Executor | World::Notifier => impossible("a script is asked questions only"),
        }
    }

    /// Nothing is waited for, so that a runtime of its own, without anything to wait for but the clock, is
    /// enough.
    fn order_again(&self, plugin: &Plugin, call: &Call, order: &Order) -> Answer<Answered> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return impossible(&format!("there is no runtime: {error}")),
        };
        runtime.block_on(async {
            match order {
                Order::Plan => said(self.plan(plugin, call).await),
                Order::Execute(key) => said(self.execute(plugin, call, key).await),
                Order::Probe(key) => said(self.probe(plugin, call, key).await),
                Order::Revert { done, once_key } => {
                    said(self.revert(plugin, call, done, once_key).await)
                }
            }
        })
    }
}

fn impossible(why: &str) -> Answer<Answered> {
    Answer { result: Err(Failure::new(FailureClass::Contract, why)), trace: Trace::default() }
}

/// An answer of any world.
fn said<T: Into<Answered>>(answer: Answer<T>) -> Answer<Answered> {
    let Answer { result, trace } = answer;
    Answer { result: result.map(Into::into), trace }
}
