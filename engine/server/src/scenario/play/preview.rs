//! What would be after some commands (BYD-3a).
//!
//! They are given in a copy of the case's world: one that begins as the case does and in which the same
//! things have happened. Nothing in the world of the case itself may be different after it.

use engine_core::ids::RequestId;

use super::{Player, differences};
use crate::scenario::{
    act::Outcome,
    broken::Broken,
    command::{CommandDoc, PreviewDoc, StepDoc},
    expect::ExpectDoc,
    file::{Step, below, key},
    report::Mismatch,
};

impl Player<'_> {
    /// Compares what a step expects with what there would be.
    pub(super) async fn preview(
        &mut self,
        index: usize,
        step: &Step,
        doc: &PreviewDoc,
        expect: &ExpectDoc,
    ) -> Result<Vec<Mismatch>, Broken> {
        if self.is_armed {
            return Err(Broken::new("nothing is previewed while a crash is to come"));
        }
        let before = self.stage.state().await?;
        let mut copy = Player::new(self.room, self.case).await?;
        let found = Box::pin(copy.suppose(index, step, doc, expect)).await;
        copy.close().await?;
        let written = differences(&before, &self.stage.state().await?);
        let written = written
            .into_iter()
            .map(|part| Mismatch::plain("state", "unchanged by a preview", part));
        let mut mismatches: Vec<Mismatch> = written.collect();
        mismatches.extend(found?);
        Ok(mismatches)
    }

    /// In a copy: what has happened before, then the commands, then the expectations.
    async fn suppose(
        &mut self,
        index: usize,
        step: &Step,
        doc: &PreviewDoc,
        expect: &ExpectDoc,
    ) -> Result<Vec<Mismatch>, Broken> {
        for (index, step) in self.case.steps.iter().enumerate().take(index) {
            if !matches!(step.doc.command, CommandDoc::Preview(_)) {
                // What is different here was told when it happened.
                self.step(index, step).await?;
            }
        }
        let mut outcome = Outcome::Done { messages: Vec::new() };
        let list = below(&below(&step.place, key("preview")), key("if"));
        for (number, command) in doc.r#if.iter().enumerate() {
            let place = below(&list, engine_api::document::Segment::Index(number));
            outcome = self.supposed(command, place, expect).await?;
            if matches!(outcome, Outcome::Refused(_)) {
                break;
            }
        }
        if let Some(request) = &doc.request {
            self.subject.request = RequestId::parse(request).ok();
        }
        if let Some(login) = &doc.r#as {
            self.subject.person = Some(login.clone());
        }
        self.check(expect, &mut outcome).await
    }

    async fn supposed(
        &mut self,
        doc: &StepDoc,
        place: Vec<engine_api::document::Segment>,
        expect: &ExpectDoc,
    ) -> Result<Outcome, Broken> {
        let is_no_command = matches!(
            doc.command,
            CommandDoc::Preview(_) | CommandDoc::Together(_) | CommandDoc::Crash(_)
        );
        if is_no_command || doc.expect.is_some() {
            let message = "`if` takes plain commands, without expectations of their own";
            return Err(Broken::new(message));
        }
        let (outcome, _) = self.act(doc, &place, expect).await?;
        self.stage.settle().await?;
        Ok(outcome)
    }
}
