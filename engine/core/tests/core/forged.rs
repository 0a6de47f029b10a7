//! EXE-1, URG-2: the right to execute cannot be made up. Each file of `tests/forged` tries, and the
//! compiler says why not.

#[test]
fn nobody_forges_a_release_or_an_order() {
    trybuild::TestCases::new().compile_fail("tests/forged/*.rs");
}
