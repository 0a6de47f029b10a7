use super::{at, check_keyed, id, money, snake, told, unit, variants};
use engine_core::{
    expression::Uncalculated,
    rejection::{
        FieldProblem, Lost, Rejection, Wrong, WrongFile, WrongItems, WrongPerson, WrongStep,
        WrongText, WrongTime, WrongValue,
    },
    value::Value,
};

variants! { WRONG, wrong of Wrong:
    Text Value Time Items Person Step File Lost UrgentStays TooManyWatchers TooManyComments
    ConcernWithoutApproval Said
}
variants! { TEXT, text of WrongText: Empty TooShort TooLong }
variants! { VALUE, value of WrongValue:
    Missing Calculated CalculatedFromMissing NotCalculated Negative BelowLeast AboveMost NoRate
    OtherUnit NotOnTheClock NotUnder NotAChoice NotAttached
}
variants! { CALCULATED, calculated of Uncalculated:
    ByZero Currencies NoRate TooLarge TooManyDigits TooManyPlaces Types
}
variants! { TIME, time of WrongTime: NotAhead AfterLatest EndsBeforeApproval UrgentNeverExpires }
variants! { ITEMS, items of WrongItems:
    TooMany Twice RejectedForGood NotLeft NotAsAsked OfRejection NoneThere
}
variants! { PERSON, person of WrongPerson:
    TooMany Twice Deactivated NobodyCalled CannotApprove CannotWatch PickNumber OwnRequest NotOffered
    Strangers
}
variants! { STEP, step of WrongStep:
    Unknown NotDecided TooManyApprovers AskedAlready DecidedAlready DecidedAndStays NotAsked
}
variants! { FILE, file of WrongFile:
    InUse TooMany TooManyEver NameLength NotAName Extension Empty TooLarge NotAChecksum
}
variants! { LOST, lost of Lost: NotInForm NotThere NotAChoice OfOldRequest NotAhead }

/// A case, the field that is wrong, and how.
type Example = (&'static str, &'static str, Wrong);

fn at_once() -> chrono::DateTime<chrono::Utc> {
    at("2026-03-31T10:00:00Z")
}

fn choices(number: usize) -> Vec<String> {
    let words = ["growth", "safety", "up-keep", "research"];
    (0..number)
        .map(|place| words.get(place).map_or(format!("no. {place}"), ToString::to_string))
        .collect()
}

fn of_texts() -> Vec<Example> {
    vec![
        ("", "title", WrongText::Empty { least: 3 }.into()),
        ("at all", "text", WrongText::Empty { least: 1 }.into()),
        ("", "reason", WrongText::TooShort { found: 2, least: 10 }.into()),
        ("", "text", WrongText::TooLong { found: 12_000, most: 4_000 }.into()),
    ]
}

fn of_values() -> Vec<Example> {
    let amount = "properties.amount";
    let day = |text: &str| Value::Date(text.parse().unwrap());
    let span = |text: &str| Value::Duration(text.parse().unwrap());
    let below = |value, least| WrongValue::BelowLeast { value, least }.into();
    let above = |value, most| WrongValue::AboveMost { value, most }.into();
    let choice = |among| WrongValue::NotAChoice { found: "fun".to_owned(), among }.into();
    let mut all: Vec<Example> = vec![
        ("", amount, WrongValue::Missing.into()),
        ("of item", "items[1].max_rows", WrongValue::Missing.into()),
        ("", "properties.yearly", WrongValue::Calculated.into()),
        (
            "",
            "properties.yearly",
            WrongValue::CalculatedFromMissing { missing: vec![id("amount"), id("years")] }.into(),
        ),
        ("", amount, WrongValue::Negative { money: "-1200.50 EUR".parse().unwrap() }.into()),
        ("", amount, below(money("5 EUR"), money("1000 EUR"))),
        ("day", "properties.start", below(day("2026-03-31"), day("2026-04-01"))),
        ("", amount, above(money("12000000 USD"), money("10000000 USD"))),
        ("day", "properties.start", above(day("2026-04-02"), day("2026-04-01"))),
        ("length", "properties.length", above(span("8h"), span("2h"))),
        ("", amount, WrongValue::NoRate { value: money("1200 GBP") }.into()),
        (
            "",
            "properties.length",
            WrongValue::OtherUnit { value: span("5bd"), bound: span("2d") }.into(),
        ),
        ("", "properties.length", WrongValue::NotOnTheClock.into()),
        ("", "properties.unit", WrongValue::NotUnder { node: id("emea"), top: id("emea") }.into()),
        ("", "properties.purpose", choice(choices(3))),
        ("long", "properties.purpose", choice(choices(20))),
        ("one", "properties.purpose", choice(choices(1))),
        ("none", "properties.purpose", choice(vec![])),
        ("", "properties.offer", WrongValue::NotAttached { sha256: "0".repeat(64) }.into()),
    ];
    let reasons = [
        ("by zero", Uncalculated::ByZero),
        ("currencies", Uncalculated::Currencies(id("EUR"), id("USD"))),
        ("no rate", Uncalculated::NoRate(id("GBP"))),
        ("too large", Uncalculated::TooLarge { most: 9_007_199_254_740_991 }),
        ("too many digits", Uncalculated::TooManyDigits { most: 18 }),
        ("too many places", Uncalculated::TooManyPlaces { most: 9 }),
        ("types", Uncalculated::Types),
    ];
    for name in CALCULATED {
        assert!(reasons.iter().any(|(_, why)| calculated(why) == *name), "no example of {name}");
    }
    all.extend(reasons.map(|(case, why)| {
        let from = vec![id("amount"), id("years")];
        (case, "properties.yearly", WrongValue::NotCalculated { from, why }.into())
    }));
    all
}

