//! Write Countersign plugins in Rust.
