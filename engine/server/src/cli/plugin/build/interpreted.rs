//! Plugins in JavaScript and Python: the source, the kit and an entry are put together in a folder of
//! their own, from which the tool of the language makes a component.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Language, Source, finish, progress, tools, tools::Tools, world};
use crate::kit;

/// Of both languages, so that an author's file of the same name is not in the way.
const ENTRY: &str = "countersign_entry";
/// Folders of a project that are not part of its source.
const LEFT: [&str; 3] = ["target", "cases", "__pycache__"];

/// Makes a component of a plugin in JavaScript.
pub(super) fn javascript(source: &Source, tools: &Tools) -> anyhow::Result<Vec<u8>> {
    let tools = tools.ready(Language::Js)?;
    let stage = Stage::new(source)?;
    let folder = stage.path("source");
    copy(&source.folder, &folder)?;
    let kit_folder = folder.join("node_modules/countersign");
    kit::write("js", &kit_folder)?;
    fs::write(kit_folder.join("host.js"), host(source)?)?;
    fs::write(folder.join(format!("{ENTRY}.js")), javascript_entry(source))?;
    let out = stage.path("out.wasm");
    let mut node = tools::node();
    node.arg(tools.join("build.mjs")).arg(stage.path("wit")).arg(world::NAME).arg(&folder);
    node.arg(format!("{ENTRY}.js")).arg(&out);
    progress("making a component of the JavaScript", || finish("QuickJS", node))?;
    fs::read(out).context("the tool made no component")
}

/// Makes a component of a plugin in Python.
pub(super) fn python(source: &Source, tools: &Tools) -> anyhow::Result<Vec<u8>> {
    let tools = tools.ready(Language::Python)?;
    let stage = Stage::new(source)?;
    let folder = stage.path("source");
    copy(&source.folder, &folder)?;
    kit::write("python", &folder)?;
    fs::write(folder.join(format!("{ENTRY}.py")), python_entry(source))?;
    let out = stage.path("out.wasm");
    let mut python = tools::interpreter();
    python
        .args(["-c", "import componentize_py; componentize_py.script()", "--quiet", "--wit-path"])
        .arg(stage.path("wit"))
        .args(["--world", world::NAME, "componentize", "--python-path"])
        .arg(&folder)
        .arg("--output")
        .arg(&out)
        .arg(ENTRY)
        .env("PYTHONPATH", tools.join("packages"));
    progress("making a component of the Python", || finish("componentize-py", python))?;
    fs::read(out).context("the tool made no component")
}

/// Where a component is made, below the folder of what is built; made anew each time.
struct Stage(PathBuf);

impl Stage {
    fn new(source: &Source) -> anyhow::Result<Self> {
        let folder = std::path::absolute(source.folder.join("target/stage"))?;
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let stage = Self(folder);
        fs::create_dir_all(stage.path("source"))?;
        world::write(&source.manifest, &stage.path("wit"))?;
        Ok(stage)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// Copies the source of a plugin, and the packages that it brings.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    let entries =
        fs::read_dir(from).with_context(|| format!("cannot read `{}`", from.display()))?;
    for entry in entries {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
        let is_left =
            name.to_string_lossy().starts_with('.') || LEFT.map(OsStr::new).contains(&&*name);
        if path.is_dir() && !is_left {
            copy(&path, &to.join(name))?;
        } else if path.is_file() {
            fs::copy(&path, to.join(name))
                .with_context(|| format!("cannot copy `{}`", path.display()))?;
        }
    }
    Ok(())
}

/// The interfaces of the contract for the kit: those of the world, and stand-ins for the others.
fn host(source: &Source) -> anyhow::Result<String> {
    let imports = world::imports(&source.manifest);
    let mut text = String::new();
    for interface in world::all() {
        let name = camel_case(interface);
        text.push_str(&if imports.contains(interface) {
            format!("export {{ default as {name} }} from {:?};\n", world::full(interface)?)
        } else {
            format!("export const {name} = absent({interface:?});\n")
        });
    }
    text.push_str(kit::text("js/absent.js"));
    Ok(text)
}

fn camel_case(name: &str) -> String {
    let mut words = name.split('-');
    let mut text = words.next().unwrap_or_default().to_owned();
    for word in words {
        let (first, rest) = word.split_at(word.len().min(1));
        text.push_str(&first.to_uppercase());
        text.push_str(rest);
    }
    text
}

fn javascript_entry(source: &Source) -> String {
    let mut text = "import * as author from \"./plugin.js\";\n\
                    import * as glue from \"countersign/glue.js\";\n\n"
        .to_owned();
    for world in &source.manifest.worlds {
        text.push_str(&format!("export const {world} = glue.{world}(author);\n"));
    }
    text
}

fn python_entry(source: &Source) -> String {
    // The kit first: it prepares what a plugin may import from elsewhere.
    let mut text = "from countersign import glue, warm\nimport plugin\n\n".to_owned();
    for world in &source.manifest.worlds {
        let (first, rest) = world.as_str().split_at(1);
        let class = format!("{}{rest}", first.to_uppercase());
        text.push_str(&format!("{class} = glue.{world}(plugin)\n"));
    }
    let worlds: Vec<&str> = source.manifest.worlds.iter().map(|world| world.as_str()).collect();
    text.push_str(&format!("warm.up({worlds:?})\n"));
    text
}
