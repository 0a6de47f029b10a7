//! The JSON Schemas of documents, by a validator that is not ours: they take what the engine takes, and
//! refuse what it refuses.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use engine_api::{
    document::{Diagnostics, Document},
    json_schema::DocumentKind,
    organization::OrganizationDoc,
};
use engine_core::rule::Definition;
use engine_server::scenario::{self, Options};
use serde_json::{Value as Json, json};

use super::{
    documents::{
        markdown::{Kind, blocks},
        organization::Office,
    },
    scenarios::folder,
};

/// A document with where it stands.
struct Written {
    place: String,
    kind: DocumentKind,
    document: Json,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The program that validates, built where it is not.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let target = root().join("target/validator");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--locked", "--manifest-path"]);
        cargo.arg(root().join("tests/validator/Cargo.toml")).arg("--target-dir").arg(&target);
        assert!(cargo.status().unwrap().success(), "the validator does not build");
        target.join("debug/validator")
    })
}

/// Why each of the documents is refused; nothing where it is taken.
fn problems(kind: DocumentKind, documents: &[&Json]) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let schema = folder.path().join(format!("{kind}.json"));
    fs::write(&schema, kind.schema()).unwrap();
    let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
    let input = folder.path().join("documents");
    fs::write(&input, lines).unwrap();
    let mut program = Command::new(program());
    let output = program.arg(&schema).stdin(fs::File::open(&input).unwrap()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let problems: Vec<Vec<String>> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(problems.len(), documents.len());
    problems
}

/// Reads a file or a block; what it is about says what it is.
fn written(place: String, text: &str, is_scenario: bool) -> Written {
    let document: Json = Document::parse("document.yaml", text).unwrap().read().unwrap();
    let kind = if is_scenario {
        DocumentKind::Scenario
    } else if document.get("rule").is_some() {
        DocumentKind::Rule
    } else {
        DocumentKind::Organization
    };
    Written { place, kind, document }
}

fn files(folder: &Path, found: &mut Vec<Written>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            // Those are asked of plugins, and are documents of another kind.
            if name != "cases" {
                files(&path, found);
            }
        } else if name.ends_with(".yaml") {
            let text = fs::read_to_string(&path).unwrap();
            found.push(written(path.display().to_string(), &text, name.contains(".scenario.")));
        }
    }
}

/// The documents that the documentation shows and that are not wrong on purpose.
fn shown(found: &mut Vec<Written>) {
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "md") {
            continue;
        }
        for block in blocks(&fs::read_to_string(&path).unwrap()) {
            let (given, is_scenario) = match Kind::of(&block.info) {
                Ok(Kind::Yaml(given)) => (given, false),
                Ok(Kind::Scenario(given)) => (given, true),
                _ => continue,
            };
            if !given.refused {
                let place = format!("{}:{}", path.display(), block.line);
                found.push(written(place, &block.text, is_scenario));
            }
        }
    }
}

/// Every document of the examples, of the scenarios and of the documentation.
fn all() -> Vec<Written> {
    let mut found = Vec::new();
    files(&root().join("examples"), &mut found);
    files(&folder(), &mut found);
    shown(&mut found);
    found
}

/// The rules of all documents, those inside scenarios too.
fn rules() -> Vec<(String, Json)> {
    let mut rules = Vec::new();
    for Written { place, kind, document } in all() {
        match kind {
            DocumentKind::Rule => rules.push((place, document)),
            DocumentKind::Scenario => {
                let inside = document.get("rules").and_then(Json::as_array).cloned();
                let inside = inside.unwrap_or_default().into_iter();
                let inside = inside.filter(|rule| rule.get("rule").is_some());
                rules.extend(inside.map(|rule| (place.clone(), rule)));
            }
            DocumentKind::Organization => {}
        }
    }
    rules
}

#[test]
fn what_is_right_is_taken() {
    let all = all();
    let mut told = Vec::new();
    for (kind, least) in
        [(DocumentKind::Organization, 4), (DocumentKind::Rule, 10), (DocumentKind::Scenario, 40)]
    {
        let of_kind: Vec<&Written> = all.iter().filter(|written| written.kind == kind).collect();
        assert!(of_kind.len() >= least, "only {} of kind {kind}", of_kind.len());
        let documents: Vec<&Json> = of_kind.iter().map(|written| &written.document).collect();
        for (written, problems) in of_kind.iter().zip(problems(kind, &documents)) {
            told.extend(problems.iter().map(|problem| format!("{}: {problem}", written.place)));
        }
    }
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}

