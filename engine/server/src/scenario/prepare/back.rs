//! Commands that move a request backwards, hold it, or end it.

use engine_api::{
    catalogue::Names,
    command::{SendBack, Withdraw},
};
use engine_core::{
    command::{Command, Restart, Seen},
    directory::Directory,
    ids::Login,
    rejection::{Code, Rejection},
};
use engine_runtime::Change;

use super::{
    super::{
        act::{Call, Prepared, Refusal},
        broken::Broken,
        command::{CommandDoc, DecideDoc, ForceDoc, RestartDoc, SendBackDoc},
    },
    Preparation, Window, about, refuse_unavailable,
};

impl Preparation<'_> {
    /// One of these commands.
    pub(super) async fn back(&self, command: &CommandDoc) -> Result<Prepared, Broken> {
        match command {
            CommandDoc::Cancel(doc) => {
                self.whole(doc, |comment, seen| Command::Cancel { comment, seen }).await
            }
            CommandDoc::Hold(doc) => {
                self.whole(doc, |comment, seen| Command::Hold { comment, seen }).await
            }
            CommandDoc::Release(doc) => {
                self.whole(doc, |comment, seen| Command::Release { comment, seen }).await
            }
            CommandDoc::SendBack(doc) => self.send_back(doc).await,
            CommandDoc::Withdraw(doc) => self.withdraw(doc).await,
            CommandDoc::Force(doc) => self.force(doc).await,
            other => Err(Broken::new(format!("`{}` is prepared elsewhere", other.name()))),
        }
    }

    /// A command about a request as a whole, with a comment.
    async fn whole(
        &self,
        doc: &DecideDoc,
        command: impl FnOnce(String, Option<Seen>) -> Command,
    ) -> Result<Prepared, Broken> {
        let later = [
            ("items", doc.items.is_some()),
            ("concern", doc.concern.is_some()),
            ("step", doc.step.is_some()),
        ];
        refuse_unavailable("this command", &later)?;
        let comment = doc.comment.clone().unwrap_or_default();
        let seen = self.seen(&Window::of(doc)).await?;
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command(comment, seen))
    }

    /// Of one request, or of all open ones of a rule (RUL-2).
    pub(super) async fn restart(&self, doc: &RestartDoc) -> Result<Prepared, Broken> {
        let comment = doc.comment.clone();
        match (&doc.request, &doc.rule) {
            (Some(request), None) => {
                let by = self.by(doc.r#as.as_ref(), doc.key.as_deref())?;
                let seen = match &doc.r#as {
                    Some(login) => self.seen_in(login, request, doc.tab.as_deref()).await?,
                    None => None,
                };
                let command = Command::Restart(Restart { comment, seen });
                Ok(about(request, by, |by, id| Call::Command(by, id, Box::new(command))))
            }
            (None, Some(rule)) => {
                let part = ("tab", doc.tab.is_some());
                refuse_unavailable("restart of a rule's requests", &[part])?;
                self.on_rule(doc.r#as.as_ref(), doc.key.as_deref(), rule, |rule| {
                    Change::RestartRequests { rule, comment }
                })
            }
            (Some(_), Some(_)) | (None, None) => Err(Broken::new(
                "`restart` needs a `request`, or a `rule` for all of its open ones",
            )),
        }
    }

    async fn send_back(&self, doc: &SendBackDoc) -> Result<Prepared, Broken> {
        let window = Window {
            login: &doc.r#as,
            request: &doc.request,
            step: doc.step.as_deref(),
            tab: doc.tab.as_deref(),
        };
        let read = SendBack {
            to: doc.to.clone(),
            comment: doc.comment.clone().unwrap_or_default(),
            step: doc.step.clone(),
        };
        let read = read.into_command(self.seen(&window).await?);
        self.read(&doc.r#as, &doc.request, doc.key.as_deref(), read)
    }

    async fn withdraw(&self, doc: &DecideDoc) -> Result<Prepared, Broken> {
        let later = [("items", doc.items.is_some()), ("concern", doc.concern.is_some())];
        refuse_unavailable("withdraw", &later)?;
        let read = Withdraw { comment: doc.comment.clone(), step: doc.step.clone() };
        let read = read.into_command(self.seen(&Window::of(doc)).await?);
        self.read(&doc.r#as, &doc.request, doc.key.as_deref(), read)
    }

    async fn force(&self, doc: &ForceDoc) -> Result<Prepared, Broken> {
        let window =
            Window { login: &doc.r#as, request: &doc.request, step: None, tab: doc.tab.as_deref() };
        let command = Command::Force {
            choice: doc.decision.into(),
            comment: doc.comment.clone().unwrap_or_default(),
            seen: self.seen(&window).await?,
        };
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    /// A command that was read as the API reads it.
    fn read(
        &self,
        login: &Login,
        request: &str,
        key: Option<&str>,
        read: Result<Command, Rejection>,
    ) -> Result<Prepared, Broken> {
        match read {
            Ok(command) => self.command(login, request, key, command),
            Err(Rejection::Invalid(problems)) => {
                let nobody = Directory::default();
                let names = Names::of_directory(&nobody);
                let refusal = Refusal {
                    code: Some(Code::Invalid),
                    fields: problems.iter().map(|problem| problem.field.clone()).collect(),
                    unmet: Vec::new(),
                    messages: problems.iter().map(|problem| names.wrong(&problem.wrong)).collect(),
                };
                Ok(Prepared { call: Call::Refused(refusal), request: None, person: None })
            }
            Err(other) => Err(Broken::new(format!("cannot be read: {other:?}"))),
        }
    }
}
