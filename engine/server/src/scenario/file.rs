//! A scenario file as it is written: a world, and cases that each begin in it anew.
//!
//! The cases are read one by one, so that a mistake in one is a failure of that one. Documents and
//! values inside commands stay unread until the engine gets them.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use chrono::{DateTime, Utc};
use engine_api::{
    directory::{DirectoryDoc, RatesDoc},
    document::{Diagnostics, Document, Segment},
};
use engine_core::{
    ids::{PluginId, ScriptId},
    organization::Settings,
    rule::RuleGroup,
};
use engine_host::Grant;
use serde::{Deserialize, de::IgnoredAny};

use super::{command::StepDoc, stub::StubDoc};

/// The way to a part of a file.
pub(super) type Place = Vec<Segment>;

/// A step into a map.
pub(super) fn key(name: &str) -> Segment {
    Segment::Key(name.to_owned())
}

/// `place` and one step more.
pub(super) fn below(place: &[Segment], segment: Segment) -> Place {
    let mut longer = place.to_vec();
    longer.push(segment);
    longer
}

/// A file, its world read.
#[derive(Debug)]
pub(super) struct ScenarioFile {
    /// The whole, for places.
    pub(super) document: Document,
    /// As it was read.
    pub(super) text: String,
    /// All but the cases.
    pub(super) world: WorldDoc,
}

/// What every case of a file begins with.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct WorldDoc {
    #[serde(rename = "name")]
    _name: String,
    /// What is not written has its default.
    pub(super) settings: Option<Settings>,
    /// None: no rate table.
    pub(super) rates: Option<RatesDoc>,
    /// People and places.
    pub(super) directory: DirectoryDoc,
    /// Each a rule document, or `{file: capex.yaml}` beside the scenario.
    pub(super) rules: Vec<IgnoredAny>,
    /// Put together after the rules (RUL-4).
    pub(super) rule_groups: Vec<RuleGroup>,
    /// Text by name.
    pub(super) scripts: BTreeMap<ScriptId, String>,
    /// Component files and stubs.
    pub(super) plugins: Vec<PluginDoc>,
    cases: Vec<IgnoredAny>,
}

impl WorldDoc {
    /// What stands twice would be the second of the two, without a word.
    fn no_id_twice(&self, document: &Document) -> Result<(), Diagnostics> {
        let DirectoryDoc { users, groups, nodes, resources, .. } = &self.directory;
        let lists: [(&str, Vec<String>); 5] = [
            ("directory.users", users.iter().map(|user| user.login.to_string()).collect()),
            ("directory.groups", groups.iter().map(|group| group.id.to_string()).collect()),
            ("directory.nodes", nodes.iter().map(|node| node.id.to_string()).collect()),
            ("directory.resources", resources.iter().map(|one| one.id.to_string()).collect()),
            ("plugins", self.plugins.iter().map(|plugin| plugin.id.to_string()).collect()),
        ];
        for (list, ids) in lists {
            let mut seen = BTreeSet::new();
            for (index, id) in ids.iter().enumerate() {
                if !seen.insert(id) {
                    let message = format!("`{id}` stands here twice");
                    return Err(document.problem(&format!("{list}[{index}]"), message).into());
                }
            }
        }
        Ok(())
    }
}

/// A plugin: a component file, or a stub.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PluginDoc {
    /// Its id in rules.
    pub(super) id: PluginId,
    /// A file, looked for beside the scenario.
    pub(super) component: Option<PathBuf>,
    /// For a component: what it may use.
    #[serde(default)]
    pub(super) grant: Grant,
    /// Answers in order.
    pub(super) stub: Option<StubDoc>,
}

/// A case, its steps read.
#[derive(Debug)]
pub(super) struct Case {
    /// When it begins.
    pub(super) at: DateTime<Utc>,
    /// In order.
    pub(super) steps: Vec<Step>,
}

/// A step with its place.
#[derive(Debug)]
pub(super) struct Step {
    /// What is done and what is expected.
    pub(super) doc: StepDoc,
    /// Where it stands.
    pub(super) place: Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseDoc {
    #[serde(rename = "name")]
    _name: String,
    #[serde(default = "a_monday_morning")]
    at: DateTime<Utc>,
    r#do: Vec<IgnoredAny>,
}

/// Cases that do not care begin on 2 March 2026 at nine.
fn a_monday_morning() -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_442_000, 0).unwrap_or(DateTime::UNIX_EPOCH)
}

impl ScenarioFile {
    /// Reads a file's text but for its cases.
    pub(super) fn read(name: &str, text: &str) -> Result<Self, Diagnostics> {
        let document = Document::parse(name, text)?;
        let world: WorldDoc = document.read()?;
        if world.cases.is_empty() {
            return Err(document.problem("cases", "expected at least one case").into());
        }
        world.no_id_twice(&document)?;
        Ok(Self { document, text: text.to_owned(), world })
    }

    /// How many cases there are.
    pub(super) fn count(&self) -> usize {
        self.world.cases.len()
    }

    /// Where a case stands.
    pub(super) fn place(index: usize) -> Place {
        vec![key("cases"), Segment::Index(index)]
    }

    /// A case's name, also of one that cannot be read.
    pub(super) fn name_of(&self, index: usize) -> String {
        let part = self.document.part(&Self::place(index));
        let name = part.as_ref().and_then(|part| part.field("name"));
        name.map_or_else(|| format!("case {}", index + 1), str::to_owned)
    }

    /// Reads a case with all of its steps.
    pub(super) fn case(&self, index: usize) -> Result<Case, Diagnostics> {
        let place = Self::place(index);
        let doc: CaseDoc = self.read_part(&place)?;
        let list = below(&place, key("do"));
        if doc.r#do.is_empty() {
            let path = format!("cases[{index}].do");
            return Err(self.document.problem(&path, "expected at least one command").into());
        }
        let mut steps = Vec::new();
        for number in 0..doc.r#do.len() {
            let place = below(&list, Segment::Index(number));
            steps.push(Step { doc: self.read_part(&place)?, place });
        }
        Ok(Case { at: doc.at, steps })
    }

    /// Reads a part of the file.
    pub(super) fn read_part<T: serde::de::DeserializeOwned>(
        &self,
        place: &[Segment],
    ) -> Result<T, Diagnostics> {
        match self.document.part(place) {
            Some(part) => part.read(),
            None => Err(self.document.problem("", "this part is not there").into()),
        }
    }

    /// The line of a part.
    pub(super) fn line(&self, place: &[Segment]) -> usize {
        self.document.position(self.document.locate(place)).0
    }
}
