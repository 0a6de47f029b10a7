//! Inputs that nobody thought of, for what reads manifests and for everything that crosses back from a
//! guest.
//!
//! Each target begins with its corpus (`tests/fuzz/corpus`), changes its inputs, and keeps those that are
//! answered in a new way for further changes. `COUNTERSIGN_FUZZ_SECONDS` says how long each runs (30),
//! `COUNTERSIGN_FUZZ_SEED` repeats a run, and with `COUNTERSIGN_FUZZ_KEEP=1` what was new goes into the
//! corpus; `cargo xtask fuzz` sets them. An input that breaks a target stays in the corpus, so that it is
//! tried first from then on.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod guest;
mod manifest;
mod run;

#[path = "../shared/built.rs"]
mod built;
