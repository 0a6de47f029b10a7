//! Tests that cross crates: how they find the program, what they keep from it, and what they share.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

/// The `countersign` of `COUNTERSIGN_BIN`, or the one beside the folder of the running test: a test can
/// only be sure of the binaries of its own package.
///
/// # Errors
/// What to do where it is not built.
pub fn program() -> Result<PathBuf, String> {
    let beside = || {
        let test = env::current_exe().map_err(|error| error.to_string())?;
        let folder = test.parent().and_then(Path::parent);
        folder.map(|folder| folder.join("countersign")).ok_or("a test in no folder".to_owned())
    };
    let program = env::var_os("COUNTERSIGN_BIN").map_or_else(beside, |path| Ok(path.into()))?;
    if program.is_file() {
        return Ok(program);
    }
    let program = program.display();
    Err(format!(
        "`{program}` is not there: run `cargo xtask build`, or say in COUNTERSIGN_BIN where it is"
    ))
}

/// Where the tools of JavaScript and Python are installed for tests: once for a checkout.
#[must_use]
pub fn tools() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools")
}

/// The names of what the caller's environment tells the program.
pub fn told_by_the_environment() -> impl Iterator<Item = OsString> {
    let names = env::vars_os().map(|(name, _)| name);
    names.filter(|name| name.to_string_lossy().starts_with("COUNTERSIGN_"))
}

/// Gives a data folder the compiled components of all tests, so that each is compiled once.
///
/// # Errors
/// Where the folder cannot be made, or has compiled components.
pub fn share_compiled(data: &Path) -> io::Result<()> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp/compiled");
    fs::create_dir_all(&all)?;
    fs::create_dir_all(data.join("host"))?;
    std::os::unix::fs::symlink(all, data.join("host/compiled"))
}
