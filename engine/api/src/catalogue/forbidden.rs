//! Why a command is not this person's, and whose it is.

use engine_core::{
    directory::OrganizationRole,
    ids::{ExecutionId, PropertyName, ResourceId, StepId, UserId},
    rejection::Forbidden,
    request::SeatWho,
};

use super::{Names, alternatives, capitalized, properties};

const OWN_REVIEW: &str = "Nobody reviews their own request. Another reviewer has to.";
const NO_REVIEW: &str = "The rule of this request has no review that it could return to. Reject it, or send it back, with a comment.";
const ONLY_ADMINISTRATORS: &str = "Only the owner and administrators can do that. Ask one of them.";
const ONLY_MANAGERS: &str =
    "Only the owner, administrators and workflow managers can do that. Ask one of them.";
const ONLY_OVERSEERS: &str =
    "Only the owner, administrators, workflow managers and auditors can see that. Ask one of them.";
const NO_DECISION: &str =
    "You can only take back a decision of your own, and you have made none that counts.";
const NOT_A_HOLDER: &str = "Only the requester, an approver or an administrator can put this request on hold or release it. Ask one of them.";
const READS_ONLY: &str = "You can read this request, but not comment, attach files or add watchers. Ask its requester to make you a watcher.";
const WATCHES_ONLY: &str =
    "Watchers can comment, but not add other watchers. Ask the requester to add somebody.";
const NOT_A_WATCHER: &str =
    "You are not a watcher of this request: you see it for another reason, and cannot leave it.";
const NOT_YOUR_ATTACHMENT: &str =
    "Only the person who attached this file, or an administrator, can remove it. Ask one of them.";
const NOT_A_RECEIPT_REVIEWER: &str = "Only the people whom the rule names for it can confirm what was done. There is nothing for you to do.";
const OWN_RECEIPT: &str =
    "You cannot confirm what was done for you. Somebody else who may confirm has to.";
const SERVICE_ACCOUNT: &str =
    "A service account can submit requests, and decides nothing. A person has to.";
const NO_STEPS: &str =
    "This request has no steps yet, so there are no approvers to change. Submit it first.";
const NOT_YOUR_SEAT: &str =
    "You can remove only approvers whom you added. For others, ask an administrator.";
const OWN_REQUEST: &str = "This request is yours, is for you, or was changed by you, so you can remove only approvers whom you added. Ask another administrator.";
const OWN_SEAT: &str = "You cannot make yourself an approver. Ask another administrator.";
const OWN_STAND_IN: &str =
    "You cannot make yourself somebody's stand-in. Ask them, or another administrator.";
const NOT_AN_APPROVER: &str =
    "You cannot decide the step that is open now, so you have nothing to pass on.";
const NO_DELEGATION: &str =
    "Your organization does not use stand-ins. An administrator can switch them on.";
const OTHERS_DELEGATION: &str =
    "You can choose a stand-in only for yourself. For somebody else, ask an administrator.";
const OWN_RIGHTS: &str = "You cannot change your own role, groups, permissions, profile or account, or take somebody's place yourself. Ask the owner or another administrator.";
const ONLY_TRANSFER: &str = "An organization always has exactly one owner. Only the owner can change that, by handing the role over to somebody else first.";