/// What is wrong in `tests/data/schemas/wrong.yaml`, by kind and by why.
fn wrong() -> Vec<(DocumentKind, String, Json)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/schemas/wrong.yaml");
    let document = Document::parse("wrong.yaml", &fs::read_to_string(path).unwrap()).unwrap();
    let kinds: BTreeMap<String, BTreeMap<String, Json>> = document.read().unwrap();
    let mut found = Vec::new();
    for (kind, documents) in kinds {
        let kind: DocumentKind = kind.parse().unwrap();
        found.extend(documents.into_iter().map(|(why, document)| (kind, why, document)));
    }
    found
}

#[test]
fn what_is_wrong_is_refused() {
    let all = wrong();
    for kind in DocumentKind::ALL {
        let wrong: Vec<_> = all.iter().filter(|(of, ..)| *of == kind).collect();
        let documents: Vec<&Json> = wrong.iter().map(|(.., document)| document).collect();
        for ((_, why, document), problems) in wrong.iter().zip(problems(kind, &documents)) {
            assert!(!problems.is_empty(), "{kind}: {why}: the schema takes {document}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_refused_by_the_engine_as_well() {
    let office = Office::new().await;
    let folder = tempfile::tempdir().unwrap();
    for (kind, why, document) in wrong() {
        let text = document.to_string();
        let taken = match kind {
            DocumentKind::Organization | DocumentKind::Rule => {
                office.yaml("wrong.yaml", &text).await.is_ok()
            }
            DocumentKind::Scenario => {
                let path = folder.path().join("wrong.scenario.yaml");
                fs::write(&path, &text).unwrap();
                let report = scenario::run(&[path], &Options::default()).await;
                // A mistake in a document is shown where it stands.
                report.failed() == 0 || !report.to_string().contains("--> ")
            }
        };
        assert!(!taken, "{kind}: {why}: the engine takes {document}");
    }
    office.close().await;
}

/// Each key of a document left out, and each map with a key that nobody knows.
fn changed(document: &Json) -> Vec<(String, Json)> {
    let mut places = Vec::new();
    maps(document, String::new(), &mut places);
    let mut changed = Vec::new();
    for place in places {
        let keys = document.pointer(&place).unwrap().as_object().unwrap().keys().cloned();
        let with = |change: &dyn Fn(&mut serde_json::Map<String, Json>)| {
            let mut document = document.clone();
            change(document.pointer_mut(&place).unwrap().as_object_mut().unwrap());
            document
        };
        for key in keys {
            let without = with(&|map| drop(map.remove(&key)));
            changed.push((format!("without {place}/{key}"), without));
        }
        let with_more = with(&|map| drop(map.insert("zzz".to_owned(), json!("zzz"))));
        changed.push((format!("with {place}/zzz"), with_more));
    }
    changed
}

/// Where maps are; what stands in a configuration is the plugin's business.
fn maps(part: &Json, place: String, found: &mut Vec<String>) {
    match part {
        Json::Object(map) => {
            for (key, part) in map.iter().filter(|(key, _)| *key != "config") {
                maps(part, format!("{place}/{key}"), found);
            }
            found.push(place);
        }
        Json::Array(list) => {
            for (index, part) in list.iter().enumerate() {
                maps(part, format!("{place}/{index}"), found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
    }
}

/// That engine and schema say the same of everything that is nearly one of these documents.
#[track_caller]
fn agree<T>(
    kind: DocumentKind,
    documents: &[(String, Json)],
    read: fn(&Document) -> Result<T, Diagnostics>,
) -> usize {
    let mut changed = Vec::new();
    for (place, document) in documents {
        let of_it = self::changed(document).into_iter();
        changed.extend(of_it.map(|(what, changed)| (format!("{place}: {what}"), changed)));
    }
    let all: Vec<&Json> = changed.iter().map(|(_, document)| document).collect();
    for ((what, document), problems) in changed.iter().zip(problems(kind, &all)) {
        let read = read(&Document::parse("document.yaml", &document.to_string()).unwrap());
        assert_eq!(
            read.is_ok(),
            problems.is_empty(),
            "{what}: the engine says {:?}, the schema {problems:?} of\n{document}",
            read.err().map(|wrong| wrong.to_string())
        );
    }
    changed.len()
}

#[test]
fn engine_and_schema_agree_about_rules() {
    let count = agree(DocumentKind::Rule, &rules(), Document::read::<Definition>);
    assert!(count > 2_000, "only {count} documents were looked at");
}

#[test]
fn engine_and_schema_agree_about_organizations() {
    let of_kind = all().into_iter().filter(|written| written.kind == DocumentKind::Organization);
    let documents: Vec<(String, Json)> =
        of_kind.map(|written| (written.place, written.document)).collect();
    let count = agree(DocumentKind::Organization, &documents, Document::read::<OrganizationDoc>);
    assert!(count > 100, "only {count} documents were looked at");
}
