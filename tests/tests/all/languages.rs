//! Plugins in Rust, JavaScript and Python: made, built and asked with the real program, as their authors
//! do it.
//!
//! The tools of JavaScript and Python are installed below `target/tools` by the first test that needs
//! them; that takes `npm` and `python3` with pip, and says so where they are missing.

mod together;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Mutex, MutexGuard, PoisonError},
};

use countersign_tests::{program, told_by_the_environment, tools};
use serde_json::Value as Json;

use self::together::together;

use super::documents::{copy, root};

const WORLDS: [&str; 5] = ["condition", "approvers", "validator", "executor", "notifier"];

/// One build of an interpreter at a time: each takes a core and hundreds of megabytes.
static TURN: Mutex<()> = Mutex::new(());

pub(super) fn turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The program in a folder, as an author calls it.
pub(super) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program().unwrap());
    for name in told_by_the_environment() {
        command.env_remove(name);
    }
    command
        .args(arguments)
        .current_dir(folder)
        .env("COUNTERSIGN_TOOLS", tools())
        // The dependencies of every project in Rust are compiled once.
        .env("CARGO_TARGET_DIR", root().join("target/templates"));
    command
}

fn countersign(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// What a command printed, where it did what it should.
pub(super) fn done(output: &Output) -> String {
    let [out, told] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    assert!(output.status.success(), "{out}\n{told}");
    out.into_owned()
}

/// What a command said that did not.
pub(super) fn refused(output: &Output) -> String {
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    told
}

/// Asks a plugin its cases, as many as there are; its outcomes.
fn ask(folder: &Path, arguments: &[&str]) -> Vec<Json> {
    let out = done(&countersign(folder, &[&["plugin", "test", "--json"], arguments].concat()));
    let report: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(report["failed"], 0, "{out}");
    report["cases"].as_array().unwrap().clone()
}

/// A project from the template of a world.
fn new(folder: &Path, language: &str, world: &str) -> PathBuf {
    let sdk = root().join("sdk/plugin");
    let name = format!("{language}-{world}");
    let mut new = vec!["plugin", "new", &name, "--world", world, "--lang", language];
    if language == "rust" {
        new.extend(["--sdk", sdk.to_str().unwrap()]);
    }
    done(&countersign(folder, &new));
    let again = countersign(folder, &new);
    assert!(refused(&again).contains("is there already"), "{name}");
    folder.join(name)
}

fn templates(language: &str) {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    for world in WORLDS {
        let project = new(folder.path(), language, world);
        let asked = ask(folder.path(), &[project.to_str().unwrap()]);
        assert!(asked.len() >= 2, "{language} {world} has {} cases", asked.len());
        assert!(project.join(format!("target/{language}-{world}.wasm")).is_file());
    }
}

#[test]
fn templates_in_rust_pass_their_tests() {
    templates("rust");
}

#[test]
fn templates_in_javascript_pass_their_tests() {
    templates("js");
}

/// As one component: what the templates of a world say in their manifest is the same in all languages,
/// and built alone above; and `docs/first-plugin.md` builds one of Python alone.
#[test]
fn templates_in_python_pass_their_tests() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let projects = WORLDS.map(|world| new(folder.path(), "python", world));
    let asked = ask(folder.path(), &[together(folder.path(), &projects).to_str().unwrap()]);
    for world in WORLDS {
        let file = format!("python_{world}.yaml");
        let of_world = asked.iter().filter(|case| case["file"].as_str().unwrap().ends_with(&file));
        assert!(of_world.count() >= 2, "{world}");
    }
}

/// Lines that say something: neither blank, nor a comment, nor what is imported, nor an attribute.
fn lines_of_code(path: &Path) -> usize {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("#[cfg(test)]").next().unwrap();
    // Of Python, the text at the top.
    let text = text.rsplit_once("\"\"\"\n\nfrom").map_or(text, |(_, code)| code);
    let beside = ["//", "#", "use ", "import ", "from "];
    let is_code = |line: &&str| {
        let line = line.trim();
        !line.is_empty() && !beside.iter().any(|begin| line.starts_with(begin))
    };
    text.lines().filter(is_code).count()
}

