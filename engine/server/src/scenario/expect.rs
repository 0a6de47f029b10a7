//! What a step expects, and whether it is so.
//!
//! Lists are compared sorted: they are exact, and the order in which they are written does not matter.

mod keys;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use engine_api::view::{ExplanationView, PersonView, RequestView};
use engine_core::ids::Login;

pub(super) use self::keys::ExpectDoc;
use self::keys::{NoticeDoc, OneOf, Texts};
use super::{
    act::{Outcome, code_of},
    broken::Broken,
    notices::NoticeSeen,
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

    fn differ(&mut self, key: &'static str, expected: impl fmt::Display, found: impl fmt::Display) {
        let (expected, found) = (expected.to_string(), found.to_string());
        if expected != found {
            self.mismatches.push(Mismatch { key, expected, found });
        }
    }

    fn list<T: fmt::Display>(&mut self, key: &'static str, expected: &[T], found: Vec<String>) {
        let expected = expected.iter().map(ToString::to_string).collect();
        self.differ(key, sorted(expected), sorted(found));
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
        match (&expect.error, self.outcome) {
            (Some(code), Outcome::Refused(refusal)) => {
                self.differ("error", code.as_str(), refusal.describe());
            }
            (Some(code), outcome) => self.differ("error", code.as_str(), outcome.describe()),
            (None, Outcome::Refused(refusal)) => {
                let said = self.outcome.messages().join(" ");
                self.differ("error", "no error", format!("{}: {said}", refusal.describe()));
            }
            (None, Outcome::Done { .. } | Outcome::Together(_) | Outcome::Crashed) => {}
        }
        if let Some(expected) = &expect.fields {
            let expected: Vec<&str> = expected.iter().map(|field| bare(field)).collect();
            let found = match self.outcome {
                Outcome::Refused(refusal) => &refusal.fields[..],
                Outcome::Done { .. } | Outcome::Together(_) | Outcome::Crashed => &[],
            };
            let found: BTreeSet<String> = found.iter().map(|f| bare(f).to_owned()).collect();
            self.list("fields", &expected, found.into_iter().collect());
        }
        if let Some(Texts(expected)) = &expect.message_contains {
            let messages = self.outcome.messages();
            let all = messages.join("\n").to_lowercase();
            for text in expected.iter().filter(|text| !all.contains(&text.to_lowercase())) {
                self.differ("message_contains", text, format!("{messages:?}"));
            }
        }
        if let Some(expected) = &expect.outcomes {
            self.outcomes(expected);
        }
    }

    /// Results in any order: some assignment of them to what is expected must fit.
    fn outcomes(&mut self, expected: &[OneOf]) {
        let found = match self.outcome {
            Outcome::Together(results) => results.clone(),
            Outcome::Done { .. } | Outcome::Refused(_) | Outcome::Crashed => Vec::new(),
        };
        if expected.len() != found.len() || !assignable(expected, &mut found.clone()) {
            let words: Vec<String> = expected.iter().map(|Texts(any)| any.join("|")).collect();
            self.differ("outcomes", words.join(", "), found.join(", "));
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
            self.differ("can_decide", expected, unmet.is_empty());
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
            || expect.routed_to.is_some();
        if asks {
            let Some(request) = self.view().await? else {
                self.differ("request", "a request", "none");
                return Ok(());
            };
            if let Some(expected) = expect.status {
                self.differ("status", expected.as_str(), &request.status);
            }
            if let Some(expected) = &expect.step {
                self.differ("step", expected, request.active_step.as_deref().unwrap_or_default());
            }
            if let Some(expected) = &expect.flags {
                self.list("flags", expected, request.flags.clone());
            }
            for (id, expected) in expect.executions.iter().flatten() {
                let found = request.executions.iter().find(|e| e.id == *id);
                let found = found.map_or("no such execution", |e| e.state.as_str());
                self.differ("executions", format!("{id}: {expected}"), format!("{id}: {found}"));
            }
            if let Some(expected) = &expect.routed_to {
                self.differ("routed_to", expected, &request.rule);
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
            let found = self.filled(&explained);
            self.differ("seats", seats(expected), seats(&found));
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
        for expected in expect.events_contain.iter().flatten() {
            if !all.contains(expected) {
                self.differ("events_contain", expected, sorted(all.clone()));
            }
        }
        Ok(())
    }

    /// Who was told what since it was last asked, whatever the order. What a notice is about can be
    /// written as its word or as its request.
    async fn notices(&mut self, expected: &[NoticeDoc]) -> Result<(), Broken> {
        let mut found = self.bench.new_notices().await?;
        found.sort();
        let mut left = found.clone();
        let is_there = expected.iter().all(|one| {
            let fits = |told: &NoticeSeen| {
                told.to == one.to && (told.about == one.about || told.request == one.about)
            };
            left.iter().position(fits).map(|place| left.remove(place)).is_some()
        });
        if !is_there || !left.is_empty() {
            let words = expected.iter().map(|one| format!("{} about {}", one.to, one.about));
            let found = found.iter().map(|one| format!("{} about {}", one.to, one.about));
            self.mismatches.push(Mismatch {
                key: "notices",
                expected: sorted(words.collect()),
                found: sorted(found.collect()),
            });
        }
        Ok(())
    }

    async fn calls(&mut self, expect: &ExpectDoc) -> Result<(), Broken> {
        for (name, methods) in expect.calls.iter().flatten() {
            for (word, expected) in methods {
                let unknown = || Broken::new(format!("`{word}` is not a call of a plugin"));
                let method = Method::parse(word).ok_or_else(unknown)?;
                let found = self.bench.calls(name, method).await?;
                let show = |count: u32| format!("{name}: {word}: {count}");
                self.differ("calls", show(*expected), show(found));
            }
        }
        Ok(())
    }
}

fn assignable(expected: &[OneOf], found: &mut Vec<String>) -> bool {
    let Some((Texts(first), rest)) = expected.split_first() else { return true };
    for index in 0..found.len() {
        let result = found.remove(index);
        if first.contains(&result) && assignable(rest, found) {
            return true;
        }
        found.insert(index, result);
    }
    false
}

/// The name of a form's field, with or without what it is a field of.
fn bare(field: &str) -> &str {
    field.strip_prefix("properties.").unwrap_or(field)
}

fn sorted(mut words: Vec<String>) -> String {
    words.sort();
    format!("[{}]", words.join(", "))
}

/// `finance: ["", bob], legal: [lea]`; an empty text is a seat that nobody fills.
fn seats(of_step: &BTreeMap<String, Vec<String>>) -> String {
    let quoted = |login: &String| if login.is_empty() { "\"\"".to_owned() } else { login.clone() };
    let shown = of_step
        .iter()
        .map(|(id, people)| format!("{id}: {}", sorted(people.iter().map(quoted).collect())));
    shown.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_assigned_whatever_their_order() {
        let expected = [Texts(vec!["ok".into(), "conflict".into()]), Texts(vec!["ok".into()])];
        let found = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        assert!(assignable(&expected, &mut found(&["ok", "conflict"])));
        assert!(assignable(&expected, &mut found(&["conflict", "ok"])));
        assert!(!assignable(&expected, &mut found(&["conflict", "conflict"])));
    }

    #[test]
    fn a_seat_that_nobody_fills_is_still_a_seat() {
        let of = |people: &[&str]| {
            let people = people.iter().map(|login| (*login).to_owned()).collect();
            seats(&BTreeMap::from([("finance".to_owned(), people)]))
        };
        assert_eq!(of(&["bob", ""]), "finance: [\"\", bob]");
        assert_ne!(of(&[""]), of(&[]));
    }
}
