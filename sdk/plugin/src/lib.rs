//! Write Countersign plugins in Rust.
//!
//! A plugin is one WebAssembly component. It is a [`Condition`] of a rule, a source of [`Approvers`], a
//! [`Validator`] of requests, an [`Executor`] of what was approved, or a [`Notifier`]: one trait, one type, one [`plugin!`] line. Everything from
//! outside comes through this crate: the [`request`], the [`directory`], the [`clock`], databases, files
//! and [`http`] calls of the host. There is nothing else: no files, no sockets, no clock of the machine.
//!
//! # A first plugin
//!
//! ```toml
//! [lib]
//! crate-type = ["cdylib"]
//!
//! [dependencies]
//! sdk-plugin = "0.1"
//! serde = { version = "1", features = ["derive"] }
//! ```
//!
//! `src/lib.rs`: met where the amount is at most the limit in the rule's `config`.
//!
//! ```
//! use sdk_plugin::prelude::*;
//!
//! struct Frugal;
//!
//! #[derive(Deserialize)]
//! struct Config {
//!     limit: Money,
//! }
//!
//! impl Condition for Frugal {
//!     type Config = Config;
//!
//!     fn evaluate(config: Config) -> Result<Verdict> {
//!         let amount: Money = request::get("amount")?;
//!         if request::compare(&amount, &config.limit)?.is_le() {
//!             return met();
//!         }
//!         unmet("above_limit", format!("{amount} is above {}", config.limit))
//!     }
//! }
//! ```
//!
//! and, once in the crate, `plugin!(condition: Frugal);`.
//!
//! `manifest.json`, beside `Cargo.toml`, says what the plugin is and what it wants; the `plugin!` line
//! puts it into the component. `sdk/wit/v1/manifest.schema.json` describes it.
//!
//! ```json
//! {
//!   "name": "frugal",
//!   "version": "0.1.0",
//!   "contract": "1.0.0",
//!   "worlds": ["condition"],
//!   "about": "Small amounts only",
//!   "config": {
//!     "type": "object",
//!     "required": ["limit"],
//!     "additionalProperties": false,
//!     "properties": { "limit": { "type": "string", "title": "The largest amount" } }
//!   },
//!   "reads": { "request": ["amount"] },
//!   "pure": true
//! }
//! ```
//!
//! `reads` names the properties: any other is refused. A name that the rule decides is written
//! `{"config": "amount_property"}`. An executor that needs a database says so under `wants`, and an
//! administrator grants it:
//! `{"capability": "statements", "target": {"config": "connection"}, "access": "read-write", "why": "…"}`.
//!
//! Another system is named by its origin: a look-up in a question as
//! `{"capability": "http-lookups", "target": "https://hr.example.org", "why": "…"}`, a call in an effect as
//! `{"capability": "http", "target": {"config": "url"}, "methods": ["POST"], "why": "…"}`.
//!
//! Build it with `cargo build --release --target wasm32-wasip2`. Test it with plain `cargo test`: the
//! same type runs natively in a [`testing::Host`].
//!
//! # Answers and failures
//!
//! *Unmet*, *nobody* and *did not happen* are answers. An [`Error`] is the lack of one: it opens no
//! door, and its [`Class`] says what follows. `?` works on every error; choose the class yourself
//! where it matters: [`Error::retryable`] for what may pass, [`Error::refused`] for policy, and in an
//! executor [`Error::unknown_outcome`] wherever the effect may have happened.
//!
//! # What was approved is what runs
//!
//! A plan says word for word, or by kind and tables, which statements its executor will send
//! ([`Plan::covers`], [`Planned`]). People approve that, and the host refuses everything else, reading
//! statements too. [`testing::Host`] refuses it as well, and says what the plan lacks.
//!
//! # Effects happen once
//!
//! `execute` may be called again with the same key: after a crash, or a lost connection. For an effect
//! in a database, [`Transaction::commit`] writes a marker with the key and the receipt in the effect's
//! own transaction, and [`Connection::marker_of`] is the whole of a `probe`. Files belong to a key as
//! well ([`files_of`]). For everything else there are [`steps`]: what an earlier try did is not done again.
//!
//! # Money
//!
//! Amounts are exact. Two amounts are compared by [`request::compare`], which knows the rates frozen
//! with the request; a missing rate is an error, never *less*.
//!
//! # To add one more
//!
//! A function of the contract appears in `sdk/wit`, in `wasm.rs` (the real host), in
//! `testing/backend.rs` (the host of tests) and in the public module that documents it.

