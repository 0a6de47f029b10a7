//! Validators of a rule's requests (REQ-2).

use super::Compiler;
use crate::{
    question::Source,
    rule::{Validator, definition::ValidatorDoc, names::World, written::ExtensionDoc},
};

/// The most validators of a rule.
const MAX_VALIDATORS: usize = 16;

impl Compiler<'_> {
    pub(super) fn validators(&mut self, docs: &[ValidatorDoc]) -> Vec<Validator> {
        if docs.len() > MAX_VALIDATORS {
            let message = format!("{} validators, the most are {MAX_VALIDATORS}", docs.len());
            self.problem("validators", message);
        }
        let mut validators = Vec::new();
        for (index, doc) in docs.iter().enumerate() {
            validators.extend(self.validator(&format!("validators[{index}]"), doc));
        }
        validators
    }

    fn validator(&mut self, path: &str, doc: &ValidatorDoc) -> Option<Validator> {
        let config = doc.config.clone();
        match (&doc.script, &doc.plugin) {
            (Some(id), None) => {
                let script = self.script(path, &ExtensionDoc { id: id.clone(), config });
                Some(Validator { source: Source::Script(script.id), config: script.config })
            }
            (None, Some(id)) => {
                let doc = ExtensionDoc { id: id.clone(), config };
                let plugin = self.plugin(path, &doc, World::Validator);
                Some(Validator { source: Source::Plugin(plugin.id), config: plugin.config })
            }
            (Some(_), Some(_)) | (None, None) => {
                self.problem(path, "a validator is either a `script` or a `plugin`");
                None
            }
        }
    }
}
