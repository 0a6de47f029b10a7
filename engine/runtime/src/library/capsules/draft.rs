//! What is handed over to who writes capsules.

use std::{
    io::{self, Write},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use engine_core::{
    extension::{Facts, Failure},
    ids::{PluginId, ScriptId},
    value::Value,
};
use engine_host::{Answer, Answered, Asked, Call, Capsule, LimitChanges, Order, Script, World};

use crate::plugin::InstalledPlugin;

/// What a capsule is made of; put together by who writes it.
#[derive(Debug)]
pub(in crate::library) struct Draft {
    pub(in crate::library) by: Answerer,
    world: World,
    /// Of an executor.
    order: Option<Order>,
    call: Call,
    answer: Answer<Answered>,
    pub(in crate::library) at: DateTime<Utc>,
    /// About how many bytes it holds, of what can be much.
    pub(super) size: usize,
}

fn of_facts(facts: &Facts) -> usize {
    let items = facts.items.iter().flat_map(|item| item.fields.values());
    let values = facts.properties.values().chain(items).map(of_value);
    facts.title.len() + facts.reason.len() + values.sum::<usize>()
}

fn of_value(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Text(text) | Value::Choice(text) => text.len(),
            Value::List(values) => values.iter().map(of_value).sum(),
            _ => 0,
        }
}

/// What plans and receipts say is counted as it will be written; nothing else can be much.
fn of_answer(answer: &Result<Answered, Failure>) -> usize {
    let mut count = Count(0);
    let written = match answer {
        Ok(answer @ (Answered::Plan(_) | Answered::Receipt(_) | Answered::Problems(_))) => {
            serde_json::to_writer(&mut count, answer)
        }
        Ok(_) | Err(_) => Ok(()),
    };
    debug_assert!(written.is_ok(), "a count takes everything");
    count.0
}

struct Count(usize);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Who answered. Cheap to clone, but for its name.
#[derive(Clone, Debug)]
pub(in crate::library) enum Answerer {
    /// The version of a plugin.
    Plugin(PluginId, Arc<InstalledPlugin>),
    /// A script.
    Script(ScriptId, Arc<Script>),
}

impl Answerer {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Plugin(id, _) => id.as_str(),
            Self::Script(id, _) => id.as_str(),
        }
    }
}

impl Draft {
    /// An order has all that it was answered among its exchanges: the same is not held twice.
    pub(in crate::library) fn new(
        by: Answerer,
        (world, order): (World, Option<Order>),
        call: Call,
        mut answer: Answer<Answered>,
        at: DateTime<Utc>,
    ) -> Self {
        if order.is_some() {
            answer.trace.http = Vec::new();
            answer.trace.lookups = Vec::new();
        }
        let size = size_of::<Self>()
            + of_facts(&call.facts)
            + of_answer(&answer.result)
            + answer.trace.size();
        Self { by, world, order, call, answer, at, size }
    }

    /// Puts it together.
    pub(super) fn capsule(self) -> Capsule {
        let Self { by, world, order, call, answer, at: _, size: _ } = self;
        let (digest, limits, script) = match &by {
            Answerer::Plugin(_, installed) => {
                (installed.file.digest.clone(), installed.limits, None)
            }
            Answerer::Script(_, script) => {
                (script.digest(), LimitChanges::default(), Some(script.text().to_owned()))
            }
        };
        let asked = Asked { plugin: by.name(), digest: &digest, world, limits };
        let capsule = match order {
            Some(order) => Capsule::of_order(&asked, &call, order, answer),
            None => Capsule::of(&asked, &call, answer),
        };
        Capsule { script, ..capsule }
    }
}
