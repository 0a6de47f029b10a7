//! The documentation says nothing that was not tried.
//!
//! Every fenced block of a document is handled by what stands behind its fence:
//!
//! | block | what is done |
//! |---|---|
//! | `yaml` | applied to the document's organization as `countersign apply` does, a rule or everything else |
//! | `yaml scenario` | run as `countersign test` does; every case passes |
//! | `rhai` | compiled by the host, and kept in the document's organization by its `file=` |
//! | `toml` | read as the configuration of `countersign serve` |
//! | `json` | read; for a command |
//! | `console` | `$ ` is run and its output compared (`terminal.rs`), `…` stands for anything |
//! | any, `include=PATH` | the same as that file |
//! | any, `refused` | wrong on purpose: the `text` block below is the error, word by word; of `console`, the last command fails |
//! | any, `file=PATH` | also written into the folder in which the document's commands run |
//!
//! Anything else is an error. Where the program is right and a document is not, `UPDATE=1 cargo test -p
//! countersign-tests --test all documents` writes what it should say; `…` has to be put back by hand.

pub(super) mod markdown;
pub(super) mod organization;
mod pattern;
mod prose;
mod terminal;

use std::{fs, ops::Range, path::Path};

use engine_server::{
    config::Config,
    scenario::{self, Options, StoreKind},
};

pub(super) use self::terminal::{copy, root};
use self::{
    markdown::{Block, Given, Kind, blocks},
    organization::Office,
    terminal::{Printed, Terminal, entries, written},
};
use super::generated::GENERATED;

/// A test for each document; the list of them all.
macro_rules! documents {
    ($($test:ident: $path:literal;)*) => {
        const DOCUMENTS: &[&str] = &[$($path),*];

        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                check($path).await;
            }
        )*
    };
}

documents! {
    readme: "README.md";
    contributing: "CONTRIBUTING.md";
    architecture: "ARCHITECTURE.md";
    administrators: "docs/administrators.md";
    commands: "docs/commands.md";
    cookbook: "docs/cookbook.md";
    first_plugin: "docs/first-plugin.md";
    integrators: "docs/integrators.md";
    operators: "docs/operators.md";
    rules: "docs/rules.md";
    scenarios: "docs/scenarios.md";
    scripts: "docs/scripts.md";
}

/// Documents that have no fenced block.
const PROSE: &[&str] = &[
    "docs/concepts.md",
    "docs/glossary.md",
    "docs/performance.md",
    "docs/semantics.md",
    "docs/states.md",
    "docs/style.md",
    "docs/testing.md",
];

/// Something that is not as the document says.
struct Problem {
    line: usize,
    message: String,
    /// What should stand on these lines.
    correction: Option<(Range<usize>, String)>,
}

/// Where the blocks of a document are tried.
struct Desk {
    folder: tempfile::TempDir,
    office: Option<Office>,
    terminal: Option<Terminal>,
}

#[test]
fn no_document_is_left_out() {
    let mut found = vec!["README.md".into(), "CONTRIBUTING.md".into(), "ARCHITECTURE.md".into()];
    for entry in fs::read_dir(root().join("docs")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            found.push(format!("docs/{}", entry.file_name().to_str().unwrap()));
        }
    }
    found.sort();
    let mut listed: Vec<String> =
        DOCUMENTS.iter().chain(PROSE).chain(GENERATED).map(|path| (*path).to_owned()).collect();
    listed.sort();
    assert_eq!(found, listed, "every document is listed here, or among those that are generated");
}

