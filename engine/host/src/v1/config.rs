//! The interface `config`: the settings of this use of the plugin.

use super::bindings::condition::countersign::plugin::config;
use crate::{call::Read, settings, state::State};

impl config::Host for State {
    fn json(&mut self) -> wasmtime::Result<String> {
        self.enter()?;
        self.read(Read::Fact("config"));
        Ok(settings::to_json(&self.call.config).to_string())
    }
}
