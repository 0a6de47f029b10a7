//! What a step expects, and whether it is so.
//!
//! Lists are compared sorted: they are exact, and the order in which they are written does not matter.

mod compare;
mod keys;

use std::collections::{BTreeMap, BTreeSet};

use engine_api::view::{ExplanationView, PersonView, RequestView};
use engine_core::ids::Login;

pub(super) use self::keys::ExpectDoc;
use self::{compare::bare, keys::NoticeDoc};
use super::{
    act::{Outcome, code_of},
    broken::Broken,
    play::Subject,
    report::Mismatch,
    stage::Stage,
    stub::Method,
};

/// What is compared, and what was found to be different.
pub(super) struct Check<'a> {
    bench: &'a dyn Stage,
    subject: &'a Subject,
    outcome: &'a Outcome,
    mismatches: Vec<Mismatch>,
}

impl<'a> Check<'a> {
    /// Compares what a step expects with what there is.
    ///
    /// # Errors
    /// [`Broken`] where the engine cannot be asked.
    pub(super) async fn all(
        expect: &ExpectDoc,
        outcome: &'a Outcome,
        bench: &'a dyn Stage,
        subject: &'a Subject,
    ) -> Result<Vec<Mismatch>, Broken> {
        let mut check = Self { bench, subject, outcome, mismatches: Vec::new() };
        check.answer(expect);
        check.standing(expect).await?;
        check.request(expect).await?;
        check.events(expect).await?;
        check.calls(expect).await?;
        if let Some(expected) = &expect.notices {
            check.notices(expected).await?;
        }
        if let Some(expected) = &expect.visible_to {
            let found = match &subject.request {
                Some(request) => bench.visible_to(request).await?,
                None => Vec::new(),
            };
            let found = check.shown(found);
            check.list("visible_to", expected, found);
        }
        Ok(check.mismatches)
    }

    /// Logins, but for an owner whom the file does not write.
    fn shown(&self, logins: Vec<String>) -> Vec<String> {
        let hidden = self.bench.hidden().map(Login::as_str);
        logins.into_iter().filter(|login| hidden != Some(login)).collect()
    }

    async fn view(&self) -> Result<Option<RequestView>, Broken> {
        match &self.subject.request {
            Some(request) => self.bench.request(request).await,
            None => Ok(None),
        }
    }

    /// What the person of the step can do.
    async fn person(&self) -> Result<PersonView, Broken> {
        let Subject { request, person, .. } = self.subject;
        let person = person.as_ref();
        let person = person.ok_or_else(|| Broken::new("the step names nobody who could decide"))?;
        let request = request.as_ref();
        let request = request.ok_or_else(|| Broken::new("no request has been named yet"))?;
        let explained = self.bench.explained(request, Some(person)).await?;
        explained.person.ok_or_else(|| Broken::new("nobody is explained"))
    }

    /// Who fills which seat of the active step, and where none is, of the last complete one.
    fn filled(&self, explained: &ExplanationView) -> BTreeMap<String, Vec<String>> {
        let mut of_step = BTreeMap::new();
        let active = explained.steps.iter().find(|step| step.state == "active");
        let complete = explained.steps.iter().rfind(|step| step.state == "complete");
        let Some(step) = active.or(complete) else { return of_step };
        for seat in &step.seats {
            let login = self.shown(seat.by.iter().cloned().collect()).pop();
            let people: &mut Vec<String> = of_step.entry(seat.assignment.clone()).or_default();
            people.push(login.unwrap_or_default());
        }
        of_step
    }

    /// What the command was answered.
    fn answer(&mut self, expect: &ExpectDoc) {
        self.error(expect.error);
        if let Some(expected) = &expect.fields {
            let expected: Vec<&str> = expected.iter().map(|field| bare(field)).collect();
            let found = match self.outcome {
                Outcome::Refused(refusal) => &refusal.fields[..],
                Outcome::Done { .. } | Outcome::Together(_) | Outcome::Crashed => &[],
            };
            let found: BTreeSet<String> = found.iter().map(|f| bare(f).to_owned()).collect();
            self.list("fields", &expected, found.into_iter().collect());
        }
        if let Some(expected) = &expect.message_contains {
            self.messages(expected);
        }
        if let Some(expected) = &expect.outcomes {
            self.outcomes(expected);
        }
    }