fn of_times() -> Vec<Example> {
    vec![
        ("", "ends", WrongTime::NotAhead.into()),
        ("", "approval_expires", WrongTime::AfterLatest { latest: at_once() }.into()),
        ("", "ends", WrongTime::EndsBeforeApproval { expires: at_once() }.into()),
        ("", "approval_expires", WrongTime::UrgentNeverExpires.into()),
    ]
}

fn of_things() -> Vec<Example> {
    let item = || id("orders-db");
    let left = vec![item()];
    let named = "sales-db".to_owned();
    vec![
        ("", "items", WrongItems::TooMany { found: 1_200, most: 100 }.into()),
        ("", "items[1]", WrongItems::Twice { item: item() }.into()),
        ("", "items", WrongItems::RejectedForGood { item: item() }.into()),
        ("", "items[0]", WrongItems::NotLeft { named, left }.into()),
        ("", "items[0].level", WrongItems::NotAsAsked.into()),
        ("", "items", WrongItems::OfRejection.into()),
        ("", "items", WrongItems::NoneThere.into()),
        ("", "attachment", WrongFile::InUse { properties: vec![id("offer")] }.into()),
        ("", "attachments", WrongFile::TooMany { most: 20 }.into()),
        ("", "attachments", WrongFile::TooManyEver { most: 1_000 }.into()),
        ("empty", "name", WrongFile::NameLength { found: 0, most: 255 }.into()),
        ("", "name", WrongFile::NameLength { found: 1_300, most: 255 }.into()),
        ("", "name", WrongFile::NotAName.into()),
        ("", "name", WrongFile::Extension { extension: "exe".to_owned() }.into()),
        ("", "body", WrongFile::Empty.into()),
        ("", "body", WrongFile::TooLarge { found: 30 << 20, most: 25 << 20 }.into()),
        ("", "sha256", WrongFile::NotAChecksum.into()),
    ]
}

fn of_people() -> Vec<Example> {
    let person = || id("u-bob");
    let number = |least, most| WrongPerson::PickNumber { found: 0, least, most }.into();
    let strangers = |people: &[&str]| {
        let people = people.iter().map(|person| id(person)).collect();
        WrongPerson::Strangers { people }.into()
    };
    vec![
        ("", "target_users", WrongPerson::TooMany { found: 101, most: 100 }.into()),
        ("", "target_users[1]", WrongPerson::Twice { person: person() }.into()),
        ("", "target_users[1]", WrongPerson::Deactivated { person: person() }.into()),
        ("", "user", WrongPerson::NobodyCalled { login: "rob".to_owned() }.into()),
        ("", "user", WrongPerson::CannotApprove { account: person() }.into()),
        ("", "user", WrongPerson::CannotWatch { account: person() }.into()),
        ("", "picks.lead", number(1, 1)),
        ("between", "picks.leads", number(2, 3)),
        ("", "picks.lead", WrongPerson::OwnRequest { person: person() }.into()),
        ("", "picks.lead", WrongPerson::NotOffered { person: person() }.into()),
        ("", "text", strangers(&["u-bob"])),
        ("several", "text", strangers(&["u-bob", "u-ann"])),
    ]
}