impl Names<'_> {
    pub(super) fn forbidden(&self, why: &Forbidden) -> String {
        match why {
            Forbidden::NotASubmitter { title } => not_a_submitter(title),
            Forbidden::NotForOthers { title } => not_for_others(title),
            Forbidden::OnlyRequester { requester, in_review } => {
                self.only_requester(requester, *in_review)
            }
            Forbidden::EditForbidden { under_way } => edit_forbidden(*under_way),
            Forbidden::NotEditable { step, properties } => self.not_editable(step, properties),
            Forbidden::NotAReviewer { reviewers } => self.not_a_reviewer(reviewers),
            Forbidden::OwnReview => OWN_REVIEW.to_owned(),
            Forbidden::NoReview => NO_REVIEW.to_owned(),
            Forbidden::NotAnExecutor { execution, again } => self.no_executor(execution, *again),
            Forbidden::OnlyAdministrators => ONLY_ADMINISTRATORS.to_owned(),
            Forbidden::OnlyRuleManagers => ONLY_MANAGERS.to_owned(),
            Forbidden::OnlyOverseers => ONLY_OVERSEERS.to_owned(),
            Forbidden::NoDecision => NO_DECISION.to_owned(),
            Forbidden::NotAHolder => NOT_A_HOLDER.to_owned(),
            Forbidden::NotARevoker { resource } => self.not_a_revoker(resource.as_ref()),
            Forbidden::NotAReporter { execution } => self.not_a_reporter(execution),
            Forbidden::TakesNoPart { watches } => takes_no_part(*watches).to_owned(),
            Forbidden::NotAWatcher => NOT_A_WATCHER.to_owned(),
            Forbidden::NotYourAttachment => NOT_YOUR_ATTACHMENT.to_owned(),
            Forbidden::NotAReceiptReviewer => NOT_A_RECEIPT_REVIEWER.to_owned(),
            Forbidden::OwnReceipt => OWN_RECEIPT.to_owned(),
            Forbidden::ServiceAccount => SERVICE_ACCOUNT.to_owned(),
            Forbidden::NotYourStep { step } => self.not_your_step(step.as_ref()),
            Forbidden::EnoughApprovals { step } => self.enough_approvals(step),
            Forbidden::NotYourSeat => NOT_YOUR_SEAT.to_owned(),
            Forbidden::OwnRequest => OWN_REQUEST.to_owned(),
            Forbidden::OwnSeat => OWN_SEAT.to_owned(),
            Forbidden::OwnStandIn => OWN_STAND_IN.to_owned(),
            Forbidden::NotAnApprover => NOT_AN_APPROVER.to_owned(),
            Forbidden::NoDelegation => NO_DELEGATION.to_owned(),
            Forbidden::OthersDelegation => OTHERS_DELEGATION.to_owned(),
            Forbidden::OwnRights => OWN_RIGHTS.to_owned(),
            Forbidden::OnlyTransfer => ONLY_TRANSFER.to_owned(),
            Forbidden::OnlyOwner => self.only_owner(),
        }
    }

    fn only_requester(&self, requester: &UserId, in_review: bool) -> String {
        let reviewer = if in_review { " or a reviewer" } else { "" };
        format!("Only {}{reviewer} can do that. Ask them.", self.person(requester))
    }

    fn not_editable(&self, step: &StepId, may: &[PropertyName]) -> String {
        let step = self.step(step);
        if may.is_empty() {
            return format!(
                "Only the requester can change what is asked for; approvers of step {step} cannot. Ask for the change in a comment."
            );
        }
        format!(
            "As an approver in step {step} you can change {}, and nothing else. Ask the requester for other changes in a comment.",
            properties(may)
        )
    }

    fn not_a_reviewer(&self, reviewers: &[SeatWho]) -> String {
        if reviewers.is_empty() {
            return "This request has no review. There is nothing for you to do.".to_owned();
        }
        let who: Vec<String> = reviewers.iter().map(|who| self.seat(who)).collect();
        format!(
            "Only its reviewers can do that: {}. There is nothing for you to do.",
            alternatives(&who)
        )
    }

    /// EXE-2: whom the rule names, or nobody where the engine does it.
    fn no_executor(&self, execution: &ExecutionId, again: bool) -> String {
        let work = self.work(execution);
        let Some(executor) = self.rule().and_then(|rule| rule.executor(&execution.binding)) else {
            return format!("You cannot start {work}. Ask an administrator who can.");
        };
        match (&executor.manual, again) {
            (None, true) => format!(
                "{} is started by the system, and only an administrator can try it again. Ask one.",
                capitalized(&work)
            ),
            (None, false) => format!(
                "{} is started by the system, not by hand. If it failed, an administrator can try it again.",
                capitalized(&work)
            ),
            (Some(whos), _) => {
                let who: Vec<String> = whos.iter().map(|who| self.somebody(who)).collect();
                let also = if again { "; an administrator can try it again" } else { "" };
                format!("Only {} can start {work}{also}. Ask one of them.", alternatives(&who))
            }
        }
    }

    fn not_a_revoker(&self, resource: Option<&ResourceId>) -> String {
        let resource = resource.map_or_else(|| "the resource".to_owned(), |id| self.resource(id));
        format!(
            "Only the requester, the owner of {resource} or an administrator can take back what was granted. Ask one of them."
        )
    }

    fn not_a_reporter(&self, execution: &ExecutionId) -> String {
        let rule = self.rule().and_then(|rule| rule.executor(&execution.binding));
        let manual = rule.and_then(|executor| executor.manual.as_ref());
        let runs = if manual.is_some() { "those who may start it, " } else { "" };
        format!(
            "Only those who may use {}, {runs}a service account or an administrator can say that it is used for the first time. Ask one of them.",
            self.work(execution)
        )
    }

    fn not_your_step(&self, step: Option<&StepId>) -> String {
        match step {
            Some(step) => format!(
                "Only an administrator, the requester or an approver of step {} can change who approves it. Ask one of them.",
                self.step(step)
            ),
            None => NO_STEPS.to_owned(),
        }
    }

    fn enough_approvals(&self, step: &StepId) -> String {
        format!(
            "In step {} not everybody has to approve, so one more approver would make approval easier. Only an administrator may add one. Ask one.",
            self.step(step)
        )
    }

    fn only_owner(&self) -> String {
        let owner = self.directory.with_role(OrganizationRole::Owner).next();
        let owner = owner.map(|user| format!(", {},", self.person(&user.id))).unwrap_or_default();
        format!("Only the owner of the organization{owner} can do that. Ask them.")
    }
}

fn takes_no_part(watches: bool) -> &'static str {
    if watches { WATCHES_ONLY } else { READS_ONLY }
}

fn edit_forbidden(under_way: bool) -> String {
    let and = if under_way { ", and cancel this one" } else { "" };
    format!(
        "The rule does not let a submitted request be changed. Start a new request instead{and}."
    )
}

fn not_a_submitter(title: &str) -> String {
    format!(
        "You cannot submit requests under the rule “{title}”. Choose another rule, ask a colleague who can, or ask an administrator."
    )
}

fn not_for_others(title: &str) -> String {
    format!(
        "Under the rule “{title}” you can ask only for yourself. Leave out the other people, or let each of them submit their own request."
    )
}
