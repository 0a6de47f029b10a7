//! What a component may use: what its manifest asks for, cut down to what was granted. Neither can
//! widen the other; what the component does not import, it cannot call.

use engine_core::ids::ResourceId;

use super::bindings::condition::countersign::plugin::types as wit;
use crate::{
    component::manifest::{Access, Capability},
    grant::ConnectionGrant,
    state::{State, Task},
};

const ANOTHER_KEY: &str = "the key is not that of this execution";

impl State {
    /// What may be done with a capability on a target.
    ///
    /// # Errors
    /// `denied`, which is recorded.
    pub(super) fn allowed(
        &mut self,
        capability: Capability,
        target: Option<&str>,
    ) -> Result<Access, wit::HostError> {
        let name = target.unwrap_or_default();
        let Some(wanted) = self.manifest.wanted(capability, target, &self.call.config) else {
            return Err(self.denied(capability.as_str(), name, "its manifest does not ask for it"));
        };
        let Some(granted) = self.granted(capability, name) else {
            return Err(self.denied(capability.as_str(), name, "it was not granted"));
        };
        Ok(wanted.min(granted))
    }

    fn granted(&self, capability: Capability, name: &str) -> Option<Access> {
        let grant = &self.call.grant;
        match capability {
            Capability::Statements => {
                let name = ResourceId::parse(name).ok()?;
                grant.connection(&name).map(|granted| match granted {
                    ConnectionGrant::Read => Access::ReadOnly,
                    ConnectionGrant::Write => Access::ReadWrite,
                })
            }
            Capability::NamedStatements => {
                let name = ResourceId::parse(name).ok()?;
                grant.lookups.contains_key(&name).then_some(Access::ReadOnly)
            }
            Capability::Blobs => grant.blobs.then_some(Access::ReadWrite),
            Capability::Secrets => grant.secrets.contains(name).then_some(Access::ReadOnly),
            // Asked by origin and method, beside this.
            Capability::Http | Capability::HttpLookups => None,
        }
    }

    /// Whether a call may change something under a key: only an effect, and only under its own.
    ///
    /// # Errors
    /// `denied`, which is recorded.
    pub(super) fn may_change(&mut self, what: &str, once_key: &str) -> Result<(), wit::HostError> {
        self.must_be_effect(what)?;
        match &self.task {
            Task::Execute(key) | Task::Revert { key, .. } if key == once_key => Ok(()),
            _ => Err(self.denied(what, once_key, ANOTHER_KEY)),
        }
    }

    /// Whether a call may look for what belongs to a key: its own and, where something is taken
    /// back, that of the execution.
    ///
    /// # Errors
    /// `denied`, which is recorded.
    pub(super) fn may_look_for(
        &mut self,
        what: &str,
        once_key: &str,
    ) -> Result<(), wit::HostError> {
        match &self.task {
            Task::Execute(key) | Task::Probe(key) if key == once_key => Ok(()),
            Task::Revert { execution, key } if key == once_key || execution == once_key => Ok(()),
            Task::Execute(_) | Task::Probe(_) | Task::Revert { .. } | Task::Deliver(_) => {
                Err(self.denied(what, once_key, ANOTHER_KEY))
            }
            Task::Trial | Task::Decide | Task::Plan => Err(self.only_effects(what)),
        }
    }

    /// Whether anything may change.
    ///
    /// # Errors
    /// `denied`, which is recorded.
    pub(super) fn must_be_effect(&mut self, what: &str) -> Result<(), wit::HostError> {
        match self.task {
            Task::Execute(_) | Task::Revert { .. } | Task::Deliver(_) => Ok(()),
            Task::Probe(_) => {
                let why = "nothing may change while it is found out what happened";
                Err(self.denied(what, "", why))
            }
            Task::Trial | Task::Decide | Task::Plan => Err(self.only_effects(what)),
        }
    }

    fn only_effects(&mut self, what: &str) -> wit::HostError {
        self.denied(what, "", "nothing may change before the execution")
    }

    /// A refusal, recorded.
    pub(super) fn denied(&mut self, capability: &str, name: &str, why: &str) -> wit::HostError {
        self.deny(capability, name, why);
        let name = if name.is_empty() { String::new() } else { format!(" of `{name}`") };
        wit::HostError {
            kind: wit::ErrorKind::Denied,
            message: format!("the use of {capability}{name} is denied: {why}"),
            code: None,
        }
    }
}
