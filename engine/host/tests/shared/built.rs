//! The plugins of this repository as components, and where they are kept compiled.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

/// A plugin of this repository, or one of these tests, built as `cargo xtask build` does: nothing is
/// done where that was run.
pub(crate) fn build(name: &str) -> Vec<u8> {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let target = root.join(target).join("plugins");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--release", "--target", "wasm32-wasip2", "--target-dir"])
            .arg(std::path::absolute(&target).unwrap())
            .current_dir(root.join("plugins"))
            .status()
            .unwrap();
        assert!(built.success(), "the plugins were not built");
        target.join("wasm32-wasip2/release")
    });
    let file = match name {
        "parrot" | "released" | "rogue" | "vandal" => format!("{name}.wasm"),
        _ => format!("plugins_{}.wasm", name.replace('-', "_")),
    };
    std::fs::read(BUILT.join(file)).unwrap()
}

/// Compiled components, for all tests: each is compiled once.
pub(crate) fn compiled() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled")
}
