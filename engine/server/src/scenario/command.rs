//! The commands of a scenario, as they are written.
//!
//! To add a command: a line in `commands!`, its fields, and what it does in `prepare.rs`.

mod rules;
mod step;
mod talk;

use std::collections::BTreeMap;

use engine_api::command::DecisionWord;
use engine_core::{
    ids::{GroupId, Login, PropertyName},
    value::Span,
};
use serde::{
    Deserialize,
    de::{self, IgnoredAny, MapAccess},
};
use serde_json::Value as Json;

pub(super) use self::{
    rules::{PublishDoc, RestartDoc, RuleDoc},
    talk::{AttachDoc, CommentDoc, MuteDoc, RemoveAttachmentDoc, WatchDoc},
};
use super::{crash::CrashPoint, expect::ExpectDoc};

/// What is done, and what is expected after it.
#[derive(Debug)]
pub(super) struct StepDoc {
    /// What is done.
    pub(super) command: CommandDoc,
    /// None: it must succeed.
    pub(super) expect: Option<ExpectDoc>,
}

macro_rules! commands {
    (
        $($key:ident => $variant:ident($of:ty),)*
    ) => {
        /// A command with its fields.
        #[derive(Debug)]
        pub(super) enum CommandDoc {
            $(
                #[doc = stringify!($key)]
                $variant($of),
            )*
        }

        const NAMES: &[&str] = &["expect", $(stringify!($key),)*];

        impl CommandDoc {
            /// The word in the file.
            pub(super) fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => stringify!($key),)*
                }
            }

            fn read<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<Self, A::Error> {
                match key {
                    $(stringify!($key) => map.next_value().map(Self::$variant),)*
                    other => Err(de::Error::unknown_field(other, NAMES)),
                }
            }
        }
    };
}

commands! {
    submit => Submit(Box<SubmitDoc>),
    save_draft => SaveDraft(Box<SubmitDoc>),
    edit => Edit(Box<EditDoc>),
    resubmit => Resubmit(ResubmitDoc),
    pass_review => PassReview(Box<DecideDoc>),
    return_to_review => ReturnToReview(Box<DecideDoc>),
    approve => Approve(Box<DecideDoc>),
    reject => Reject(Box<DecideDoc>),
    cancel => Cancel(Box<DecideDoc>),
    confirm => Confirm(Box<DecideDoc>),
    send_back => SendBack(Box<SendBackDoc>),
    withdraw => Withdraw(Box<DecideDoc>),
    force => Force(Box<ForceDoc>),
    hold => Hold(Box<DecideDoc>),
    release => Release(Box<DecideDoc>),
    reevaluate => Reevaluate(RequestDoc),
    restart => Restart(RestartDoc),
    add_approver => AddApprover(ApproverDoc),
    remove_approver => RemoveApprover(ApproverDoc),
    reassign => Reassign(ReassignDoc),
    comment => Comment(CommentDoc),
    attach => Attach(AttachDoc),
    remove_attachment => RemoveAttachment(RemoveAttachmentDoc),
    watch => Watch(WatchDoc),
    leave => Leave(RequestDoc),
    run => Run(ExecutionDoc),
    retry => Retry(ExecutionDoc),
    use => Use(ExecutionDoc),
    revoke => Revoke(ExecutionDoc),
    publish => Publish(PublishDoc),
    retire => Retire(RuleDoc),
    delete_rule => DeleteRule(RuleDoc),
    set => Set(SetDoc),
    update_user => UpdateUser(UpdateUserDoc),
    deactivate => Deactivate(DeactivateDoc),
    delegate => Delegate(DelegateDoc),
    undelegate => Undelegate(UndelegateDoc),
    mute => Mute(MuteDoc),
    transfer => Transfer(TransferDoc),
    open => Open(OpenDoc),
    explain => Explain(ExplainDoc),
    preview => Preview(PreviewDoc),
    together => Together(Vec<StepDoc>),
    advance => Advance(Span),
    crash => Crash(CrashDoc),
}

