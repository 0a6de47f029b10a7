//! Executors, who runs them and how long what they grant lasts (EXE-1, EXE-2, EXE-6b).

use super::Compiler;
use crate::{
    ids::PropertyName,
    rule::{
        Executor, Window, WindowLength,
        definition::{ExecutorDoc, RunDoc, WindowDoc},
        names::World,
    },
    value::PropertyType,
};

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
        let from = match doc.from.as_str() {
            "effect" => None,
            "first_use" => {
                self.problem(
                    format!("{path}.from"),
                    "`first_use` is not available: no plugin can say when a grant is first used; use `effect`",
                );
                None
            }
            time => match chrono::DateTime::parse_from_rfc3339(time) {
                Ok(time) => Some(time.with_timezone(&chrono::Utc)),
                Err(_) => {
                    let message = format!("`{time}` is not `effect` or a time in RFC 3339");
                    self.problem(format!("{path}.from"), message);
                    None
                }
            },
        };
        let path = format!("{path}.length");
        if let Ok(length) = doc.length.parse() {
            return Some(Window { from, length: WindowLength::Fixed(length) });
        }
        let name = PropertyName::parse(&doc.length).ok()?;
        match self.types.get(&name) {
            Some(PropertyType::Duration) => {
                Some(Window { from, length: WindowLength::Property(name) })
            }
            Some(_) | None => {
                let message = format!("`{name}` is neither a duration nor a duration property");
                self.problem(path, message);
                None
            }
        }
    }
}
