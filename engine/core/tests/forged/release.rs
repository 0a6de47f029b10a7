//! A release without a request that allows it.
use engine_core::order::{Ground, Release};

fn main() {
    let _forged = Release { ground: Ground::Approved };
}
