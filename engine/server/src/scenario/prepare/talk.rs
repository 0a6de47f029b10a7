//! What people put beside a request: comments, watchers, attachments.

use engine_core::{
    command::Command,
    ids::{Login, UserId},
};

use super::{
    super::{
        act::{Call, Prepared},
        broken::Broken,
        command::{AttachDoc, CommandDoc, CommentDoc, RemoveAttachmentDoc, WatchDoc},
    },
    Preparation, about, unfit,
};

impl Preparation<'_> {
    /// One of these commands.
    pub(super) fn beside(&self, command: &CommandDoc) -> Result<Prepared, Broken> {
        match command {
            CommandDoc::Comment(doc) => self.comment(doc),
            CommandDoc::Watch(doc) => self.watch(doc),
            CommandDoc::Leave(doc) => self.plain(doc, Command::Leave),
            CommandDoc::Attach(doc) => self.attach(doc),
            CommandDoc::RemoveAttachment(doc) => self.remove_attachment(doc),
            other => Err(unfit(other)),
        }
    }

    fn attach(&self, doc: &AttachDoc) -> Result<Prepared, Broken> {
        let by = self.by(Some(&doc.r#as), doc.key.as_deref())?;
        let file = (doc.name.clone(), doc.content.clone().into_bytes());
        Ok(about(&doc.request, by, |by, id| Call::Attach(by, id, file)))
    }

    fn remove_attachment(&self, doc: &RemoveAttachmentDoc) -> Result<Prepared, Broken> {
        let command = Command::RemoveAttachment { number: doc.attachment };
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    fn comment(&self, doc: &CommentDoc) -> Result<Prepared, Broken> {
        let command = Command::Comment { text: doc.text.clone() };
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    /// A login that nobody has is told so to those only who see the request.
    fn watch(&self, doc: &WatchDoc) -> Result<Prepared, Broken> {
        let user = Login::parse(&doc.user).ok().and_then(|login| self.bench.user(&login).ok());
        let nobody = UserId::parse("nobody").map_err(|bad| Broken::new(bad.to_string()))?;
        let command = Command::Watch(user.unwrap_or(nobody));
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }
}
