//! The wording of every code: what a person reads.

use std::{collections::BTreeSet, slice};

use engine_core::{
    directory::{Directory, Group, Node, OrganizationRole, Resource, User, UserKind},
    explanation::{Explanation, Ground, Outcome},
    extension::{FailureClass, Message},
    rejection::{FieldProblem, Forbidden, Rejection, StepShortage, Unmet, UrgentGate},
    request::{Block, EmptyBecause, EmptySeat, Shortage, Status},
    rule::{self, Path, Rule, compile},
    value::Value,
};

use super::Names;
use crate::document::Document;

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    for (login, name) in [("ann", "Ann Example"), ("bob", "bob")] {
        directory.put_user(User {
            id: id(&format!("u-{login}")),
            login: id(login),
            name: name.to_owned(),
            email: None,
            time_zone: None,
            active: true,
            kind: UserKind::Person,
            role: OrganizationRole::User,
            groups: BTreeSet::from([id("directors")]),
            properties: [].into(),
            replacement: engine_core::directory::Replacement::default(),
        });
    }
    directory.put_group(Group { id: id("directors"), name: "Unit Directors".to_owned() });
    directory.put_node(Node {
        id: id("emea"),
        name: "Europe".to_owned(),
        parent: None,
        permissions: vec![],
    });
    directory.put_resource(Resource {
        id: id("orders-db"),
        name: "Orders".to_owned(),
        owner: None,
    });
    directory
}

const RULE: &str = "
rule: capex
kind: capex
form:
  - {name: amount, type: money}
  - {name: unit, type: node}
  - {name: purpose, type: choice, values: [growth, safety]}
steps:
  - id: unit
    title: Unit director
    approvers:
      - {id: directors, who: {group: directors}, permissions: [[{property: amount, less_or_equal: 10000000 USD}]]}
  - id: board
    approvers: [{id: cfo, who: {user: ann}}]
";

fn capex(directory: &Directory) -> Rule {
    let definition = Document::parse("capex.yaml", RULE).unwrap().read().unwrap();
    compile(&definition, 1, &rule::Names::of_directory(directory)).unwrap().rule
}

