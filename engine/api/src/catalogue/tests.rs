//! The wording of every code: what a person reads.
//!
//! Each module has an example of every case; the sentences stand in `wording`, one a line. A new
//! variant does not compile before it stands in its module, and fails there without an example.
//! `UPDATE=1 cargo test --workspace --lib catalogue` writes the sentences, for somebody to read.

mod condition;
mod event;
mod forbidden;
mod notice;
mod rejection;
mod request;
mod shortage;
mod unmet;
mod wrong;

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

use chrono::{DateTime, Utc};
use engine_core::{
    directory::{Directory, Group, Node, OrganizationRole, Resource, User, UserKind},
    explanation::{Explanation, Ground, Outcome},
    ids::{ExecutionId, StepId},
    request::Request,
    rule::{self, Executor, Path as Subject, Rule, Who, compile},
    value::Value,
};
use serde_json::{Value as Json, json};

use super::Names;
use crate::document::Document;

/// The names of an enum's variants, and which one a value is: exhaustive, so that a new variant has to
/// be added to the list.
macro_rules! variants {
    ($all:ident, $name:ident of $type:ident: $($variant:ident)+) => {
        const $all: &[&str] = &[$(stringify!($variant)),+];
        fn $name(value: &$type) -> &'static str {
            match value { $($type::$variant { .. } => stringify!($variant)),+ }
        }
    };
}
use variants;

/// Words that nobody knows who does not write rules or code.
const CODE_WORDS: [&str; 12] = [
    "`",
    " seat",
    "assignment",
    "binding",
    "executor",
    "reevaluat",
    "quorum",
    "payload",
    "self-approval",
    "this person",
    "null",
    "_",
];

fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn directory() -> Directory {
    let mut directory = Directory::default();
    let people = [
        ("ann", "Ann Example", OrganizationRole::User),
        ("bob", "bob", OrganizationRole::User),
        ("olga", "Olga Owner", OrganizationRole::Owner),
    ];
    for (login, name, role) in people {
        directory.put_user(User {
            id: id(&format!("u-{login}")),
            login: id(login),
            name: name.to_owned(),
            email: None,
            time_zone: None,
            active: true,
            kind: UserKind::Person,
            role,
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
title: Capital expenditure
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
  - id: final_check
    approvers: [{id: cfo, who: {user: ann}}]
";

fn capex(directory: &Directory) -> Rule {
    let definition = Document::parse("capex.yaml", RULE).unwrap().read().unwrap();
    let mut rule = compile(&definition, 1, &rule::Names::of_directory(directory)).unwrap().rule;
    let executor = |binding: &str, manual: Option<Vec<Who>>| Executor {
        id: id(binding),
        plugin: id("access"),
        manual,
        config: [].into(),
        start_within: None,
        window: None,
    };
    let by_hand = vec![Who::Group(id("directors")), Who::OfRequester(vec![id("manager")])];
    rule.executors = vec![executor("grant", None), executor("export", Some(by_hand))];
    rule
}

/// Tells something with the names of the example.
fn told(tell: impl Fn(&Names<'_>) -> String) -> String {
    let directory = directory();
    let rule = capex(&directory);
    tell(&Names::of_rule(&directory, &rule))
}

fn grant() -> ExecutionId {
    id("grant/orders-db")
}

fn export() -> ExecutionId {
    id("export")
}

fn unit() -> StepId {
    id("unit")
}

/// A request of Ann's, with the step of the unit directors open, and what else is given.
fn request(with: Json) -> Request {
    let mut request = json!({
        "id": "r-1", "organization": "acme", "rule": "capex", "rule_version": 1, "kind": "capex",
        "requester": "u-ann", "target_users": [], "title": "New laptops", "reason": "Ours are old.",
        "properties": {}, "items": [], "rates": null, "urgent": false,
        "submitted_at": "2026-03-02T09:00:00Z", "approval_expires": null, "ends": null, "revision": 1,
        "phase": "open", "blocked": null, "on_hold": false, "steps": [step(&json!([]))], "executions": []
    });
    if let (Some(fields), Json::Object(with)) = (request.as_object_mut(), with) {
        fields.extend(with);
    }
    serde_json::from_value(request).unwrap()
}

/// The open step, asked of bob as a unit director, with these decisions.
fn step(decisions: &Json) -> Json {
    let seat = json!({
        "id": 0, "assignment": "directors", "who": {"group": "directors"}, "people": ["u-bob"]
    });
    let open = json!({
        "since": "2026-03-02T09:00:00Z", "quorum": "all", "seats": [seat], "decisions": decisions,
        "due": {"at": "2026-03-05T17:00:00Z"}
    });
    json!({"id": "unit", "state": {"active": open}})
}

fn decision(by: &str, choice: &str, comment: &str) -> Json {
    json!({
        "by": by, "choice": choice, "comment": comment, "at": "2026-03-03T09:00:00Z", "revision": 1,
        "seats": [0], "payloads": {}
    })
}

fn compared(property: &str, operator: &str, wanted: &[Value], seen: Option<Value>) -> Explanation {
    tested(Subject::Property(id(property)), operator, wanted, seen)
}

fn tested(path: Subject, operator: &str, wanted: &[Value], seen: Option<Value>) -> Explanation {
    let ground =
        Ground::Test { path, operator: operator.to_owned(), wanted: wanted.to_vec(), seen };
    Explanation::leaf(Outcome::Unmet, ground)
}

fn money(text: &str) -> Value {
    Value::Money(text.parse().unwrap())
}

fn too_much() -> Explanation {
    let limit = money("10000000 USD");
    compared("amount", "less_or_equal", &[limit], Some(money("12000000 USD")))
}

fn no_rate() -> Explanation {
    let ground = Ground::MissingRate { path: Subject::Property(id("amount")), currency: id("GBP") };
    Explanation::leaf(Outcome::Undecided, ground)
}

/// Whether every variant has an example, and every example the sentence that stands in `wording`.
fn check(file: &str, variants: &[&str], examples: Vec<(&str, &str, String)>) {
    let keyed = examples.into_iter().map(|(variant, case, sentence)| {
        (variant, [snake(variant).as_str(), case].join(" ").trim_end().to_owned(), sentence)
    });
    check_keyed(file, variants, keyed.collect());
}

/// The same with keys that are not the variants' names.
fn check_keyed(file: &str, variants: &[&str], examples: Vec<(&str, String, String)>) {
    let shown: BTreeSet<&str> = examples.iter().map(|(variant, _, _)| *variant).collect();
    let missing: Vec<&&str> = variants.iter().filter(|name| !shown.contains(**name)).collect();
    assert!(missing.is_empty(), "{file}: no example of {missing:?}");
    let mut text = String::new();
    for (_, key, sentence) in examples {
        let is_new = text.lines().all(|line| !line.starts_with(&format!("{key} | ")));
        assert!(is_new, "{file}: `{key}` stands twice");
        check_words(&key, &sentence);
        writeln!(text, "{key} | {sentence}").unwrap();
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/catalogue/wording").join(file);
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        fs::write(&path, &text).unwrap();
    }
    let agreed = fs::read_to_string(&path).unwrap_or_default();
    for (agreed, told) in agreed.lines().zip(text.lines()) {
        assert_eq!(agreed, told, "{file}");
    }
    assert_eq!(agreed.lines().count(), text.lines().count(), "{file} has another length");
}

fn check_words(key: &str, sentence: &str) {
    assert!(sentence.chars().count() > 8, "{key}: {sentence}");
    let outside: String = sentence.split(['(', ')']).step_by(2).collect();
    for word in CODE_WORDS {
        assert!(!outside.to_lowercase().contains(word), "{key}: `{word}` in {sentence}");
    }
    assert!(!sentence.contains("  ") && !sentence.contains(".."), "{key}: {sentence}");
}

/// `NotFound` is `not_found`.
fn snake(name: &str) -> String {
    let mut word = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}
