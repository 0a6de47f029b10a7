//! A case, played step by step.

use std::time::Duration;

use engine_core::ids::Login;
use engine_runtime::{Changed, Engine};

use super::{
    act::{Answer, Call, Outcome, Prepared, Tabs, refusal},
    bench::{Bench, Broken},
    command::{CommandDoc, CrashDoc, StepDoc},
    expect::{Check, ExpectDoc},
    file::{Case, ScenarioFile, Step, below, key},
    prepare::Preparation,
    report::{Failure, Mismatch},
};

/// How long a step may take on the machine's clock. Only an engine that does not come to rest does.
const PATIENCE: Duration = Duration::from_secs(60);

/// A case under way.
pub(super) struct Player<'a> {
    /// Where the case stands.
    pub(super) file: &'a ScenarioFile,
    /// Its world.
    pub(super) bench: Bench,
    /// What people see in their windows.
    pub(super) tabs: Tabs,
}

impl Player<'_> {
    /// Plays all steps; a step that is not as it should be does not stop the case, one that cannot
    /// be carried out does.
    pub(super) async fn play(&mut self, case: &Case) -> Vec<Failure> {
        let mut failures = Vec::new();
        for step in &case.steps {
            let line = self.file.line(&step.place);
            let name = describe(&step.doc);
            match self.step(step).await {
                Ok(mismatches) if mismatches.is_empty() => {}
                Ok(mismatches) => {
                    failures.push(Failure { line, step: name, mismatches, error: None });
                }
                Err(broken) => {
                    let (mismatches, error) = (Vec::new(), Some(broken.to_string()));
                    failures.push(Failure { line, step: name, mismatches, error });
                    return failures;
                }
            }
        }
        failures
    }

    async fn step(&mut self, step: &Step) -> Result<Vec<Mismatch>, Broken> {
        let accepted = ExpectDoc::default();
        let expect = step.doc.expect.as_ref().unwrap_or(&accepted);
        let before = self.bench.log().await?;
        let may_die = self.bench.fuse()?.is_armed();
        let mut outcome = match &step.doc.command {
            CommandDoc::Crash(crash) => self.crash(crash).await?,
            _ => self.act(step).await?,
        };
        let mut mismatches = Vec::new();
        let after = self.bench.log().await?;
        if matches!(outcome, Outcome::Refused(_)) && before != after {
            mismatches.push(Mismatch {
                key: "state",
                expected: "unchanged by a refused command".to_owned(),
                found: format!("{} more events", after.end.0.saturating_sub(before.end.0)),
            });
        }
        if may_die && !matches!(outcome, Outcome::Crashed) {
            let message =
                "the crash did not come: nothing was committed, or had an effect, in this step";
            return Err(Broken::new(message));
        }
        if !matches!(&step.doc.command, CommandDoc::Crash(CrashDoc { at: Some(_) })) {
            self.settle().await?;
        }
        self.bench.peek(true);
        let checked = self.check(expect, &mut outcome).await;
        self.bench.peek(false);
        mismatches.extend(checked?);
        Ok(mismatches)
    }

    async fn check(
        &self,
        expect: &ExpectDoc,
        outcome: &mut Outcome,
    ) -> Result<Vec<Mismatch>, Broken> {
        if let Outcome::Done { messages } = outcome
            && expect.asks_for_messages()
            && self.bench.request().await?.is_some()
        {
            let explained = self.bench.explained(None).await?;
            messages.extend(self.bench.sentences(&explained)?);
        }
        Check::all(expect, outcome, &self.bench).await
    }

    async fn settle(&self) -> Result<(), Broken> {
        let settled = tokio::time::timeout(PATIENCE, self.bench.engine()?.settle()).await;
        Ok(settled.map_err(|_| Broken::new("the engine does not come to rest"))??)
    }

    async fn crash(&mut self, doc: &CrashDoc) -> Result<Outcome, Broken> {
        match doc.at {
            None => {
                self.bench.crash().await?;
                Ok(Outcome::Crashed)
            }
            Some(point) => {
                self.bench.fuse()?.arm(point);
                Ok(Outcome::Done { messages: Vec::new() })
            }
        }
    }

    /// Carries out a step, up to its end or the engine's.
    async fn act(&mut self, step: &Step) -> Result<Outcome, Broken> {
        let fuse = self.bench.fuse()?.clone();
        let engine = self.bench.engine()?.clone();
        let calls = self.calls(step).await?;
        let several = matches!(step.doc.command, CommandDoc::Together(_));
        let carried = async {
            let mut answers = Vec::new();
            for task in start(&engine, calls) {
                answers.push(task.await.map_err(|error| Broken::new(error.to_string()))?);
            }
            if fuse.is_armed() {
                engine.settle().await?;
            }
            Ok::<_, Broken>(answers)
        };
        let answers = tokio::select! {
            () = fuse.death() => None,
            carried = tokio::time::timeout(PATIENCE, carried) => {
                let carried = carried
                    .unwrap_or_else(|_| Err(Broken::new("the engine does not come to rest")));
                match carried {
                    Err(_) if fuse.is_dead() => None,
                    carried => Some(carried?),
                }
            }
        };
        drop(engine);
        let Some(answers) = answers else {
            self.bench.crash().await?;
            return Ok(Outcome::Crashed);
        };
        let mut outcomes = Vec::new();
        for answer in answers {
            outcomes.push(self.outcome(answer).await?);
        }
        if several {
            return Ok(Outcome::Together(outcomes.iter().map(word).collect()));
        }
        outcomes.pop().ok_or_else(|| Broken::new("nothing was done"))
    }

    /// What a step asks for: one call, or several that start at once.
    async fn calls(&mut self, step: &Step) -> Result<Vec<Call>, Broken> {
        let mut prepared = Vec::new();
        {
            let preparation = Preparation { file: self.file, bench: &self.bench, tabs: &self.tabs };
            match &step.doc.command {
                CommandDoc::Together(docs) => {
                    let list = below(&step.place, key("together"));
                    for (index, doc) in docs.iter().enumerate() {
                        if doc.expect.is_some() {
                            let message = "commands that start together are expected by `outcomes`";
                            return Err(Broken::new(message));
                        }
                        let place = below(&list, engine_api::document::Segment::Index(index));
                        prepared.push(preparation.prepare(doc, &place).await?);
                    }
                }
                _ => prepared.push(preparation.prepare(&step.doc, &step.place).await?),
            }
        }
        let mut calls = Vec::new();
        for Prepared { call, request, person } in prepared {
            self.bench.begin(request, person).await?;
            // What only asks counts for nothing.
            self.bench.peek(matches!(call, Call::Explain(..)));
            calls.push(call);
        }
        Ok(calls)
    }

    async fn outcome(
        &mut self,
        answer: Result<Answer, engine_runtime::EngineError>,
    ) -> Result<Outcome, Broken> {
        let messages = match answer {
            Ok(Answer::Nothing) => Vec::new(),
            Ok(Answer::Changed(changed)) => changed.iter().flat_map(warnings).collect(),
            Ok(Answer::Explained(explained)) => self.bench.sentences(&explained)?,
            Ok(Answer::Seen(tab, seen)) => {
                self.tabs.insert(tab, seen);
                Vec::new()
            }
            Ok(Answer::Refused(refusal)) => return Ok(Outcome::Refused(refusal)),
            Err(error) => return Ok(Outcome::Refused(refusal(error, &self.bench).await?)),
        };
        Ok(Outcome::Done { messages })
    }
}

