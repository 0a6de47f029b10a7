//! The world that every case of a file begins in: people, rules, scripts and plugins.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::Path,
};

use chrono::{DateTime, Utc};
use engine_api::{
    catalogue::Names,
    directory::UserDoc,
    document::{Diagnostics, Document, Segment},
};
use engine_core::{
    directory::{OrganizationRole, UserKind},
    ids::Login,
    rejection::Rejection,
    rule::Definition,
};
use engine_runtime::{Caller, Change, EngineError, Origin, PluginChange, PluginFile};

use super::{
    StoreKind,
    bench::{Bench, Broken, Extensions},
    beside::Beside,
    file::{PluginDoc, ScenarioFile, key},
    stub::Stubs,
};

/// The login of the owner, where a file writes none.
const HIDDEN_OWNER: &str = "scenario-owner";

/// Builds a file's world, anew for each case.
pub(super) struct Builder<'a> {
    /// What is written.
    pub(super) file: &'a ScenarioFile,
    /// Where other files are.
    pub(super) beside: Beside,
    /// Where data is kept.
    pub(super) kind: StoreKind,
    /// None where no file of the run needs them.
    pub(super) extensions: Option<Extensions>,
}

impl Builder<'_> {
    /// A new engine with everything that the file's head says.
    pub(super) async fn build(&self, at: DateTime<Utc>) -> Result<Bench, Broken> {
        let world = &self.file.world;
        let mut stubs = BTreeMap::new();
        for plugin in &world.plugins {
            match (&plugin.stub, &plugin.component) {
                (Some(stub), None) => {
                    stubs.insert(plugin.id.clone(), stub.clone());
                }
                (None, Some(_)) => {}
                (Some(_), Some(_)) | (None, None) => {
                    let message = "expected either a `component` or a `stub`";
                    return Err(self.wrong("plugins", message));
                }
            }
        }
        let stubs = Stubs::new(stubs);
        let mut bench = Bench::open(self.kind, at, stubs, self.extensions.clone()).await?;
        self.owner(&mut bench).await?;
        let caller = bench.caller(None)?;
        self.organize(&bench, &caller, self.people()).await?;
        self.install(&bench, &caller).await?;
        self.publish(&bench, &caller).await?;
        let groups = self.file.world.rule_groups.iter().cloned().map(Change::PutRuleGroup);
        self.organize(&bench, &caller, groups.collect()).await?;
        Ok(bench)
    }

    /// The owner as written, or one who appears nowhere.
    async fn owner(&self, bench: &mut Bench) -> Result<(), Broken> {
        let is_owner = |user: &&UserDoc| user.role == OrganizationRole::Owner;
        let written = self.file.world.directory.users.iter().find(is_owner);
        let login = match written {
            Some(user) => user.login.clone(),
            None => Login::parse(HIDDEN_OWNER).map_err(|bad| Broken::new(bad.to_string()))?,
        };
        let doc = UserDoc {
            login: login.clone(),
            name: None,
            email: None,
            time_zone: None,
            active: true,
            kind: UserKind::Person,
            role: OrganizationRole::Owner,
            groups: Vec::new(),
            properties: BTreeMap::new(),
            replace_by: None,
            force: false,
        };
        let owner = bench.engine()?.create_organization(bench.org(), doc).await?;
        bench.set_owner(owner, written.is_none().then_some(login));
        Ok(())
    }

    /// The directory, rates and settings, as changes of one commit.
    fn people(&self) -> Vec<Change> {
        let world = &self.file.world;
        let directory = &world.directory;
        let mut changes = vec![Change::SetUserProperties(directory.user_properties.clone())];
        changes.extend(directory.groups.iter().cloned().map(Change::PutGroup));
        changes.extend(directory.users.iter().cloned().map(Change::PutUser));
        changes.extend(directory.nodes.iter().cloned().map(Change::PutNode));
        changes.extend(directory.resources.iter().cloned().map(Change::PutResource));
        changes.extend(world.rates.iter().map(|rates| Change::SetRates(rates.0.clone())));
        changes.extend(world.settings.iter().cloned().map(Change::SetSettings));
        changes
    }

    /// Scripts and plugins.
    async fn install(&self, bench: &Bench, caller: &Caller) -> Result<(), Broken> {
        let world = &self.file.world;
        let mut changes = Vec::new();
        for (name, text) in &world.scripts {
            if let Some(library) = bench.library() {
                let wrong = |error| self.wrong(&format!("scripts[\"{name}\"]"), error);
                library.check_script(text).map_err(wrong)?;
            }
            changes.push(Change::PutScript { name: name.clone(), text: text.clone() });
        }
        for (index, plugin) in world.plugins.iter().enumerate() {
            let file = match &plugin.component {
                None => stub(plugin, bench)?,
                Some(file) => {
                    let found = self.component(bench, file).await;
                    found.map_err(|error| self.wrong(&format!("plugins[{index}]"), error))?
                }
            };
            let id = || plugin.id.clone();
            changes.push(Change::PutPlugin { plugin: id(), file });
            let change = PluginChange::Grant(plugin.grant.clone());
            changes.push(Change::ChangePlugin { plugin: id(), change });
        }
        self.organize(bench, caller, changes).await
    }

    async fn component(&self, bench: &Bench, file: &Path) -> Result<PluginFile, Broken> {
        let bytes = self.beside.component(file)?;
        let library = bench.library().ok_or_else(|| Broken::new("there is no plugin host"))?;
        let loaded = library.add_component(bytes).await?;
        let now = bench.engine()?.now();
        library
            .file(&loaded, bench.owner().clone(), now)
            .ok_or_else(|| Broken::new("the component is of no world"))
    }

    /// The rules at the top, which must be right.
    async fn publish(&self, bench: &Bench, caller: &Caller) -> Result<(), Broken> {
        let mut ids = BTreeSet::new();
        for index in 0..self.file.world.rules.len() {
            let place = [key("rules"), Segment::Index(index)];
            let part = self.file.document.part(&place);
            let part = part.ok_or_else(|| Broken::new("a rule is not there"))?;
            let (document, read, prefix) = match part.field("file") {
                None => {
                    let whole = self.file.document.clone();
                    (whole, part.read::<Definition>(), format!("rules[{index}]."))
                }
                Some(file) => {
                    let document = self.rule_file(index, file)?;
                    let read = document.read();
                    (document, read, String::new())
                }
            };
            let definition = Box::new(read.map_err(shown)?);
            if !ids.insert(definition.rule.clone()) {
                let message = format!("the rule `{}` stands here twice", definition.rule);
                return Err(self.wrong(&format!("rules[{index}]"), message));
            }
            let comment = "as the scenario has it".to_owned();
            let change = vec![Change::Publish { definition, comment }];
            match bench.engine()?.organize(caller, change, false).await {
                Ok(_) => {}
                Err(EngineError::Rejected(rejection)) => {
                    return Err(rejected(&document, &prefix, &rejection, bench));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// A rule in a file of its own; what is wrong with the name is told where it stands.
    fn rule_file(&self, index: usize, file: &str) -> Result<Document, Broken> {
        let text = self.beside.rule(file);
        let text = text.map_err(|error| self.wrong(&format!("rules[{index}].file"), error))?;
        Document::parse(file, &text).map_err(shown)
    }

    async fn organize(
        &self,
        bench: &Bench,
        caller: &Caller,
        changes: Vec<Change>,
    ) -> Result<(), Broken> {
        match bench.engine()?.organize(caller, changes, false).await {
            Ok(_) => Ok(()),
            Err(EngineError::Rejected(rejection)) => {
                Err(rejected(&self.file.document, "", &rejection, bench))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn wrong(&self, path: &str, message: impl fmt::Display) -> Broken {
        Broken::new(self.file.document.problem(path, message.to_string()).to_string())
    }
}

/// What an installed stub is known by.
fn stub(plugin: &PluginDoc, bench: &Bench) -> Result<PluginFile, Broken> {
    let stub = plugin.stub.as_ref().ok_or_else(|| Broken::new("there is no stub"))?;
    Ok(PluginFile {
        digest: format!("stub-{}", plugin.id),
        name: plugin.id.to_string(),
        version: "0.0.0".to_owned(),
        worlds: [stub.world()].into(),
        config: None,
        reads: stub.reads(),
        at: bench.engine()?.now(),
        by: bench.owner().clone(),
        origin: Origin::Administrator,
        signer: None,
    })
}

#[expect(clippy::needless_pass_by_value, reason = "`map_err` hands the errors over")]
fn shown(errors: Diagnostics) -> Broken {
    Broken::new(errors.to_string())
}

/// Why the head of a file is not accepted, each problem in its place.
fn rejected(document: &Document, prefix: &str, rejection: &Rejection, bench: &Bench) -> Broken {
    let state = match bench.state() {
        Ok(state) => state,
        Err(error) => return Broken::new(error.to_string()),
    };
    let names = Names::of_directory(&state.organization.directory);
    let lines: Vec<String> = match rejection {
        Rejection::RuleInvalid(problems) => problems
            .iter()
            .map(|p| document.problem(&format!("{prefix}{}", p.path), &p.message).to_string())
            .collect(),
        Rejection::Invalid(problems) => problems
            .iter()
            .map(|p| (p, format!("{}: {}", p.field, names.wrong(&p.wrong))))
            .map(|(p, message)| document.problem(&p.field, message).to_string())
            .collect(),
        other => vec![names.rejection(other)],
    };
    Broken::new(lines.join("\n"))
}
