//! The numbers of `docs/semantics.md` that this version holds to. The others belong to rules that are
//! still to come.

use engine_api::code::ErrorCode;
use engine_core::{
    decide::attach::{MAX_ATTACHMENT, MAX_ATTACHMENTS},
    money::{MAX_INTEGER_DIGITS, MAX_RATE_SCALE, MAX_SCALE},
    organization::Settings,
    rule::{MAX_SEATS, MAX_STEPS},
    value::Span,
};

#[test]
fn the_semantics_state_the_numbers_of_the_code() {
    let Settings {
        approval_expiry_max,
        comments,
        reason,
        urgent_due,
        urgent_overdue_limit,
        attachments,
        ..
    } = Settings::default();
    let days = |span: Span| {
        let Span::Seconds(seconds) = span else { panic!("{span}") };
        seconds / 86_400
    };
    let expected = [
        format!("A rule has 1 to {MAX_STEPS} **steps**"),
        format!("At most {MAX_SEATS} seats in a step"),
        format!("title/reason length ({}..{})", reason.min, reason.max),
        format!("*setting*, {} days)", days(urgent_due)),
        format!("more than *n* ({urgent_overdue_limit}) overdue ones"),
        format!("attachments (≤ {} MB each, ≤ {MAX_ATTACHMENTS};", MAX_ATTACHMENT >> 20),
        format!("refused by extension .{} *setting*", attachments.refused.join(" .")),
        format!("approval expiry ≤ {} days *setting*", days(approval_expiry_max)),
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
