//! Commands that move a request backwards, hold it, or end it.

use engine_api::command::{SendBack, Withdraw};
use engine_core::{
    command::{Command, Seen},
    ids::Login,
    rejection::{Code, Rejection},
};

use super::{
    super::{
        act::{Call, Prepared, Refusal},
        broken::Broken,
        command::{CommandDoc, DecideDoc, ForceDoc, SendBackDoc},
    },
    Preparation, Window, refuse_unavailable,
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
                let refusal = Refusal {
                    code: Some(Code::Invalid),
                    fields: problems.iter().map(|problem| problem.field.clone()).collect(),
                    unmet: Vec::new(),
                    messages: problems.into_iter().map(|problem| problem.message).collect(),
                };
                Ok(Prepared { call: Call::Refused(refusal), request: None, person: None })
            }
            Err(other) => Err(Broken::new(format!("cannot be read: {other:?}"))),
        }
    }
}
