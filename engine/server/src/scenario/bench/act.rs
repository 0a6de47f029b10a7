//! Calls carried out on the engine itself.

use engine_api::{document::Document, problem::ErrorBody};
use engine_core::{
    command::{Attach, Command, Seen, Submit},
    ids::{Login, RequestId, RuleId},
    organization::Settings,
    rejection::Code,
    rule::{Definition, Target},
};
use engine_runtime::{Caller, Change, EngineError};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::{Bench, Broken, PATIENCE, look::Desk};
use crate::{
    http,
    scenario::{
        act::{Answer, Call, Draft, Refusal},
        stage::Answers,
    },
};

type Task = tokio::task::JoinHandle<Result<Result<Answer, Refusal>, Broken>>;

impl Bench {
    /// Carries out calls that start at once, up to their end or the engine's.
    pub(super) async fn carry_out(
        &self,
        calls: Vec<Call>,
        may_die: bool,
    ) -> Result<Answers, Broken> {
        let fuse = self.fuse()?.clone();
        let engine = self.engine()?.clone();
        let tasks = self.begin(calls)?;
        let carried = async {
            let mut answers = Vec::new();
            for task in tasks {
                answers.push(task.await.map_err(|error| Broken::of(&error))??);
            }
            if may_die {
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
        self.peek(false);
        Ok(answers)
    }

    /// Starts all calls before any is waited for.
    fn begin(&self, calls: Vec<Call>) -> Result<Vec<Task>, Broken> {
        // What only asks counts for nothing.
        self.peek(calls.iter().all(Call::only_asks));
        let mut tasks = Vec::new();
        for call in calls {
            let caller = call.by().map(|by| self.called_by(by)).transpose()?;
            if let Some(Caller { user, key: Some(key), .. }) = &caller {
                self.note(user.clone(), key.clone());
            }
            let desk = self.desk()?;
            tasks.push(tokio::spawn(async move { desk.answer(caller, call).await }));
        }
        Ok(tasks)
    }
}

impl Desk {
    /// What a call brings, or why it is refused.
    async fn answer(
        &self,
        caller: Option<Caller>,
        call: Call,
    ) -> Result<Result<Answer, Refusal>, Broken> {
        let (request, rule) = subjects(&call);
        match self.carry_out(caller, call).await {
            Ok(Answer::Refused(refusal)) => Ok(Err(refusal)),
            Ok(answer) => Ok(Ok(answer)),
            Err(error) => Ok(Err(self.refusal(request.as_ref(), rule.as_ref(), error).await?)),
        }
    }

    async fn carry_out(&self, caller: Option<Caller>, call: Call) -> Result<Answer, EngineError> {
        let Some(caller) = caller else {
            return match call {
                Call::Advance(to) => {
                    self.engine.advance_to(to).await?;
                    Ok(Answer::Nothing)
                }
                Call::Refused(refusal) => Ok(Answer::Refused(refusal)),
                _ => Err(EngineError::Extension("nobody calls".to_owned())),
            };
        };
        match call {
            Call::Submit(_, target, submit) => {
                self.engine.submit(&caller, &target, *submit).await?;
                Ok(Answer::Nothing)
            }
            Call::SaveDraft(_, target, submit, draft) => {
                self.save_draft(&caller, &target, *submit, draft).await
            }
            Call::Resubmit(_, of, id) => {
                self.engine.resubmit(&caller, &of, id).await?;
                Ok(Answer::Nothing)
            }
            Call::Command(_, request, command) => {
                self.engine.command(&caller, &request, *command).await?;
                Ok(Answer::Nothing)
            }
            Call::Attach(_, request, file) => self.attach(&caller, &request, file).await,
            Call::Organize(_, change) => self.organize(&caller, *change).await,
            Call::Publish(_, document, comment) => self.publish(&caller, &document, comment).await,
            Call::Settings(_, json) => self.settings(&caller, json).await,
            Call::Explain(_, request, person) => {
                let view = self.explanation(&caller, &request, person.as_ref()).await?;
                Ok(Answer::Explained(Box::new(view)))
            }
            Call::Look(_, request, tab) => self.look(&caller, &request, tab).await,
            Call::Advance(_) => Ok(Answer::Nothing),
            Call::Refused(refusal) => Ok(Answer::Refused(refusal)),
        }
    }

    /// As the API does it; what the engine knows of a content is its hash.
    async fn attach(
        &self,
        caller: &Caller,
        request: &RequestId,
        (name, content): (String, Vec<u8>),
    ) -> Result<Answer, EngineError> {
        let sha256 = hex::encode(Sha256::digest(&content));
        let attach = Attach { name, size: content.len() as u64, sha256 };
        self.engine.command(caller, request, Command::Attach(attach)).await?;
        Ok(Answer::Nothing)
    }

    async fn look(
        &self,
        caller: &Caller,
        request: &RequestId,
        tab: (Login, String),
    ) -> Result<Answer, EngineError> {
        let seen = self.engine.request(caller, request).await?.request;
        let step = seen.active().map(|(step, _)| step.clone());
        Ok(Answer::Seen(tab, Seen { revision: seen.revision, step }))
    }

    /// As the API does it.
    async fn save_draft(
        &self,
        caller: &Caller,
        target: &Target,
        submit: Submit,
        draft: Draft,
    ) -> Result<Answer, EngineError> {
        match draft {
            Draft::New => drop(self.engine.save_draft(caller, target, submit).await?),
            Draft::Again => {
                let there = self.engine.request(caller, &submit.id).await?.request;
                if let Err(rejection) = http::stays_under(&there, target) {
                    return Err(rejection.into());
                }
                let (id, command) = (submit.id.clone(), Command::SaveDraft(Box::new(submit)));
                self.engine.command(caller, &id, command).await?;
            }
        }
        Ok(Answer::Nothing)
    }

    async fn publish(
        &self,
        caller: &Caller,
        document: &Document,
        comment: String,
    ) -> Result<Answer, EngineError> {
        match document.read::<Definition>() {
            Ok(definition) => {
                let definition = Box::new(definition);
                self.organize(caller, Change::Publish { definition, comment }).await
            }
            Err(errors) => {
                let code = Code::RuleInvalid;
                let body = ErrorBody::document(code.into(), errors);
                Ok(Answer::Refused(Refusal::of(Some(code), &body)))
            }
        }
    }

    async fn settings(&self, caller: &Caller, json: Json) -> Result<Answer, EngineError> {
        match serde_path_to_error::deserialize(json) {
            Ok(settings) => {
                let settings: Settings = settings;
                self.organize(caller, Change::SetSettings(settings)).await
            }
            Err(error) => {
                let (field, message) = (error.path().to_string(), error.inner().to_string());
                Ok(Answer::Refused(Refusal::unread(Code::Invalid, &field, message)))
            }
        }
    }

    async fn organize(&self, caller: &Caller, change: Change) -> Result<Answer, EngineError> {
        let changed = self.engine.organize(caller, vec![change], false).await?;
        Ok(Answer::Changed(http::changes(changed)))
    }
}

/// What a refusal of a call is told about.
fn subjects(call: &Call) -> (Option<RequestId>, Option<RuleId>) {
    match call {
        Call::Submit(_, target, _) | Call::SaveDraft(_, target, _, Draft::New) => {
            (None, target.parts().0.cloned())
        }
        Call::SaveDraft(_, _, submit, Draft::Again) => (Some(submit.id.clone()), None),
        Call::Resubmit(_, of, _) => (Some(of.clone()), None),
        Call::Command(_, request, _)
        | Call::Attach(_, request, _)
        | Call::Explain(_, request, _)
        | Call::Look(_, request, _) => (Some(request.clone()), None),
        Call::Organize(..)
        | Call::Publish(..)
        | Call::Settings(..)
        | Call::Advance(_)
        | Call::Refused(_) => (None, None),
    }
}
