use engine_core::{rejection::Forbidden, request::SeatWho};

use super::{check, export, grant, id, told, unit, variants};

variants! { ALL, variant of Forbidden:
    NotASubmitter NotForOthers OnlyRequester EditForbidden NotEditable NotAReviewer OwnReview NoReview
    NotAnExecutor OnlyAdministrators OnlyRuleManagers OnlyOverseers NoDecision NotAHolder NotARevoker
    NotAReporter TakesNoPart NotAWatcher NotYourAttachment NotAReceiptReviewer OwnReceipt ServiceAccount NotYourStep
    EnoughApprovals NotYourSeat OwnRequest OwnSeat OwnStandIn NotAnApprover NoDelegation
    OthersDelegation OwnRights OnlyTransfer OnlyOwner
}

fn examples() -> Vec<(&'static str, Forbidden)> {
    let title = || "Capital expenditure".to_owned();
    let only = |in_review| Forbidden::OnlyRequester { requester: id("u-ann"), in_review };
    let reviewers = vec![SeatWho::Group(id("directors")), SeatWho::Person(id("u-bob"))];
    vec![
        ("", Forbidden::NotASubmitter { title: title() }),
        ("", Forbidden::NotForOthers { title: title() }),
        ("", only(false)),
        ("in review", only(true)),
        ("over", Forbidden::EditForbidden { under_way: false }),
        ("under way", Forbidden::EditForbidden { under_way: true }),
        ("nothing", Forbidden::NotEditable { step: unit(), properties: vec![] }),
        (
            "some",
            Forbidden::NotEditable { step: unit(), properties: vec![id("max_rows"), id("until")] },
        ),
        ("", Forbidden::NotAReviewer { reviewers }),
        ("none", Forbidden::NotAReviewer { reviewers: vec![] }),
        ("", Forbidden::OwnReview),
        ("", Forbidden::NoReview),
        ("system", Forbidden::NotAnExecutor { execution: grant(), again: false }),
        ("system again", Forbidden::NotAnExecutor { execution: grant(), again: true }),
        ("by hand", Forbidden::NotAnExecutor { execution: export(), again: false }),
        ("by hand again", Forbidden::NotAnExecutor { execution: export(), again: true }),
        ("unknown", Forbidden::NotAnExecutor { execution: id("other"), again: false }),
        ("", Forbidden::OnlyAdministrators),
        ("", Forbidden::OnlyRuleManagers),
        ("", Forbidden::OnlyOverseers),
        ("", Forbidden::NoDecision),
        ("", Forbidden::NotAHolder),
        ("", Forbidden::NotARevoker { resource: None }),
        ("of item", Forbidden::NotARevoker { resource: Some(id("orders-db")) }),
        ("", Forbidden::NotAReporter { execution: grant() }),
        ("by hand", Forbidden::NotAReporter { execution: export() }),
        ("", Forbidden::TakesNoPart { watches: false }),
        ("watches", Forbidden::TakesNoPart { watches: true }),
        ("", Forbidden::NotAWatcher),
        ("", Forbidden::NotYourAttachment),
        ("", Forbidden::NotAReceiptReviewer),
        ("", Forbidden::OwnReceipt),
        ("", Forbidden::ServiceAccount),
        ("", Forbidden::NotYourStep { step: Some(unit()) }),
        ("none", Forbidden::NotYourStep { step: None }),
        ("", Forbidden::EnoughApprovals { step: unit() }),
        ("", Forbidden::NotYourSeat),
        ("", Forbidden::OwnRequest),
        ("", Forbidden::OwnSeat),
        ("", Forbidden::OwnStandIn),
        ("", Forbidden::NotAnApprover),
        ("", Forbidden::NoDelegation),
        ("", Forbidden::OthersDelegation),
        ("", Forbidden::OwnRights),
        ("", Forbidden::OnlyTransfer),
        ("", Forbidden::OnlyOwner),
    ]
}

#[test]
fn whatever_is_not_allowed_says_whose_it_is() {
    let examples = examples();
    let all = examples
        .iter()
        .map(|(case, why)| (variant(why), *case, told(|names| names.forbidden(why))))
        .collect();
    check("forbidden.txt", ALL, all);
}
