//! What is asked of requests, as it comes over the wire.

use std::{collections::BTreeMap, fmt, str::FromStr};

use chrono::{DateTime, Utc};
use engine_core::{
    command::{self, Seen},
    ids::{BadId, RequestId, RuleGroupId, RuleId, StepId},
    rejection::Rejection,
    request::Choice,
    rule::Target,
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use utoipa::ToSchema;

/// A submission (REQ-2).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest {
    /// The id of the rule; absent where a rule group is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The id of a rule group: the first of its rules whose entry condition is met takes the request (RUL-4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule_group: Option<String>,
    /// The form: literals as in rule documents, such as `"12500.00 EUR"`; people by login.
    #[serde(default)]
    pub properties: BTreeMap<String, Json>,
    /// Resource ids, or objects with `resource` and the fields of the rule's item form.
    #[serde(default)]
    pub items: Vec<Json>,
    /// Logins by assignment, where the rule lets the requester pick (STP-2).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub picks: BTreeMap<String, Vec<String>>,
    /// Logins of those it is for; the requester where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub target_users: Vec<String>,
    /// 3 to 1000 characters, unless the organization says otherwise.
    #[serde(default)]
    pub title: String,
    /// 3 to 1000 characters, unless the organization says otherwise.
    #[serde(default)]
    pub reason: String,
    /// Run first, approve after (URG).
    #[serde(default)]
    pub urgent: bool,
    /// The last moment of approval; by the rule where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_expires: Option<DateTime<Utc>>,
    /// The end of what is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<DateTime<Utc>>,
}

/// Changes of what is asked for (REQ-3, STP-12, STP-13); what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EditRequest {
    /// By name, as in a submission; `null` empties a property.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<String, Json>,
    /// All items, as in a submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Json>>,
    /// The picks that change, as in a submission.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub picks: BTreeMap<String, Vec<String>>,
    /// For whom, as in a submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_users: Option<Vec<String>>,
    /// In the requester's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// In the requester's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Of a draft only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgent: Option<bool>,
    /// The last moment of approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_expires: Option<DateTime<Utc>>,
    /// The end of what is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<DateTime<Utc>>,
}

/// Words that may be left out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

/// Approve or reject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecisionWord {
    /// Counts towards the quorum.
    Approve,
    /// Counts towards the rejections that the step takes.
    Reject,
}

/// A decision (DEC-1). The header `If-Match` says what the person saw.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// What.
    pub decision: DecisionWord,
    /// Why; always needed for a rejection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Only with an approval: approves all the same, and tells administrators of this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<String>,
    /// The items that an approval grants, where it does not grant all: resource ids, or objects with
    /// `resource`; the others are rejected for good (DEC-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<Vec<Json>>,
    /// The step it is about, where the caller names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// Somebody to be given a seat, or to be taken out of a step (STP-15).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproverRequest {
    /// Their login.
    pub user: String,
    /// The step; the active one where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// Passing the right to decide to somebody else (STP-16).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reassign {
    /// Their login.
    pub to: String,
    /// Why.
    pub comment: String,
}

/// Something said about a request (REQ-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommentRequest {
    /// Logins behind an `@` are mentions.
    pub text: String,
}

/// Somebody who is to watch a request (REQ-9).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WatchRequest {
    /// The login.
    pub user: String,
}

/// Sending a request back to a step that was decided (DEC-3). The header `If-Match` says what the person
/// saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendBack {
    /// The step to be decided again.
    pub to: String,
    /// Why.
    pub comment: String,
    /// The step it is sent back from, where the caller names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// Taking one's own decision back (DEC-5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdraw {
    /// Why; may be left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The step it is about, where the caller names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// Approving or rejecting the whole request at once (DEC-6).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Force {
    /// What.
    pub decision: DecisionWord,
    /// Why.
    pub comment: String,
}

/// Taking a request or a grant back, setting a hold or lifting it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WithComment {
    /// Why.
    pub comment: String,
}

/// Returning a request to its review (STP-13). The header `If-Match` says what the person saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnToReview {
    /// Why.
    pub comment: String,
    /// The step it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

impl SubmitRequest {
    /// The rule or rule group and the command, for a new request with this id.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] where not exactly one of both is named, or its id is not one.
    pub fn into_command(self, id: RequestId) -> Result<(Target, command::Submit), Rejection> {
        let target = target(self.rule.as_deref(), self.rule_group.as_deref())?;
        let submit = command::Submit {
            id,
            properties: self.properties,
            items: self.items,
            picks: self.picks,
            target_users: self.target_users,
            title: self.title,
            reason: self.reason,
            urgent: self.urgent,
            approval_expires: self.approval_expires,
            ends: self.ends,
        };
        Ok((target, submit))
    }
}

impl EditRequest {
    /// The command of a person who saw this.
    #[must_use]
    pub fn into_command(self, saw: Option<Precondition>) -> command::Edit {
        command::Edit {
            properties: self.properties,
            items: self.items,
            picks: self.picks,
            target_users: self.target_users,
            title: self.title,
            reason: self.reason,
            urgent: self.urgent,
            approval_expires: self.approval_expires,
            ends: self.ends,
            seen: saw.map(Into::into),
        }
    }
}

impl ReturnToReview {
    /// The command of a person who saw this; none where only the step is named.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] where the step's id is not one.
    pub fn into_command(self, saw: Option<Precondition>) -> Result<command::Command, Rejection> {
        let step = self.step.as_deref().map(StepId::parse).transpose();
        let step = step.map_err(|bad| Rejection::invalid("step", bad.to_string()))?;
        let (comment, seen) = (Some(self.comment), saw.map(Into::into));
        Ok(command::Command::ReturnToReview(command::Note { comment, step, seen }))
    }
}

