//! An order of a request that nobody asked whether it is released.
use engine_core::{
    ids::ExecutionId,
    order::{ExecutionOrder, Release},
    request::Request,
};

fn order(request: &Request, execution: &ExecutionId) -> Option<ExecutionOrder> {
    ExecutionOrder::new(Release::of(request), request, execution)
}

fn main() {
    let _ = order;
}
