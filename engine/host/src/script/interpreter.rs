//! One interpreter for all scripts, ready for the properties that they read.
//!
//! What is registered as a getter is found at once. For any other `request.name` the interpreter first
//! makes an error that there is none, and then asks the indexer: half a microsecond for each. So the
//! names that scripts read are registered when a script is compiled.
//!
//! Which function a name and the types of its arguments mean would be looked for in every run. So a thread keeps
//! what it found from run to run. A script with functions of its own is looked through anew: another script may
//! call another function by the same name.

use std::{
    cell::Cell,
    collections::BTreeSet,
    sync::atomic::{AtomicU64, Ordering},
};

use engine_core::ids::PropertyName;
use rhai::{AST, ASTNode, Caches, Dynamic, Engine, Expr, Scope};

use super::{frame::Native, objects, profile};
use crate::limits::ScriptLimits;

/// Names beyond these are read through the indexer.
const MAX_NAMES: usize = 2_000;

static INTERPRETERS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Of the interpreter with this number.
    static FOUND: Cell<Option<(u64, Caches)>> = const { Cell::new(None) };
}

/// The interpreter, and the properties it has getters for.
pub(super) struct Interpreter {
    pub(super) engine: Engine,
    names: BTreeSet<PropertyName>,
    /// No other has the same.
    number: u64,
}

impl Interpreter {
    pub(super) fn new(limits: &ScriptLimits, names: BTreeSet<PropertyName>) -> Self {
        let mut engine = profile::engine(limits);
        for name in &names {
            objects::register_property(&mut engine, name);
        }
        Self { engine, names, number: INTERPRETERS.fetch_add(1, Ordering::Relaxed) }
    }

    /// Runs a script.
    ///
    /// # Errors
    /// Those of the script.
    pub(super) fn run(&self, scope: &mut Scope<'_>, ast: &AST) -> Native<Dynamic> {
        if ast.has_functions() {
            return self.engine.eval_ast_with_scope(scope, ast);
        }
        let kept = FOUND.take().filter(|(of, _)| *of == self.number);
        let mut found = kept.map_or_else(Caches::new, |(_, found)| found);
        let mut run = self.engine.new_global_runtime_state();
        #[expect(deprecated, reason = "nothing else takes what was found before")]
        let value =
            self.engine.eval_statements_raw(&mut run, &mut found, scope, ast.statements())?;
        // After an error it may hold more than it did, and goes.
        FOUND.set(Some((self.number, found)));
        Ok(value)
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
