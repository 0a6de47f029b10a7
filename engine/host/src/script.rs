//! Scripts: conditions, approver resolvers and validators that administrators write in Rhai.
//!
//! A script sees `request`, `requester` and `config`, and can ask the directory. It cannot do
//! anything else: whatever it computes is its answer. A helper is registered in the module for what it
//! works on, records what it reads, [charges](frame::charge) for what it does, and stands in
//! [`library`].

mod amounts;
mod answer;
mod business;
mod check;
mod error;
mod frame;
mod interpreter;
pub(crate) mod library;
mod objects;
mod operators;
mod people;
mod problems;
mod profile;
mod texts;
mod times;
mod values;

use std::{
    any::Any,
    collections::{BTreeSet, HashMap},
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Instant,
};

use engine_core::extension::{Failure, FailureClass, Nominee, Problem, Verdict};
use rhai::{AST, Dynamic, EvalAltResult, Scope};
use sha2::{Digest as _, Sha256};

pub use self::{
    check::{ScriptFindings, ScriptRole, ScriptTypes},
    error::ScriptError,
};
use self::{
    frame::{Run, Used},
    interpreter::Interpreter,
    objects::Request,
    profile::{CONFIG, REQUEST, REQUESTER},
    values::{Person, settings},
};
use crate::{
    call::{Answer, Call, Trace},
    limits::{MAX_SCRIPT_BYTES, ScriptLimits},
};

type Hash = [u8; 32];

/// A compiled script. Cheap to clone.
#[derive(Clone)]
pub struct Script {
    inner: Arc<Compiled>,
}

struct Compiled {
    hash: Hash,
    text: String,
    ast: AST,
}

impl Script {
    /// The SHA-256 of the text, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        hex::encode(self.inner.hash)
    }

    /// The text it was compiled from.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.inner.text
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Script").field("digest", &self.digest()).finish_non_exhaustive()
    }
}

/// The interpreter and the scripts it has compiled.
pub(crate) struct Scripts {
    interpreter: RwLock<Arc<Interpreter>>,
    limits: ScriptLimits,
    compiled: Mutex<HashMap<Hash, Script>>,
}

impl fmt::Debug for Scripts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripts").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Scripts {
    pub(crate) fn new(limits: ScriptLimits) -> Self {
        let interpreter = RwLock::new(Arc::new(Interpreter::new(&limits, BTreeSet::new())));
        Self { interpreter, limits, compiled: Mutex::default() }
    }

    fn interpreter(&self) -> Arc<Interpreter> {
        Arc::clone(&self.interpreter.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes the interpreter ready for the properties that a script reads.
    fn make_ready(&self, ast: &AST) {
        let read = interpreter::properties(ast);
        let mut current = self.interpreter.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(names) = current.extended(read) {
            *current = Arc::new(Interpreter::new(&self.limits, names));
        }
    }

    /// Compiles a script, or finds it compiled.
    ///
    /// # Errors
    /// [`ScriptError`] where it is too long or makes no sense.
    pub(crate) fn compile(&self, text: &str) -> Result<Script, ScriptError> {
        if text.len() > MAX_SCRIPT_BYTES {
            return Err(ScriptError::too_long(text.len()));
        }
        let hash: Hash = Sha256::digest(text.as_bytes()).into();
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(script) = compiled.get(&hash) {
            return Ok(script.clone());
        }
        let ast = self
            .interpreter()
            .engine
            .compile_with_scope(&profile::names(), text)
            .map_err(|error| ScriptError::parsing(text, &error))?;
        self.make_ready(&ast);
        if compiled.len() >= self.limits.cached_scripts {
            compiled.retain(|_, script| Arc::strong_count(&script.inner) > 1);
        }
        let script = Script { inner: Arc::new(Compiled { hash, text: text.to_owned(), ast }) };
        if compiled.len() < self.limits.cached_scripts {
            compiled.insert(hash, script.clone());
        }
        Ok(script)
    }

    /// What can be said about a script without running it.
    pub(crate) fn check(
        &self,
        script: &Script,
        role: Option<ScriptRole>,
        known: &ScriptTypes,
    ) -> ScriptFindings {
        check::check(&self.interpreter().engine, script, role, known)
    }

    /// Runs a script as a condition (CND-3).
    pub(crate) fn condition(&self, script: &Script, call: &Call) -> Answer<Verdict> {
        self.run(script, call, answer::verdict)
    }

    /// Runs a script as a resolver of approvers (STP-2).
    pub(crate) fn approvers(&self, script: &Script, call: &Call) -> Answer<Vec<Nominee>> {
        self.run(script, call, |value| answer::nominees(value, &call.directory))
    }

    /// Runs a script as a validator.
    pub(crate) fn validator(&self, script: &Script, call: &Call) -> Answer<Vec<Problem>> {
        self.run(script, call, problems::problems)
    }

    fn run<T>(
        &self,
        script: &Script,
        call: &Call,
        read: impl FnOnce(Dynamic) -> Result<T, String>,
    ) -> Answer<T> {
        let start = Instant::now();
        let run = Run::begin(call.clone(), start + self.limits.deadline, self.limits.operations);
        let ended = catch_unwind(AssertUnwindSafe(|| self.evaluate(script, call)));
        let used = run.end();
        let result = match ended {
            Ok(Ok(value)) => read(value).map_err(|why| Failure::new(FailureClass::BadOutput, why)),
            Ok(Err(error)) => Err(error::failure(&script.inner.text, &error)),
            Err(panic) => Err(panicked(panic.as_ref())),
        };
        Answer { result, trace: trace(used, start) }
    }

    fn evaluate(&self, script: &Script, call: &Call) -> Result<Dynamic, Box<EvalAltResult>> {
        let mut scope = Scope::new();
        scope.push_constant_dynamic(REQUEST, Dynamic::from(Request));
        scope.push_constant_dynamic(REQUESTER, Dynamic::from(Person(call.facts.requester.clone())));
        scope.push_constant_dynamic(CONFIG, settings(&call.config)?);
        self.interpreter().run(&mut scope, &script.inner.ast)
    }
}

fn trace(used: Used, start: Instant) -> Trace {
    Trace {
        reads: used.reads,
        fuel: used.operations,
        host_calls: used.host_calls,
        elapsed: start.elapsed(),
        ..Trace::default()
    }
}

/// A panic in a function of ours: the script is not to blame.
fn panicked(panic: &(dyn Any + Send)) -> Failure {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    Failure {
        detail: Some(format!("panic while a script ran: {text}")),
        ..Failure::new(FailureClass::Bug, "the engine made a mistake while it ran the script")
    }
}

#[cfg(test)]
mod tests;
