//! Cases, as they stand in files.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow, ensure};
use engine_api::document::Document;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::super::run::Input;

/// A case of a file.
pub(super) struct Case {
    pub(super) file: String,
    pub(super) name: String,
    pub(super) asked: Asked,
}

/// What a case asks and expects.
pub(super) struct Asked {
    pub(super) input: Input,
    pub(super) expect: Json,
    /// For an executor: do it, with this key of the effect.
    pub(super) execute: Option<String>,
    pub(super) reply: Option<Reply>,
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

/// Every case of a folder, in the order of its files; `{server}` in them is an address.
pub(super) fn read(folder: &Path, server: &str) -> anyhow::Result<Vec<Case>> {
    let mut cases = Vec::new();
    for path in files(folder)? {
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{name}`"))?;
        let document = Document::parse(&name, &text.replace("{server}", server))?;
        let File { given, cases: found } = document.read()?;
        for case in found {
            cases.push(one(&name, &given, case)?);
        }
    }
    Ok(cases)
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
    let execute = case.remove("execute").map(serde_json::from_value).transpose();
    let reply = case.remove("reply").map(serde_json::from_value).transpose();
    let (execute, reply) = (
        execute.map_err(|why| wrong(format!("execute: {why}")))?,
        reply.map_err(|why| wrong(format!("reply: {why}")))?,
    );
    let mut input = given.clone();
    input.extend(case);
    let input = serde_path_to_error::deserialize(Json::Object(input));
    let input = input.map_err(|why| wrong(why.to_string()))?;
    ensure!(!name.is_empty(), "{file}: a case has no name");
    let asked = Asked { input, expect, execute, reply };
    Ok(Case { file: file.to_owned(), name, asked })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<Case>, String> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.yaml"), text).unwrap();
        read(folder.path(), "http://other").map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn a_case_says_what_is_different_from_what_is_given() {
        let cases = read_text(
            "given: {config: {url: '{server}/a'}, now: 2026-03-02T09:00:00Z}\n\
             cases:\n\
             - {case: one, expect: met}\n\
             - {case: two, config: {limit: 1}, execute: k-1, expect: {unmet: no}}\n",
        )
        .unwrap();
        let configs: Vec<String> =
            cases.iter().map(|case| format!("{:?}", case.asked.input.config)).collect();
        assert!(configs[0].contains("http://other/a"), "{configs:?}");
        assert!(!configs[1].contains("url") && configs[1].contains("limit"), "{configs:?}");
        assert_eq!(cases[1].asked.execute.as_deref(), Some("k-1"));
    }

    #[test]
    fn mistakes_are_told_with_the_case() {
        for (text, says) in [
            ("cases: [{case: a, expect: met, requst: {}}]", "`a`: requst: unknown field `requst`"),
            ("cases: [{case: a}]", "`a`: expected `expect`"),
            ("cases: [{expect: met}]", "expected `case: NAME`"),
            ("cases: [{case: a, expect: met, reply: {body: x}}]", "reply: missing field `status`"),
            ("case: []", "unknown field `case`"),
        ] {
            let error = read_text(text).err().unwrap();
            assert!(error.contains(says), "{text}: {error}");
        }
    }
}
