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
    all: Arc<Mutex<Book>>,
}

#[derive(Debug, Default)]
struct Book {
    open: BTreeMap<u64, Installation>,
    /// No two have the same, so that none speaks of another.
    next: u64,
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
        let (org, by) = (known.caller.org.clone(), known.caller.user.clone());
        let stage = InstallationStage::Checking;
        self.add(Installation { org, plugin, by, since, stage })
    }

    fn add(&self, installation: Installation) -> Ticket {
        let mut book = self.lock();
        let number = book.next;
        book.next = number.saturating_add(1);
        book.open.insert(number, installation);
        Ticket { all: self.clone(), number }
    }

    /// Those of the caller's organization.
    pub(super) fn views(&self, known: &Known) -> Vec<InstallationView> {
        let names = known.plain_names();
        let book = self.lock();
        let own = book.open.values().filter(|installation| installation.org == known.caller.org);
        own.map(|installation| InstallationView {
            plugin: installation.plugin.to_string(),
            by: names.login(&installation.by),
            since: installation.since,
            stage: installation.stage,
        })
        .collect()
    }

    fn reach(&self, number: u64, stage: InstallationStage) {
        if let Some(installation) = self.lock().open.get_mut(&number) {
            installation.stage = stage;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Book> {
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
        self.all.lock().open.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installation(plugin: &str) -> Installation {
        Installation {
            org: "acme".parse().unwrap(),
            plugin: plugin.parse().unwrap(),
            by: "u-olga".parse().unwrap(),
            since: DateTime::UNIX_EPOCH,
            stage: InstallationStage::Checking,
        }
    }

    /// Whoever compiles for one that ended may still tell how far it is.
    #[test]
    fn what_is_told_of_one_that_ended_is_told_of_no_other() {
        let all = Installing::default();
        let ended = all.add(installation("one"));
        let tell = ended.teller();
        drop(ended);
        let other = all.add(installation("other"));
        tell(Stage::Compiling);
        let stages: Vec<_> = all.lock().open.values().map(|open| open.stage).collect();
        assert_eq!(stages, [InstallationStage::Checking]);
        drop(other);
        assert!(all.lock().open.is_empty());
    }
}
