//! Scenario files that are wrong: each counts as one failed case, says where and what, and stops no
//! other.

use std::path::Path;

use crate::process::{Home, program, text};

const PEOPLE: &str = "directory: {users: [{login: ann}, {login: bob}]}\n";
const RULE: &str = "rules: [{rule: note, kind: note, steps: [{id: one, approvers: [{id: a, who: {user: bob}}]}]}]\n";
const CASE: &str = "cases: [{name: \"STP-1\", do: [{submit: {as: ann, rule: note, id: r1}}]}]\n";

/// What is wrong, the file, and what is said: where, what was expected, and the nearest name.
fn wrong() -> Vec<(&'static str, String, &'static [&'static str])> {
    let with = |cases: &str| format!("{PEOPLE}{RULE}cases:\n{cases}\n");
    let case = |steps: &str| with(&format!("  - {{name: \"STP-1\", do: [{steps}]}}"));
    vec![
        ("empty", String::new(), &[":1:1", "expected a document, found nothing"]),
        ("not YAML", format!("{PEOPLE}cases: [\n"), &["not YAML"]),
        ("huge", format!("{PEOPLE}# {}\n{CASE}", "x".repeat(300_000)), &["expected at most 262144 bytes"]),
        ("deep", format!("{PEOPLE}cases: {}{}\n", "[".repeat(70), "]".repeat(70)),
            &[":2:", "nested deeper than 64"]),
        ("deep by lines", (0..90).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect(),
            &["nested deeper than 64"]),
        ("aliases", format!("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n{CASE}"),
            &[":1:4", "anchors are not allowed here"]),
        ("a tag", format!("name: !!python/object x\n{CASE}"), &[":1:7", "tags are not allowed here"]),
        ("a merge key", format!("directory: {{<<: {{users: []}}}}\n{CASE}"),
            &[":1:13", "merge keys are not allowed here"]),
        ("a key twice", format!("{PEOPLE}{PEOPLE}{CASE}"), &[":2:1", "directory"]),
        ("two documents", format!("{PEOPLE}{RULE}{CASE}---\n{CASE}"), &["expected one document"]),
        ("an unknown key of the file", format!("{PEOPLE}{RULE}casses: []\n"),
            &[":3:1", "unknown field `casses`", "perhaps `cases`?"]),
        ("an unknown key of a case", with("  - {name: x, steps: []}"), &[":4:15", "unknown field `steps`", "`do`"]),
        ("an unknown command", case("{aprove: {as: bob, request: r1}}"),
            &[":4:27", "unknown field `aprove`", "perhaps `approve`?"]),
        ("an unknown key of a command", case("{submit: {as: ann, rule: note, propertys: {}}}"),
            &[":4:57", "unknown field `propertys`", "perhaps `properties`?"]),
        ("an unknown key of expect", case("{submit: {as: ann, rule: note}, expect: {decision_maker: [bob]}}"),
            &[":4:67", "perhaps `decision_makers`?"]),
        ("an unknown status", case("{submit: {as: ann, rule: note}, expect: {status: pendig}}"),
            &[":4:75", "perhaps `pending`?"]),
        ("an unknown error", case("{submit: {as: ann, rule: note}, expect: {error: not_fund}}"),
            &[":4:74", "perhaps `not_found`?"]),
        ("two commands in one step", case("{leave: {as: ann, request: r1}, hold: {as: ann, request: r1}}"),
            &[":4:", "two commands in one step"]),
        ("a step without a command", case("{expect: {status: pending}}"), &[":4:", "no command"]),
        ("a case without commands", with("  - {name: x, do: []}"), &[":4:15", "expected at least one command"]),
        ("a case without `do`", with("  - {name: x}"), &[":4:", "missing field `do`"]),
        ("no cases", format!("{PEOPLE}{RULE}cases: []\n"), &[":3:1", "expected at least one case"]),
        ("a list for a map", format!("directory: []\n{RULE}{CASE}"), &[":1:1", "expected"]),
        ("a text for a list", format!("directory: {{users: ann}}\n{RULE}{CASE}"), &[":1:20", "expected a", "list"]),
        ("a time that is none", with("  - {name: x, at: monday, do: []}"), &[":4:19", "monday"]),
        ("an unknown user", case("{submit: {as: zoe, rule: note}}"), &[":4 submit as zoe", "no user `zoe`"]),
        ("a login that is none", "directory: {users: [{login: Ann B}]}\ncases: []\n".to_owned(), &[":1:29", "Ann B"]),
        ("a user twice", format!("directory: {{users: [{{login: bob}}, {{login: ann}}, {{login: bob}}]}}\n{RULE}{CASE}"),
            &[":1:50", "`bob` stands here twice"]),
        ("a group twice", format!("directory: {{groups: [a, b, a]}}\n{RULE}{CASE}"), &["`a` stands here twice"]),
        ("a rule twice", format!("{PEOPLE}{}{CASE}", RULE.replace("rules: [", "rules: [{rule: note, kind: note, steps: [{id: one, approvers: [{id: a, who: {user: ann}}]}]}, ")),
            &["the rule `note` stands here twice"]),
        ("a rule that asks nobody there is", format!("{PEOPLE}{}{CASE}", RULE.replace("user: bob", "user: bop")),
            &[":2:84", "bop", "did you mean `bob`?"]),
        ("a rule from outside", format!("{PEOPLE}rules: [{{file: ../note.yaml}}]\n{CASE}"),
            &["in the folder of the scenario", "../note.yaml"]),
        ("a rule that is nowhere", format!("{PEOPLE}rules: [{{file: nowhere.yaml}}]\n{CASE}"),
            &["cannot read", "nowhere.yaml"]),
        ("a file that is its own rule", format!("{PEOPLE}rules: [{{file: wrong.scenario.yaml}}]\n{CASE}"),
            &["wrong.scenario.yaml:1:1", "unknown field `directory`"]),
        ("a stub and a component", format!("{PEOPLE}{RULE}plugins: [{{id: p}}]\n{CASE}"),
            &["expected either a `component` or a `stub`"]),
        ("a command inside another", case("{together: [{advance: 1d}, {crash: {}}]}"),
            &[":4 together", "`crash` cannot stand inside another command"]),
        ("a crash that never comes", case("{crash: {at: after_effect}}, {submit: {as: ann, rule: note}}"),
            &[":4 submit as ann", "the crash did not come"]),
        ("a tab that nobody opened", case("{submit: {as: ann, rule: note, id: r1}}, {approve: {as: bob, request: r1, tab: t}}"),
            &[":4 approve as bob", "`bob` has not opened a tab `t`"]),
    ]
}

fn test(paths: &[&Path]) -> (String, Option<i32>) {
    let mut command = program(&["test"]);
    let output = command.args(paths).output().unwrap();
    assert_eq!(text(&output.stderr), "");
    (text(&output.stdout), output.status.code())
}

#[test]
fn each_is_one_failed_case_that_says_where_and_what() {
    let home = Home::new();
    let file = home.path("wrong.scenario.yaml");
    let mut wrongly_said = Vec::new();
    for (what, content, expected) in wrong() {
        std::fs::write(&file, content).unwrap();
        let (out, code) = test(&[&file]);
        let missing: Vec<_> = expected.iter().filter(|said| !out.contains(**said)).collect();
        let is_named = out.contains(&format!("{}:", file.display()));
        let is_one = out.ends_with("\n0 passed, 1 failed\n") && code == Some(1);
        if !missing.is_empty() || !is_named || !is_one {
            wrongly_said.push(format!("{what}: {missing:?} is not in\n{out}"));
        }
    }
    assert_eq!(wrongly_said, Vec::<String>::new(), "\n{}", wrongly_said.join("\n"));
}

/// Neither a file that is not there, nor one that is no text, nor a wrong one stops those after it.
#[test]
fn others_are_played_all_the_same() {
    let home = Home::new();
    let (good, bad) = (home.path("z.scenario.yaml"), home.path("a.scenario.yaml"));
    let bytes = home.path("b.scenario.yaml");
    std::fs::write(&good, format!("{PEOPLE}{RULE}{CASE}")).unwrap();
    std::fs::write(&bad, "cases: [{do: 1}]\n").unwrap();
    std::fs::write(&bytes, b"name: x\ncases: [\xff\xfe]\n").unwrap();
    let nowhere = home.path("nowhere.scenario.yaml");
    let empty = home.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let (out, code) = test(&[&nowhere, &empty, &bad, &bytes, &good]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.ends_with("1 passed, 4 failed\n"), "{out}");
    for said in [
        "cannot be read: No such file or directory",
        "expected files that end in `.scenario.yaml`, found none",
        "line 2: expected text in UTF-8",
        "ok    STP-1\n",
    ] {
        assert!(out.contains(said), "{said}: {out}");
    }
}

/// A file of gigabytes is not read to its end.
#[test]
fn a_file_without_end_is_read_no_further_than_it_takes() {
    let (out, code) = test(&[Path::new("/dev/zero")]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("expected at most 262144 bytes"), "{out}");
}
