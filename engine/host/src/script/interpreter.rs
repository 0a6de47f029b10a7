//! One interpreter for all scripts, ready for the properties that they read.
//!
//! What is registered as a getter is found at once. For any other `request.name` the interpreter first
//! makes an error that there is none, and then asks the indexer: half a microsecond for each. So the
//! names that scripts read are registered when a script is compiled.

use std::collections::BTreeSet;

use engine_core::ids::PropertyName;
use rhai::{AST, ASTNode, Engine, Expr};

use super::{objects, profile};
use crate::limits::ScriptLimits;

/// Names beyond these are read through the indexer.
const MAX_NAMES: usize = 2_000;

/// The interpreter, and the properties it has getters for.
pub(super) struct Interpreter {
    pub(super) engine: Engine,
    names: BTreeSet<PropertyName>,
}

impl Interpreter {
    pub(super) fn new(limits: &ScriptLimits, names: BTreeSet<PropertyName>) -> Self {
        let mut engine = profile::engine(limits);
        for name in &names {
            objects::register_property(&mut engine, name);
        }
        Self { engine, names }
    }

    /// The names it would have with these, where that is more than it has.
    pub(super) fn extended(&self, read: BTreeSet<PropertyName>) -> Option<BTreeSet<PropertyName>> {
        let room = MAX_NAMES.saturating_sub(self.names.len());
        let more: Vec<PropertyName> =
            read.into_iter().filter(|name| !self.names.contains(name)).take(room).collect();
        (!more.is_empty()).then(|| self.names.iter().cloned().chain(more).collect())
    }
}

/// The names that stand after a point in a script. One that no property can have is left to the indexer,
/// which says so.
pub(super) fn properties(ast: &AST) -> BTreeSet<PropertyName> {
    let mut found = BTreeSet::new();
    ast.walk(&mut |path: &[ASTNode<'_>]| {
        if let Some(ASTNode::Expr(Expr::Property(property, _))) = path.last() {
            found.extend(PropertyName::parse(&property.2));
        }
        true
    });
    found
}
