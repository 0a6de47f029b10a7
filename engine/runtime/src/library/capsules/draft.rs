//! What is handed over to who writes capsules.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use engine_core::ids::{PluginId, ScriptId};
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
        Self { by, world, order, call, answer, at }
    }

    /// About how many bytes it holds that nobody else does.
    pub(super) fn size(&self) -> usize {
        size_of::<Self>().saturating_add(self.answer.trace.size())
    }

    /// Puts it together.
    pub(super) fn capsule(self) -> Capsule {
        let Self { by, world, order, call, answer, at: _ } = self;
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
