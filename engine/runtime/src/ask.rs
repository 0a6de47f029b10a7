//! The questions of a command, put to scripts and plugins, all at once.

use std::sync::Arc;

use engine_core::{
    command::{Command, Meta},
    decide::{Changes, Context, Decided, decide},
    extension::{Facts, ResolvedConfig},
    question::{Answer, Answers, Ask, Question},
    request::Request,
};
use futures::future::join_all;

use crate::{
    engine::Engine, error::EngineError, extensions::ExtensionCall, organization::OrganizationState,
    route::Rules,
};

/// How often a command may come back with further questions: chains of questions end, and one that
/// does not is a mistake.
const MAX_ROUNDS: usize = 40;

impl Engine {
    /// Decides a command, asking until nothing is open.
    pub(crate) async fn decide(
        &self,
        state: &OrganizationState,
        rules: &Rules,
        request: Option<&Request>,
        command: &Command,
        meta: &Meta,
    ) -> Result<Box<Changes>, EngineError> {
        let mut answers = Answers::new();
        for _ in 0..MAX_ROUNDS {
            let organization = &state.organization;
            let context = Context {
                organization,
                rule: &rules.rule,
                route: rules.route(),
                answers: &answers,
                meta,
            };
            match decide(request, command, &context)? {
                Decided::Done(changes) => return Ok(changes),
                Decided::Ask(questions) => {
                    self.answer_all(state, request, questions, &mut answers).await;
                }
            }
        }
        Err(EngineError::EndlessQuestions)
    }

    pub(crate) async fn answer_all(
        &self,
        state: &OrganizationState,
        request: Option<&Request>,
        questions: Vec<Question>,
        answers: &mut Answers,
    ) {
        let asked = questions.into_iter().map(|question| async move {
            let key = question.key();
            (key, self.answer(state, request, question).await)
        });
        answers.extend(join_all(asked).await);
    }

    async fn answer(
        &self,
        state: &OrganizationState,
        request: Option<&Request>,
        question: Question,
    ) -> Answer {
        let Question { ask, config, facts } = question;
        let call = extension_call(state, request, facts, config);
        let extensions = &self.inner.extensions;
        match ask {
            Ask::Condition(source) => Answer::Verdict(extensions.condition(&source, &call).await),
            Ask::Approvers(source) => Answer::Nominees(extensions.approvers(&source, &call).await),
            Ask::Problems(source) => Answer::Problems(extensions.problems(&source, &call).await),
            Ask::OverdueUrgent => {
                let (org, facts) = (&state.organization.id, &call.facts);
                Answer::Count(self.overdue_urgent(org, &facts.requester, facts.now).await)
            }
            Ask::Plan { plugin, .. } => {
                Answer::Plan(match state.refuse_edited_reads(&call.facts, &plugin) {
                    Ok(()) => extensions.plan(&plugin, &call).await,
                    Err(failure) => Err(failure),
                })
            }
        }
    }
}

/// What an extension is called with; a new request has the organization's rates of today.
pub(crate) fn extension_call(
    state: &OrganizationState,
    request: Option<&Request>,
    facts: Facts,
    config: ResolvedConfig,
) -> ExtensionCall {
    let rates = match request {
        Some(request) => request.rates.clone(),
        None => state.organization.rates.clone(),
    };
    ExtensionCall {
        org: state.organization.id.clone(),
        facts: Arc::new(facts),
        config: Arc::new(config),
        directory: Arc::clone(&state.organization.directory),
        rates: rates.map(Arc::new),
        time_zone: state.organization.settings.time_zone.clone(),
        calendar: Arc::new(state.organization.settings.calendar.clone()),
        statements: Arc::default(),
    }
}
