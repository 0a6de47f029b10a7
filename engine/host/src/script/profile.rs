//! The language that scripts are written in: what of Rhai is there, and how far it goes.
//!
//! Hand-picked packages: nothing that sleeps, tells the time, evaluates text or prints. Changing
//! what is registered here changes what scripts mean.

use rhai::{
    Engine, OptimizationLevel, Scope, def_package,
    packages::{
        ArithmeticPackage, BasicArrayPackage, BasicFnPackage, BasicIteratorPackage,
        BasicMapPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package as _,
    },
};

use super::{amounts, business, frame, objects, operators, people, problems, texts, times, values};
use crate::limits::ScriptLimits;

/// What stands in every script.
pub(super) const REQUEST: &str = "request";
/// Who submitted the request.
pub(super) const REQUESTER: &str = "requester";
/// The settings of this use of the script.
pub(super) const CONFIG: &str = "config";

const MAX_DEPTH: usize = 64;
const MAX_DEPTH_IN_FUNCTIONS: usize = 32;
const MAX_VARIABLES: usize = 64;
const MAX_FUNCTIONS: usize = 32;

def_package! {
    /// Everything picked, in one module: what is looked up is looked for in every module there is.
    ScriptPackage(_module) :
        ArithmeticPackage,
        LogicPackage,
        BasicStringPackage,
        MoreStringPackage,
        BasicIteratorPackage,
        BasicFnPackage,
        BasicArrayPackage,
        BasicMapPackage
    {}
}

/// The interpreter.
pub(super) fn engine(limits: &ScriptLimits) -> Engine {
    let mut engine = Engine::new_raw();
    ScriptPackage::new().register_into_engine(&mut engine);
    values::register(&mut engine);
    objects::register(&mut engine);
    operators::register(&mut engine);
    amounts::register(&mut engine);
    times::register(&mut engine);
    business::register(&mut engine);
    people::register(&mut engine);
    texts::register(&mut engine);
    problems::register(&mut engine);
    restrict(&mut engine, limits);
    engine
}

fn restrict(engine: &mut Engine, limits: &ScriptLimits) {
    // Folding constants would compare them by the interpreter's own rules.
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_fast_operators(false)
        .set_strict_variables(true)
        .set_fail_on_invalid_map_property(true)
        .set_max_operations(limits.operations)
        .set_max_call_levels(limits.call_levels)
        .set_max_string_size(limits.text)
        .set_max_array_size(limits.array)
        .set_max_map_size(limits.map)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS)
        .set_max_expr_depths(MAX_DEPTH, MAX_DEPTH_IN_FUNCTIONS)
        .on_progress(frame::stop);
    for word in ["eval", "print", "debug"] {
        engine.disable_symbol(word);
    }
}

/// The names that a script may use without declaring them. They are no constants here, so that the
/// compiler does not put a stand-in for the real request into the script.
pub(super) fn names() -> Scope<'static> {
    let mut names = Scope::new();
    for name in [REQUEST, REQUESTER, CONFIG] {
        names.push_dynamic(name, rhai::Dynamic::UNIT);
    }
    names
}