fn of_steps() -> Vec<Example> {
    vec![
        ("", "step", WrongStep::Unknown { step: id("unti") }.into()),
        ("", "to", WrongStep::NotDecided { step: unit() }.into()),
        ("", "user", WrongStep::TooManyApprovers { most: 200 }.into()),
        ("", "user", WrongStep::AskedAlready.into()),
        ("", "to", WrongStep::DecidedAlready.into()),
        ("", "user", WrongStep::DecidedAndStays.into()),
        ("", "user", WrongStep::NotAsked.into()),
        ("", "urgent", Wrong::UrgentStays),
        ("", "user", Wrong::TooManyWatchers { most: 200 }),
        ("", "text", Wrong::TooManyComments { most: 2_000 }),
        ("", "concern", Wrong::ConcernWithoutApproval),
        ("", "properties.amount", Wrong::Said("expected an amount and a currency.".to_owned())),
        ("going on", "properties.amount", Wrong::Said("is more than the budget has".to_owned())),
    ]
}

/// REQ-5
fn of_drafts() -> Vec<Example> {
    let lost = |value| Wrong::Lost(Lost::NotThere { value });
    let choice = Lost::NotAChoice { found: "fun".to_owned(), among: choices(3) };
    let said = "is attached to the old request: attach it to the new one".to_owned();
    vec![
        ("", "properties.max_rows", Lost::NotInForm.into()),
        ("", "items[0]", lost(Value::Resource(id("sales-db")))),
        ("person", "target_users", lost(Value::User(id("u-rob")))),
        ("", "properties.purpose", choice.into()),
        ("", "properties.offer", Lost::OfOldRequest.into()),
        ("", "ends", Lost::NotAhead.into()),
        ("deactivated", "picks.lead", WrongPerson::Deactivated { person: id("u-bob") }.into()),
        ("stored as said", "properties.offer", said.into()),
    ]
}

/// The kind of what is wrong, its variant, and all variants of its kind.
fn variant(of: &Wrong) -> (&'static str, &'static str, &'static [&'static str]) {
    let (name, all) = match of {
        Wrong::Text(of) => (text(of), TEXT),
        Wrong::Value(of) => (value(of), VALUE),
        Wrong::Time(of) => (time(of), TIME),
        Wrong::Items(of) => (items(of), ITEMS),
        Wrong::Person(of) => (person(of), PERSON),
        Wrong::Step(of) => (step(of), STEP),
        Wrong::File(of) => (file(of), FILE),
        Wrong::Lost(of) => (lost(of), LOST),
        Wrong::UrgentStays
        | Wrong::TooManyWatchers { .. }
        | Wrong::TooManyComments { .. }
        | Wrong::ConcernWithoutApproval
        | Wrong::Said(_) => (wrong(of), &[][..]),
    };
    (wrong(of), name, all)
}

#[test]
fn everything_that_can_be_wrong_has_its_sentence() {
    let examples = [of_texts(), of_values(), of_times(), of_things(), of_people(), of_steps()];
    let refused = examples.concat().into_iter().map(|example| (example, false));
    let dropped = of_drafts().into_iter().map(|example| (example, true));
    let mut shown = Vec::new();
    let mut kept = Vec::new();
    for ((case, field, of), is_dropped) in refused.chain(dropped) {
        let problem = FieldProblem::new(field, of);
        let sentence = told(|names| {
            if is_dropped {
                names.dropped(&problem)
            } else {
                names.rejection(&Rejection::Invalid(vec![problem.clone()]))
            }
        });
        let (kind, name, all) = variant(&problem.wrong);
        let lost = if is_dropped { "lost " } else { "" };
        let key =
            if kind == name { snake(name) } else { format!("{} {}", snake(kind), snake(name)) };
        let key = format!("{lost}{key} {case}").replace("lost lost", "lost");
        shown.push((kind, key.trim_end().to_owned(), sentence));
        kept.push((kind, name, all));
    }
    for (kind, _, all) in &kept {
        let missing: Vec<&&str> = all
            .iter()
            .filter(|name| !kept.iter().any(|(k, n, _)| k == kind && n == *name))
            .collect();
        assert!(missing.is_empty(), "no example of {kind} {missing:?}");
    }
    check_keyed("wrong.txt", WRONG, shown);
}

#[test]
fn of_many_fields_the_first_are_told() {
    let problem = |number: usize| FieldProblem::new(format!("f{number}"), WrongValue::Missing);
    let all = |number| Rejection::Invalid((1..=number).map(problem).collect());
    let told = |number| told(|names| names.rejection(&all(number)));
    assert!(told(8).ends_with("F8 is not filled in, and is required."), "{}", told(8));
    let twenty = told(20);
    assert!(twenty.starts_with("20 entries are not right. F1 is not"), "{twenty}");
    assert!(twenty.ends_with("F8 is not filled in, and is required. And 12 more."), "{twenty}");
}
