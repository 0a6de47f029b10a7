//! Installations that go on.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Utc};
use engine_api::organization::{InstallationStage, InstallationView};
use engine_core::ids::{OrgId, PluginId, UserId};
use engine_host::Stage;

use super::super::caller::Known;

/// Those of every organization, in the order in which they began.
#[derive(Clone, Debug, Default)]
pub struct Installing {
    all: Arc<Mutex<BTreeMap<u64, Installation>>>,
}

#[derive(Clone, Debug)]
struct Installation {
    org: OrgId,
    plugin: PluginId,
    by: UserId,
    since: DateTime<Utc>,
    stage: InstallationStage,
}

/// One of them, until this is dropped.
pub(super) struct Ticket {
    all: Installing,
    number: u64,
}

impl Installing {
    pub(super) fn begin(&self, known: &Known, plugin: PluginId, since: DateTime<Utc>) -> Ticket {
        let mut all = self.lock();
        let number = all.last_key_value().map_or(0, |(last, _)| last.saturating_add(1));
        let (org, by) = (known.caller.org.clone(), known.caller.user.clone());
        let stage = InstallationStage::Checking;
        all.insert(number, Installation { org, plugin, by, since, stage });
        Ticket { all: self.clone(), number }
    }

    /// Those of the caller's organization.
    pub(super) fn views(&self, known: &Known) -> Vec<InstallationView> {
        let names = known.plain_names();
        let all = self.lock();
        let own = all.values().filter(|installation| installation.org == known.caller.org);
        own.map(|installation| InstallationView {
            plugin: installation.plugin.to_string(),
            by: names.login(&installation.by),
            since: installation.since,
            stage: installation.stage,
        })
        .collect()
    }

    fn reach(&self, number: u64, stage: InstallationStage) {
        if let Some(installation) = self.lock().get_mut(&number) {
            installation.stage = stage;
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Installation>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// Notes how far the host is.
    pub(super) fn teller(&self) -> impl Fn(Stage) + Send + Sync + 'static {
        let (all, number) = (self.all.clone(), self.number);
        move |stage| {
            let stage = match stage {
                Stage::Checking => InstallationStage::Checking,
                Stage::Waiting => InstallationStage::Waiting,
                Stage::Compiling => InstallationStage::Compiling,
                Stage::Starting => InstallationStage::Starting,
            };
            all.reach(number, stage);
        }
    }

    /// It is asked its cases from now on.
    pub(super) fn proves(&self) {
        self.all.reach(self.number, InstallationStage::Proving);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.all.lock().remove(&self.number);
    }
}