/// A copy of an example in a language; its manifest and its cases are those of the other language.
fn example(name: &str, language: &str, into: &Path) -> PathBuf {
    let [js, python] =
        ["js", "python"].map(|language| root().join("examples/plugins").join(language).join(name));
    for file in ["manifest.json", "cases/limit.yaml"] {
        let [js, python] = [&js, &python].map(|folder| fs::read_to_string(folder.join(file)).ok());
        assert_eq!(js, python, "{name}: {file}");
    }
    let to = into.join(language).join(name);
    copy(if language == "js" { &js } else { &python }, &to);
    to
}

/// In a call as here: the kit makes of the module what the machine makes of it.
#[test]
fn chance_in_python_is_seeded_when_it_is_asked() {
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let files = ["tests/data/python/chance.py", "sdk/python/countersign/chance.py"];
    let asked = Command::new(python).args(files.map(|file| root().join(file))).output().unwrap();
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
}

/// What is expected of an answer: why one did not come is told in each language's own words.
fn answer(case: &Json) -> Json {
    match &case["answer"]["failure"] {
        Json::Null => case["answer"].clone(),
        failure => failure["class"].clone(),
    }
}

#[test]
fn the_same_plugin_in_three_languages_answers_the_same() {
    let plugin = root().join("plugins/org-chart");
    let folder = tempfile::tempdir().unwrap();
    let cases = plugin.join("cases");
    let cases = ["--cases", cases.to_str().unwrap()];
    let rust = root().join("target/components/org-chart.wasm");
    let rust = ask(folder.path(), &[&cases[..], &["--component", rust.to_str().unwrap()]].concat());
    let manifest = fs::read_to_string(plugin.join("manifest.json")).unwrap();
    assert!(lines_of_code(&plugin.join("src/lib.rs")) < 60);
    for (language, file) in [("js", "plugin.js"), ("python", "plugin.py")] {
        let _turn = turn();
        let [chart, limit] =
            ["org-chart", "credit-limit"].map(|name| example(name, language, folder.path()));
        assert_eq!(fs::read_to_string(chart.join("manifest.json")).unwrap(), manifest);
        copy(&plugin.join("cases"), &chart.join("cases"));
        assert!(lines_of_code(&chart.join(file)) < 60, "{language}");
        assert!(lines_of_code(&limit.join(file)) < 60, "{language}");
        let asked = match language {
            "python" => {
                let all = together(folder.path(), &[chart, limit]);
                ask(folder.path(), &[all.to_str().unwrap()])
            }
            _ => [limit, chart]
                .iter()
                .flat_map(|project| ask(folder.path(), &[project.to_str().unwrap()]))
                .collect(),
        };
        let (limits, ways): (Vec<Json>, Vec<Json>) =
            asked.into_iter().partition(|case| case["file"].as_str().unwrap().contains("limit"));
        assert!(limits.len() >= 6 && ways.len() >= 8 && ways.len() == rust.len(), "{language}");
        for (theirs, ours) in ways.iter().zip(&rust) {
            assert_eq!(answer(theirs), answer(ours), "{language}: {}", ours["case"]);
        }
    }
}

#[test]
fn statements_are_there_for_every_language() {
    let from = root().join("tests/data/statements");
    for file in ["plugin.js", "plugin.py"] {
        let _turn = turn();
        let folder = tempfile::tempdir().unwrap();
        copy(&from.join("cases"), &folder.path().join("cases"));
        for file in ["manifest.json", file] {
            fs::copy(from.join(file), folder.path().join(file)).unwrap();
        }
        assert_eq!(ask(folder.path(), &[]).len(), 2, "{file}");
        #[cfg(feature = "databases")]
        opened_with_a_secret(folder.path());
    }
}

