//! Embeds the first-party plugins that `cargo xtask build` has left in `target/components`, and the kit
//! for authors of plugins.
//!
//! Writes `components.rs` into the build's folder: a constant `COMPONENTS` with name, digest
//! and bytes of each. Without built plugins the constant is empty, and the program says so when it starts. And
//! `kit.rs`: a constant `FILES` with the path below `sdk` and the text of each file of [`KIT`].

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

/// Folders of `sdk` that the program has inside.
const KIT: [&str; 4] = ["js", "python", "templates", "wit/v1"];
/// What tools leave there.
const LEFT: [&str; 2] = ["node_modules", "__pycache__"];

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let folder = manifest.join("../../target/components");
    // Cargo watches a folder only if it is there; one that is missing would build this every time.
    fs::create_dir_all(&folder)?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let generated = Path::new(&env::var("OUT_DIR")?).join("components.rs");
    fs::write(generated, constant(&components(&folder)?)?)?;
    let sdk = manifest.join("../../sdk").canonicalize()?;
    let mut files = Vec::new();
    for folder in KIT {
        println!("cargo::rerun-if-changed={}", sdk.join(folder).display());
        collect(&sdk.join(folder), &mut files)?;
    }
    files.sort();
    let generated = Path::new(&env::var("OUT_DIR")?).join("kit.rs");
    fs::write(generated, kit(&sdk, &files)?)?;
    Ok(())
}

/// Every file of a folder and of those in it.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default();
        if path.is_dir() && !LEFT.iter().any(|left| name == *left) {
            collect(&path, files)?;
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn kit(sdk: &Path, files: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut code = String::from(
        "/// Paths and texts of the kit for authors of plugins.\n\
         pub(crate) const FILES: &[(&str, &str)] = &[\n",
    );
    for path in files {
        let name = path.strip_prefix(sdk)?.to_string_lossy().replace('\\', "/");
        writeln!(code, "    ({name:?}, include_str!({:?})),", path.display().to_string())?;
    }
    code.push_str("];\n");
    Ok(code)
}

/// The components of a folder, by name.
fn components(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            found.push(path.canonicalize()?);
        }
    }
    found.sort();
    Ok(found)
}

fn constant(components: &[PathBuf]) -> Result<String, Box<dyn Error>> {
    let mut code = String::from(
        "/// The first-party plugins, each with its name and digest; empty if they were not built.\n\
         pub(crate) const COMPONENTS: &[(&str, &str, &[u8])] = &[\n",
    );
    for path in components {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let (digest, path) = (hex::encode(Sha256::digest(fs::read(path)?)), path.display());
        writeln!(code, "    ({name:?}, {digest:?}, include_bytes!({:?})),", path.to_string())?;
    }
    code.push_str("];\n");
    Ok(code)
}
