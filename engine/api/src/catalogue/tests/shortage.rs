use engine_core::{
    directory::OrganizationRole,
    request::{EmptyBecause, EmptySeat, NotApplying, OnlyOne, Shortage},
};

use super::{check, id, told, too_much, unit, variants};

variants! { SHORTAGES, shortage of Shortage: Nobody TooFew TooFewPeople TooManySeats }
variants! { EMPTY, empty of EmptyBecause:
    PropertyUnset Deactivated GroupEmpty RoleEmpty NodeEmpty NobodyThere NoOwner NobodyNamed
    NobodyPicked OnlyRequester Separated SatElsewhere NoSight EachBarred
}

fn seat(why: EmptyBecause) -> Vec<EmptySeat> {
    vec![EmptySeat { assignment: id("directors"), why }]
}

/// STP-6, STP-6a
#[test]
fn shortages_name_whom_and_what_is_missing() {
    let unset = EmptyBecause::PropertyUnset { property: id("manager"), of: Some(id("u-ann")) };
    let same = vec![OnlyOne { user: id("u-bob"), assignments: vec![id("directors"), id("legal")] }];
    let not_applying = NotApplying { assignment: id("directors"), explanation: too_much() };
    let few = |wanted, possible, empty, same| Shortage::TooFew { wanted, possible, empty, same };
    let people = |wanted, possible| Shortage::TooFewPeople { wanted, possible };
    let examples = [
        ("", Shortage::Nobody { empty: vec![], unmet: vec![] }),
        ("permission", Shortage::Nobody { empty: vec![], unmet: vec![not_applying] }),
        ("empty", Shortage::Nobody { empty: seat(unset), unmet: vec![] }),
        ("", few(2, 1, seat(EmptyBecause::OnlyRequester), vec![])),
        ("same", few(2, 1, vec![], same)),
        ("none", few(1, 0, seat(EmptyBecause::EachBarred), vec![])),
        ("", people(3, 2)),
        ("one", people(2, 1)),
        ("none", people(1, 0)),
        ("", Shortage::TooManySeats { seats: 201 }),
    ];
    let all = examples
        .iter()
        .map(|(case, short)| (shortage(short), *case, told(|names| names.shortage(&unit(), short))))
        .collect();
    check("shortage.txt", SHORTAGES, all);
}

/// STP-8
#[test]
fn whoever_is_missing_is_named_with_who_can_help() {
    let unset = |of| EmptyBecause::PropertyUnset { property: id("project_owner"), of };
    let named = |message: Option<&str>| EmptyBecause::NobodyNamed {
        name: "org-chart".to_owned(),
        message: message.map(str::to_owned),
    };
    let bob = || id("u-bob");
    let manager = Some((id("manager"), id("u-ann")));
    let examples = [
        ("person", unset(Some(id("u-ann")))),
        ("request", unset(None)),
        ("", EmptyBecause::Deactivated { user: bob(), property: None }),
        ("named", EmptyBecause::Deactivated { user: bob(), property: manager }),
        ("", EmptyBecause::GroupEmpty { group: id("directors") }),
        ("unknown", EmptyBecause::GroupEmpty { group: id("painters") }),
        ("", EmptyBecause::RoleEmpty { role: OrganizationRole::Auditor }),
        ("", EmptyBecause::NodeEmpty { node: id("emea") }),
        ("", EmptyBecause::NobodyThere),
        ("", EmptyBecause::NoOwner { resource: Some(id("orders-db")) }),
        ("none", EmptyBecause::NoOwner { resource: None }),
        ("", named(None)),
        ("says", named(Some("no limit is high enough."))),
        ("", EmptyBecause::NobodyPicked),
        ("", EmptyBecause::OnlyRequester),
        ("", EmptyBecause::Separated),
        ("", EmptyBecause::SatElsewhere),
        ("", EmptyBecause::NoSight),
        ("", EmptyBecause::EachBarred),
    ];
    let all = examples
        .iter()
        .map(|(case, why)| (empty(why), *case, told(|names| names.empty_because(why))))
        .collect();
    check("empty.txt", EMPTY, all);
}
