//! Calculated properties of a form: read, typed, and without rings (FIN-23).

use std::collections::{BTreeMap, BTreeSet};

use super::Compiler;
use crate::{
    expression::Expression,
    ids::PropertyName,
    rule::{Field, definition::FieldDoc},
    value::PropertyType,
};

impl Compiler<'_> {
    pub(super) fn calculated(&mut self, path: &str, docs: &[FieldDoc], fields: &mut [Field]) {
        let types: BTreeMap<PropertyName, PropertyType> =
            docs.iter().map(|doc| (doc.name.clone(), doc.of.clone())).collect();
        for (index, (doc, field)) in docs.iter().zip(fields.iter_mut()).enumerate() {
            let Some(text) = &doc.calculated else { continue };
            let path = format!("{path}[{index}].calculated");
            let read = Expression::read(text, &types);
            field.calculated =
                self.keep(&path, read).filter(|expression| self.fits(&path, doc, expression));
        }
        for (index, field) in fields.iter().enumerate() {
            if field.calculated.is_some() && is_in_a_ring(&field.name, fields) {
                let message = format!("`{}` is calculated from itself", field.name);
                self.problem(format!("{path}[{index}].calculated"), message);
            }
        }
    }

    fn fits(&mut self, path: &str, doc: &FieldDoc, expression: &Expression) -> bool {
        let (wanted, found) = (&doc.of, expression.of());
        let is_wider = (found, wanted) == (&PropertyType::Number, &PropertyType::Decimal);
        if found != wanted && !is_wider {
            let advice = match (found, wanted) {
                (PropertyType::Decimal, PropertyType::Number) => {
                    ": round it with `round(…, 0)`, or make the property a decimal"
                }
                _ => "",
            };
            self.problem(path, format!("this is {found}, not {wanted}{advice}"));
        }
        for currency in expression.currencies() {
            if !self.names.has_currency(*currency) {
                let message =
                    format!("`{currency}` is not a currency of ISO 4217 or of the rate table");
                self.problem(path, message);
            }
        }
        if doc.values.is_some() || doc.under.is_some() || !doc.choices_for.is_empty() {
            self.problem(path, "nobody picks a value of a calculated property");
        }
        true
    }
}

/// Whether the way from a property through those it is calculated from leads back to it.
fn is_in_a_ring(start: &PropertyName, fields: &[Field]) -> bool {
    let uses = |name: &PropertyName| {
        let field = fields.iter().find(|field| field.name == *name);
        field.and_then(|field| field.calculated.as_ref()).map(Expression::uses)
    };
    let mut seen: BTreeSet<&PropertyName> = BTreeSet::new();
    let mut open: Vec<&PropertyName> = vec![start];
    while let Some(name) = open.pop() {
        for next in uses(name).into_iter().flatten() {
            if next == start {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}
