//! What commands keep for the next time in the user's folder of caches: all of it can be made again.

use std::{
    env,
    ffi::OsStr,
    fs, io,
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
        let folder = env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
        folder.map(|folder| folder.join(rest).join(name))
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
    let ready = make(&folder).and_then(|()| check(&folder)).and_then(|()| prune(&folder, MOST));
    if let Err(error) = ready {
        tracing::debug!(%error, folder = %folder.display(), "nothing that was compiled is kept");
        return None;
    }
    Some(folder)
}

/// What is in it is run: it has to be the user's own, and nobody else's to write to.
#[cfg(unix)]
fn check(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    let user = tempfile::tempfile_in(folder)?.metadata()?.uid();
    for folder in [Some(folder), folder.parent()].into_iter().flatten() {
        let about = folder.symlink_metadata()?;
        if !about.is_dir() || about.uid() != user || about.mode() & 0o022 != 0 {
            let folder = folder.display();
            return Err(io::Error::other(format!(
                "`{folder}` is not the user's alone to write to"
            )));
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn check(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Makes a folder that nobody else may read or write to.
///
/// # Errors
/// Where it cannot be made.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Takes away what was not used for longest, so that the others have at most `most` bytes. The key stays: without
/// it nothing else is of use.
fn prune(folder: &Path, most: u64) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Another command may have taken it away.
        let Ok(about) = entry.metadata() else { continue };
        let since = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        // Neither the key nor an authentication code is an entry of its own.
        let ending = entry.path().extension().map(OsStr::to_owned);
        if ending.is_none_or(|ending| ending != "key" && ending != "mac") {
            files.push((since, about.len(), entry.path()));
        }
    }
    files.sort_unstable_by(|one, other| other.cmp(one));
    let mut bytes = 0_u64;
    for (_, length, path) in files {
        bytes = bytes.saturating_add(length);
        if bytes > most {
            // What cannot be taken away is in use somewhere; code without its `.mac` is compiled again.
            let _ = fs::remove_file(path.with_extension("mac"));
            let _ = fs::remove_file(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_folder_of_somebody_else_is_not_used() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};

        let folder = tempfile::tempdir().unwrap();
        let compiled = folder.path().join("countersign/compiled");
        make(&compiled).unwrap();
        check(&compiled).unwrap();
        let mode = |path: &Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        };
        for open in [&*compiled, compiled.parent().unwrap()] {
            mode(open, 0o770);
            check(&compiled).unwrap_err();
            mode(open, 0o700);
        }
        let elsewhere = folder.path().join("countersign/elsewhere");
        symlink(&compiled, &elsewhere).unwrap();
        check(&elsewhere).unwrap_err();
    }

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
        let left: Vec<_> = names.iter().filter(|name| left(name)).collect();
        assert_eq!(left, [&"compiled.key"]);
    }
}
