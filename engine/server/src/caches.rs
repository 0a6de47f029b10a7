//! What commands keep for the next time in the user's folder of caches: all of it can be made again.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use engine_host::{Host, HostLimits};

use crate::{
    config::Config,
    data::{self, DataError},
};

/// The most bytes of compiled components; beyond it the oldest go. An interpreter has some sixty million.
const MOST: u64 = 2 << 30;

/// A folder of that name below the user's folder of caches, where the machine has one.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let below = |variable: &str, rest: &str| {
        let folder = env::var_os(variable).filter(|folder| !folder.is_empty());
        folder.map(|folder| Path::new(&folder).join(rest).join(name))
    };
    below("XDG_CACHE_HOME", "countersign")
        .or_else(|| below("LOCALAPPDATA", "countersign"))
        .or_else(|| below("HOME", ".cache/countersign"))
}

/// A plugin host in a folder, for a command: what earlier commands compiled is not compiled again, where
/// the user has a folder of caches.
///
/// # Errors
/// [`DataError`].
pub(crate) async fn host(
    folder: &Path,
    config: &Config,
    limits: HostLimits,
) -> Result<Host, DataError> {
    if let Some(compiled) = compiled() {
        match data::host(folder, Some(compiled), config, limits.clone()).await {
            Err(error @ DataError::Host(_)) => {
                tracing::debug!(%error, "nothing that was compiled is kept");
            }
            host => return host,
        }
    }
    data::host(folder, None, config, limits).await
}

/// Where compiled components are kept, with room for another.
fn compiled() -> Option<PathBuf> {
    let folder = folder("compiled")?;
    make(&folder).and_then(|()| prune(&folder, MOST)).ok()?;
    Some(folder)
}

/// Nobody else may write there: what is in it is run.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes the oldest files away, so that the others have at most `most` bytes. The key stays: without it
/// nothing else is of use.
fn prune(folder: &Path, most: u64) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Another command may have taken it away.
        let Ok(about) = entry.metadata() else { continue };
        let since = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        if entry.path().extension().is_none_or(|extension| extension != "key") {
            files.push((since, about.len(), entry.path()));
        }
    }
    files.sort_unstable_by(|one, other| other.cmp(one));
    let mut bytes = 0_u64;
    for (_, length, path) in files {
        bytes = bytes.saturating_add(length);
        if bytes > most {
            // What cannot be taken away is in use somewhere.
            let _ = fs::remove_file(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_oldest_go_and_the_key_stays() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["compiled.key", "oldest", "older", "new"];
        for (age, name) in names.iter().rev().enumerate() {
            let path = folder.path().join(name);
            fs::write(&path, [0; 10]).unwrap();
            let since = SystemTime::now() - Duration::from_secs(60 * age as u64);
            fs::File::options().write(true).open(&path).unwrap().set_modified(since).unwrap();
        }
        prune(folder.path(), 25).unwrap();
        let left = |name: &&str| folder.path().join(name).exists();
        assert_eq!(names.iter().filter(|name| left(name)).count(), 3);
        assert!(!left(&"oldest"));
        prune(folder.path(), 0).unwrap();
        assert_eq!(names.iter().find(|name| left(name)), Some(&"compiled.key"));
    }
}