#[test]
fn prose_has_no_blocks() {
    for path in PROSE.iter().chain(GENERATED) {
        assert!(blocks(&read(path)).is_empty(), "{path} has blocks: list it as a document");
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// One document at a time: conditions have deadlines, and each document starts engines.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

async fn check(path: &str) {
    let _turn = TURN.lock().await;
    let document = read(path);
    let problems = Desk::new().document(&document).await;
    if std::env::var("UPDATE").is_ok_and(|value| value == "1") {
        fs::write(root().join(path), corrected(&document, &problems)).unwrap();
    }
    let told: Vec<String> =
        problems.iter().map(|p| format!("{path}:{}: {}", p.line, p.message)).collect();
    assert!(told.is_empty(), "\n{}\n", told.join("\n\n"));
}

/// The document with what the program says in place of what it said.
fn corrected(document: &str, problems: &[Problem]) -> String {
    let mut lines: Vec<String> = document.lines().map(str::to_owned).collect();
    let corrections = problems.iter().filter_map(|problem| problem.correction.as_ref());
    // From the end, so that the numbers of lines before stay right.
    for (range, text) in corrections.rev() {
        lines.splice(range.clone(), text.lines().map(str::to_owned));
    }
    lines.join("\n") + "\n"
}

impl Desk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), office: None, terminal: None }
    }

    async fn document(mut self, document: &str) -> Vec<Problem> {
        let blocks = blocks(document);
        let mut blocks = blocks.iter().peekable();
        let mut problems = Vec::new();
        while let Some(block) = blocks.next() {
            let below =
                blocks.peek().filter(|next| Kind::of(&next.info) == Ok(Kind::Text)).copied();
            let (found, uses_below) = self.block(block, below).await;
            problems.extend(found);
            if uses_below {
                blocks.next();
            }
        }
        if let Some(office) = self.office {
            office.close().await;
        }
        problems
    }

    /// What is wrong with a block, and whether the `text` below it belonged to it.
    async fn block(&mut self, block: &Block, below: Option<&Block>) -> (Option<Problem>, bool) {
        let wrong = |message: String| Problem { line: block.line, message, correction: None };
        let kind = match Kind::of(&block.info) {
            Ok(kind) => kind,
            Err(message) => return (Some(wrong(message)), false),
        };
        let (given, outcome) = match kind {
            Kind::Include(path) => return (included(block, &path), false),
            Kind::Console(given) => return (self.console(block, &given), false),
            Kind::Text => {
                let message = "`text` is what the block above is refused with; none is".to_owned();
                return (Some(wrong(message)), false);
            }
            Kind::Yaml(given) => {
                let name = given.file.clone().unwrap_or_else(|| "example.yaml".to_owned());
                let outcome = self.office().await.yaml(&name, &block.text).await;
                (given, outcome)
            }
            Kind::Rhai(given) => {
                let name = given.file.as_deref().map(Path::new).and_then(Path::file_name);
                let name = name.map_or("example.rhai", |name| name.to_str().unwrap());
                let outcome = self.office().await.script(name, &block.text).await;
                (given, outcome)
            }
            Kind::Scenario(given) => {
                let outcome = self.scenario(block, &given).await;
                (given, outcome)
            }
            Kind::Toml(given) => {
                let path = self.write(given.file.as_deref().unwrap_or("example.toml"), block);
                let error = |error: engine_server::config::ConfigError| {
                    error.to_string().replace(&format!("{}/", self.folder.path().display()), "")
                };
                let outcome = Config::read(&path).map(|_| ()).map_err(error);
                (given, outcome)
            }
            Kind::Json(given) => {
                let outcome = serde_json::from_str::<serde_json::Value>(&block.text);
                (given, outcome.map(|_| ()).map_err(|error| error.to_string()))
            }
        };
        if let Some(file) = &given.file {
            self.write(file, block);
        }
        (verdict(block, below, given.refused, outcome), given.refused && below.is_some())
    }

    async fn office(&mut self) -> &Office {
        if self.office.is_none() {
            self.office = Some(Office::new().await);
        }
        self.office.as_ref().unwrap()
    }

    async fn scenario(&self, block: &Block, given: &Given) -> Result<(), String> {
        let name = given.file.as_deref().unwrap_or("example.scenario.yaml");
        let path = self.write(name, block);
        let options = Options { store: StoreKind::Memory, ..Options::default() };
        let report = scenario::run(&[path], &options).await;
        if report.failed() == 0 && report.passed() > 0 { Ok(()) } else { Err(report.to_string()) }
    }

    fn write(&self, name: &str, block: &Block) -> std::path::PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &block.text).unwrap();
        path
    }

    /// Runs the commands of a block.
    fn console(&mut self, block: &Block, given: &Given) -> Option<Problem> {
        let line = block.line;
        let problem = |message| Some(Problem { line, message, correction: None });
        let mut entries = match entries(&block.text) {
            Ok(entries) => entries,
            Err(message) => return problem(message),
        };
        let terminal = self.terminal.get_or_insert_with(|| Terminal::open(self.folder.path()));
        let (mut told, count) = (Vec::new(), entries.len());
        for (number, entry) in (1..).zip(&mut entries) {
            let Printed { lines, success } = match terminal.run(entry) {
                Ok(printed) => printed,
                Err(message) => return problem(message),
            };
            if !pattern::is_shown(&entry.shown, &lines) {
                let (shown, printed) = (entry.shown.join("\n"), lines.join("\n"));
                told.push(format!("`{}` shows\n{shown}\nand prints\n{printed}", entry.command));
                entry.shown = lines;
            }
            let fails = given.refused && number == count;
            if success == fails {
                let did = if fails { "does not fail" } else { "fails" };
                told.push(format!("`{}` {did}:\n{}", entry.command, entry.shown.join("\n")));
            }
        }
        let correction = Some((block.lines.clone(), written(&entries)));
        (!told.is_empty()).then(|| Problem { line, message: told.join("\n"), correction })
    }
}

/// Compares with a file of the checkout.
fn included(block: &Block, path: &str) -> Option<Problem> {
    let file = read(path);
    (block.text != file).then(|| Problem {
        line: block.line,
        message: format!("is not what `{path}` says"),
        correction: Some((block.lines.clone(), file)),
    })
}

fn verdict(
    block: &Block,
    below: Option<&Block>,
    refused: bool,
    outcome: Result<(), String>,
) -> Option<Problem> {
    let line = block.line;
    let wrong = |message: String| Some(Problem { line, message, correction: None });
    match (outcome, refused, below) {
        (Ok(()), false, _) => None,
        (Ok(()), true, _) => wrong("should be refused, and is not".to_owned()),
        (Err(error), false, _) => wrong(format!("is refused:\n{error}")),
        (Err(error), true, None) => wrong(format!("needs a `text` block below that says\n{error}")),
        (Err(error), true, Some(below)) => {
            let shown = below.text.trim_end();
            (shown != error).then(|| Problem {
                line: below.line,
                message: format!("the error is\n{error}\nand not\n{shown}"),
                correction: Some((below.lines.clone(), error)),
            })
        }
    }
}
