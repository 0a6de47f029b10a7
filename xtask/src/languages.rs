//! What builds plugins in JavaScript and Python: found, and installed by the program itself.

use std::{fs, path::Path, process::Command};

use anyhow::{Result, ensure};

use crate::{
    process::{must, say},
    workspace::Workspace,
};

/// Each program with an argument that it answers, and what has it.
const NEEDED: [(&str, &[&str], &str); 3] = [
    ("node", &["--version"], "Node.js 18 or later"),
    ("npm", &["--version"], "npm, which comes with Node.js"),
    (
        "python3",
        &["-m", "pip", "--version"],
        "Python 3.10 or later with pip (in Debian `python3-pip`)",
    ),
];

/// Whether plugins in every language can be built here.
///
/// # Errors
/// One is missing; the error says what to install.
pub(crate) fn ensure_there() -> Result<()> {
    let missing: Vec<String> = NEEDED
        .iter()
        .filter(|(program, arguments, _)| !answers(program, arguments))
        .map(|(program, _, what)| format!("`{program}` was not found: install {what}"))
        .collect();
    ensure!(
        missing.is_empty(),
        "plugins in JavaScript and Python cannot be built here: {}",
        missing.join("; ")
    );
    Ok(())
}

/// Installs the tools of both languages where tests and documents look for them.
///
/// # Errors
/// As [`ensure_there`], and a registry that cannot be reached.
pub(crate) fn install(workspace: &Workspace, program: &Path) -> Result<()> {
    ensure_there()?;
    let mut install = Command::new(program);
    install.args(["plugin", "tools", "--tools"]).arg(workspace.root.join("target/tools"));
    must(workspace, "tools of JavaScript and Python", install).map(drop)
}

/// [`install`], for a build that is of use without: says what cannot be built, and goes on.
pub(crate) fn offer(workspace: &Workspace, program: &Path) {
    if let Err(error) = install(workspace, program) {
        say(&format!("note: {error:#}"));
    }
}

/// Makes the conditions in JavaScript and Python that the benches ask: those of the templates, as
/// `target/bench/LANGUAGE.wasm`.
///
/// # Errors
/// As [`install`], and a template that does not build.
pub(crate) fn conditions(workspace: &Workspace, program: &Path) -> Result<()> {
    install(workspace, program)?;
    let folder = workspace.root.join("target/bench");
    for language in ["js", "python"] {
        let project = folder.join(format!("{language}-condition"));
        if project.exists() {
            fs::remove_dir_all(&project)?;
        }
        let name = format!("{language}-condition");
        let mut new = Command::new(program);
        new.args(["plugin", "new", &name, "--world", "condition", "--lang", language, "--into"]);
        must(workspace, &format!("a condition in {language}"), with_path(new, &folder))?;
        let mut build = Command::new(program);
        build.args(["plugin", "build"]).arg(&project).arg("--out");
        let mut build = with_path(build, &folder.join(format!("{language}.wasm")));
        build.arg("--tools").arg(workspace.root.join("target/tools"));
        must(workspace, &format!("its component in {language}"), build)?;
    }
    Ok(())
}

fn with_path(mut command: Command, path: &Path) -> Command {
    command.arg(path);
    command
}

fn answers(program: &str, arguments: &[&str]) -> bool {
    Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_answer_is_missing() {
        assert!(answers("cargo", &["--version"]));
        assert!(!answers("cargo", &["no-such-command"]));
        assert!(!answers("no-such-program", &["--version"]));
    }
}