impl Decide {
    /// The command of a person who saw this; none where only the step is named.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] where the step's id is not one.
    pub fn into_command(self, saw: Option<Precondition>) -> Result<command::Command, Rejection> {
        let step = self.step.as_deref().map(StepId::parse).transpose();
        let step = step.map_err(|bad| Rejection::invalid("step", bad.to_string()))?;
        Ok(command::Command::Decide(command::Decide {
            choice: self.decision.into(),
            comment: self.comment,
            concern: self.concern,
            items: self.items,
            step,
            seen: saw.map(Into::into),
        }))
    }
}

impl ApproverRequest {
    /// What the command is about, for a person who saw this.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] where the step's id is not one.
    pub fn into_approver(self, saw: Option<Precondition>) -> Result<command::Approver, Rejection> {
        let step = self.step.as_deref().map(StepId::parse).transpose();
        let step = step.map_err(|bad| Rejection::invalid("step", bad.to_string()))?;
        Ok(command::Approver { step, user: self.user, seen: saw.map(Into::into) })
    }
}
impl SendBack {
    /// The command of a person who saw this.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] where a step's id is not one.
    pub fn into_command(self, seen: Option<Seen>) -> Result<command::Command, Rejection> {
        Ok(command::Command::SendBack(command::SendBack {
            to: step_id("to", &self.to)?,
            comment: Some(self.comment),
            step: self.step.as_deref().map(|step| step_id("step", step)).transpose()?,
            seen,
        }))
    }
}

impl Withdraw {
    /// The command of a person who may have said what they saw.
    ///
    /// # Errors
    /// [`Rejection::Invalid`] where the step's id is not one.
    pub fn into_command(self, seen: Option<Seen>) -> Result<command::Command, Rejection> {
        Ok(command::Command::Withdraw {
            comment: self.comment.unwrap_or_default(),
            step: self.step.as_deref().map(|step| step_id("step", step)).transpose()?,
            seen,
        })
    }
}

/// Under what a request is submitted: a rule or a rule group (RUL-4).
///
/// # Errors
/// [`Rejection::Invalid`] where not exactly one is named, or its id is not one.
pub fn target(rule: Option<&str>, group: Option<&str>) -> Result<Target, Rejection> {
    let bad = |field: &str, bad: BadId| Rejection::invalid(field, bad.to_string());
    match (rule, group) {
        (Some(rule), None) => {
            RuleId::parse(rule).map(Target::Rule).map_err(|error| bad("rule", error))
        }
        (None, Some(group)) => {
            RuleGroupId::parse(group).map(Target::Group).map_err(|error| bad("rule_group", error))
        }
        (Some(_), Some(_)) => {
            Err(Rejection::invalid("rule_group", "expected either a `rule` or a `rule_group`"))
        }
        (None, None) => Err(Rejection::invalid("rule", "expected a `rule` or a `rule_group`")),
    }
}

fn step_id(field: &str, text: &str) -> Result<StepId, Rejection> {
    StepId::parse(text).map_err(|bad| Rejection::invalid(field, bad.to_string()))
}

impl From<DecisionWord> for Choice {
    fn from(word: DecisionWord) -> Self {
        match word {
            DecisionWord::Approve => Self::Approve,
            DecisionWord::Reject => Self::Reject,
        }
    }
}

impl From<Choice> for DecisionWord {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::Approve => Self::Approve,
            Choice::Reject => Self::Reject,
        }
    }
}

/// What a person saw of a request: `<revision>;<active step or ->`. The `ETag` of every view, and
/// the `If-Match` of a decision (DEC-8a).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// The request's revision.
    pub revision: u32,
    /// The active step.
    pub step: Option<StepId>,
}

impl fmt::Display for Precondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = self.step.as_ref().map_or("-", StepId::as_str);
        write!(f, "\"{};{step}\"", self.revision)
    }
}

impl FromStr for Precondition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || {
            let shown: String = text.chars().take(80).collect();
            format!(
                "`{shown}` is not what a request's `ETag` says: expected such as `\"3;owner\"` or `\"3;-\"`"
            )
        };
        let quoted = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let (revision, step) = quoted.unwrap_or(text).split_once(';').ok_or_else(bad)?;
        let step = match step {
            "-" => None,
            id => Some(StepId::parse(id).map_err(|_| bad())?),
        };
        Ok(Self { revision: revision.parse().map_err(|_| bad())?, step })
    }
}

impl From<Precondition> for Seen {
    fn from(saw: Precondition) -> Self {
        Self { revision: saw.revision, step: saw.step }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_precondition_reads_what_it_wrote() {
        for text in ["\"3;owner\"", "\"1;-\""] {
            assert_eq!(text.parse::<Precondition>().map(|p| p.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("3;owner".parse::<Precondition>().map(|p| p.revision), Ok(3));
        for bad in [
            "",
            "*",
            "3",
            "3;",
            "x;owner",
            "-1;owner",
            "3;Own er",
            "W/\"3;owner\"",
            "\"3;owner",
            "\"1;-\", \"2;-\"",
        ] {
            assert!(bad.parse::<Precondition>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn unknown_fields_are_refused() {
        for bad in [
            r#"{"decision":"approve","komment":"x"}"#,
            r#"{"decision":"maybe"}"#,
            r#"{"comment":"x"}"#,
            r#"{"decision":"approve","step":7}"#,
        ] {
            assert!(serde_json::from_str::<Decide>(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<SubmitRequest>(r#"{"rule":"r","id":"x"}"#).is_err());
    }
}
