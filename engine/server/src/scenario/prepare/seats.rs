//! Commands about who has a seat (STP-15, STP-16).

use engine_core::{
    command::{Approver, Command},
    ids::StepId,
    rejection::Code,
};

use super::{
    super::{
        act::{Call, Prepared, Refusal},
        broken::Broken,
        command::{ApproverDoc, CommandDoc, ReassignDoc},
    },
    Preparation, unfit,
};

impl Preparation<'_> {
    /// One of these commands.
    pub(super) fn seat(&self, command: &CommandDoc) -> Result<Prepared, Broken> {
        match command {
            CommandDoc::AddApprover(doc) => self.approver(doc, Command::AddApprover),
            CommandDoc::RemoveApprover(doc) => self.approver(doc, Command::RemoveApprover),
            CommandDoc::Reassign(doc) => self.reassign(doc),
            other => Err(unfit(other)),
        }
    }

    fn approver(
        &self,
        doc: &ApproverDoc,
        command: impl FnOnce(Approver) -> Command,
    ) -> Result<Prepared, Broken> {
        let step = match doc.step.as_deref().map(StepId::parse).transpose() {
            Ok(step) => step,
            Err(bad) => {
                let refusal = Refusal::unread(Code::Invalid, "step", bad.to_string());
                let (call, request, person) = (Call::Refused(refusal), None, None);
                return Ok(Prepared { call, request, person });
            }
        };
        let seen = self.in_tab(&doc.r#as, doc.tab.as_deref())?;
        let command = command(Approver { step, user: doc.user.clone(), seen });
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }

    fn reassign(&self, doc: &ReassignDoc) -> Result<Prepared, Broken> {
        let (to, comment) = (doc.to.clone(), doc.comment.clone());
        let seen = self.in_tab(&doc.r#as, doc.tab.as_deref())?;
        let command = Command::Reassign { to, comment, seen };
        self.command(&doc.r#as, &doc.request, doc.key.as_deref(), command)
    }
}
