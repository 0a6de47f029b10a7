use engine_core::{
    explanation::Explanation,
    ids::UserId,
    rejection::{Own, Unmet},
    request::{Block, Status},
};

use super::{check, id, no_rate, told, too_much, unit, variants};
use crate::catalogue::Whom;

variants! { ALL, variant of Unmet:
    Inactive NoAccess NoSeat Permission Criteria RequiredProperties SelfApproval Separation NotPending
    OnHold Blocked AlreadyDecided
}

fn examples() -> Vec<(&'static str, Unmet)> {
    let no_seat = |taken_by: &[&str], elsewhere: Option<&str>| Unmet::NoSeat {
        step: unit(),
        taken_by: taken_by.iter().map(|login| id(login)).collect(),
        elsewhere: elsewhere.map(id),
    };
    let own = |own| Unmet::SelfApproval { own };
    let not_pending = |status| Unmet::NotPending { status };
    vec![
        ("", Unmet::Inactive),
        ("", Unmet::NoAccess),
        ("", no_seat(&[], None)),
        ("of others", no_seat(&["u-ann", "u-olga"], None)),
        ("elsewhere", no_seat(&[], Some("final_check"))),
        ("", Unmet::Permission { step: unit(), explanation: too_much() }),
        (
            "of several",
            Unmet::Permission {
                step: id("final_check"),
                explanation: Explanation::all(vec![too_much(), no_rate()]),
            },
        ),
        ("undecided", Unmet::Permission { step: unit(), explanation: no_rate() }),
        ("", Unmet::Criteria { explanation: Explanation::all(vec![too_much()]) }),
        ("", Unmet::RequiredProperties { properties: vec![id("budget_code")] }),
        (
            "several",
            Unmet::RequiredProperties { properties: vec![id("budget_code"), id("amount")] },
        ),
        ("asked", own(Own::Asked)),
        ("target", own(Own::Target)),
        ("edited", own(Own::Edited)),
        ("", Unmet::Separation { step: unit() }),
        ("draft", not_pending(Status::Draft)),
        ("in review", not_pending(Status::InReview)),
        ("approved", not_pending(Status::Approved)),
        ("rejected", not_pending(Status::Rejected)),
        ("cancelled", not_pending(Status::Cancelled)),
        ("expired", not_pending(Status::Expired)),
        ("", Unmet::OnHold),
        ("", Unmet::Blocked { why: Box::new(Block::NothingToApprove) }),
        ("", Unmet::AlreadyDecided { step: unit(), by: None }),
        ("for them", Unmet::AlreadyDecided { step: unit(), by: Some(id("u-ann")) }),
    ]
}

/// ELG-2: every code in the order of the format, to whoever reads it, and about bob.
#[test]
fn every_unmet_code_has_its_sentences() {
    let bob: UserId = id("u-bob");
    let mut all = Vec::new();
    for (case, unmet) in examples() {
        let (to, about) = (format!("{case} to you"), format!("{case} about bob"));
        let name = variant(&unmet);
        all.push((name, to, told(|names| names.unmet(&unmet, Whom::Reader))));
        all.push((name, about, told(|names| names.unmet(&unmet, Whom::Other(&bob)))));
    }
    let all = all.iter().map(|(name, case, text)| (*name, case.trim(), text.clone()));
    check("unmet.txt", ALL, all.collect());
}
