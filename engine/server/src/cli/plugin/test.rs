//! `countersign plugin test`: the cases of a plugin, asked in the host that the engine uses.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use engine_host::Plugin;
use serde_json::{Value as Json, json};

use super::{
    super::output::{Form, say, warn},
    build::{Source, tools::Tools},
    given::read_component,
};
use crate::{
    cases::{Case, CaseFiles, Given, Outcome, Room, Server, leave_out_callers},
    config::Config,
    workshop::Workshop,
};

const EXAMPLES: &str = "\
Examples:
  countersign plugin test
  countersign plugin test small-amounts --filter currencies
  countersign plugin test --component target/examples/frugal.wasm --cases cases --json

Cases stand as YAML in `cases/` beside the source, and the component that is built carries them: the
engine asks them before it takes it, but for those that need a connection, a secret or another
system. Each says what the plugin is asked, as for
`countersign plugin run`, and what it is expected to answer; what stands under `given` is said for
all:

  given:
    directory: {users: [{login: ann}]}
  cases:
    - case: the limit itself is within it
      request: {requester: ann, properties: {amount: 1000 EUR}}
      config: {limit: 1000 EUR}
      expect: met

What is expected, by world; of a map, only the keys that are there are compared:

  condition  met, or {unmet: TEXT}
  approvers  {nominees: [{user: LOGIN, reason: TEXT}], notes: [TEXT]}
  validator  {problems: [{property: NAME, why: TEXT}]}
  executor   {plan: {effects: [TEXT]}}; with `execute: ONCE-KEY` also {receipt, presence, files}:
             it is done, `times: 2` with the same key again; with `revert: done`, or
             `unknown` where nobody knows whether it was done, {reverted}
  notifier   {delivered: NAME}
  any        {failure: {class: CLASS, message: TEXT}}

`reply: {status: 200, body: TEXT}` is what another system answers in the case: `{server}` stands
for its address in the file, and what it was sent can be expected as {sent: [{method, path, body}]}.

`databases: {NAME: SQL}` are connections of the case: each is a SQLite database that the script
makes anew. What is in it afterwards can be expected as {rows: {NAME: {QUERY: [[CELL]]}}}.
`secrets: {NAME: TEXT}` are those of all cases; `world: executor` says which world is asked.

Exit status:
  0  every case is as it says
  1  a case is not, or the plugin does not build
  2  wrong usage, or there is no case";

/// Ask a plugin its cases, and compare the answers
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Test {
    /// The folder of the source, which is built first
    #[arg(default_value = ".", value_name = "DIR")]
    folder: PathBuf,
    /// Ask this component, and build nothing
    #[arg(long, value_name = "FILE")]
    component: Option<PathBuf>,
    /// The folder of the cases [default: `cases` in the folder of the source, or those that the component
    /// carries]
    #[arg(long, value_name = "DIR")]
    cases: Option<PathBuf>,
    /// Only cases whose name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    #[command(flatten)]
    form: Form,
    #[command(flatten)]
    tools: Tools,
}

impl Test {
    /// Of a folder, with all its cases.
    pub(super) fn of(folder: &Path, tools: &Tools, form: Form) -> Self {
        let (folder, tools) = (folder.to_owned(), tools.clone());
        Self { folder, component: None, cases: None, filter: None, form, tools }
    }

    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let component = self.component.as_deref().map(read_component).transpose()?;
        let carried = component.as_deref().filter(|_| self.cases.is_none());
        let folder = self.cases.clone().unwrap_or_else(|| self.folder.join("cases"));
        let files = match carried {
            Some(component) => CaseFiles::carried(component)?,
            None => CaseFiles::of_folder(&folder)?,
        };
        let server = Server::of(&files)?;
        let address = server.as_ref().map(Server::address).unwrap_or_default();
        let mut cases = files.cases(&address, usize::MAX)?;
        if carried.is_some() {
            without_callers(&mut cases, &address);
        }
        if let Some(filter) = &self.filter {
            cases.retain(|case| case.name.contains(filter.as_str()));
        }
        if cases.is_empty() {
            warn("error: there is no case to ask");
            return Ok(ExitCode::from(2));
        }
        let given = Given::of(&cases)?;
        let (workshop, plugin) = self.plugin(component.as_deref(), &given.config()).await?;
        let room = Room { workshop, plugin, server, given };
        let mut outcomes = Vec::new();
        for case in cases {
            let mut outcome = room.ask(case).await?;
            if carried.is_none() {
                outcome.file = folder.join(&outcome.file).display().to_string();
            }
            outcomes.push(outcome);
        }
        let failed = outcomes.iter().filter(|outcome| !outcome.differences.is_empty()).count();
        self.form.tell(&to_json(&outcomes, failed), || report(&outcomes, failed))?;
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn plugin(
        &self,
        component: Option<&[u8]>,
        config: &Config,
    ) -> anyhow::Result<(Workshop, Plugin)> {
        let workshop = Workshop::open(config).await?;
        let plugin = match component {
            Some(component) => workshop.load(component)?,
            None => Source::open(&self.folder)?.build(None, &self.tools, &workshop)?.plugin,
        };
        Ok((workshop, plugin))
    }
}

/// Takes away the cases of somebody else's file that would use the network of whoever asks them.
fn without_callers(cases: &mut Vec<Case>, server: &str) {
    let callers = leave_out_callers(cases, server);
    if callers > 0 {
        warn(&format!(
            "note: {callers} of the cases that it carries call other systems, and are not asked; with \
             --cases FOLDER they are"
        ));
    }
}

fn report(outcomes: &[Outcome], failed: usize) {
    for Outcome { file, name, differences, log, .. } in outcomes {
        if differences.is_empty() {
            say(&format!("ok     {file}: {name}"));
            continue;
        }
        say(&format!("FAILED {file}: {name}"));
        let log = log.iter().flat_map(|text| text.lines()).map(|line| format!("log: {line}"));
        for line in differences.iter().cloned().chain(log) {
            say(&format!("       {line}"));
        }
    }
    say(&format!("{} passed, {failed} failed", outcomes.len() - failed));
}

fn to_json(outcomes: &[Outcome], failed: usize) -> Json {
    let cases: Vec<Json> = outcomes
        .iter()
        .map(|Outcome { file, name, differences, answer, log }| {
            json!({
                "file": file,
                "case": name,
                "passed": differences.is_empty(),
                "differences": differences,
                "answer": answer,
                "log": log,
            })
        })
        .collect();
    json!({ "cases": cases, "passed": outcomes.len() - failed, "failed": failed })
}
