//! Compiled components, kept between starts.
//!
//! An entry is machine code, so it is believed only if there is a message authentication code of it
//! under the key of its folder, over the code, the component's digest and the engine that
//! made it. Anything else is compiled again. It is checked when the component is first wanted, and then
//! mapped: what is never called takes no memory, and pages come from the file when they are needed.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use hmac::{Hmac, Mac as _, digest::KeyInit};
use sha2::Sha256;
use wasmtime::{Engine, component::Component};

use super::apart::{Compiler, Failed};

const KEY_FILE: &str = "compiled.key";
/// As many as the code works with at once.
const KEY_BYTES: usize = 64;
/// What was not finished for so long is written by nobody any more.
const ABANDONED: Duration = Duration::from_secs(60 * 60);
/// How much of an entry is read at once.
const CHUNK: usize = 64 << 10;

/// A folder of compiled components.
#[derive(Debug)]
pub(crate) struct Cache {
    folder: PathBuf,
    key: [u8; KEY_BYTES],
}

impl Cache {
    /// Opens the folder, making it and its key where they are missing.
    ///
    /// # Errors
    /// Where the folder or the key cannot be read or written, or the key has another size.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let key = key(&folder.join(KEY_FILE))?;
        remove_drafts(folder)?;
        Ok(Self { folder: folder.to_owned(), key })
    }

    /// The component, where it was compiled before.
    pub(crate) fn find(&self, engine: &Engine, digest: &str) -> Option<Component> {
        self.load(engine, &entry(engine, digest))
    }

    /// Compiles the component and caches it.
    ///
    /// # Errors
    /// Where it does not compile. A cache that cannot be written is only logged.
    pub(crate) fn compile(
        &self,
        engine: &Engine,
        digest: &str,
        wasm: &[u8],
    ) -> wasmtime::Result<Component> {
        let entry = entry(engine, digest);
        let component = Component::from_binary(engine, wasm)?;
        if let Err(error) = component
            .serialize()
            .map_err(io::Error::other)
            .and_then(|code| self.store(&entry, &code))
        {
            tracing::warn!(%error, entry, "a compiled component could not be cached");
        }
        Ok(component)
    }

    /// The same by another process of this program, or by this one where that cannot be had: the program
    /// may have been replaced by another build since it started.
    ///
    /// # Errors
    /// Where it does not compile.
    pub(crate) fn compile_apart(
        &self,
        compiler: &Compiler,
        engine: &Engine,
        digest: &str,
        wasm: &[u8],
    ) -> wasmtime::Result<Component> {
        let entry = entry(engine, digest);
        let kept = match compiler.compile(wasm) {
            Ok(code) => self.store(&entry, &code),
            Err(Failed::Component(why)) => return Err(wasmtime::Error::msg(why)),
            Err(Failed::Machine(error)) => Err(error),
        };
        if let Err(error) = &kept {
            tracing::warn!(%error, entry, "no other process could compile a component");
        }
        match kept.ok().and_then(|()| self.load(engine, &entry)) {
            Some(component) => Ok(component),
            None => self.compile(engine, digest, wasm),
        }
    }

    fn load(&self, engine: &Engine, entry: &str) -> Option<Component> {
        let path = self.folder.join(entry);
        let mac = fs::read(self.mac_file(entry)).ok()?;
        let file = fs::File::open(&path).ok()?;
        // What is used stays longer than what is not.
        let _ = file.set_modified(SystemTime::now());
        if self.mac(entry, file).ok()?.verify_slice(&mac).is_err() {
            tracing::warn!(entry, "a compiled component was changed; it is compiled again");
            return None;
        }
        deserialize(engine, &path)
    }

    /// The code first: one without its authentication code is compiled again.
    fn store(&self, entry: &str, code: &[u8]) -> io::Result<()> {
        let mac = self.mac(entry, code)?.finalize().into_bytes();
        self.put(&self.folder.join(entry), code)?;
        self.put(&self.mac_file(entry), &mac)
    }

    /// Under its name only when whole. What is mapped under that name stays as it is.
    fn put(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let draft = self.folder.join(format!("{:032x}.part", rand::random::<u128>()));
        fs::File::create_new(&draft)?.write_all(content)?;
        fs::rename(&draft, path)
    }

    fn mac_file(&self, entry: &str) -> PathBuf {
        self.folder.join(format!("{entry}.mac"))
    }

    fn mac(&self, entry: &str, mut code: impl io::Read) -> io::Result<Hmac<Sha256>> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&self.key.into());
        mac.update(entry.as_bytes());
        mac.update(&[0]);
        let mut chunk = vec![0; CHUNK];
        loop {
            let length = code.read(&mut chunk)?;
            match chunk.get(..length) {
                Some([]) | None => return Ok(mac),
                Some(read) => mac.update(read),
            }
        }
    }
}

/// Takes away what a process left that was ended while it wrote.
fn remove_drafts(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "part") && is_abandoned(&path) {
            // Another process may have just done so.
            let _ = fs::remove_file(path);
        }
    }
    Ok(())
}

/// False where another process has just finished it, so that it is gone.
fn is_abandoned(draft: &Path) -> bool {
    let modified = fs::metadata(draft).and_then(|file| file.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|since| since >= ABANDONED))
}

