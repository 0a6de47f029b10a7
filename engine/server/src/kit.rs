//! The kit for authors of plugins, which the program has inside: the contract, what plugins in JavaScript
//! and Python import, what makes components of them, and the templates of `countersign plugin new`.

use std::{fs, io, path::Path};

include!(concat!(env!("OUT_DIR"), "/kit.rs"));

/// The files below a folder of `sdk`, with their paths from there.
pub(crate) fn below(folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().filter_map(move |(path, text)| {
        let path = path.strip_prefix(folder)?.strip_prefix('/')?;
        Some((path, *text))
    })
}

/// The text of a file of `sdk`; empty where there is none.
pub(crate) fn text(path: &str) -> &'static str {
    FILES.iter().find(|(found, _)| *found == path).map_or("", |(_, text)| text)
}

/// Writes what is below a folder of `sdk` into another folder.
///
/// # Errors
/// Where it cannot be written.
pub(crate) fn write(folder: &str, into: &Path) -> io::Result<()> {
    for (path, text) in below(folder) {
        let to = into.join(path);
        fs::create_dir_all(to.parent().unwrap_or(into))?;
        fs::write(to, text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_asked_for_is_there() {
        for path in ["js/tools/package-lock.json", "python/tools/requirements.txt", "js/index.js"] {
            assert!(!text(path).is_empty(), "{path}");
        }
        assert!(below("wit/v1").any(|(path, _)| path == "package.wit"));
        assert!(FILES.iter().all(|(path, _)| !path.contains("node_modules")));
    }
}
