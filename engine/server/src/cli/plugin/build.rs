//! `countersign plugin build`: from the source of a plugin to a component that the host takes.

mod interpreted;
mod rust;
pub(super) mod tools;
mod world;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use clap::{Args, ValueEnum};
use engine_api::organization::ComponentView;
use engine_host::{MANIFEST_SECTION, Manifest, Plugin, custom_section};
use serde::Serialize;

use self::tools::Tools;
use super::{
    super::output::{Form, say, warn},
    facts,
};
use crate::{cases::CaseFiles, component, workshop::Workshop};

const EXAMPLES: &str = "\
Examples:
  countersign plugin build
  countersign plugin build small-amounts --out small-amounts.wasm

The language is told by what stands in the folder: `Cargo.toml`, `plugin.js` or `plugin.py`;
beside it stands `manifest.json`. Rust is built by Cargo for wasm32-wasip2. JavaScript (QuickJS)
needs `node` and `npm`, Python needs `python3` with pip; what makes components of them is installed
once, in the versions of the lock files that the program has inside.

Exit status:
  0  built, and the host takes it
  1  not: it does not compile, or the host refuses it
  2  wrong usage";

/// Make a component of a plugin's source, and check it in the host that the engine uses
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Build {
    /// The folder of the source
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
    /// The component [default: target/NAME.wasm in the folder]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Let the component carry no cases
    #[arg(long)]
    without_cases: bool,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    tools: Tools,
}

/// What a plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    /// Built by Cargo
    Rust,
    /// Run by QuickJS
    Js,
    /// Run by CPython
    Python,
}

/// The source of a plugin.
pub(super) struct Source {
    pub(super) folder: PathBuf,
    pub(super) language: Language,
    pub(super) manifest: Manifest,
    /// As it stands in the file.
    text: String,
    carries_cases: bool,
}

/// A component that the host took.
pub(super) struct Built {
    pub(super) file: PathBuf,
    pub(super) plugin: Plugin,
}

impl Build {
    pub(crate) fn run(&self) -> anyhow::Result<ExitCode> {
        let mut source = Source::open(&self.folder)?;
        source.carries_cases = !self.without_cases;
        let built = source.build(self.out.as_deref(), &self.tools, &Workshop::bare()?)?;
        built.tell(self.form)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Source {
    /// Looks at a folder.
    pub(super) fn open(folder: &Path) -> anyhow::Result<Self> {
        let language = language(folder)?;
        let path = folder.join("manifest.json");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read the manifest `{}`", path.display()))?;
        let manifest = serde_json::from_str(&text)
            .with_context(|| format!("the manifest `{}` cannot be used", path.display()))?;
        Ok(Self { folder: folder.to_owned(), language, manifest, text, carries_cases: true })
    }

    /// Where the component is, unless something else is said.
    pub(super) fn component(&self) -> PathBuf {
        self.folder.join("target").join(format!("{}.wasm", self.manifest.name))
    }

    /// Builds the component, and checks it in the host of a workshop.
    pub(super) fn build(
        &self,
        out: Option<&Path>,
        tools: &Tools,
        workshop: &Workshop,
    ) -> anyhow::Result<Built> {
        let file = out.map_or_else(|| self.component(), Path::to_owned);
        let mut component = match self.language {
            Language::Rust => rust::build(&self.folder)?,
            Language::Js => self.with_manifest(interpreted::javascript(self, tools)?),
            Language::Python => self.with_manifest(interpreted::python(self, tools)?),
        };
        let cases = self.folder.join("cases");
        if self.carries_cases && cases.is_dir() {
            component.extend(CaseFiles::of_folder(&cases)?.section()?);
        }
        let plugin = progress("checking it in the host", || {
            workshop.host.load(&component).map_err(|error| {
                anyhow::anyhow!("the host does not take it [{}]: {error}", error.code())
            })
        })?;
        fs::create_dir_all(file.parent().unwrap_or(Path::new(".")))
            .and_then(|()| fs::write(&file, &component))
            .with_context(|| format!("cannot write `{}`", file.display()))?;
        Ok(Built { file, plugin })
    }

    /// The component with the manifest beside its modules, as the host looks for it.
    fn with_manifest(&self, mut component: Vec<u8>) -> Vec<u8> {
        component.extend(custom_section(MANIFEST_SECTION, self.text.as_bytes()));
        component
    }
}

/// A component and its file.
#[derive(Serialize)]
struct BuiltView<'a> {
    file: &'a Path,
    #[serde(flatten)]
    component: &'a ComponentView,
}

impl Built {
    fn tell(&self, form: Form) -> serde_json::Result<()> {
        let component = &component::view(&self.plugin);
        form.tell(&BuiltView { file: &self.file, component }, || {
            let ComponentView { name, version, bytes, .. } = component;
            let weight = facts::weight(component);
            say(&format!("{}: {name} {version}, {bytes} bytes{weight}", self.file.display()));
            facts::say_worlds(component);
            facts::say_imports(component);
            facts::say_wants(component);
        })
    }
}

fn language(folder: &Path) -> anyhow::Result<Language> {
    let marks = [
        ("Cargo.toml", Language::Rust),
        ("plugin.js", Language::Js),
        ("plugin.py", Language::Python),
    ];
    let found: Vec<_> = marks.iter().filter(|(file, _)| folder.join(file).is_file()).collect();
    let place = folder.display();
    match found.as_slice() {
        [(_, language)] => Ok(*language),
        [] => bail!(
            "no plugin in `{place}`: expected `Cargo.toml`, `plugin.js` or `plugin.py`; \
             `countersign plugin new` makes one"
        ),
        more => {
            let names: Vec<&str> = more.iter().map(|(file, _)| *file).collect();
            bail!("`{place}` has {}: a plugin is written in one language", names.join(" and "))
        }
    }
}

/// Says that something begins, that it goes on, and how long it took.
pub(super) fn progress<T>(
    what: &str,
    work: impl FnOnce() -> anyhow::Result<T> + Send,
) -> anyhow::Result<T>
where
    T: Send,
{
    warn(&format!("{what} …"));
    let started = Instant::now();
    let done = std::thread::scope(|scope| {
        let working = scope.spawn(work);
        let mut next = Duration::from_secs(10);
        while !working.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
            if started.elapsed() >= next {
                warn(&format!("  … still, after {} s", next.as_secs()));
                next *= 2;
            }
        }
        working.join().unwrap_or_else(|_| bail!("{what}: stopped in the middle"))
    })?;
    warn(&format!("  done in {:.1} s", started.elapsed().as_secs_f64()));
    Ok(done)
}

/// Runs a program to its end; what it printed is told where it fails.
fn finish(what: &str, mut command: Command) -> anyhow::Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("cannot start `{program}`"))?;
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8_lossy(&printed);
    ensure!(output.status.success(), "{what} failed:\n{}", printed.trim());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_told_by_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let error = language(folder.path()).unwrap_err().to_string();
        assert!(error.contains("expected `Cargo.toml`, `plugin.js` or `plugin.py`"), "{error}");
        fs::write(folder.path().join("plugin.py"), "").unwrap();
        assert_eq!(language(folder.path()).unwrap(), Language::Python);
        fs::write(folder.path().join("plugin.js"), "").unwrap();
        let error = language(folder.path()).unwrap_err().to_string();
        assert!(error.contains("has plugin.js and plugin.py"), "{error}");
    }
}
