use super::{
    at, check_keyed, compared, export, grant, id, no_rate, told, too_much, unit, variants,
};
use engine_core::{
    explanation::Explanation,
    extension::{FailureClass, Receipt},
    ids::StepId,
    offboarding::{NeededBecause, NeededPlace, Place},
    question::Source,
    rejection::{
        FieldProblem, Forbidden, Gone, Own, Rejection, StepShortage, Tried, Unfit, Unmet,
        UrgentGate, WrongPerson, WrongText, WrongTime, WrongValue,
    },
    request::{AwaitedUse, EmptyBecause, ExecutionState, Shortage, Status},
    rule::Problem,
};

variants! { ALL, variant of Rejection:
    NotFound Forbidden Invalid WrongStatus Conflict StepComplete UrgentApproveOnly UrgentNotAllowed
    UrgentOverdue NoApprovers NoReviewers NoRule ConditionFailed RuleInvalid RuleRetired RuleInUse
    ReplacementNeeded PlanFailed ValidatorFailed NothingToConfirm AlreadyConfirmed OnHold NotPending
    CannotDecide CannotHoldSeat Gone TooLate
}
variants! { UNFIT, unfit of Unfit:
    Execution NotFromFirstUse UsedBefore NeverUsed WorkBegun CompletedStep StepDecided NothingToPassOn
}

fn shortage() -> Vec<StepShortage> {
    vec![StepShortage { step: unit(), shortage: Shortage::Nobody { empty: vec![], unmet: vec![] } }]
}

fn mistakes(number: usize) -> Rejection {
    let problem = |index: usize| Problem {
        path: format!("steps[{index}].id"),
        message: "stands twice".to_owned(),
    };
    Rejection::RuleInvalid((0..number).map(problem).collect())
}

fn of_requests() -> Vec<(&'static str, Rejection)> {
    let conflict = |step: Option<StepId>| Rejection::Conflict { revision: 2, step };
    let overdue = |overdue, limit| Rejection::UrgentOverdue { overdue, limit };
    let cannot_sit = |why| Rejection::CannotHoldSeat { user: id("u-bob"), why: Box::new(why) };
    vec![
        ("", Rejection::NotFound),
        ("", Rejection::Forbidden(Forbidden::OwnReview)),
        ("", conflict(Some(unit()))),
        ("over", conflict(None)),
        ("", Rejection::StepComplete { step: Some(unit()) }),
        ("approved", Rejection::StepComplete { step: None }),
        ("", Rejection::UrgentApproveOnly),
        ("organization", Rejection::UrgentNotAllowed(UrgentGate::Organization)),
        ("rule", Rejection::UrgentNotAllowed(UrgentGate::Rule)),
        ("one", overdue(Some(1), 0)),
        ("several", overdue(Some(4), 1)),
        ("unknown", overdue(None, 0)),
        ("", Rejection::NoApprovers(shortage())),
        ("", Rejection::NoReviewers(vec![EmptyBecause::GroupEmpty { group: id("directors") }])),
        ("done", Rejection::NothingToConfirm { status: Status::Approved }),
        ("over", Rejection::NothingToConfirm { status: Status::Expired }),
        ("", Rejection::AlreadyConfirmed),
        ("", Rejection::OnHold),
        ("", Rejection::NotPending { status: Status::Expired }),
        ("", Rejection::CannotDecide(vec![Unmet::SelfApproval { own: Own::Target }])),
        ("own", cannot_sit(Unmet::SelfApproval { own: Own::Asked })),
        ("separated", cannot_sit(Unmet::Separation { step: unit() })),
        ("link over", Rejection::Gone(Gone::LinkExpired { at: at("2026-03-31T10:00:00Z") })),
        ("link used", Rejection::Gone(Gone::LinkUsedUp { downloads: 3 })),
        ("link used once", Rejection::Gone(Gone::LinkUsedUp { downloads: 1 })),
        ("file", Rejection::Gone(Gone::FileDeleted { at: at("2026-03-31T10:00:00Z") })),
        ("", Rejection::TooLate { expired: at("2026-03-31T10:00:00Z") }),
    ]
}

fn of_rules() -> Vec<(&'static str, Rejection)> {
    let title = || "Capital expenditure".to_owned();
    let retired = |tried| Rejection::RuleRetired { title: title(), tried };
    let failed = |class| Rejection::PlanFailed {
        binding: id("grant"),
        class,
        message: "no connection".to_owned(),
    };
    let unchecked = |class| Rejection::ValidatorFailed {
        source: Source::Plugin(id("business-rules")),
        class,
        message: "no answer".to_owned(),
    };
    let growth = compared("purpose", "equal", &[choice("safety")], Some(choice("growth")));
    let either = Box::new(Explanation::any(vec![too_much(), growth]));
    let place = |place, step: &str, why| NeededPlace {
        user: id("u-bob"),
        place,
        title: title(),
        step: step.to_owned(),
        why,
    };
    let places = vec![
        place(Place::Rule(id("capex"), unit()), "Unit director", NeededBecause::Named),
        NeededPlace {
            title: "New laptops".to_owned(),
            ..place(Place::Request(id("r-1"), unit()), "Unit director", NeededBecause::Seat)
        },
    ];
    vec![
        ("", Rejection::NoRule { group: None, explanation: Box::new(too_much()) }),
        ("of group", Rejection::NoRule { group: Some(id("spending")), explanation: either }),
        ("", Rejection::ConditionFailed { explanation: Box::new(no_rate()) }),
        ("one", mistakes(1)),
        ("many", mistakes(5)),
        ("request", retired(Tried::Request)),
        ("version", retired(Tried::Version)),
        ("restart", retired(Tried::Restart)),
        ("requests", Rejection::RuleInUse { title: title(), group: None }),
        ("group", Rejection::RuleInUse { title: title(), group: Some(id("spending")) }),
        ("", Rejection::ReplacementNeeded(places)),
        ("", failed(FailureClass::Denied)),
        ("later", failed(FailureClass::Unavailable)),
        ("", unchecked(FailureClass::Trap)),
        ("later", unchecked(FailureClass::Busy)),
    ]
}

