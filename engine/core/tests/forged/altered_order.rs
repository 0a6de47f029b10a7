//! An order changed after it was made.
use engine_core::{order::ExecutionOrder, payload::PayloadHash};

fn alter(mut order: ExecutionOrder, other: PayloadHash) -> ExecutionOrder {
    order.payload = other;
    order
}

fn main() {
    let _ = alter;
}