/// The name of a component's entry.
fn entry(engine: &Engine, digest: &str) -> String {
    format!("{digest}-{:016x}", made_by(engine))
}

/// Everything about the engine that decides whether it can run a piece of machine code.
fn made_by(engine: &Engine) -> u64 {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    hasher.finish()
}

#[expect(
    unsafe_code,
    reason = "`Component::deserialize_file` runs what it maps as machine code, so it must only see \
              what `Component::serialize` made, and nobody may change the file later. The file has \
              just passed a message authentication code under a key that only the folder \
              holds, and was made by this process or by one of the same program, which was \
              heard through a pipe. Files of the folder are never written again, only replaced by others \
              under their name; whoever else could write there could read the key as well. Code of \
              another wasmtime, configuration or processor is refused by wasmtime itself."
)]
fn deserialize(engine: &Engine, path: &Path) -> Option<Component> {
    // SAFETY: see the reason above.
    unsafe { Component::deserialize_file(engine, path) }.ok()
}

fn key(file: &Path) -> io::Result<[u8; KEY_BYTES]> {
    match fs::read(file) {
        Ok(found) => found.try_into().map_err(|found: Vec<u8>| {
            io::Error::other(format!(
                "the key of the compiled components has {} bytes instead of {KEY_BYTES}",
                found.len()
            ))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(file),
        Err(error) => Err(error),
    }
}

fn make_key(file: &Path) -> io::Result<[u8; KEY_BYTES]> {
    let mut key = [0; KEY_BYTES];
    rand::fill(&mut key);
    let draft = file.with_extension(format!("{:032x}.part", rand::random::<u128>()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut made = options.open(&draft)?;
    made.write_all(&key)?;
    made.sync_all()?;
    match fs::hard_link(&draft, file) {
        // Not every file system has links.
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => fs::rename(&draft, file)?,
        // Another process may have made one at the same time.
        Ok(()) | Err(_) => fs::remove_file(&draft)?,
    }
    let found: Vec<u8> = fs::read(file)?;
    found.try_into().map_err(|_| io::Error::other("the key of the compiled components is changing"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &[u8] = &[0, b'a', b's', b'm', 0x0d, 0, 1, 0];

    #[test]
    fn only_entries_of_this_folder_and_engine_are_believed() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::default();
        let cache = Cache::open(folder.path()).unwrap();
        cache.compile(&engine, "aa", EMPTY).unwrap();
        let entry = entry(&engine, "aa");
        assert!(cache.find(&engine, "aa").is_some());
        assert!(cache.load(&engine, &entry).is_some());

        let file = folder.path().join(&entry);
        let good = fs::read(&file).unwrap();
        let mut changed = good.clone();
        *changed.last_mut().unwrap() ^= 1;
        fs::write(&file, &changed).unwrap();
        assert!(cache.load(&engine, &entry).is_none());
        fs::write(&file, &good).unwrap();
        assert!(cache.load(&engine, &entry).is_some());
        let mac = fs::read(cache.mac_file(&entry)).unwrap();
        for wrong in [&mac[1..], &[], &[0; 32]] {
            fs::write(cache.mac_file(&entry), wrong).unwrap();
            assert!(cache.load(&engine, &entry).is_none());
        }
        fs::remove_file(cache.mac_file(&entry)).unwrap();
        assert!(cache.load(&engine, &entry).is_none());
        fs::write(cache.mac_file(&entry), &mac).unwrap();

        fs::write(folder.path().join("bb"), &good).unwrap();
        fs::write(cache.mac_file("bb"), &mac).unwrap();
        assert!(cache.load(&engine, "bb").is_none(), "an entry under another name");

        let elsewhere = tempfile::tempdir().unwrap();
        let other = Cache::open(elsewhere.path()).unwrap();
        fs::write(elsewhere.path().join(&entry), &good).unwrap();
        fs::write(other.mac_file(&entry), &mac).unwrap();
        assert!(other.load(&engine, &entry).is_none(), "an entry under another key");
        assert!(other.compile(&engine, "aa", EMPTY).is_ok(), "it is compiled again");
        assert!(other.load(&engine, &entry).is_some());
    }

    #[test]
    fn what_was_half_written_goes() {
        let folder = tempfile::tempdir().unwrap();
        drop(Cache::open(folder.path()).unwrap());
        let long_ago = SystemTime::now() - 2 * ABANDONED;
        let abandoned = folder.path().join("0123.part");
        fs::write(&abandoned, "half").unwrap();
        fs::File::options().write(true).open(&abandoned).unwrap().set_modified(long_ago).unwrap();
        let of_another = folder.path().join("4567.part");
        fs::write(&of_another, "half").unwrap();
        drop(Cache::open(folder.path()).unwrap());
        assert!(of_another.is_file(), "another process may be writing it");
        fs::remove_file(of_another).unwrap();
        let left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
        assert_eq!(left, [folder.path().join(KEY_FILE)]);
    }

    #[test]
    fn the_key_stays_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let first = Cache::open(folder.path()).unwrap().key;
        assert_eq!(Cache::open(folder.path()).unwrap().key, first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = fs::metadata(folder.path().join(KEY_FILE)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        fs::write(folder.path().join(KEY_FILE), b"short").unwrap();
        assert!(Cache::open(folder.path()).is_err());
    }
}