/// Tells something with the names of the example.
fn told(tell: impl Fn(&Names<'_>) -> String) -> String {
    let directory = directory();
    let rule = capex(&directory);
    tell(&Names::of_rule(&directory, &rule))
}

fn test(property: &str, operator: &str, wanted: &[Value], seen: Option<Value>) -> Explanation {
    let ground = Ground::Test {
        path: Path::Property(id(property)),
        operator: operator.to_owned(),
        wanted: wanted.to_vec(),
        seen,
    };
    Explanation::leaf(Outcome::Unmet, ground)
}

fn money(text: &str) -> Value {
    Value::Money(text.parse().unwrap())
}

fn too_much() -> Explanation {
    let limit = money("10000000 USD");
    test("amount", "less_or_equal", &[limit], Some(money("12000000 USD")))
}

/// ELG-2: every unmet code, in the order of the format.
#[test]
fn every_unmet_code_has_its_sentence() {
    let sentences = [
        (Unmet::Inactive, "The account is deactivated. An administrator can activate it."),
        (
            Unmet::NoAccess,
            "This person has no access to the request. A seat, or sight of it by name, would give it.",
        ),
        (
            Unmet::NoSeat { step: id("unit"), taken_by: vec![], elsewhere: None },
            "This person has no seat in step “Unit director”: it asks other people.",
        ),
        (
            Unmet::NoSeat {
                step: id("unit"),
                taken_by: vec![id("u-ann"), id("u-bob")],
                elsewhere: None,
            },
            "The seats of step “Unit director” that this person could fill are taken by Ann Example (ann) and bob. Nothing is left to do.",
        ),
        (
            Unmet::Permission { step: id("unit"), explanation: too_much() },
            "Amount 12,000,000 USD is above the 10,000,000 USD that Unit Directors may approve in step “Unit director”.",
        ),
        (
            Unmet::Criteria { explanation: Explanation::all(vec![too_much()]) },
            "The rule does not let anybody decide this request: Amount 12,000,000 USD is above 10,000,000 USD.",
        ),
        (
            Unmet::RequiredProperties { properties: vec![id("budget_code"), id("amount")] },
            "Before somebody can approve, budget code and amount must be filled.",
        ),
        (
            Unmet::SelfApproval,
            "The request is this person's own, or counts as theirs because they changed it, and the rule does not allow self-approval. Somebody else has to decide.",
        ),
        (
            Unmet::Separation { step: id("unit") },
            "This person has decided in step “Unit director”, and whoever did may not decide here. Somebody else has to.",
        ),
        (
            Unmet::NotPending { status: Status::Cancelled },
            "The request is cancelled: nothing is left to decide.",
        ),
        (
            Unmet::OnHold,
            "The request is on hold. It can be decided as soon as somebody releases it.",
        ),
        (
            Unmet::Blocked,
            "The request is blocked: see its explanation for what has to change first.",
        ),
        (
            Unmet::AlreadyDecided { step: id("board") },
            "This person has decided in step “board” already.",
        ),
    ];
    for (unmet, sentence) in sentences {
        assert_eq!(told(|names| names.unmet(&unmet)), sentence);
    }
}

/// CND-4
#[test]
fn conditions_say_what_was_seen_and_what_was_wanted() {
    let growth = || Value::Choice("growth".to_owned());
    let safety = || Value::Choice("safety".to_owned());
    let emea = || Value::Node(id("emea"));
    let (low, high) = (money("1 EUR"), money("1000 EUR"));
    let between = [low.clone(), high.clone()];
    let conditions = [
        (
            test("purpose", "equal", &[safety()], Some(growth())),
            "Purpose is growth, which is not safety",
        ),
        (test("purpose", "not_equal", &[growth()], Some(growth())), "Purpose is growth"),
        (
            test("amount", "less", slice::from_ref(&low), Some(high.clone())),
            "Amount 1,000 EUR is not below 1 EUR",
        ),
        (
            test("amount", "greater", slice::from_ref(&high), Some(low.clone())),
            "Amount 1 EUR is not above 1,000 EUR",
        ),
        (
            test("amount", "greater_or_equal", slice::from_ref(&high), Some(low)),
            "Amount 1 EUR is below 1,000 EUR",
        ),
        (
            test("amount", "greater", slice::from_ref(&high), None),
            "Amount is empty, and must be above 1,000 EUR",
        ),
        (
            test("amount", "between", &between, Some(money("2 USD"))),
            "Amount 2 USD is not between 1 EUR and 1,000 EUR",
        ),
        (
            test("purpose", "in", &[growth(), safety()], Some(Value::Choice("fun".into()))),
            "Purpose is fun, which is none of growth or safety",
        ),
        (
            test("unit", "within", &[emea()], Some(emea())),
            "Unit is Europe, which is not within Europe",
        ),
        (
            test("tags", "contains", &[growth()], Some(Value::List(vec![]))),
            "Tags is nothing, which does not contain growth",
        ),
        (
            test("amount", "is_set", &[Value::Boolean(true)], None),
            "Amount is empty, and must be filled",
        ),
        (
            test("amount", "is_set", &[Value::Boolean(false)], Some(high)),
            "Amount is filled, and must be empty",
        ),
        (
            test("code", "matches", &[Value::Text("[A-Z]+".into())], Some(Value::Text("x".into()))),
            "Code is “x”, which does not have the form “[A-Z]+”",
        ),
        (
            Explanation::any(vec![
                too_much(),
                test("purpose", "equal", &[safety()], Some(growth())),
            ]),
            "none of these holds: Amount 12,000,000 USD is above 10,000,000 USD; Purpose is growth, which is not safety",
        ),
        (
            Explanation::leaf(
                Outcome::Unmet,
                Ground::Extension {
                    name: "freeze.rhai".into(),
                    message: Some(Message {
                        code: "x".into(),
                        arguments: [].into(),
                        text: "No changes on Fridays.".into(),
                    }),
                },
            ),
            "No changes on Fridays",
        ),
        (
            Explanation::leaf(
                Outcome::Undecided,
                Ground::Failed {
                    name: "calendar".into(),
                    class: FailureClass::Fuel,
                    message: "out of fuel".into(),
                },
            ),
            "`calendar` could not answer, because it used up the work it may do: out of fuel",
        ),
        (
            Explanation::leaf(
                Outcome::Undecided,
                Ground::MissingRate { path: Path::Property(id("amount")), currency: id("GBP") },
            ),
            "amount cannot be compared: the organization has no exchange rate for GBP; an administrator can add one",
        ),
    ];
    for (explanation, sentence) in conditions {
        assert_eq!(told(|names| names.reason(&explanation)), sentence);
    }
}

/// STP-6, STP-6a, STP-8
#[test]
fn shortages_name_whom_and_what_is_missing() {
    let seat = |why| vec![EmptySeat { assignment: id("directors"), why }];
    let shortages = [
        (
            Shortage::Nobody { empty: vec![] },
            "Nobody is responsible for step “Unit director”: no assignment applies to this request.",
        ),
        (
            Shortage::Nobody {
                empty: seat(EmptyBecause::PropertyUnset {
                    property: id("manager"),
                    of: Some(id("u-ann")),
                }),
            },
            "Nobody can decide step “Unit director”. Unit Directors: the profile of Ann Example (ann) has no manager; an administrator can fill it.",
        ),
        (
            Shortage::TooFew {
                wanted: 2,
                possible: 1,
                empty: seat(EmptyBecause::OnlyRequester),
                same: vec![],
            },
            "Step “Unit director” needs 2 approvals and only 1 can be given. Unit Directors: the requester is the only one, and the rule does not allow self-approval.",
        ),
        (
            Shortage::TooManySeats { seats: 201 },
            "Step “Unit director” would have 201 seats, and 200 is the most. The rule has to name fewer people.",
        ),
    ];
    for (shortage, sentence) in shortages {
        assert_eq!(told(|names| names.shortage(&id("unit"), &shortage)), sentence);
    }
    let reasons = [
        (
            EmptyBecause::PropertyUnset { property: id("owner"), of: None },
            "the request has no owner",
        ),
        (EmptyBecause::Deactivated { user: id("u-bob"), property: None }, "bob is deactivated"),
        (
            EmptyBecause::GroupEmpty { group: id("directors") },
            "the group Unit Directors has no active member",
        ),
        (EmptyBecause::RoleEmpty, "nobody holds that role"),
        (
            EmptyBecause::NoOwner { resource: Some(id("orders-db")) },
            "Orders has no owner; an administrator can name one",
        ),
        (EmptyBecause::NoOwner { resource: None }, "the request names no resource"),
        (
            EmptyBecause::NobodyNamed {
                name: "org-chart".into(),
                message: Some("no limit is high enough.".into()),
            },
            "`org-chart` names nobody: no limit is high enough",
        ),
        (
            EmptyBecause::NobodyNamed { name: "org-chart".into(), message: None },
            "`org-chart` names nobody",
        ),
        (
            EmptyBecause::Separated,
            "all of them have decided in an earlier step, and may not decide here too",
        ),
        (EmptyBecause::NoSight, "none of them may see the request"),
    ];
    for (why, sentence) in reasons {
        assert_eq!(told(|names| names.empty_because(&why)), sentence);
    }
}

#[test]
fn blocks_say_what_would_change_them() {
    let undecided = Explanation { outcome: Outcome::Undecided, ..too_much() };
    let blocks = [
        (
            Block::ConditionUndecided { step: id("unit"), explanation: undecided },
            "It is asked again when somebody next does something with the request, or asks to reevaluate it.",
        ),
        (
            Block::NoApprovers { step: id("unit"), shortage: Shortage::Nobody { empty: vec![] } },
            "The request goes on when people or the rule change",
        ),
        (Block::NothingToApprove, "An administrator has to look at the rule."),
    ];
    for (block, part) in blocks {
        let text = told(|names| names.block(&block));
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn every_rejection_has_its_sentence() {
    let shortage = StepShortage { step: id("unit"), shortage: Shortage::Nobody { empty: vec![] } };
    let problem = FieldProblem { field: "title".into(), message: "too short".into() };
    let rejections = [
        (Rejection::NotFound, "There is no such thing here, or you may not see it."),
        (Rejection::Invalid(vec![problem]), "Some values are not right. title: too short"),
        (
            Rejection::WrongStatus {
                status: Status::Approved,
                execution: Some("revoke_failed".into()),
            },
            "That cannot be done now: the request is approved, the execution is revoke failed.",
        ),
        (
            Rejection::Conflict { revision: 2, step: Some(id("unit")) },
            "The request has changed since you looked at it; it is now at step “Unit director”. Look again and decide then.",
        ),
        (
            Rejection::StepComplete { step: Some(id("unit")) },
            "Step “Unit director” is complete: nothing is left to decide in it.",
        ),
        (
            Rejection::UrgentApproveOnly,
            "The work of an urgent request has been released already, so it can only be approved.",
        ),
        (
            Rejection::UrgentNotAllowed(UrgentGate::Rule),
            "This rule does not allow urgent requests. Submit it without `urgent`.",
        ),
        (
            Rejection::NoApprovers(vec![shortage]),
            "Nobody is responsible for step “Unit director”: no assignment applies to this request.",
        ),
        (
            Rejection::NoRule { group: None, explanation: Box::new(too_much()) },
            "This rule does not take this request. Amount 12,000,000 USD is above 10,000,000 USD.",
        ),
        (
            Rejection::PlanFailed {
                binding: id("fix"),
                class: FailureClass::Denied,
                message: "no connection".into(),
            },
            "The executor `fix` cannot say what it would do, because it was not granted what it needs; an administrator can grant it: no connection",
        ),
        (
            Rejection::NotPending { status: Status::Expired },
            "The request is expired: nothing is left to decide.",
        ),
        (
            Rejection::Forbidden(Forbidden::NotAnExecutor {
                binding: id("fix"),
                groups: vec![id("directors")],
            }),
            "Only members of Unit Directors may run `fix`.",
        ),
        (
            Rejection::OnHold,
            "The request is on hold. Its requester, an approver or an administrator can release it.",
        ),
        (
            Rejection::Forbidden(Forbidden::NoDecision),
            "You can only take back a decision of your own, and you have made none that counts.",
        ),
        (
            Rejection::Forbidden(Forbidden::NotAHolder),
            "Only the requester, an approver of the request, or an administrator can set or lift a hold.",
        ),
        (
            Rejection::Forbidden(Forbidden::ServiceAccount),
            "A service account can submit requests, and decides nothing. A person has to.",
        ),
    ];
    for (rejection, sentence) in rejections {
        assert_eq!(told(|names| names.rejection(&rejection)), sentence);
    }
}
