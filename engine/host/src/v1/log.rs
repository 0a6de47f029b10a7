//! The interface `log`: words for the administrator.

use super::{
    bindings::condition::countersign::plugin::{log, types as wit},
    values,
};
use crate::{
    call::{LogLevel, LogLine},
    state::State,
};

/// Fields of one line that are kept.
const MAX_FIELDS: usize = 50;

impl log::Host for State {
    fn event(
        &mut self,
        level: log::Level,
        message: String,
        fields: Vec<wit::Field>,
    ) -> wasmtime::Result<()> {
        self.enter()?;
        let directory = std::sync::Arc::clone(&self.call.directory);
        let field = |field: wit::Field| {
            let value = values::from_wit(field.value, &directory);
            let text = value.map_or_else(|why| format!("({why})"), |value| value.to_string());
            (field.name, text)
        };
        let fields = fields.into_iter().take(MAX_FIELDS).map(field).collect();
        self.log(LogLine { level: from_wit(level), message, fields });
        Ok(())
    }
}

fn from_wit(level: log::Level) -> LogLevel {
    match level {
        log::Level::Trace => LogLevel::Trace,
        log::Level::Debug => LogLevel::Debug,
        log::Level::Info => LogLevel::Info,
        log::Level::Warn => LogLevel::Warn,
        log::Level::Error => LogLevel::Error,
    }
}