fn choice(text: &str) -> engine_core::value::Value {
    engine_core::value::Value::Choice(text.to_owned())
}

fn all() -> Vec<(String, Rejection)> {
    let mut all: Vec<(String, Rejection)> = Vec::new();
    for (case, rejection) in of_requests().into_iter().chain(of_rules()) {
        all.push((case.to_owned(), rejection));
    }
    let fields = [
        ("one", vec![FieldProblem::new("title", WrongText::Empty { least: 3 })]),
        ("several", fields()),
    ];
    all.extend(fields.map(|(case, fields)| (case.to_owned(), Rejection::Invalid(fields))));
    let wrong =
        |status, why: Option<Unfit>| Rejection::WrongStatus { status, why: why.map(Box::new) };
    for status in Status::ALL {
        all.push((status.as_str().replace('_', " "), wrong(status, None)));
    }
    for (case, why) in unfits() {
        let case = format!("{} {case}", super::snake(unfit(&why)).replace('_', " "));
        all.push((case.trim().to_owned(), wrong(Status::Approved, Some(why))));
    }
    all
}

fn fields() -> Vec<FieldProblem> {
    vec![
        FieldProblem::new("properties.max_rows", WrongValue::Missing),
        FieldProblem::new("items[0].resource", "unknown resource"),
        FieldProblem::new("items[1].until", "is not a date"),
        FieldProblem::new("target_users[1]", WrongPerson::Twice { person: id("u-ann") }),
        FieldProblem::new("picks.cfo", WrongPerson::PickNumber { found: 0, least: 1, most: 2 }),
        FieldProblem::new("approval_expires", WrongTime::NotAhead),
        FieldProblem::new("ends", WrongTime::NotAhead),
    ]
}

fn unfits() -> Vec<(String, Unfit)> {
    let state = |state: ExecutionState, opens| {
        let case = state.as_str().replace('_', " ");
        (case, Unfit::Execution { execution: grant(), state, opens })
    };
    let (since, start_before) = (at("2026-03-02T09:00:00Z"), None);
    let opens = Some(at("2026-04-01T09:00:00Z"));
    let later = Unfit::Execution {
        execution: export(),
        state: ExecutionState::Scheduled { since, start_before },
        opens,
    };
    let used = |until| Unfit::UsedBefore { execution: grant(), by: id("u-ann"), at: since, until };
    let awaiting = ExecutionState::Active {
        since,
        until: opens,
        receipt: Receipt::default(),
        awaits: Some(AwaitedUse { length: None }),
    };
    vec![
        (
            "waits for use".to_owned(),
            Unfit::Execution { execution: grant(), state: awaiting, opens: None },
        ),
        state(ExecutionState::Waiting, None),
        state(ExecutionState::Scheduled { since, start_before }, None),
        ("scheduled later".to_owned(), later),
        state(ExecutionState::Running { since, start_before }, None),
        state(ExecutionState::Expired { at: since }, None),
        state(ExecutionState::Cancelled { at: since }, None),
        state(ExecutionState::Lapsed { at: since }, None),
        state(ExecutionState::Revoked { at: since, by: id("u-ann") }, None),
        (String::new(), Unfit::NotFromFirstUse { execution: grant() }),
        (String::new(), used(opens)),
        ("no end".to_owned(), used(None)),
        (String::new(), Unfit::NeverUsed { execution: grant(), until: opens }),
        (String::new(), Unfit::WorkBegun),
        (String::new(), Unfit::CompletedStep { step: unit() }),
        (String::new(), Unfit::StepDecided { step: unit() }),
        (String::new(), Unfit::NothingToPassOn),
    ]
}

#[test]
fn every_rejection_has_its_sentence() {
    let all = all();
    let mut told: Vec<(&str, String, String)> = all
        .iter()
        .map(|(case, rejection)| {
            let (code, name) = (rejection.code().as_str(), variant(rejection));
            let what = super::snake(name).replace('_', " ");
            let key =
                if super::snake(name) == code { case.clone() } else { format!("{what} {case}") };
            let key = format!("{code} {key}").trim_end().to_owned();
            (name, key, told(|names| names.rejection(rejection)))
        })
        .collect();
    told.sort_by_key(|(name, _, _)| ALL.iter().position(|known| known == name));
    check_keyed("rejection.txt", ALL, told);
    for name in UNFIT {
        assert!(unfits().iter().any(|(_, why)| unfit(why) == *name), "no example of {name}");
    }
}
