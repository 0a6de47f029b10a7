//! The numbers of `docs/semantics.md` that this version holds to. The others belong to rules that are
//! still to come.

use engine_api::code::ErrorCode;
use engine_core::{
    money::{MAX_INTEGER_DIGITS, MAX_RATE_SCALE, MAX_SCALE},
    organization::Settings,
    rule::{MAX_SEATS, MAX_STEPS},
    value::Span,
};

#[test]
fn the_semantics_state_the_numbers_of_the_code() {
    let Settings { approval_expiry_max, comments, reason, .. } = Settings::default();
    let Span::Seconds(seconds) = approval_expiry_max else { panic!("{approval_expiry_max}") };
    let expected = [
        format!("A rule has 1 to {MAX_STEPS} **steps**"),
        format!("At most {MAX_SEATS} seats in a step"),
        format!("title/reason length ({}..{})", reason.min, reason.max),
        format!("approval expiry ≤ {} days *setting*", seconds / 86_400),
        format!("{}..{} characters *setting*", comments.min, comments.max),
        format!("at most {MAX_INTEGER_DIGITS} integer digits and a scale up to {MAX_SCALE}"),
        format!("rates up to {MAX_RATE_SCALE} decimals"),
        format!("refused with {}", ErrorCode::PreconditionRequired.status()),
        format!("{} over HTTP", ErrorCode::Unauthenticated.status()),
    ];
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/semantics.md");
    let text = std::fs::read_to_string(path).unwrap();
    let missing: Vec<_> = expected.iter().filter(|words| !text.contains(*words)).collect();
    assert_eq!(missing, Vec::<&String>::new(), "the code says so, and docs/semantics.md does not");
}
