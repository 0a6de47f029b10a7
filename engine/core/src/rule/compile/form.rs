//! The form's fields: bounds and closed lists that fit their types.

use serde_json::Value as Json;

use super::Compiler;
use crate::{
    ids::NodeId,
    rule::{Field, definition::FieldDoc, read_literal},
    value::{PropertyType, Value},
};

impl Compiler<'_> {
    pub(super) fn fields(&mut self, path: &str, docs: &[FieldDoc]) -> Vec<Field> {
        let mut fields: Vec<Field> = docs
            .iter()
            .enumerate()
            .map(|(index, doc)| self.field(&format!("{path}[{index}]"), doc))
            .collect();
        self.calculated(path, docs, &mut fields);
        fields
    }

    fn field(&mut self, path: &str, doc: &FieldDoc) -> Field {
        let element = match &doc.of {
            PropertyType::List(element) => element,
            plain => plain,
        };
        let is_choice = *element == PropertyType::Choice;
        if is_choice != doc.values.is_some() {
            let message =
                if is_choice { "a choice needs `values`" } else { "`values` goes with a choice" };
            self.problem(format!("{path}.values"), message);
        }
        let mut choices_for = Vec::new();
        for (index, choice) in doc.choices_for.iter().enumerate() {
            let path = format!("{path}.choices_for[{index}]");
            if let Some(who) = self.named_one(&format!("{path}.who"), &choice.who) {
                choices_for.push((who, choice.values.clone()));
            }
        }
        let min = self.bound(&format!("{path}.min"), doc, doc.min.as_ref());
        Field {
            name: doc.name.clone(),
            of: doc.of.clone(),
            required: doc.required,
            min,
            max: self.bound(&format!("{path}.max"), doc, doc.max.as_ref()),
            under: self.under(path, doc, element),
            values: doc.values.clone().unwrap_or_default(),
            choices_for,
            calculated: None,
        }
    }

    fn bound(&mut self, path: &str, doc: &FieldDoc, literal: Option<&Json>) -> Option<Value> {
        let literal = literal?;
        if !doc.of.is_ordered() {
            self.problem(path, format!("a bound on {}, which has no order", doc.of));
            return None;
        }
        let value = read_literal(&doc.of, literal, self.names);
        self.keep(path, value)
    }

    fn under(&mut self, path: &str, doc: &FieldDoc, element: &PropertyType) -> Option<NodeId> {
        let under = doc.under.as_deref()?;
        let path = format!("{path}.under");
        if *element != PropertyType::Node {
            self.problem(path, "`under` goes with a node");
            return None;
        }
        let node = NodeId::parse(under).ok().filter(|id| self.names.has_node(id));
        if node.is_none() {
            self.problem(path, self.names.unknown_node(under));
        }
        node
    }
}