type Task = tokio::task::JoinHandle<Result<Answer, engine_runtime::EngineError>>;

/// Starts all calls before any is waited for.
fn start(engine: &Engine, calls: Vec<Call>) -> Vec<Task> {
    let start = |call: Call| {
        let engine = engine.clone();
        tokio::spawn(async move { call.carry_out(&engine).await })
    };
    calls.into_iter().map(start).collect()
}

fn warnings(changed: &Changed) -> Vec<String> {
    match changed {
        Changed::Published { warnings, .. } => warnings
            .iter()
            .map(|warning| format!("{}: {}", warning.path, warning.message))
            .collect(),
        Changed::Created(_)
        | Changed::Updated { .. }
        | Changed::Removed(_)
        | Changed::Same(_)
        | Changed::Retired(_) => Vec::new(),
    }
}

/// An outcome among several.
fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Refused(refusal) => refusal.describe(),
        Outcome::Done { .. } | Outcome::Together(_) | Outcome::Crashed => "ok".to_owned(),
    }
}

/// `approve as bob`.
fn describe(doc: &StepDoc) -> String {
    let login: Option<&Login> = doc.command.person();
    match login {
        Some(login) => format!("{} as {login}", doc.command.name()),
        None => doc.command.name().to_owned(),
    }
}
