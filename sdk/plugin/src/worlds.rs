//! One trait for each thing that a plugin can be.

use serde::de::DeserializeOwned;

use crate::{Error, Plan, Presence, Problem, Receipt, Resolution, Result, Verdict};

/// A condition of a rule: does it hold for this request?
pub trait Condition {
    /// The settings, by the schema in the manifest; `()`-like structs where there are none.
    type Config: DeserializeOwned;

    /// Answers [`met`](crate::met) or [`unmet`](crate::unmet).
    ///
    /// # Errors
    /// Where there is no answer. The condition is then undecided and opens no door.
    fn evaluate(config: Self::Config) -> Result<Verdict>;
}

/// A source of approvers: who can approve this step of this request?
pub trait Approvers {
    /// The settings, by the schema in the manifest.
    type Config: DeserializeOwned;

    /// Names users and groups.
    ///
    /// # Errors
    /// Where there is no answer. Nobody at all is an answer, not a failure.
    fn resolve(config: Self::Config) -> Result<Resolution>;
}

/// A check of a request, on submission and on every edit: what is wrong with it?
pub trait Validator {
    /// The settings, by the schema in the manifest.
    type Config: DeserializeOwned;

    /// Names what is wrong, and where. None at all is an answer: nothing is.
    ///
    /// # Errors
    /// Where there is no answer. The request is then not submitted.
    fn validate(config: Self::Config) -> Result<Vec<Problem>>;
}

/// Brings notices to people.
pub trait Notifier {
    /// The settings, by the schema in the manifest.
    type Config: DeserializeOwned;

    /// Delivers the [`notice`](crate::notice). Every retry of one notice comes with the same key. Answers
    /// the other side's own name for the delivery, if it gave one.
    ///
    /// # Errors
    /// The class says whether it is tried again; a notice of unknown outcome is.
    fn deliver(config: Self::Config, once_key: &str) -> Result<Option<String>>;
}

/// What is done once a request is approved.
pub trait Executor {
    /// The settings, by the schema in the manifest, with the request's properties filled in.
    type Config: DeserializeOwned;

    /// Says what `execute` would do, and changes nothing.
    ///
    /// # Errors
    /// Where it cannot be done; the submission is then refused.
    fn plan(config: Self::Config) -> Result<Plan>;

    /// Does it. Every retry of one execution comes with the same key.
    ///
    /// # Errors
    /// The class says whether it is tried again. After [`Error::unknown_outcome`], `probe` is next.
    fn execute(config: Self::Config, once_key: &str) -> Result<Receipt>;

    /// Says whether an earlier `execute` with this key did it.
    ///
    /// # Errors
    /// Where it cannot be asked now.
    fn probe(config: Self::Config, once_key: &str) -> Result<Presence>;

    /// Takes back what `done` tells of. What is taken back already is a success. The key is another
    /// than that of `execute`. Where nobody knows whether `execute` had its effect, `done` has its key
    /// as reference and no fields: then whatever is there is taken back.
    ///
    /// # Errors
    /// By default: it cannot be taken back.
    fn revert(_config: Self::Config, _done: Receipt, _once_key: &str) -> Result<Receipt> {
        Err(Error::permanent("not_revertible", "what this plugin does cannot be taken back"))
    }
}
