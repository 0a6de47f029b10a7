//! Documents with mistakes, and what is said about them.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::*;

/// Of the shape of a rule document.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    rule: String,
    #[serde(default)]
    urgent: bool,
    #[serde(default)]
    quorum: Option<Quorum>,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    id: String,
    #[serde(default)]
    count: u8,
    #[serde(default)]
    due: Option<String>,
    #[serde(default)]
    config: BTreeMap<String, Json>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Quorum {
    All,
    AtLeast(u32),
}

fn parse(text: &str) -> Document {
    Document::parse("rule.yaml", text).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What is said about a text that is no `Rule`, or no document.
fn mistake(name: &str, text: &str) -> Diagnostic {
    let read = Document::parse(name, text).and_then(|document| document.read::<Rule>());
    let mut errors = read.expect_err("a mistake").0;
    assert_eq!(errors.len(), 1);
    errors.remove(0)
}

fn check(text: &str, line: usize, column: usize, message: &str) -> Diagnostic {
    let found = mistake("rule.yaml", text);
    assert_eq!((found.line, found.column, found.message.as_str()), (line, column, message));
    found
}

#[test]
fn yaml_and_json_are_the_same_document() {
    let expected = Rule {
        rule: "capex".to_owned(),
        urgent: true,
        quorum: Some(Quorum::AtLeast(2)),
        steps: vec![Step {
            id: "unit".to_owned(),
            count: 3,
            due: None,
            config: [("ledger".to_owned(), json!(["main", 5, true, null]))].into(),
        }],
    };
    let yaml = "\
rule: capex
urgent: true
quorum: {at_least: 2}
steps:
  - id: unit        # a comment
    count: 3
    due:
    config:
      ledger: [main, 5, true, ~]
";
    let json = r#"
        {"rule": "capex", "urgent": true, "quorum": {"at_least": 2},
         "steps": [{"id": "unit", "count": 3, "due": null,
                    "config": {"ledger": ["main", 5, true, null]}}]}"#;
    assert_eq!(parse(yaml).read::<Rule>().unwrap(), expected);
    let document = Document::parse("rule.json", json).unwrap();
    assert_eq!(document.read::<Rule>().unwrap(), expected);
}

#[test]
fn scalars_stay_as_they_were_written() {
    let text = "[12500.00, 1e400, 0.1, 007, 2026-03-02, 90m, 12 EUR, no, 9007199254740993, 18446744073709551615]";
    let read: Json = parse(text).read().unwrap();
    assert_eq!(
        read,
        json!([
            "12500.00",
            "1e400",
            "0.1",
            "007",
            "2026-03-02",
            "90m",
            "12 EUR",
            "no",
            9_007_199_254_740_993_i64,
            18_446_744_073_709_551_615_u64
        ])
    );
    let texts: Vec<String> = parse("[12500.00, 5, -1, no]").read().unwrap();
    assert_eq!(texts, ["12500.00", "5", "-1", "no"]);
}

#[test]
fn an_unknown_field_shows_the_line_and_its_correction() {
    let found = mistake("rule.yaml", "rule: a\nsteps:\n  - id: b\n    cuont: 2\n");
    assert_eq!(
        found.to_string(),
        "\
error: unknown field `cuont`
 --> rule.yaml:4:5
  |
4 |     cuont: 2
  |     ^^^^^ expected one of `id`, `count`, `due`, `config`
  |
help: perhaps `count`?
  |
4 |     count: 2
  |     ~~~~~
"
    );
    assert_eq!(found.path, "steps[0].cuont");
    assert_eq!(found.nearest.as_deref(), Some("count"));
}

#[test]
fn an_unknown_word_shows_its_correction() {
    let found = check("rule: a\nquorum: al\n", 2, 9, "unknown word `al`");
    assert_eq!(found.expected, ["`all`", "`at_least`"]);
    assert!(found.corrected.unwrap().contains("2 | quorum: all"));
    let found = check("rule: a\nquorum: {at-least: 2}\n", 2, 10, "unknown word `at-least`");
    assert!(found.corrected.unwrap().contains("2 | quorum: {at_least: 2}"));
}

#[test]
fn a_correction_keeps_the_quotes() {
    let found = mistake("rule.json", "{\n\t\"rlue\": \"a\"}");
    assert_eq!((found.line, found.column), (2, 2));
    assert!(found.corrected.unwrap().contains("2 |  \"rule\": \"a\"}"));
}

#[test]
fn every_wrong_type_says_what_was_expected_and_found() {
    for (text, line, column, message) in [
        ("steps: []", 1, 1, "missing field `rule`"),
        ("rule: a\nsteps: [{count: 1}]", 2, 10, "missing field `id`"),
        ("rule: {a: b}", 1, 1, "expected a text, found a map"),
        ("rule:", 1, 1, "expected a text, found nothing"),
        ("rule: true", 1, 7, "expected a text, found `true`"),
        ("rule: a\nurgent: yes", 2, 9, "expected `true` or `false`, found the text `yes`"),
        ("rule: a\nsteps: {id: b}", 2, 1, "expected a list, found a map"),
        ("rule: a\nsteps:\n- b", 3, 3, "expected a map, found the text `b`"),
        (
            "rule: a\nsteps:\n- {id: b, count: many}",
            3,
            18,
            "expected a whole number from 0 to 255, found the text `many`",
        ),
        (
            "rule: a\nsteps:\n- {id: b, count: 300}",
            3,
            18,
            "expected a whole number from 0 to 255, found the number `300`",
        ),
        (
            "rule: a\nsteps:\n- {id: b, count: 1.0}",
            3,
            18,
            "expected a whole number from 0 to 255, found the number `1.0`",
        ),
        ("rule: a\nquorum: at_least", 2, 9, "`at_least` needs a value: `at_least: …`"),
        ("rule: a\nquorum: {all: 2}", 2, 10, "`all` stands alone, without a value"),
        ("rule: a\nquorum: {all: , at_least: 2}", 2, 1, "expected exactly one key"),
        ("rule: a\nquorum: [all]", 2, 1, "expected a word, found a list"),
        ("- a", 1, 1, "expected a map, found a list"),
    ] {
        check(text, line, column, message);
    }
}

#[test]
fn a_number_in_json_where_text_belongs_shows_the_quotes() {
    let found = mistake("rule.json", r#"{"rule": 12.50}"#);
    assert_eq!(found.message, "expected a text, found the number `12.50`");
    assert!(found.corrected.unwrap().contains(r#"{"rule": "12.50"}"#));
}

#[test]
fn what_means_different_things_to_different_readers_is_refused() {
    for (text, line, column, message) in [
        ("a: &x 1\nb: *x", 1, 4, "anchors are not allowed here: write it out"),
        ("a: &x [1]", 1, 4, "anchors are not allowed here: write it out"),
        ("a: !!str 1", 1, 4, "tags are not allowed here: write it out"),
        ("a:\n  <<: {b: 1}", 2, 3, "merge keys are not allowed here: write it out"),
        ("{[1]: 2}", 1, 2, "lists and maps as keys are not allowed here: write it out"),
        ("rule: a\nurgent: true\n'rule': b", 3, 1, "the key `rule` stands already in line 1"),
    ] {
        check(text, line, column, message);
    }
    let found = mistake("rule.json", "{\"rule\": 1,\n \"ru\\u006ce\": 2}");
    assert_eq!((found.line, found.column), (2, 2));
    assert_eq!(found.message, "the key `rule` stands already in line 1");
}

#[test]
fn aliases_cannot_multiply() {
    let bomb = "a: &a [1,1]\nb: &b [*a,*a]\nc: &c [*b,*b]\n";
    assert!(mistake("rule.yaml", bomb).message.starts_with("anchors"));
}

#[test]
fn size_depth_and_number_are_bounded() {
    let long = format!("rule: {}", "a".repeat(MAX_BYTES));
    assert!(mistake("rule.yaml", &long).message.starts_with("expected at most 262144 bytes"));
    for open in ["[", "{a: ", "- "] {
        let deep = format!("a:\n  {}", open.repeat(MAX_DEPTH + 1));
        assert!(mistake("rule.yaml", &deep).message.contains("nested deeper"), "{open}");
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert_eq!(mistake("rule.json", &deep).message, "nested deeper than 64");
    let deeper = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(mistake("rule.json", &deeper).message, "nested deeper than 64");
    let many = "--- a\n".repeat(MAX_DOCUMENTS + 1);
    let errors = Document::parse_stream(Format::Yaml, "rule.yaml", &many).err().unwrap();
    assert_eq!(errors.0[0].message, "expected at most 1000 documents");
}

#[test]
fn a_map_of_many_keys_is_read_in_time() {
    let text: String = (0..30_000).map(|i| format!("k{i}:\n")).collect();
    let read: BTreeMap<String, Option<u8>> = parse(&text).read().unwrap();
    assert_eq!(read.len(), 30_000);
}

#[test]
fn a_stream_splits_into_documents_that_know_their_lines() {
    let text = "---\nrule: a\n---\n---\nrule: b\nsteps: 5\n...\n";
    let documents = Document::parse_stream(Format::Yaml, "rules.yaml", text).unwrap();
    let names: Vec<_> = documents.iter().map(|document| document.field("rule")).collect();
    assert_eq!(names, [Some("a"), Some("b")]);
    let errors = documents[1].read::<Rule>().err().unwrap();
    assert_eq!((errors.0[0].line, errors.0[0].column), (6, 8));
    assert_eq!(
        mistake("rules.yaml", text).message,
        "expected one document, found another after `---`"
    );
    assert_eq!(mistake("rules.yaml", "# nothing\n").message, "expected a document, found nothing");
}

#[test]
fn what_is_not_yaml_or_json_shows_where() {
    let found = mistake("rule.yaml", "rule: a\nsteps: [\n");
    assert!(found.message.starts_with("not YAML: "), "{}", found.message);
    assert!(found.line >= 2);
    let found = mistake("rule.json", "{\"rule\": \"a\",\n  urgent: true}");
    assert_eq!((found.line, found.column), (2, 3));
    assert_eq!(found.message, "key must be a string");
}

#[test]
fn a_path_from_a_later_check_finds_its_place() {
    let document = parse("rule: a\nsteps:\n  - id: b\n    config:\n      limit: 5\n");
    for (path, line, column) in [
        ("steps[0].config.limit", 5, 14),
        ("steps[0].config", 4, 5),
        ("steps[0].config.nothing", 4, 5),
        ("steps[0]", 3, 5),
        ("steps[7]", 2, 1),
        ("steps", 2, 1),
        ("", 1, 1),
        ("a..b", 1, 1),
    ] {
        let found = document.problem(path, "wrong");
        assert_eq!((found.line, found.column), (line, column), "{path}");
        assert_eq!(found.path, path);
    }
}

#[test]
fn columns_are_characters_and_lines_may_end_in_two() {
    let text = "\u{feff}rule: Ünïcode\r\nsteps: [{id: é, größe: 1}]\r\n";
    let found = check(text, 2, 17, "unknown field `größe`");
    assert!(found.snippet.ends_with("^^^^^"), "{}", found.snippet);
}

#[test]
fn a_terminal_does_not_obey_a_document() {
    let found = mistake("rule.json", "{\"rule\": \"a\", \"\u{1b}[2J\": 1}");
    assert!(!found.to_string().contains('\u{1b}'));
    let found = mistake("rule.yaml", "rule: a\n\"\\e[31mred\": 1");
    assert!(!found.to_string().contains('\u{1b}'));
}

#[test]
fn a_long_line_is_shown_around_the_place() {
    let text = format!("{{rule: {}, urgent: maybe}}", "a".repeat(5_000));
    let found = mistake("rule.yaml", &text);
    assert_eq!(found.column, 5_018);
    let lines: Vec<_> = found.snippet.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() < 120));
    let caret = lines[2].find('^').unwrap();
    assert!(lines[1][caret..].starts_with("maybe"));
}

#[test]
fn diagnostics_travel_as_json() {
    let found = mistake("rule.yaml", "rlue: a");
    let sent = serde_json::to_string(&Diagnostics::from(found.clone())).unwrap();
    assert_eq!(serde_json::from_str::<Diagnostics>(&sent).unwrap().0, [found]);
}

#[test]
fn a_part_is_a_document_with_the_places_of_the_whole() {
    let text = "\
cases:
  - name: one
    rule: {rule: a, steps: [{id: s}]}
  - name: two
    rule: {rule: b, urgnet: true}
";
    let whole = Document::parse("cases.yaml", text).unwrap();
    let key = |name: &str| Segment::Key(name.to_owned());
    let rule = |index| whole.part(&[key("cases"), Segment::Index(index), key("rule")]);
    let first = rule(0).unwrap();
    assert_eq!((first.name(), first.field("rule")), ("cases.yaml", Some("a")));
    assert_eq!(first.read::<Rule>().unwrap().steps.len(), 1);
    // A path within the part, and the line of the whole.
    let found = first.problem("steps[0].id", "is taken");
    assert_eq!((found.line, found.column, found.path.as_str()), (3, 34, "steps[0].id"));

    let found = rule(1).unwrap().read::<Rule>().unwrap_err().0.remove(0);
    assert_eq!((found.line, found.column), (5, 21));
    assert!(found.corrected.unwrap().contains("5 |     rule: {rule: b, urgent: true}"));
    assert_eq!(whole.part(&[]).unwrap().field("cases"), None, "a list is no text");
    for nowhere in [
        vec![key("case")],
        vec![key("cases"), Segment::Index(2)],
        vec![Segment::Index(0)],
        vec![key("cases"), key("name")],
        vec![key("cases"), Segment::Index(0), key("name"), key("name")],
    ] {
        assert!(whole.part(&nowhere).is_none(), "{nowhere:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_document_or_a_mistake(text in "\\PC{0,80}", json: bool) {
        let name = if json { "x.json" } else { "x.yaml" };
        if let Err(errors) = Document::parse(name, &text).and_then(|d| d.read::<Rule>()) {
            prop_assert!(!errors.to_string().is_empty());
        }
    }

    #[test]
    fn text_that_looks_like_a_document_never_breaks_the_reader(
        text in "[ \\n\\r\\t:{}\\[\\],&*!|>'\"#%@a-c0-2é~?.-]{0,60}",
    ) {
        if let Err(errors) = Document::parse("x.yaml", &text).and_then(|d| d.read::<Rule>()) {
            prop_assert!(!errors.to_string().is_empty());
        }
    }

    /// The independent reader of JSON agrees, floats aside.
    #[test]
    fn json_reads_as_serde_json_reads_it(value in value()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let document = Document::parse("x.json", &text).unwrap();
            prop_assert_eq!(&document.read::<Json>().unwrap(), &value);
        }
    }
}

fn value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}