/// A server takes the password that the plugin hands over in place of the operator's.
#[cfg(feature = "databases")]
fn opened_with_a_secret(folder: &Path) {
    // Set by `cargo xtask test`, which starts the server.
    let url = std::env::var("COUNTERSIGN_TEST_POSTGRES").unwrap();
    let (account, place) = url.split_once("://").unwrap().1.rsplit_once('@').unwrap();
    let ((user, right), (host, port)) =
        (account.split_once(':').unwrap(), place.rsplit_once(':').unwrap());
    let input = serde_json::json!({
        "config": {"own_password": true},
        "directory": {"users": [{"login": "ann"}]},
        "grant": {"connections": {"shop-db": "read"}, "secrets": ["password"]},
    });
    fs::write(folder.join("input.json"), input.to_string()).unwrap();
    let run = |operators: &str, plugins: &str| {
        let config = format!(
            "[secrets]\npassword = \"{plugins}\"\n[connections.shop-db]\n\
             target = {{ kind = \"postgres\", host = \"{host}\", port = {port}, \
             database = \"postgres\", user = \"{user}\", password = \"{operators}\" }}\n"
        );
        fs::write(folder.join("config.toml"), config).unwrap();
        let component = "target/statements.wasm";
        let run = ["plugin", "run", component, "-i", "input.json", "--config", "config.toml"];
        let output = countersign(folder, &run);
        let told: Json = serde_json::from_slice(&output.stdout).unwrap();
        assert!(!format!("{output:?}").contains(right), "{output:?}");
        (output.status.success(), told)
    };
    let (done, told) = run("wrong", right);
    assert!(done, "{told:#}");
    assert_eq!(told["answer"]["binding"]["database"], "postgresql");
    assert_eq!(told["answer"]["binding"]["columns"].as_array().unwrap().len(), 1);
    let (done, told) = run(right, "wrong");
    assert!(!done && told["failure"]["class"].is_string(), "{told:#}");
}

/// A plugin with this source and a manifest of a world.
fn project(folder: &Path, file: &str, source: &str, manifest: &str) {
    fs::write(folder.join(file), source).unwrap();
    fs::write(folder.join("manifest.json"), manifest).unwrap();
}

const CONDITION: &str = r#"{"name": "a", "version": "1", "contract": "1.0.0",
    "worlds": ["condition"], "about": "a test", "reads": {"request": ["amount"]}}"#;

#[test]
fn mistakes_of_authors_are_told_when_they_build() {
    let folder = tempfile::tempdir().unwrap();
    let build = || refused(&countersign(folder.path(), &["plugin", "build"]));
    assert!(build().contains("expected `Cargo.toml`, `plugin.js` or `plugin.py`"));
    let _turn = turn();
    for (source, manifest, says) in [
        ("export const a = 1;", CONDITION, "does not export the function `evaluate`"),
        ("export function (", CONDITION, "function name expected\n    at /plugin.js:1:17"),
        ("export function evaluate() {}", "{}", "cannot be used"),
        (
            "export function evaluate() {}",
            &CONDITION.replace("1.0.0", "7.0.0"),
            "made for contract 7.0.0",
        ),
    ] {
        project(folder.path(), "plugin.js", source, manifest);
        let told = build();
        assert!(told.contains(says), "{source}: {told}");
        assert!(!folder.path().join("target/a.wasm").exists());
    }
}

