//! Every rule of approval has a scenario in which it lets something through and one in which it
//! refuses.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use engine_api::document::Document;
use serde::Deserialize;
use serde_json::Value as Json;

use super::scenarios::folder;

/// The last section of `docs/semantics.md` whose rules are shown by scenarios.
const LAST_SECTION: u32 = 10;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    r#do: Vec<BTreeMap<String, Json>>,
}

/// What the cases show of a rule.
#[derive(Clone, Copy, Default)]
struct Shown {
    succeeds: bool,
    is_refused: bool,
}

impl Case {
    /// The ids that the name begins with: `STP-1, EXE-4: two steps`.
    fn rules(&self) -> Vec<&str> {
        let (ids, _) = self.name.split_once(": ").unwrap_or_default();
        ids.split(", ").collect()
    }

    /// How many commands are refused in it.
    fn refusals(&self) -> usize {
        let expects = self.r#do.iter().filter_map(|step| step.get("expect"));
        expects.filter_map(|expect| expect.get("error")).count()
    }
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let document = Document::parse(&path.display().to_string(), &text);
        let file = document.and_then(|document| document.read::<File>());
        cases.extend(file.unwrap_or_else(|errors| panic!("{errors}")).cases);
    }
    cases
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The numbered rules of `docs/semantics.md`, in its order, with their section.
fn rules() -> Vec<(String, u32)> {
    let text = fs::read_to_string(root().join("docs/semantics.md")).unwrap();
    let mut section = 0;
    let mut rules = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            let digits: String = title.chars().take_while(char::is_ascii_digit).collect();
            section = digits.parse().unwrap_or(section);
        }
        let id = line.strip_prefix("- ").and_then(|rest| rest.split_once(' '));
        rules.extend(id.filter(|(id, _)| is_rule_id(id)).map(|(id, _)| (id.to_owned(), section)));
    }
    rules
}

/// What is written in a list of `tests/data`, without what explains it.
fn listed(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join("tests/data").join(name)).unwrap();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with('#')).map(ToOwned::to_owned).collect()
}

fn is_rule_id(text: &str) -> bool {
    let Some((chapter, number)) = text.split_once('-') else { return false };
    chapter.len() == 3
        && chapter.bytes().all(|byte| byte.is_ascii_uppercase())
        && number.starts_with(|c: char| c.is_ascii_digit())
}

/// What the cases show, by rule. A case without a refusal shows all rules that it names; one with
/// refusals shows a refusal by as many of them as commands are refused, the first ones.
fn shown() -> BTreeMap<String, Shown> {
    let mut shown: BTreeMap<String, Shown> = BTreeMap::new();
    for case in cases() {
        let refusals = case.refusals();
        let most = if refusals == 0 { usize::MAX } else { refusals };
        for rule in case.rules().into_iter().take(most) {
            let entry = shown.entry(rule.to_owned()).or_default();
            entry.is_refused |= refusals > 0;
            entry.succeeds |= refusals == 0;
        }
    }
    for line in listed("rules-shown-by-tests.txt") {
        let (rule, how, test) = shown_by_test(&line);
        let entry = shown.entry(rule).or_default();
        match how.as_str() {
            "succeeds" => entry.succeeds = true,
            "refused" => entry.is_refused = true,
            other => panic!("`{other}` is neither `succeeds` nor `refused`: {test}"),
        }
    }
    shown
}

/// `STP-7 refused engine/core/tests/core/corners.rs a_test`: a test that is there and cites the rule.
fn shown_by_test(line: &str) -> (String, String, String) {
    let words: Vec<&str> = line.split_whitespace().collect();
    let &[rule, how, path, test] = words.as_slice() else {
        panic!("expected a rule, how, a file and a test, found `{line}`")
    };
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    let place = text.find(&format!("fn {test}(")).unwrap_or_else(|| panic!("no {test} in {path}"));
    let above: Vec<&str> = text[..place]
        .lines()
        .rev()
        .skip(1)
        .take_while(|line| line.trim().starts_with("///") || line.trim().starts_with("#["))
        .collect();
    let cites =
        |line: &&&str| line.split(|c: char| !c.is_alphanumeric() && c != '-').any(|w| w == rule);
    assert!(above.iter().find(cites).is_some(), "{test} of {path} does not cite {rule}");
    (rule.to_owned(), how.to_owned(), test.to_owned())
}

#[test]
fn every_case_cites_rules_that_exist() {
    let known: BTreeSet<String> = rules().into_iter().map(|(id, _)| id).collect();
    let mut names = BTreeSet::new();
    for case in cases() {
        let rules = case.rules();
        assert!(
            !rules.is_empty() && rules.iter().all(|rule| known.contains(*rule)),
            "the name of a case begins with ids of rules, as in `STP-1, EXE-4: two steps`: {}",
            case.name
        );
        assert!(names.insert(case.name.clone()), "two cases have this name: {}", case.name);
    }
}

#[test]
fn every_rule_lets_through_and_refuses() {
    let open: BTreeSet<String> = listed("open-rules.txt").into_iter().collect();
    let rules: Vec<String> = rules()
        .into_iter()
        .filter(|(_, section)| *section <= LAST_SECTION)
        .map(|(id, _)| id)
        .collect();
    assert!(rules.len() > 100, "only {} rules were found", rules.len());
    let unknown: Vec<_> = open.iter().filter(|id| !rules.contains(id)).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "no rules, and listed as open");
    let shown = shown();
    let missing = |is_shown: fn(&Shown) -> bool| -> Vec<&String> {
        let lacks = |id: &&String| !shown.get(*id).is_some_and(is_shown);
        rules.iter().filter(|id| !open.contains(*id)).filter(lacks).collect()
    };
    let none = Vec::<&String>::new();
    assert_eq!(missing(|s| s.succeeds), none, "rules without a case that succeeds");
    assert_eq!(missing(|s| s.is_refused), none, "rules without a case that is refused");
}