impl CommandDoc {
    /// Whose command it is, where it says so.
    pub(super) fn person(&self) -> Option<&Login> {
        match self {
            Self::Submit(doc) | Self::SaveDraft(doc) => Some(&doc.r#as),
            Self::Edit(doc) => Some(&doc.r#as),
            Self::Resubmit(doc) => Some(&doc.r#as),
            Self::Approve(doc)
            | Self::Reject(doc)
            | Self::Cancel(doc)
            | Self::Confirm(doc)
            | Self::Withdraw(doc)
            | Self::Hold(doc)
            | Self::Release(doc) => Some(&doc.r#as),
            Self::SendBack(doc) => Some(&doc.r#as),
            Self::Force(doc) => Some(&doc.r#as),
            Self::PassReview(doc) | Self::ReturnToReview(doc) => Some(&doc.r#as),
            Self::Reevaluate(doc) | Self::Leave(doc) => Some(&doc.r#as),
            Self::AddApprover(doc) | Self::RemoveApprover(doc) => Some(&doc.r#as),
            Self::Reassign(doc) => Some(&doc.r#as),
            Self::Comment(doc) => Some(&doc.r#as),
            Self::Attach(doc) => Some(&doc.r#as),
            Self::RemoveAttachment(doc) => Some(&doc.r#as),
            Self::Watch(doc) => Some(&doc.r#as),
            Self::Run(doc) | Self::Retry(doc) => Some(&doc.r#as),
            Self::Use(doc) | Self::Revoke(doc) => Some(&doc.r#as),
            Self::Restart(doc) => doc.r#as.as_ref(),
            Self::Publish(doc) => doc.r#as.as_ref(),
            Self::Retire(doc) | Self::DeleteRule(doc) => doc.r#as.as_ref(),
            Self::Set(doc) => doc.r#as.as_ref(),
            Self::UpdateUser(doc) => doc.r#as.as_ref(),
            Self::Deactivate(doc) => doc.r#as.as_ref(),
            Self::Delegate(doc) => Some(&doc.r#as),
            Self::Undelegate(doc) => Some(&doc.r#as),
            Self::Mute(doc) => Some(&doc.r#as),
            Self::Transfer(doc) => doc.r#as.as_ref(),
            Self::Open(doc) => Some(&doc.r#as),
            Self::Explain(doc) => doc.r#as.as_ref(),
            Self::Preview(doc) => doc.r#as.as_ref(),
            Self::Together(_) | Self::Advance(_) | Self::Crash(_) => None,
        }
    }
}

/// A submission; title and reason default to a valid text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SubmitDoc {
    pub(super) r#as: Login,
    pub(super) rule: Option<String>,
    pub(super) rule_group: Option<String>,
    pub(super) request: Option<String>,
    pub(super) id: Option<String>,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, Json>,
    #[serde(default)]
    pub(super) urgent: bool,
    #[serde(default)]
    pub(super) target_users: Vec<String>,
    #[serde(default)]
    pub(super) picks: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) items: Vec<Json>,
    pub(super) title: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) approval_expires: Option<String>,
    pub(super) ends: Option<String>,
    pub(super) key: Option<String>,
}

/// Changes of a draft or a request; what is not named stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EditDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, Json>,
    pub(super) items: Option<Vec<Json>>,
    pub(super) title: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) urgent: Option<bool>,
    pub(super) approval_expires: Option<String>,
    pub(super) ends: Option<String>,
    pub(super) rule: Option<IgnoredAny>,
    pub(super) target_users: Option<Vec<String>>,
    #[serde(default)]
    pub(super) picks: BTreeMap<String, Vec<String>>,
    pub(super) tab: Option<String>,
    pub(super) key: Option<String>,
}

/// An ended request to make a draft from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ResubmitDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) id: Option<String>,
    pub(super) key: Option<String>,
}

/// A decision, or taking the request back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecideDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) comment: Option<String>,
    pub(super) step: Option<String>,
    pub(super) tab: Option<String>,
    pub(super) key: Option<String>,
    pub(super) items: Option<Vec<Json>>,
    pub(super) concern: Option<String>,
}

/// Sending a request back.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SendBackDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) to: String,
    pub(super) comment: Option<String>,
    pub(super) step: Option<String>,
    pub(super) tab: Option<String>,
    pub(super) key: Option<String>,
}

/// Deciding the whole request at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ForceDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) decision: DecisionWord,
    pub(super) comment: Option<String>,
    pub(super) tab: Option<String>,
    pub(super) key: Option<String>,
}

/// A command about a request as a whole.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) key: Option<String>,
}

/// Somebody to be given a seat, or to be taken out of a step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ApproverDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) step: Option<String>,
    pub(super) user: String,
    pub(super) tab: Option<String>,
    pub(super) key: Option<String>,
}

/// The right to decide, passed on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReassignDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) to: String,
    #[serde(default)]
    pub(super) comment: String,
    pub(super) tab: Option<String>,
    pub(super) key: Option<String>,
}

/// A command about an execution.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExecutionDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) execution: String,
    #[serde(default)]
    pub(super) comment: String,
    pub(super) key: Option<String>,
}

/// Settings to change; what is not named stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetDoc {
    pub(super) r#as: Option<Login>,
    pub(super) settings: Json,
}

/// Groups and properties of a user to replace; what is not named stays.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UpdateUserDoc {
    pub(super) r#as: Option<Login>,
    pub(super) user: Login,
    pub(super) groups: Option<Vec<GroupId>>,
    pub(super) properties: Option<BTreeMap<PropertyName, Json>>,
}

/// A user to deactivate (DIR-9).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeactivateDoc {
    pub(super) r#as: Option<Login>,
    pub(super) user: Login,
    pub(super) replace_by: Option<Json>,
    #[serde(default)]
    pub(super) force: bool,
}

/// The owner's role to hand over (DIR-3); by the owner where nobody is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TransferDoc {
    pub(super) r#as: Option<Login>,
    pub(super) to: Login,
}

/// Somebody who is to stand in: for the person of the command, where `of` names nobody else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DelegateDoc {
    pub(super) r#as: Login,
    pub(super) of: Option<Login>,
    pub(super) to: String,
    pub(super) from: Option<String>,
    pub(super) until: Option<String>,
    pub(super) reason: Option<String>,
}

/// Nobody stands in any more.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UndelegateDoc {
    pub(super) r#as: Login,
    pub(super) of: Option<Login>,
}

/// Remembers what a person sees, under a name.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenDoc {
    pub(super) r#as: Login,
    pub(super) request: String,
    pub(super) tab: String,
}

/// Asks without changing anything; as the owner where nobody is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExplainDoc {
    pub(super) r#as: Option<Login>,
    pub(super) request: String,
    pub(super) person: Option<Login>,
}

/// Asks what would be after some commands, without writing anything (BYD-3a).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PreviewDoc {
    /// About whom `can_decide` and `unmet` ask; else whoever gave the last command.
    pub(super) r#as: Option<Login>,
    /// What expectations are about; else the request of the last command.
    pub(super) request: Option<String>,
    /// The commands, one after the other.
    pub(super) r#if: Vec<StepDoc>,
}

/// Drops the engine and opens it again, at once or during the next command.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrashDoc {
    pub(super) at: Option<CrashPoint>,
}
