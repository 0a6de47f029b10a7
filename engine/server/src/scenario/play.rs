//! A case, played step by step.

mod preview;

use engine_api::{
    document::Segment,
    organization::ChangeList,
    view::{ExplanationView, RequestView},
};
use engine_core::ids::{Login, RequestId};

use super::{
    act::{Answer, Call, Outcome, Prepared, Refusal, Tabs},
    broken::Broken,
    command::{CommandDoc, CrashDoc, StepDoc},
    expect::{Check, ExpectDoc},
    file::{Case, ScenarioFile, Step, below, key},
    prepare::Preparation,
    report::{Failure, Mismatch},
    stage::{Room, Stage, State},
};

/// A case under way.
pub(super) struct Player<'a> {
    /// Where the case stands.
    file: &'a ScenarioFile,
    /// What is played.
    case: &'a Case,
    /// Makes further worlds as the case begins in.
    room: &'a Room<'a>,
    /// Where it is played.
    stage: Box<dyn Stage>,
    /// What people see in their windows.
    tabs: Tabs,
    /// What expectations are about.
    subject: Subject,
    /// Whether the engine dies during the next command.
    is_armed: bool,
}

/// What expectations without a subject of their own are about.
#[derive(Clone, Debug, Default)]
pub(super) struct Subject {
    /// The request last named.
    pub(super) request: Option<RequestId>,
    /// Whose command it was, or about whom it asked.
    pub(super) person: Option<Login>,
    /// How many events the request had before the step.
    pub(super) events: usize,
}

impl<'a> Player<'a> {
    /// A player of a case, in a world of its own.
    pub(super) async fn new(room: &'a Room<'a>, case: &'a Case) -> Result<Self, Broken> {
        let (file, stage) = (room.builder.file, room.stage(case.at).await?);
        let (tabs, subject) = (Tabs::new(), Subject::default());
        Ok(Self { file, case, room, stage, tabs, subject, is_armed: false })
    }
}

