//! An order or a release read from a file: neither can be, so neither outlives its process.
use engine_core::order::{ExecutionOrder, Release};

fn read<T: serde::de::DeserializeOwned>() {}

fn main() {
    read::<ExecutionOrder>();
    read::<Release>();
}
