//! The interface `secrets`: handles that a component passes on and never reads.

use wasmtime::component::Resource;

use super::bindings::{
    condition::countersign::plugin::types as wit, executor::countersign::plugin::secrets,
};
use crate::{component::manifest::Capability, state::State};

/// A secret that was granted, by name.
#[derive(Debug)]
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct Secret {
    #[expect(
        dead_code,
        reason = "read by the interfaces that place a secret, which a later minor version of the contract brings; a plugin can hold the handle today"
    )]
    name: String,
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
        if !self.services.secrets.contains_key(&name) {
            return Ok(Err(wit::HostError {
                kind: wit::ErrorKind::NotFound,
                message: format!("the operator configured no secret `{name}`"),
                code: None,
            }));
        }
        self.read(format!("secret.{name}"));
        Ok(Ok(self.table.push(Secret { name })?))
    }
}
