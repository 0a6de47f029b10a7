//! Executors, who runs them and how long what they grant lasts (EXE-1, EXE-2, EXE-6b).

use super::Compiler;
use crate::{
    ids::PropertyName,
    rule::{
        Executor, UNUSED, Window, WindowLength, WindowStart,
        definition::{ExecutorDoc, RunDoc, WindowDoc},
        names::World,
    },
    value::PropertyType,
};

/// What `from` says of a window that runs from the first use.
const FIRST_USE: &str = "first_use";

impl Compiler<'_> {
    pub(super) fn executors(&mut self, docs: &[ExecutorDoc]) -> Vec<Executor> {
        let mut executors = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            let path = format!("executors[{index}]");
            let known = self.names.check_plugin(&doc.plugin, World::Executor);
            self.keep(&format!("{path}.plugin"), known);
            let manual = match &doc.run {
                RunDoc::Automatic => None,
                RunDoc::Manual(whos) => Some(self.named(&format!("{path}.run.manual"), whos)),
            };
            let window = doc
                .window
                .as_ref()
                .and_then(|window| self.window(&format!("{path}.window"), window));
            executors.push(Executor {
                id: doc.id.clone(),
                plugin: doc.plugin.clone(),
                manual,
                config: self.plugin_config(&path, &doc.plugin, &doc.config),
                start_within: doc.start_within,
                window,
            });
        }
        executors
    }

    fn window(&mut self, path: &str, doc: &WindowDoc) -> Option<Window> {
        let from = self.window_start(path, doc);
        let length = self.window_length(&format!("{path}.length"), &doc.length)?;
        Some(Window { from, length })
    }

    fn window_start(&mut self, path: &str, doc: &WindowDoc) -> WindowStart {
        let unused = format!("{path}.unused");
        if doc.from == FIRST_USE {
            let known = doc.unused.as_ref().and_then(|doc| self.window_length(&unused, doc));
            let unused = known.unwrap_or(WindowLength::Fixed(UNUSED));
            return WindowStart::FirstUse { unused };
        }
        if doc.unused.is_some() {
            self.problem(unused, "`unused` goes with `from: first_use` only");
        }
        let from = format!("{path}.from");
        match doc.from.as_str() {
            "effect" => WindowStart::Effect,
            time => match chrono::DateTime::parse_from_rfc3339(time) {
                Ok(time) => WindowStart::Fixed(time.with_timezone(&chrono::Utc)),
                Err(_) => {
                    let message =
                        format!("`{time}` is not `effect`, `first_use` or a time in RFC 3339");
                    self.problem(from, message);
                    WindowStart::Effect
                }
            },
        }
    }

    /// A length, or a property that has it.
    fn window_length(&mut self, path: &str, written: &str) -> Option<WindowLength> {
        if let Ok(length) = written.parse() {
            return Some(WindowLength::Fixed(length));
        }
        let name = PropertyName::parse(written).ok()?;
        match self.types.get(&name) {
            Some(PropertyType::Duration) => Some(WindowLength::Property(name)),
            Some(_) | None => {
                let message = format!("`{name}` is neither a duration nor a duration property");
                self.problem(path, message);
                None
            }
        }
    }
}
