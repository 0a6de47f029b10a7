//! Every rule that is claimed has a scenario in which it lets something through and one in which it
//! refuses.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use engine_api::document::Document;
use serde::Deserialize;
use serde_json::Value as Json;

use super::scenarios::folder;

/// What `semantics.md` numbers and this version does.
const CLAIMED: &[&str] = &[
    "RUL-1", "RUL-2", "CND-1", "CND-2", "CND-3", "CND-4", "CND-5", "STP-1", "STP-2", "STP-3",
    "STP-3a", "STP-4", "STP-5", "STP-7", "STP-8", "STP-9", "ELG-1", "ELG-2", "REQ-1", "REQ-2",
    "REQ-4", "REQ-10", "REQ-11", "DEC-1", "DEC-2", "DEC-4", "DEC-8a", "DEC-9", "URG-1", "URG-2",
    "URG-3", "EXE-1", "EXE-2", "EXE-3", "EXE-5", "EXE-6", "EXE-6a", "EXE-6b",
];
/// What it does of the rules that are still to come as a whole.
const SHOWN: &[&str] = &[
    "RUL-5", "STP-6", "STP-6a", "STP-10", "DIR-3", "DIR-4", "DIR-5", "DIR-7", "DIR-8", "REQ-8",
    "EXE-4", "FIN-1", "FIN-2", "FIN-3", "FIN-9", "FIN-10", "FIN-12", "FIN-13", "FIN-15", "FIN-17",
    "FIN-19",
];

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    r#do: Vec<BTreeMap<String, Json>>,
}

impl Case {
    /// The ids that the name begins with: `STP-1, EXE-4: two steps`.
    fn rules(&self) -> Vec<&str> {
        let (ids, _) = self.name.split_once(": ").unwrap_or_default();
        ids.split(", ").collect()
    }

    /// Whether a command is refused in it.
    fn refuses(&self) -> bool {
        let expects = self.r#do.iter().filter_map(|step| step.get("expect"));
        expects.filter_map(|expect| expect.get("error")).next().is_some()
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

fn is_rule_id(text: &str) -> bool {
    let Some((chapter, number)) = text.split_once('-') else { return false };
    chapter.len() == 3
        && chapter.bytes().all(|byte| byte.is_ascii_uppercase())
        && number.starts_with(|c: char| c.is_ascii_digit())
}

#[test]
fn every_case_cites_its_rules() {
    let mut names = BTreeSet::new();
    for case in cases() {
        let rules = case.rules();
        assert!(
            !rules.is_empty() && rules.iter().all(|rule| is_rule_id(rule)),
            "the name of a case begins with rule ids, as in `STP-1, EXE-4: two steps`: {}",
            case.name
        );
        for rule in rules {
            let is_known = CLAIMED.contains(&rule) || SHOWN.contains(&rule);
            assert!(is_known, "`{rule}` stands in no list here: {}", case.name);
        }
        assert!(names.insert(case.name.clone()), "two cases have this name: {}", case.name);
    }
}

#[test]
fn every_claimed_rule_lets_through_and_refuses() {
    let cases = cases();
    let shows = |rule: &str, refuses: bool| {
        cases.iter().any(|case| case.refuses() == refuses && case.rules().contains(&rule))
    };
    let missing = |refuses: bool| -> Vec<&str> {
        CLAIMED.iter().copied().filter(|rule| !shows(rule, refuses)).collect()
    };
    assert_eq!(missing(false), Vec::<&str>::new(), "rules without a case that succeeds");
    assert_eq!(missing(true), Vec::<&str>::new(), "rules without a case that is refused");
    let unshown: Vec<&str> =
        SHOWN.iter().copied().filter(|rule| !shows(rule, false) && !shows(rule, true)).collect();
    assert_eq!(unshown, Vec::<&str>::new(), "rules without a case");
}
