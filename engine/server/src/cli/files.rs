//! Files and folders as a bundle to apply.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use engine_api::{
    document::{Document, MAX_BYTES},
    organization::{Bundle, OrganizationDoc, RuleFile},
};

use super::plugin::given::read_signed;

/// How deep folders may stand in each other.
const MAX_DEPTH: usize = 8;

/// What files say.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) bundle: Bundle,
    /// Components with their signatures, by the id of the plugin, which is the name of the file.
    pub(super) components: Vec<(String, Vec<u8>)>,
}

impl Gathered {
    /// Reads files, and all files of folders: rules and organizations in YAML or JSON, scripts,
    /// components. In a folder, other files are left alone.
    pub(super) fn read(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let mut gathered = Self::default();
        for path in paths {
            if path.is_dir() {
                gathered.folder(path, 0)?;
            } else if !path.exists() {
                bail!("there is no file or folder `{}`", path.display());
            } else if !gathered.file(path)? {
                bail!(
                    "`{}` is no file to apply: expected .yaml, .json, .rhai or .wasm",
                    path.display()
                );
            }
        }
        Ok(gathered)
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> anyhow::Result<()> {
        if depth > MAX_DEPTH {
            bail!("`{}`: folders stand too deep in each other", folder.display());
        }
        let entries = std::fs::read_dir(folder);
        let entries = entries.with_context(|| format!("cannot read `{}`", folder.display()))?;
        let mut paths =
            entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
        paths.sort();
        for path in paths {
            let hidden =
                path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
            if path.is_dir() && !hidden {
                self.folder(&path, depth + 1)?;
            } else if !path.to_string_lossy().ends_with(".scenario.yaml") {
                self.file(&path)?;
            }
        }
        Ok(())
    }

    /// Reads a file; false where it is of no kind that is applied.
    fn file(&mut self, path: &Path) -> anyhow::Result<bool> {
        let of =
            |extension: &str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(extension));
        let cannot = || format!("cannot read `{}`", path.display());
        if of("wasm") {
            let id = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            self.components.push((id, read_signed(path)?));
        } else if of("rhai") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(path).with_context(cannot)?;
            if self.bundle.scripts.insert(name.clone(), text).is_some() {
                bail!("there are two scripts named `{name}`");
            }
        } else if of("yaml") || of("yml") || of("json") {
            let text = std::fs::read_to_string(path).with_context(cannot)?;
            anyhow::ensure!(
                text.len() <= MAX_BYTES,
                "`{}` has more than {MAX_BYTES} bytes",
                path.display()
            );
            self.document(&path.to_string_lossy(), text)?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// A document with a field `rule` is a rule; any other is about the organization.
    fn document(&mut self, name: &str, text: String) -> anyhow::Result<()> {
        let document = Document::parse(name, &text)?;
        if document.field("rule").is_some() {
            self.bundle.rules.push(RuleFile { name: name.to_owned(), text });
            return Ok(());
        }
        let OrganizationDoc { organization, settings, rates, directory, rule_groups, plugins } =
            document.read()?;
        let all = &mut self.bundle.organization;
        once(name, "organization", &mut all.organization, organization)?;
        once(name, "settings", &mut all.settings, settings)?;
        once(name, "rates", &mut all.rates, rates)?;
        once(name, "directory", &mut all.directory, directory)?;
        all.plugins.extend(plugins);
        for group in rule_groups {
            if all.rule_groups.iter().any(|other| other.id == group.id) {
                bail!("`{name}`: the rule group `{}` stands in two places", group.id);
            }
            all.rule_groups.push(group);
        }
        Ok(())
    }
}

/// What stands in two files would be applied in the order of their names: better to say so.
fn once<T>(name: &str, what: &str, slot: &mut Option<T>, value: Option<T>) -> anyhow::Result<()> {
    if slot.is_some() && value.is_some() {
        bail!("`{name}`: `{what}` stands in another file already");
    }
    if value.is_some() {
        *slot = value;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_gathered() {
        let shop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/shop");
        let Gathered { bundle, components } = Gathered::read(&[shop]).unwrap();
        assert!(components.is_empty());
        assert!(bundle.rules.len() >= 4, "{:?}", bundle.rules);
        assert!(bundle.scripts.contains_key("signatories.rhai"));
        assert!(bundle.organization.directory.is_some() && bundle.organization.rates.is_some());
    }

    #[test]
    fn what_cannot_be_applied_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let read =
            |name: &str| Gathered::read(&[folder.path().join(name)]).unwrap_err().to_string();
        std::fs::write(folder.path().join("notes.txt"), "").unwrap();
        assert!(read("notes.txt").contains("expected .yaml"), "{}", read("notes.txt"));
        assert!(read("nowhere").contains("there is no file or folder"), "{}", read("nowhere"));
    }

    #[test]
    fn what_stands_twice_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.yaml", "b.yaml"] {
            std::fs::write(folder.path().join(name), "settings: {urgent: true}\n").unwrap();
        }
        let error = Gathered::read(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("stands in another file"), "{error}");
    }
}
