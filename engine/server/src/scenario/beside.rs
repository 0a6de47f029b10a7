//! The files that a scenario names.
//!
//! They are looked for beside it. To a server they are sent with the scenario, and it reads no others.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use engine_api::document::Segment;

use super::{
    broken::Broken,
    file::{ScenarioFile, key},
};

/// Where the files are that a scenario names.
#[derive(Clone, Debug)]
pub(super) enum Beside {
    /// In the folder of the scenario.
    Folder(PathBuf),
    /// They came with it.
    Sent(BTreeMap<String, Vec<u8>>),
}

impl Beside {
    /// A rule document: never from anywhere but the folder of the scenario, or below it.
    pub(super) fn rule(&self, name: &str) -> Result<String, Broken> {
        let is_inside = Path::new(name)
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        if !is_inside {
            return Err(Broken::new(format!(
                "expected a file in the folder of the scenario or below it, found `{name}`"
            )));
        }
        let unreadable = |why: String| Broken::new(format!("cannot read `{name}`: {why}"));
        String::from_utf8(self.bytes(name)?).map_err(|_| unreadable("it is not text".to_owned()))
    }

    /// A component.
    pub(super) fn component(&self, path: &Path) -> Result<Vec<u8>, Broken> {
        self.bytes(&path.to_string_lossy())
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, Broken> {
        match self {
            Self::Folder(folder) => {
                let path = folder.join(name);
                std::fs::read(&path).map_err(|error| {
                    Broken::new(format!("cannot read `{}`: {error}", path.display()))
                })
            }
            Self::Sent(files) => {
                let found = files.get(name).cloned();
                found.ok_or_else(|| Broken::new(format!("`{name}` was not sent with the scenario")))
            }
        }
    }

    /// Every file that a scenario names and that can be read, to be sent. What cannot be read is told
    /// by whoever needs it.
    pub(super) fn all_of(&self, file: &ScenarioFile) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for index in 0..file.world.rules.len() {
            let part = file.document.part(&[key("rules"), Segment::Index(index)]);
            let name = part.as_ref().and_then(|part| part.field("file"));
            if let Some((name, text)) = name.and_then(|name| Some((name, self.rule(name).ok()?))) {
                files.insert(name.to_owned(), text.into_bytes());
            }
        }
        for path in file.world.plugins.iter().filter_map(|plugin| plugin.component.as_ref()) {
            if let Ok(bytes) = self.component(path) {
                files.insert(path.to_string_lossy().into_owned(), bytes);
            }
        }
        files
    }
}
