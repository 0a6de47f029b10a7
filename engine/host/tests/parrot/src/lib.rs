//! A plugin that says, in every world, whatever the bytes in its settings make of the contract's types:
//! answers, and what it passes to the host before it answers. Its manifest is put to it by the test.

#![cfg(target_family = "wasm")]

mod calls;
mod made;

use sdk_plugin::internal::bindings::{
    approvers::{self, exports::countersign::plugin::approvers::Resolution},
    condition::{self, exports::countersign::plugin::condition::Verdict},
    executor::{self, exports::countersign::plugin::executor::EffectPlan},
    notifier,
    plugin::{
        config,
        types::{Failure, Presence, Receipt},
    },
    validator::{self, exports::countersign::plugin::validator::Problem},
};

use self::made::{Bytes, Made};

struct Parrot;

/// What the settings make it say, after what they make it ask.
fn say<T: Made>(effect: bool) -> Result<T, Failure> {
    let settings: serde_json::Value = serde_json::from_str(&config::json()).unwrap_or_default();
    let hex = settings.get("bytes").and_then(|bytes| bytes.as_str()).unwrap_or_default();
    let bytes = (0..hex.len() / 2).map(|n| {
        hex.get(2 * n..2 * n + 2).and_then(|two| u8::from_str_radix(two, 16).ok()).unwrap_or(0)
    });
    let mut bytes = Bytes::new(bytes.collect());
    calls::make(&mut bytes, effect);
    if bytes.chance(8) { Err(Failure::made(&mut bytes)) } else { Ok(T::made(&mut bytes)) }
}

impl condition::exports::countersign::plugin::condition::Guest for Parrot {
    fn evaluate() -> Result<Verdict, Failure> {
        say(false)
    }
}

impl approvers::exports::countersign::plugin::approvers::Guest for Parrot {
    fn resolve() -> Result<Resolution, Failure> {
        say(false)
    }
}

impl validator::exports::countersign::plugin::validator::Guest for Parrot {
    fn validate() -> Result<Vec<Problem>, Failure> {
        say(false)
    }
}

impl executor::exports::countersign::plugin::executor::Guest for Parrot {
    fn plan() -> Result<EffectPlan, Failure> {
        say(true)
    }

    fn execute(_: String) -> Result<Receipt, Failure> {
        say(true)
    }

    fn probe(_: String) -> Result<Presence, Failure> {
        say(true)
    }

    fn revert(_: Receipt, _: String) -> Result<Receipt, Failure> {
        say(true)
    }
}

impl notifier::exports::countersign::plugin::notifier::Guest for Parrot {
    fn deliver(_: String) -> Result<Option<String>, Failure> {
        say(true)
    }
}

const _: () = {
    condition::export!(Parrot with_types_in condition);
};
const _: () = {
    approvers::export!(Parrot with_types_in approvers);
};
const _: () = {
    validator::export!(Parrot with_types_in validator);
};
const _: () = {
    executor::export!(Parrot with_types_in executor);
};
const _: () = {
    notifier::export!(Parrot with_types_in notifier);
};
