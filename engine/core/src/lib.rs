//! The pure approval core: decide, evolve, explain.
//!
//! Nothing here reads a clock, a file, a random source or the network. Commands and answers go in,
//! events and effects come out.

pub mod directory;
pub mod extension;
pub mod ids;
pub mod money;
pub mod value;
