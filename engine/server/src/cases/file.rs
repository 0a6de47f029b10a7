//! Cases, as they stand in files, and as a component carries them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow, ensure};
use engine_api::document::Document;
use engine_connect::Secret;
use engine_core::ids::ResourceId;
use engine_host::{custom_section, custom_sections};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value as Json};

use crate::workshop::Input;

/// The section of a component with the files of its cases: `{"amounts.yaml": TEXT}`.
const SECTION: &str = "countersign:cases";
/// What stands for the other system's address.
const SERVER: &str = "{server}";
/// The most bytes of that section.
const MAX_CARRIED: usize = 256 << 10;
/// The most often that one case is asked.
const MAX_TIMES: u32 = 10;

/// A case of a file.
pub(crate) struct Case {
    pub(super) file: String,
    pub(crate) name: String,
    pub(super) asked: Asked,
}

/// What a case asks and expects.
pub(super) struct Asked {
    pub(super) input: Input,
    pub(super) expect: Json,
    pub(super) deeds: Deeds,
    pub(super) reply: Option<Reply>,
    /// What databases are made of.
    pub(super) databases: BTreeMap<ResourceId, String>,
    pub(super) secrets: BTreeMap<String, Secret>,
}

/// What an executor is told beside its plan.
#[derive(Debug, Default)]
pub(super) struct Deeds {
    /// Do it, with this key of the effect; a notifier delivers with it.
    pub(super) execute: Option<String>,
    /// So often, with the same key.
    pub(super) times: u32,
    /// Take it back.
    pub(super) revert: Option<Revert>,
}

/// What is known of an effect that is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Revert {
    /// It happened, and this was its receipt.
    Done,
    /// Nobody knows whether it happened.
    Unknown,
}

/// What another system answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reply {
    pub(super) status: u16,
    #[serde(default)]
    pub(super) body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    given: Map<String, Json>,
    cases: Vec<BTreeMap<String, Json>>,
}

/// Files with cases, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct CaseFiles(BTreeMap<String, String>);

impl CaseFiles {
    /// Those of a folder.
    pub(crate) fn of_folder(folder: &Path) -> anyhow::Result<Self> {
        let mut all = BTreeMap::new();
        for path in files(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path);
            let text = text.with_context(|| format!("cannot read `{}`", path.display()))?;
            all.insert(name, text);
        }
        Ok(Self(all))
    }

    /// Those that a component carries; none where it carries nothing.
    pub(crate) fn carried(component: &[u8]) -> anyhow::Result<Self> {
        let found = custom_sections(component, SECTION);
        let [section] = found.as_slice() else {
            ensure!(found.is_empty(), "the component carries cases twice");
            return Ok(Self::default());
        };
        ensure!(
            section.len() <= MAX_CARRIED,
            "the cases of the component have {} bytes, the most are {MAX_CARRIED}",
            section.len()
        );
        let read = serde_json::from_slice(section);
        read.map(Self).context("the cases of the component cannot be read")
    }

    /// As a component carries them: appended to it, they are a part of it.
    pub(crate) fn section(&self) -> anyhow::Result<Vec<u8>> {
        if self.0.is_empty() {
            return Ok(Vec::new());
        }
        let text = serde_json::to_vec(&self.0)?;
        ensure!(
            text.len() <= MAX_CARRIED,
            "the cases have {} bytes, and a component carries {MAX_CARRIED} at most: \
             build it with `--without-cases`",
            text.len()
        );
        Ok(custom_section(SECTION, &text))
    }

    /// Whether a case names the other system.
    pub(super) fn name_server(&self) -> bool {
        self.0.values().any(|text| text.contains(SERVER))
    }

    /// Every case, in the order of the files, of which there may be so many; `{server}` in them is an address.
    pub(crate) fn cases(&self, server: &str, most: usize) -> anyhow::Result<Vec<Case>> {
        let mut cases = Vec::new();
        for (name, text) in &self.0 {
            let document = Document::parse(name, &text.replace(SERVER, server))?;
            let File { given, cases: found } = document.read()?;
            let all = cases.len() + found.len();
            ensure!(all <= most, "there are {all} cases or more, the most are {most}");
            for case in found {
                cases.push(one(name, &given, case)?);
            }
        }
        Ok(cases)
    }
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("cannot read the cases in `{}`", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|kind| kind == "yaml" || kind == "yml" || kind == "json") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// What is given to all, with what the case says in its place.
fn one(
    file: &str,
    given: &Map<String, Json>,
    mut case: BTreeMap<String, Json>,
) -> anyhow::Result<Case> {
    let Some(Json::String(name)) = case.remove("case") else {
        return Err(anyhow!("{file}: expected `case: NAME` in every case"));
    };
    let wrong = |why: String| anyhow!("{file}: `{name}`: {why}");
    let expect = case.remove("expect").ok_or_else(|| wrong("expected `expect`".to_owned()))?;
    let mut input = given.clone();
    input.extend(case);
    let deeds = Deeds {
        execute: taken(&mut input, "execute").map_err(wrong)?,
        times: times(&mut input).map_err(wrong)?,
        revert: taken(&mut input, "revert").map_err(wrong)?,
    };
    let reply = taken(&mut input, "reply").map_err(wrong)?;
    let databases = taken(&mut input, "databases").map_err(wrong)?.unwrap_or_default();
    let secrets = taken(&mut input, "secrets").map_err(wrong)?.unwrap_or_default();
    let input = serde_path_to_error::deserialize(Json::Object(input));
    let input = input.map_err(|why| wrong(why.to_string()))?;
    ensure!(!name.is_empty(), "{file}: a case has no name");
    let asked = Asked { input, expect, deeds, reply, databases, secrets };
    Ok(Case { file: file.to_owned(), name, asked })
}