    /// Whether the person of the command can decide, and why not.
    async fn standing(&mut self, expect: &ExpectDoc) -> Result<(), Broken> {
        if let Some(expected) = &expect.allowed {
            let found = self.person().await?.allowed;
            self.list("allowed", expected, found);
        }
        if expect.can_decide.is_none() && expect.unmet.is_none() {
            return Ok(());
        }
        let unmet = match self.outcome {
            Outcome::Refused(refusal) if !refusal.unmet.is_empty() => refusal.unmet.clone(),
            Outcome::Refused(_)
            | Outcome::Done { .. }
            | Outcome::Together(_)
            | Outcome::Crashed => {
                let unmet = self.person().await?.unmet;
                unmet.iter().filter_map(|said| code_of(&said.code)).collect()
            }
        };
        if let Some(expected) = expect.can_decide {
            self.value("can_decide", expected, unmet.is_empty());
        }
        if let Some(expected) = &expect.unmet {
            let expected: Vec<&str> = expected.iter().map(|code| code.as_str()).collect();
            let found = unmet.iter().map(|code| code.as_str().to_owned()).collect();
            self.list("unmet", &expected, found);
        }
        Ok(())
    }

    /// What the request is like now.
    async fn request(&mut self, expect: &ExpectDoc) -> Result<(), Broken> {
        let asks = expect.status.is_some()
            || expect.step.is_some()
            || expect.flags.is_some()
            || expect.executions.is_some()
            || expect.attachments.is_some()
            || expect.routed_to.is_some();
        if asks {
            let Some(request) = self.view().await? else {
                self.no_request();
                return Ok(());
            };
            if let Some(expected) = expect.status {
                self.value("status", expected.as_str(), request.status.clone());
            }
            if let Some(expected) = &expect.step {
                self.value("step", expected, request.active_step.clone().unwrap_or_default());
            }
            if let Some(expected) = &expect.flags {
                self.list("flags", expected, request.flags.clone());
            }
            for (id, expected) in expect.executions.iter().flatten() {
                let found = request.executions.iter().find(|e| e.id == *id);
                self.execution(id, expected, found.map(|execution| execution.state.as_str()));
            }
            if let Some(expected) = &expect.attachments {
                let names = request.attachments.iter().map(|file| file.name.clone());
                self.list("attachments", expected, names.collect());
            }
            if let Some(expected) = &expect.routed_to {
                self.value("routed_to", expected, request.rule.clone());
            }
        }
        self.seats(expect).await
    }

    /// Who can decide, and who has filled which seat.
    async fn seats(&mut self, expect: &ExpectDoc) -> Result<(), Broken> {
        if expect.decision_makers.is_none() && expect.seats.is_none() {
            return Ok(());
        }
        let Some(request) = &self.subject.request else {
            return Err(Broken::new("no request has been named yet"));
        };
        let explained = self.bench.explained(request, None).await?;
        if let Some(expected) = &expect.decision_makers {
            let found = self.shown(explained.decision_makers.clone());
            self.list("decision_makers", expected, found);
        }
        if let Some(expected) = &expect.seats {
            self.seated(expected, &self.filled(&explained));
        }
        Ok(())
    }

    async fn events(&mut self, expect: &ExpectDoc) -> Result<(), Broken> {
        if expect.events.is_none() && expect.events_contain.is_none() {
            return Ok(());
        }
        let all = match &self.subject.request {
            Some(request) => self.bench.events(request).await?,
            None => Vec::new(),
        };
        let since = self.subject.events;
        if let Some(expected) = &expect.events {
            self.list("events", expected, all.iter().skip(since).cloned().collect());
        }
        if let Some(expected) = &expect.events_contain {
            self.contains("events_contain", expected, &all);
        }
        Ok(())
    }

    /// Who was told what since it was last asked, whatever the order. What a notice is about can be
    /// written as its word or as its request.
    async fn notices(&mut self, expected: &[NoticeDoc]) -> Result<(), Broken> {
        let mut found = self.bench.new_notices().await?;
        found.sort();
        self.told(expected, &found);
        Ok(())
    }

    async fn calls(&mut self, expect: &ExpectDoc) -> Result<(), Broken> {
        for (name, methods) in expect.calls.iter().flatten() {
            for (word, expected) in methods {
                let unknown = || Broken::new(format!("`{word}` is not a call of a plugin"));
                let method = Method::parse(word).ok_or_else(unknown)?;
                let found = self.bench.calls(name, method).await?;
                self.called(name, word, *expected, found);
            }
        }
        Ok(())
    }
}
