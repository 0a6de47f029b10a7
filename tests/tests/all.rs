//! Everything that crosses crates, in one binary.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test cannot go on without ends it"
)]

mod all {
    mod agenda;
    mod authors;
    mod claims;
    mod contract;
    mod documents;
    mod generated;
    mod languages;
    mod pools;
    mod scenarios;
    mod schemas;
}
