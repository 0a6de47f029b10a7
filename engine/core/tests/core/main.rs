//! Tests.
#[test]
fn t() {}
