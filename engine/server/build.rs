//! Embeds the first-party plugins that `cargo xtask build` has left in `target/components`.
//!
//! Writes `components.rs` into the build's folder: a constant `COMPONENTS` with a name and the bytes
//! of each. Without built plugins the constant is empty, and the program says so when it starts.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let folder = manifest.join("../../target/components");
    // Cargo watches a folder only if it is there; one that is missing would build this every time.
    fs::create_dir_all(&folder)?;
    println!("cargo::rerun-if-changed={}", folder.display());
    let generated = Path::new(&env::var("OUT_DIR")?).join("components.rs");
    fs::write(generated, constant(&components(&folder)?)?)?;
    Ok(())
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
        "/// The first-party plugins, each with its name; empty if they were not built.\n\
         pub(crate) const COMPONENTS: &[(&str, &[u8])] = &[\n",
    );
    for path in components {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", path.display().to_string())?;
    }
    code.push_str("];\n");
    Ok(code)
}
