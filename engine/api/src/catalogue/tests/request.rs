use engine_core::{
    directory::OrganizationRole,
    explanation::Explanation,
    extension::{Failure, FailureClass},
    offboarding::NeededBecause,
    rejection::{Forbidden, Rejection, WrongValue},
    request::{ApprovedBy, Block, ExecutionFailure, RejectedBy, Shortage, WouldTake},
    rule::definition::EditPolicy,
};

use super::{Names, capex, check, directory, id, no_rate, told, too_much, unit, variants};
use crate::catalogue::because;

variants! { BLOCKS, block of Block:
    ConditionUndecided NoApprovers NothingToApprove Overdue NotTaken NoReviewers
}
variants! { APPROVED, approved of ApprovedBy: Steps Force SafetyCatch Condition }
variants! { REJECTED, rejected of RejectedBy: Decision QuorumOutOfReach Force SafetyCatch Overdue }
variants! { FAILURES, failure of FailureClass:
    Permanent Retryable UnknownOutcome Refused Fuel Deadline Memory Output HostCalls Trap BadOutput
    Denied Contract Busy Unavailable Bug
}
variants! { NEEDED, needed of NeededBecause:
    Named Property Owner LastOfGroup LastOfRole Seat LastOfSeat
}

fn not_taken(explanation: Explanation, why: Option<Rejection>) -> Block {
    let other = why.map(|why| Box::new(WouldTake { title: "Big purchases".to_owned(), why }));
    Block::NotTaken { explanation, other }
}

fn incomplete() -> Rejection {
    Rejection::invalid("properties.sponsor", WrongValue::Missing)
}

fn not_theirs() -> Rejection {
    Rejection::Forbidden(Forbidden::NotASubmitter { title: "Big purchases".to_owned() })
}

fn not_for_others() -> Rejection {
    Rejection::Forbidden(Forbidden::NotForOthers { title: "Big purchases".to_owned() })
}

/// STP-6a, CND-3
#[test]
fn blocks_say_what_would_change_them() {
    let nobody = Shortage::Nobody { empty: vec![], unmet: vec![] };
    let examples = [
        ("", Block::ConditionUndecided { step: unit(), explanation: no_rate() }),
        ("", Block::NoApprovers { step: unit(), shortage: nobody }),
        ("", Block::NothingToApprove),
        ("", Block::Overdue { step: unit() }),
        ("", not_taken(too_much(), None)),
        ("undecided", not_taken(no_rate(), None)),
        ("other rule incomplete", not_taken(too_much(), Some(incomplete()))),
        ("other rule not theirs", not_taken(too_much(), Some(not_theirs()))),
        ("other rule not for others", not_taken(too_much(), Some(not_for_others()))),
        ("", Block::NoReviewers),
    ];
    let mut all: Vec<_> = examples
        .iter()
        .map(|(case, why)| (block(why), *case, told(|names| names.block(why))))
        .collect();
    let directory = directory();
    let mut fixed = capex(&directory);
    fixed.edit = EditPolicy::Forbid;
    let fixed = Names::of_rule(&directory, &fixed);
    let not_taken = fixed.block(&not_taken(too_much(), None));
    all.push(("NotTaken", "cannot be changed", not_taken));
    check("block.txt", BLOCKS, all);
}

#[test]
fn outcomes_say_who_or_what_decided() {
    let comment = || "Rules are rules.".to_owned();
    let condition = ApprovedBy::Condition {
        name: "small ones".to_owned(),
        explanation: Explanation::all(vec![too_much()]),
    };
    let approvals = [
        ApprovedBy::Steps,
        ApprovedBy::Force { by: id("u-olga"), comment: comment() },
        ApprovedBy::SafetyCatch,
        condition,
    ];
    let all = approvals.iter().map(|by| (approved(by), "", told(|names| names.approved_by(by))));
    check("approved.txt", APPROVED, all.collect());
    let rejections = [
        RejectedBy::Decision { step: unit() },
        RejectedBy::QuorumOutOfReach { step: unit() },
        RejectedBy::Force { by: id("u-olga"), comment: comment() },
        RejectedBy::SafetyCatch,
        RejectedBy::Overdue { step: unit() },
    ];
    let all = rejections.iter().map(|by| (rejected(by), "", told(|names| names.rejected_by(by))));
    check("rejected.txt", REJECTED, all.collect());
}

#[test]
fn every_class_of_failure_has_a_cause() {
    let classes: Vec<FailureClass> = FAILURES
        .iter()
        .map(|name| serde_json::from_value(super::snake(name).into()).unwrap())
        .collect();
    let all = classes.iter().map(|class| (failure(class), "", because(*class).to_owned()));
    check("failure.txt", FAILURES, all.collect());
    let plugin = ExecutionFailure::Plugin(Failure::new(FailureClass::Busy, "no free place."));
    assert_eq!(
        told(|names| names.execution_failure(&plugin)),
        "it failed, because too much is going on at the moment: no free place"
    );
}

/// DIR-9
#[test]
fn whoever_leaves_is_needed_for_a_reason() {
    let of = |number: usize| vec![id("u-ann"); number];
    let managed = |number| NeededBecause::Property { property: id("manager"), of: of(number) };
    let examples = [
        ("", NeededBecause::Named),
        ("one", managed(1)),
        ("six", managed(6)),
        ("many", managed(8)),
        ("", NeededBecause::Owner(vec![id("orders-db")])),
        ("", NeededBecause::LastOfGroup(id("directors"))),
        ("owner", NeededBecause::LastOfRole(OrganizationRole::Owner)),
        ("auditor", NeededBecause::LastOfRole(OrganizationRole::Auditor)),
        ("", NeededBecause::Seat),
        ("", NeededBecause::LastOfSeat),
    ];
    let all = examples
        .iter()
        .map(|(case, why)| (needed(why), *case, told(|names| names.needed(why))))
        .collect();
    check("needed.txt", NEEDED, all);
}