fn times(from: &mut Map<String, Json>) -> Result<u32, String> {
    match taken(from, "times")? {
        None => Ok(1),
        Some(times @ 0..=MAX_TIMES) => Ok(times),
        Some(times) => Err(format!("times: {times}, the most are {MAX_TIMES}")),
    }
}

/// What stands under a key, which is no part of the input.
fn taken<T: DeserializeOwned>(
    from: &mut Map<String, Json>,
    key: &str,
) -> Result<Option<T>, String> {
    let found = from.remove(key).map(serde_json::from_value).transpose();
    found.map_err(|why| format!("{key}: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Case>, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yaml"), text).unwrap();
        let files = CaseFiles::of_folder(folder.path()).unwrap();
        files.cases("http://other", 2).map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_component_carries_cases() {
        let files = CaseFiles([("a.yaml".to_owned(), "cases: []".to_owned())].into());
        let component = b"\0asm\x0d\0\x01\0";
        let with = |section: &[u8]| [&component[..], section].concat();
        let carried = with(&files.section().unwrap());
        assert_eq!(CaseFiles::carried(&carried).unwrap(), files);
        assert_eq!(CaseFiles::carried(component).unwrap(), CaseFiles::default());
        assert_eq!(CaseFiles::default().section().unwrap(), b"");
        let twice = [carried, files.section().unwrap()].concat();
        for (component, says) in [
            (twice, "carries cases twice"),
            (with(&custom_section(SECTION, b"[1]")), "cannot be read"),
            (with(&custom_section(SECTION, &vec![b' '; MAX_CARRIED + 1])), "the most are 262144"),
        ] {
            let error = CaseFiles::carried(&component).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        let large = CaseFiles([("a.yaml".to_owned(), "x".repeat(MAX_CARRIED))].into());
        assert!(large.section().unwrap_err().to_string().contains("--without-cases"));
    }

    #[test]
    fn a_case_says_what_is_different_from_what_is_given() {
        let cases = read_text(
            "given: {config: {url: '{server}/a'}, now: 2026-03-02T09:00:00Z}\n\
             cases:\n\
             - {case: one, expect: met}\n\
             - {case: two, config: {limit: 1}, execute: k-1, times: 2, expect: {unmet: no}}\n",
        )
        .unwrap();
        let configs: Vec<String> =
            cases.iter().map(|case| format!("{:?}", case.asked.input.config)).collect();
        assert!(configs[0].contains("http://other/a"), "{configs:?}");
        assert!(!configs[1].contains("url") && configs[1].contains("limit"), "{configs:?}");
        let Deeds { execute, times, revert } = &cases[1].asked.deeds;
        assert_eq!((execute.as_deref(), times, revert), (Some("k-1"), &2, &None));
        assert_eq!((&cases[0].asked.deeds.execute, cases[0].asked.deeds.times), (&None, 1));
    }

    #[test]
    fn mistakes_are_told_with_the_case() {
        for (text, says) in [
            ("cases: [{case: a, expect: met, requst: {}}]", "`a`: requst: unknown field `requst`"),
            ("cases: [{case: a}]", "`a`: expected `expect`"),
            ("cases: [{expect: met}]", "expected `case: NAME`"),
            ("cases: [{case: a, expect: met, reply: {body: x}}]", "reply: missing field `status`"),
            ("case: []", "unknown field `case`"),
            ("cases: [{case: a, expect: met, times: 4000000000}]", "the most are 10"),
            ("cases: [{case: a}, {case: b}, {case: c}]", "there are 3 cases or more"),
            ("cases: [{case: a, expect: met, times: -1}]", "`a`: times: invalid value"),
            ("cases: [{case: a, expect: met, world: wrld}]", "`a`: world: unknown variant `wrld`"),
            (
                "cases: [{case: a, expect: met, secrets: {token: 7}}]",
                "`a`: secrets: expected a password as text",
            ),
        ] {
            let error = read_text(text).err().unwrap();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