pub mod clock;
pub mod config;
pub mod directory;
pub mod http;
pub mod log;
pub mod notice;
pub mod request;
pub mod steps;

mod answer;
mod data;
mod error;
mod planned;
mod value;
mod worlds;

#[cfg(target_family = "wasm")]
mod wasm;
#[cfg(target_family = "wasm")]
use wasm as backend;

#[cfg(not(target_family = "wasm"))]
pub mod testing;
#[cfg(not(target_family = "wasm"))]
use testing::backend;

pub use answer::{
    Effect, Message, Nominee, Plan, Presence, Principal, Problem, Receipt, Resolution, Verdict,
    met, unmet,
};
pub use data::{
    Cell, Column, Connection, Cursor, Database, File, Marker, Mode, Parameter, RowSet, Secret,
    Statement, Target, Transaction, Writer, files_of, look_up,
};
pub use error::{Class, Error, ErrorKind, HostError, Result};
pub use planned::{Coverage, Planned, Stage};
pub use value::{FromValue, GroupId, Money, NodeId, ResourceId, UserId, Value};
pub use worlds::{Approvers, Condition, Executor, Notifier, Validator};

/// Everything that most plugins use.
pub mod prelude {
    pub use rust_decimal::Decimal;
    pub use serde::Deserialize;

    pub use crate::{
        Approvers, Condition, Error, Executor, GroupId, Message, Money, NodeId, Notifier, Plan,
        Planned, Presence, Problem, Receipt, Resolution, ResourceId, Result, UserId, Validator,
        Value, Verdict, clock, directory, log, met, notice, plugin, request, unmet,
    };
}

#[doc(hidden)]
#[cfg(target_family = "wasm")]
pub mod internal {
    pub use crate::wasm::{Exported, bindings};
}

/// Makes a component of a type: `plugin!(condition: Frugal);`, once, at the crate's root. One that serves
/// several worlds names each: `plugin!(condition: Frugal, validator: Frugal);`.
///
/// The words are `condition`, `approvers`, `validator`, `executor` and `notifier`. The manifest is the file `manifest.json`
/// beside `Cargo.toml`; it goes into the component, and as `MANIFEST` to the tests.
#[macro_export]
macro_rules! plugin {
    ($($world:ident: $plugin:ty),+ $(,)?) => {
        /// The plugin's manifest, as JSON.
        pub const MANIFEST: &str = ::core::include_str!(::core::concat!(
            ::core::env!("CARGO_MANIFEST_DIR"),
            "/manifest.json"
        ));

        $(
            #[cfg(not(target_family = "wasm"))]
            const _: ::core::marker::PhantomData<$plugin> = ::core::marker::PhantomData;

            #[cfg(target_family = "wasm")]
            const _: () = {
                type Component = $crate::internal::Exported<$plugin>;
                $crate::internal::bindings::$world::export!(
                    Component with_types_in $crate::internal::bindings::$world
                );
            };
        )+

        #[cfg(target_family = "wasm")]
        const _: () = {
            #[used]
            #[unsafe(link_section = "countersign:manifest")]
            static SECTION: [u8; MANIFEST.len()] = {
                let mut bytes = [0; MANIFEST.len()];
                bytes.copy_from_slice(MANIFEST.as_bytes());
                bytes
            };
        };
    };
}
