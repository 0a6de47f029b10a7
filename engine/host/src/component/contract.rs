//! Whether a component fits the contract that this host offers.
//!
//! A minor version only adds to the ones before it. So whatever was made for an earlier one runs, and
//! so does what was made for a later one and uses nothing of it that is new.

use wasmtime::{
    Engine,
    component::{Component, types::ComponentItem},
};

use super::{LoadError, manifest::Manifest, refuse};
use crate::v1::{self, offered};

/// Takes a version of the contract, such as that of a manifest.
///
/// # Errors
/// [`LoadError::Contract`] for another major version, and for what was no release.
pub(super) fn accept(version: &str) -> Result<(), LoadError> {
    let numbers: Vec<Option<u32>> = version.split('.').map(number).collect();
    match numbers.as_slice() {
        [Some(v1::MAJOR), Some(_), Some(_)] => Ok(()),
        _ => Err(LoadError::Contract(version.to_owned())),
    }
}

/// A number as versions write it.
fn number(part: &str) -> Option<u32> {
    part.parse().ok().filter(|number: &u32| number.to_string() == part)
}

/// Whether a version that was taken is a later minor than this host's.
pub(super) fn is_later(version: &str) -> bool {
    minor(version) > minor(v1::VERSION)
}

/// Compares what a component exports and imports with the contract; answers its imports and exports.
///
/// # Errors
/// [`LoadError`]: another version, an export that is missing, an import that nobody offers.
pub(super) fn check(
    engine: &Engine,
    component: &Component,
    manifest: &Manifest,
) -> Result<(Vec<String>, Vec<String>), LoadError> {
    let kind = component.component_type();
    let exports: Vec<String> = kind.exports(engine).map(|(name, _)| name.to_owned()).collect();
    let mut imports = Vec::new();
    let mut unknown = Vec::new();
    for (name, import) in kind.imports(engine) {
        imports.push(name.to_owned());
        unknown.extend(not_offered(engine, name, &import.ty));
    }
    let mut newest = v1::VERSION;
    for name in imports.iter().chain(&exports).filter(|name| v1::interface(name).is_some()) {
        let version = name.split_once('@').map_or("without a version", |(_, version)| version);
        accept(version)?;
        if minor(version) > minor(newest) {
            newest = version;
        }
    }
    for world in &manifest.worlds {
        let serves = |name: &String| v1::interface(name) == Some(world.as_str());
        if !exports.iter().any(serves) {
            return Err(LoadError::MissingExport(*world));
        }
    }
    // No version of the contract has what is of another package.
    let foreign =
        unknown.iter().position(|name| name.contains('/') && v1::interface(name).is_none());
    match (foreign, unknown.is_empty()) {
        (_, true) => Ok((imports, exports)),
        (Some(place), _) => Err(LoadError::UnknownImport(unknown.swap_remove(place))),
        (None, _) if is_later(newest) => {
            Err(LoadError::Newer { version: newest.to_owned(), uses: unknown })
        }
        (None, _) => Err(LoadError::UnknownImport(unknown.swap_remove(0))),
    }
}

/// What of an import this host does not offer: the interface, or functions of it.
fn not_offered(engine: &Engine, name: &str, import: &ComponentItem) -> Vec<String> {
    if name.starts_with(refuse::SYSTEM) {
        return Vec::new();
    }
    let known = v1::interface(name)
        .filter(|known| v1::EFFECTS.contains(known) || v1::NOTICES.contains(known));
    let Some(interface) = known else { return vec![name.to_owned()] };
    let ComponentItem::ComponentInstance(import) = import else { return vec![name.to_owned()] };
    let functions = import.exports(engine).filter_map(|(name, item)| match item.ty {
        ComponentItem::ComponentFunc(_) => Some(name),
        _ => None,
    });
    let new = functions.filter(|function| !offered::has(interface, function));
    new.map(|function| format!("{interface}.{}", plain(function))).collect()
}

/// `[method]connection.open` as authors know it.
fn plain(function: &str) -> &str {
    function.split_once(']').map_or(function, |(_, name)| name)
}

fn minor(version: &str) -> Option<u32> {
    number(version.split('.').nth(1)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_the_same_major_are_taken() {
        for good in ["1.0.0", "1.0.7", "1.4.0"] {
            assert_eq!(accept(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "1",
            "1.0",
            "1.0.0-draft",
            "1.0.0.0",
            "2.0.0",
            "0.9.0",
            "1.x.0",
            "-1.0.0",
            "+1.0.0",
            "01.0.0",
            "1.00.0",
        ] {
            assert_eq!(accept(bad), Err(LoadError::Contract(bad.to_owned())), "{bad}");
        }
    }
}
