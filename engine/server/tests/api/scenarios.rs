//! `countersign test` from the command line: what it prints, what it writes, how it ends.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::process::{Home, program, text};

/// What a run printed, what it complained of, and how it ended.
fn test(words: &[&str]) -> (String, String, Option<i32>) {
    let output = program(&[&["test"], words].concat()).output().unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code())
}

/// A file with these cases, in a folder of its own that lasts as long as its home.
fn file_of(cases: &str) -> (Home, String) {
    let home = Home::new();
    let path = home.path("a.scenario.yaml");
    std::fs::write(&path, format!("{WORLD}{cases}")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (home, path)
}

const WORLD: &str = "\
name: a file
directory:
  groups: [bosses]
  users: [{login: ann}, {login: bob, groups: [bosses]}, {login: cy, groups: [bosses]}]
rules:
  - {rule: note, kind: note, steps: [{id: one, approvers: [{id: a, who: {group: bosses}}]}]}
";

const WRONG: &str = r#"cases:
  - name: "STP-1: a list"
    do:
      - submit: {as: ann, rule: note, id: r1}
        expect: {decision_makers: [bob, ann], status: approved}  # two are wrong
  - name: "DEC-1: refusals"
    do:
      # Anybody may ask.
      - submit: {as: ann, rule: note, id: r1}
        expect:
          status: pending   # stays
          error: invalid    # goes
          notices:
            - {to: bob, about: r1}
            - {to: ann, about: r1}
      - approve: {as: ann, request: r1, comment: fine}  # not hers
      - approve: {as: bob, request: r1, comment: fine}
        expect: {seats: {a: [cy]}}
      - together:
          - approve: {as: bob, request: r1, comment: fine}
        expect: {outcomes: [ok]}
"#;

const RIGHT: &str = r#"cases:
  - name: "STP-1: a list"
    do:
      - submit: {as: ann, rule: note, id: r1}
        expect: {decision_makers: [bob, cy], status: pending}  # two are wrong
  - name: "DEC-1: refusals"
    do:
      # Anybody may ask.
      - submit: {as: ann, rule: note, id: r1}
        expect:
          status: pending   # stays
          notices:
            - {to: bob, about: r1}
            - {about: new_work, to: cy}
      - approve: {as: ann, request: r1, comment: fine}  # not hers
        expect: {error: no_seat}
      - approve: {as: bob, request: r1, comment: fine}
        expect: {seats: {a: [bob]}}
      - together:
          - approve: {as: bob, request: r1, comment: fine}
        expect: {outcomes: [step_complete]}
"#;

#[test]
fn what_is_different_is_shown_part_by_part() {
    let (_home, file) = file_of(WRONG);
    let (out, err, code) = test(&[&file, "--filter", "STP-1"]);
    assert_eq!((err.as_str(), code), ("", Some(1)));
    let expected = format!(
        "FAIL  STP-1: a list\n      {file}:10 submit as ann\n        status\n          expected  approved\n          \
         found     pending\n        decision_makers\n          expected  [ann, bob]\n          found     \
         [bob, cy]\n          missing   ann\n          too much  cy\n0 passed, 1 failed\n"
    );
    assert_eq!(out, expected);

    let (out, _, code) = test(&[&file, "--filter", "STP-1", "--json"]);
    let report: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &report["failed"], &report["passed"]), (Some(1), &json!(1), &json!(0)));
    let makers = &report["cases"][0]["failures"][0]["mismatches"][1];
    let expected = json!({
        "key": "decision_makers", "expected": "[ann, bob]", "found": "[bob, cy]",
        "missing": ["ann"], "unexpected": ["cy"],
    });
    assert_eq!(makers, &expected);
}

#[test]
fn update_writes_what_was_found_and_leaves_all_else() {
    let (_home, file) = file_of(WRONG);
    let (out, err, code) = test(&[&file, "--update"]);
    let now = std::fs::read_to_string(&file).unwrap();
    assert_eq!(now, format!("{WORLD}{RIGHT}"), "{out}{err}");
    assert_eq!(code, Some(0), "{out}");
    assert!(out.starts_with("ok    STP-1: a list\nok    DEC-1: refusals\nupdated "), "{out}");
    assert!(out.contains(&format!("updated {file}:10 status: approved → pending\n")), "{out}");
    assert!(out.contains(&format!("updated {file}:22 error: no error → no_seat")), "{out}");
    assert!(out.ends_with("2 passed, 0 failed\n"), "{out}");
    let (out, _, code) = test(&[&file, "--update"]);
    assert_eq!((out.contains("updated"), code), (false, Some(0)), "{out}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), now);
}

/// A case that cannot go on is nothing that could be written off.
#[test]
fn update_writes_off_no_case_that_cannot_go_on() {
    let cases = "cases: [{name: \"STP-1\", do: [{approve: {as: zoe, request: r1}}]}]\n";
    let (_home, file) = file_of(cases);
    let (out, _, code) = test(&[&file, "--update"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("there is no user `zoe` in this scenario"), "{out}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), format!("{WORLD}{cases}"));
}

#[test]
fn nothing_is_played_by_a_name_or_store_that_is_not_there() {
    let (_home, file) = file_of(RIGHT);
    let (out, err, code) = test(&[&file, "--filter", "STP-99"]);
    assert_eq!((out.as_str(), code), ("", Some(2)));
    assert_eq!(err, "error: no case has a name that contains `STP-99`\n");
    let (out, err, code) = test(&[&file, "--store", "postgres"]);
    assert_eq!((out.as_str(), code), ("", Some(2)));
    let expected = "error: there is no store `postgres` in this version: use `--store redb` for data on \
                    disk, or `--store memory`\n";
    assert_eq!(err, expected);
    let (_, err, code) = test(&[&file, "--store", "reddb"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("possible values: memory, redb"), "{err}");
    let (out, err, code) = test(&[&file, "--store", "redb"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.ends_with("2 passed, 0 failed\n"), "{out}");
}

/// Links to folders are not followed: one may lead back.
#[test]
fn a_folder_is_searched_without_end() {
    let (_home, file) = file_of(RIGHT);
    let folder = Path::new(&file).parent().unwrap();
    std::os::unix::fs::symlink(folder, folder.join("again")).unwrap();
    let (out, err, code) = test(&[folder.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.ends_with("2 passed, 0 failed\n"), "{out}");
}