impl Player<'_> {
    /// Plays all steps; a step that is not as it should be does not stop the case, one that cannot
    /// be carried out does.
    pub(super) async fn play(&mut self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for (index, step) in self.case.steps.iter().enumerate() {
            let line = self.file.line(&step.place);
            let name = describe(&step.doc);
            match self.step(index, step).await {
                Ok(mismatches) if mismatches.is_empty() => {}
                Ok(mismatches) => {
                    let place = step.place.clone();
                    failures.push(Failure { line, step: name, mismatches, error: None, place });
                }
                Err(broken) => {
                    let (error, place) = (broken.to_string(), step.place.clone());
                    failures.push(Failure::broken(line, &name, error, place));
                    return failures;
                }
            }
        }
        failures
    }

    /// Leaves the stage.
    pub(super) async fn close(&mut self) -> Result<(), Broken> {
        self.stage.close().await
    }

    async fn step(&mut self, index: usize, step: &Step) -> Result<Vec<Mismatch>, Broken> {
        let accepted = ExpectDoc::default();
        let expect = step.doc.expect.as_ref().unwrap_or(&accepted);
        if let CommandDoc::Preview(doc) = &step.doc.command {
            return self.preview(index, step, doc, expect).await;
        }
        let (mut outcome, changed) = match &step.doc.command {
            CommandDoc::Crash(crash) => (self.crash(crash).await?, Vec::new()),
            _ => self.act(&step.doc, &step.place, expect).await?,
        };
        // The engine is to die in the next command: nothing may come in between.
        if !self.is_armed {
            self.stage.settle().await?;
        }
        let mut mismatches: Vec<Mismatch> = changed
            .into_iter()
            .map(|part| Mismatch::plain("state", "unchanged by a refused command", part))
            .collect();
        mismatches.extend(self.check(expect, &mut outcome).await?);
        Ok(mismatches)
    }

    async fn check(
        &self,
        expect: &ExpectDoc,
        outcome: &mut Outcome,
    ) -> Result<Vec<Mismatch>, Broken> {
        if let Outcome::Done { messages } = outcome
            && expect.asks_for_messages()
            && let Some(request) = &self.subject.request
            && let Some(view) = self.stage.request(request).await?
        {
            messages.extend(of_request(&view));
            messages.extend(of_explanation(&self.stage.explained(request, None).await?));
        }
        Check::all(expect, outcome, &*self.stage, &self.subject).await
    }

    async fn crash(&mut self, doc: &CrashDoc) -> Result<Outcome, Broken> {
        match doc.at {
            None => {
                self.stage.crash().await?;
                Ok(Outcome::Crashed)
            }
            Some(point) => {
                self.stage.arm(point).await?;
                self.is_armed = true;
                Ok(Outcome::Done { messages: Vec::new() })
            }
        }
    }

    /// Carries out a step, up to its end or the engine's; says what a refusal changed all the same.
    async fn act(
        &mut self,
        doc: &StepDoc,
        place: &[Segment],
        expect: &ExpectDoc,
    ) -> Result<(Outcome, Vec<String>), Broken> {
        let calls = self.calls(doc, place, expect).await?;
        let before = match expect.may_be_refused() {
            true => Some(self.stage.state().await?),
            false => None,
        };
        let may_die = std::mem::take(&mut self.is_armed);
        let Some(answers) = self.stage.act(calls, may_die).await? else {
            self.stage.crash().await?;
            return Ok((Outcome::Crashed, Vec::new()));
        };
        if may_die {
            let message =
                "the crash did not come: nothing was committed, or had an effect, in this step";
            return Err(Broken::new(message));
        }
        let mut changed = Vec::new();
        if let Some(before) = before
            && answers.iter().all(Result::is_err)
        {
            changed = differences(&before, &self.stage.state().await?);
        }
        let mut outcomes: Vec<Outcome> = answers.into_iter().map(|a| self.outcome(a)).collect();
        if matches!(doc.command, CommandDoc::Together(_)) {
            return Ok((Outcome::Together(outcomes.iter().map(word).collect()), changed));
        }
        let outcome = outcomes.pop().ok_or_else(|| Broken::new("nothing was done"))?;
        Ok((outcome, changed))
    }

    /// What a step asks for: one call, or several that start at once.
    async fn calls(
        &mut self,
        doc: &StepDoc,
        place: &[Segment],
        expect: &ExpectDoc,
    ) -> Result<Vec<Call>, Broken> {
        let preparation = Preparation { file: self.file, bench: &*self.stage, tabs: &self.tabs };
        let mut prepared = Vec::new();
        match &doc.command {
            CommandDoc::Together(docs) => {
                let list = below(place, key("together"));
                for (index, doc) in docs.iter().enumerate() {
                    if doc.expect.is_some() {
                        let message = "commands that start together are expected by `outcomes`";
                        return Err(Broken::new(message));
                    }
                    let place = below(&list, Segment::Index(index));
                    prepared.push(preparation.prepare(doc, &place).await?);
                }
            }
            _ => prepared.push(preparation.prepare(doc, place).await?),
        }
        let mut calls = Vec::new();
        for Prepared { call, request, person } in prepared {
            if request.is_some() {
                self.subject.request = request;
            }
            self.subject.person = person;
            calls.push(call);
        }
        if let Some(request) = self.subject.request.as_ref().filter(|_| expect.asks_for_events()) {
            self.subject.events = self.stage.events(request).await?.len();
        }
        Ok(calls)
    }

    fn outcome(&mut self, answer: Result<Answer, Refusal>) -> Outcome {
        let messages = match answer {
            Ok(Answer::Nothing) => Vec::new(),
            Ok(Answer::Changed(changed)) => warnings(&changed),
            Ok(Answer::Explained(explained)) => of_explanation(&explained),
            Ok(Answer::Seen(tab, seen)) => {
                self.tabs.insert(tab, seen);
                Vec::new()
            }
            Ok(Answer::Refused(refusal)) | Err(refusal) => return Outcome::Refused(refusal),
        };
        Outcome::Done { messages }
    }
}

/// The parts that are not the same.
fn differences(before: &State, after: &State) -> Vec<String> {
    let appeared = after.iter().filter(|(part, now)| before.get(*part) != Some(*now));
    let gone = before.keys().filter(|part| !after.contains_key(*part));
    let appeared = appeared.map(|(part, _)| match before.contains_key(part) {
        true => format!("{part} changed"),
        false => format!("{part} is new"),
    });
    appeared.chain(gone.map(|part| format!("{part} is gone"))).collect()
}

/// The sentences that an explanation shows: what is in the way of the request as a whole, and of the
/// person asked about.
fn of_explanation(explained: &ExplanationView) -> Vec<String> {
    let mut all: Vec<String> = explained.blocked.iter().cloned().collect();
    if explained.criteria != "met" {
        all.extend(explained.criteria_reasons.iter().cloned());
    }
    let unmet = explained.person.iter().flat_map(|person| &person.unmet);
    all.extend(unmet.map(|said| said.message.clone()));
    all
}

/// The sentences that a request itself shows: what is in the way of each step, and how it ended.
fn of_request(view: &RequestView) -> Vec<String> {
    let steps = view.steps.iter().flat_map(|step| {
        step.why.iter().chain(step.seats.iter().filter_map(|seat| seat.empty.as_ref()))
    });
    let dropped = view.draft.iter().flat_map(|draft| &draft.dropped);
    let dropped = dropped.map(|field| format!("{}: {}", field.field, field.message));
    steps.chain(&view.outcome).cloned().chain(dropped).collect()
}

fn warnings(changed: &ChangeList) -> Vec<String> {
    let all = changed.changes.iter().flat_map(|change| &change.warnings);
    all.map(|warning| format!("{}: {}", warning.field, warning.message)).collect()
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
