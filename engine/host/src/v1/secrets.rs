//! The interface `secrets`: handles that a component passes on and never reads.

use wasmtime::component::Resource;

use super::bindings::condition::countersign::plugin::{secrets, types as wit};
use crate::{call::Read, component::manifest::Capability, outside::Fault, state::State};

/// A secret that was granted, by name.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Secret {
    pub(super) name: String,
}

impl secrets::HostSecret for State {
    fn drop(&mut self, secret: Resource<Secret>) -> wasmtime::Result<()> {
        self.table.delete(secret)?;
        Ok(())
    }
}

impl secrets::Host for State {
    fn get(&mut self, name: String) -> wasmtime::Result<Result<Resource<Secret>, wit::HostError>> {
        self.enter()?;
        if let Err(error) = self.allowed(Capability::Secrets, Some(&name)) {
            return Ok(Err(error));
        }
        let known = self.repeats_question() || self.outside.has_secret(&name)?.unwrap_or(false);
        if !known {
            return Ok(Err(Fault::unknown_secret(&name).into()));
        }
        self.read(Read::Other(format!("secret.{name}")));
        Ok(Ok(self.table.push(Secret { name })?))
    }
}
