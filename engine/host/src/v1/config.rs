//! The interface `config`: the settings of this use of the plugin.

use super::bindings::condition::countersign::plugin::config;
use crate::{settings, state::State};

impl config::Host for State {
    fn json(&mut self) -> wasmtime::Result<String> {
        self.enter()?;
        self.read("config".to_owned());
        Ok(settings::to_json(&self.call.config).to_string())
    }
}
