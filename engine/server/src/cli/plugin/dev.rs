//! `countersign plugin dev`: built and tested again whenever the source changes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};

use clap::Args;
use sdk_client::Deed;

use super::{
    super::{
        output::{Form, complain, say},
        target::Target,
    },
    build::{Source, tools::Tools},
    given::read_signed,
    test::Test,
};

const EXAMPLES: &str = "\
Watches the folder, and after every change builds the plugin and asks it its cases. With --install, a
version that passes takes its place in an engine at once; what it was granted stays. Ctrl-C ends it.

Examples:
  countersign plugin dev
  countersign plugin dev small-amounts --install --server http://127.0.0.1:7300
  countersign plugin dev --once";

/// How often the folder is looked at.
const BETWEEN_LOOKS: Duration = Duration::from_millis(400);
/// Folders of what is made, not written.
const NOT_SOURCE: [&str; 4] = ["target", "node_modules", "__pycache__", ".git"];
/// More files than any plugin has.
const MOST_FILES: usize = 20_000;

/// Build and test a plugin again whenever its source changes
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Dev {
    /// The folder of the source
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
    /// Install every version that passes its cases
    #[arg(long)]
    install: bool,
    /// With --install: its id in rules; its name where absent
    #[arg(long, value_name = "ID", requires = "install")]
    id: Option<String>,
    /// Do it once, and end with how it went
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    tools: Tools,
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    form: Form,
}

/// A file, when it was written, and its size.
type Seen = Vec<(PathBuf, Option<SystemTime>, u64)>;

impl Dev {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        // A folder that is no plugin is told at once, and not watched.
        Source::open(&self.folder)?;
        loop {
            let before = seen(&self.folder);
            let code = self.turn().await.unwrap_or_else(|error| {
                complain(&error);
                ExitCode::FAILURE
            });
            if self.once {
                return Ok(code);
            }
            say(&format!("watching `{}`; Ctrl-C ends it", self.folder.display()));
            while seen(&self.folder) == before {
                tokio::time::sleep(BETWEEN_LOOKS).await;
            }
        }
    }

    /// Builds and tests, and installs what passes.
    async fn turn(&self) -> anyhow::Result<ExitCode> {
        let code = Test::of(&self.folder, &self.tools, self.form).run().await?;
        if code != ExitCode::SUCCESS || !self.install {
            return Ok(code);
        }
        let source = Source::open(&self.folder)?;
        let name = source.manifest.name.to_string();
        let component = read_signed(&source.component())?;
        let spoken = self.target.reach().await?;
        let id = self.id.as_deref().unwrap_or(&name);
        let installed = spoken.client.install(id, component, Deed::Do).await;
        spoken.close().await;
        self.form.changes(&installed?)?;
        Ok(code)
    }
}

/// The files of a source, in order.
fn seen(folder: &Path) -> Seen {
    let mut all = Seen::new();
    look(folder, &mut all);
    all.sort();
    all
}

fn look(folder: &Path, all: &mut Seen) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let is_source = entry.file_name().to_str().is_none_or(|name| !NOT_SOURCE.contains(&name));
        // What a link leads to is not watched: it may lead back.
        let Ok(about) = entry.metadata() else { continue };
        if about.is_dir() && is_source {
            look(&entry.path(), all);
        } else if about.is_file() && all.len() < MOST_FILES {
            all.push((entry.path(), about.modified().ok(), about.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_is_no_change_of_the_source() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("plugin.py", "a");
        write("cases/one.yaml", "b");
        let before = seen(folder.path());
        assert_eq!(before.len(), 2);
        write("target/plugin.wasm", "c");
        write("node_modules/x/y.js", "d");
        assert_eq!(seen(folder.path()), before);
        write("cases/one.yaml", "longer");
        assert_ne!(seen(folder.path()), before);
        let before = seen(folder.path());
        write("src/new.py", "");
        assert_ne!(seen(folder.path()), before);
        assert_eq!(seen(&folder.path().join("nowhere")), []);
    }
}