/// What a plugin throws, returns or calls, and what comes of it.
#[test]
fn a_plugin_that_errs_gives_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    let source = r#"
        import { Decimal, Money, clock, http, message, refused, request, retryable, unmet } from "countersign";
        const isTaken = (text) => {
          try { (/[A-Z ]/.test(text) ? Money : Decimal).of(text); return true; } catch { return false; }
        };
        const deeds = {
          bug: () => null.x,
          later: () => { throw retryable("later", "not yet", { when: 3 }, 500); },
          never: () => { throw refused("never", "not ever"); },
          promise: async () => unmet("a", "b"),
          undeclared: () => request.get("salary", "money"),
          machine: () => new Date().toISOString(),
          unwanted: () => http.send("GET", "http://other"),
          nonsense: () => ({ met: false, why: message("Not A Code", "b") }),
          loop: () => { for (;;) {} },
          memory: () => { const all = []; for (;;) all.push(new Uint8Array(1 << 20).fill(1)); },
          numbers: () => unmet("a", [
            Decimal.of("1.10").plus("2.05"), Decimal.of("-0.00"), Decimal.of("0.05").minus("0.10"),
            Decimal.of("1.5").times("-2"), Money.of("-12.50 EUR"), Decimal.of("2").compare("10"),
          ].join("; ")),
          misread: () => unmet("a", [
            "", "-", "01", "1.", ".5", "1e3", "+1", "1.2.3", "0x1", "12.50 eur", "1 EURO", "1 EU", "x EUR", "EUR",
          ].filter(isTaken).join() || "none"),
          clock: () => unmet("a", `${clock.now()} ${clock.local(clock.now(), "Europe/Riga").time}`),
        };
        export const evaluate = ({ deed }) => deeds[deed]();
    "#;
    let manifest = CONDITION.replace(
        "\"reads\"",
        r#""config": {"type": "object", "properties": {"deed": {"type": "string"}}}, "reads""#,
    );
    project(folder.path(), "plugin.js", source, &manifest);
    fs::create_dir(folder.path().join("cases")).unwrap();
    let expected = [
        ("bug", "{failure: {class: permanent}}"),
        ("later", "{failure: {class: retryable}}"),
        ("never", "{failure: {class: refused}}"),
        ("promise", "{failure: {class: permanent}}"),
        ("undeclared", "{failure: {class: contract}}"),
        ("machine", "{failure: {class: denied}}"),
        ("unwanted", "{failure: {class: permanent}}"),
        ("nonsense", "{failure: {class: bad_output}}"),
        ("loop", "{failure: {class: fuel}}"),
        ("memory", "{failure: {class: memory}}"),
        ("numbers", "{unmet: 3.15; 0.00; -0.05; -3.0; -12.50 EUR; -1}"),
        ("misread", "{unmet: none}"),
        ("clock", "{unmet: '2026-03-02T09:00:00Z 11:00:00'}"),
    ];
    let mut cases =
        "given: {directory: {users: [{login: ann}]}, now: 2026-03-02T09:00:00Z}\ncases:\n"
            .to_owned();
    for (deed, expect) in expected {
        cases
            .push_str(&format!("- {{case: {deed}, config: {{deed: {deed}}}, expect: {expect}}}\n"));
    }
    fs::write(folder.path().join("cases/all.yaml"), cases).unwrap();
    let _turn = turn();
    let asked = ask(folder.path(), &[]);
    assert_eq!(asked.len(), expected.len());
    let log = asked[0]["log"][0].as_str().unwrap();
    assert!(log.contains("TypeError") && log.contains("plugin.js"), "{log}");
}

#[test]
fn a_component_imports_what_its_manifest_says() {
    let folder = tempfile::tempdir().unwrap();
    project(folder.path(), "plugin.js", "export function evaluate() {}", CONDITION);
    let _turn = turn();
    let told = done(&countersign(folder.path(), &["plugin", "build", "--json", "--out", "b.wasm"]));
    let told: Json = serde_json::from_str(&told).unwrap();
    let imports: BTreeSet<&str> =
        told["imports"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let expected =
        ["config", "determinism", "directory", "log", "request", "types", "wasi (refused)"];
    assert_eq!(imports, expected.into());
    assert!(folder.path().join("b.wasm").is_file());
}
