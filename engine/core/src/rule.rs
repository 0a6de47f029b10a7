//! Rules: as written ([`definition`]), and as checked ([`Rule`]). A rule that exists is valid; nothing
//! downstream asks again.

mod compile;
mod condition;
pub mod definition;
mod group;
mod literal;
mod names;
mod window;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use compile::{Compiled, MAX_SEATS, MAX_STEPS, Problem, compile, editable::EditedRead};
pub use condition::{Condition, Operator, Path, Test};
pub use definition::Definition;
pub use definition::DueFrom;
use definition::{
    AccessPolicy, AfterSendBack, DistinctPeople, DueDoc, EditPolicy, IfNobody, QuorumDoc,
    RepeatApprover, SafetyCatch, SamePerson, SeatsDoc,
};
pub use group::{Route, RuleGroup, Target};
pub use literal::unknown as unknown_name;
pub use literal::{infer_literal, read_literal as read_property};
pub(crate) use literal::{read_literal, write_literal};
pub use names::{Names, Read, World};
pub use window::{UNUSED, Window, WindowLength, WindowStart};

use crate::{
    directory::{NodeLevel, OrganizationRole},
    expression::Expression,
    ids::{
        AssignmentId, BindingId, GroupId, KindId, Login, NodeId, PluginId, PropertyName, RuleId,
        ScriptId, StepId, UserId,
    },
    question::Source,
    value::{PropertyType, Span, Value},
};

/// One immutable version of a rule (RUL-2), as it is stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Published {
    /// From 1.
    pub version: u32,
    /// Who published it.
    pub author: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// Why, in the author's words.
    pub comment: String,
    /// The document.
    pub definition: Definition,
    /// Whom its logins named when it was published: a login may be renamed later.
    pub people: BTreeMap<Login, UserId>,
    /// The types that the properties of people it looks at had then: they may be changed later.
    pub user_properties: BTreeMap<PropertyName, PropertyType>,
    /// What the check warned of (RUL-5).
    pub warnings: Vec<Problem>,
}

/// A checked rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Its version.
    pub version: u32,
    /// Shown to people.
    pub title: String,
    /// What is asked for.
    pub kind: KindId,
    /// Who may submit; every active user where absent.
    pub submitters: Option<Vec<Who>>,
    /// Whether one may submit for others (REQ-6).
    pub for_others: bool,
    /// By name.
    pub form: Vec<Field>,
    /// What an item has beside its resource.
    pub item_form: Vec<Field>,
    /// The entry condition.
    pub when: Option<Condition>,
    /// Route criteria (CND-5).
    pub criteria: Vec<Condition>,
    /// URG-1.
    pub urgent: bool,
    /// STP-9.
    pub self_approval: bool,
    /// FIN-22.
    pub editors_may_approve: bool,
    /// STP-11.
    pub repeat_approver: RepeatApprover,
    /// STP-5.
    pub distinct_people: DistinctPeople,
    /// REQ-3.
    pub edit: EditPolicy,
    /// DEC-3.
    pub after_send_back: AfterSendBack,
    /// ELG-1 b.
    pub access: AccessPolicy,
    /// STP-6.
    pub safety_catch: SafetyCatch,
    /// Whether decisions are kept when a request comes under this rule (RUL-4).
    pub keep_decisions: bool,
    /// None means the organization's maximum.
    pub approval_expires_after: Option<Span>,
    /// Who reviews before the route (STP-13).
    pub review_first: Option<Vec<Who>>,
    /// STP-14, in the document's order.
    pub auto_approve: Vec<NamedCondition>,
    /// 1 to 32.
    pub steps: Vec<Step>,
    /// In the document's order (REQ-2).
    pub validators: Vec<Validator>,
    /// EXE-1.
    pub executors: Vec<Executor>,
    /// REQ-12.
    pub receipt_reviewers: Vec<Who>,
}

/// A condition that approves a request by itself (STP-14).
#[derive(Clone, Debug)]
pub struct NamedCondition {
    /// Shown in the record.
    pub name: String,
    /// What must hold.
    pub when: Condition,
}

/// A property of a form.
#[derive(Clone, Debug)]
pub struct Field {
    /// Unique in the form.
    pub name: PropertyName,
    /// Its type.
    pub of: PropertyType,
    /// Whether a submission must fill it.
    pub required: bool,
    /// The least value.
    pub min: Option<Value>,
    /// The greatest value.
    pub max: Option<Value>,
    /// For nodes: in this subtree.
    pub under: Option<NodeId>,
    /// For choices: the closed list.
    pub values: Vec<String>,
    /// What particular people may pick instead; the first that fits counts.
    pub choices_for: Vec<(Who, Vec<String>)>,
    /// How it is calculated from the others (FIN-23); nobody fills it then.
    pub calculated: Option<Expression>,
}

/// A step.
#[derive(Clone, Debug)]
pub struct Step {
    /// Unique in the rule.
    pub id: StepId,
    /// Shown to people.
    pub title: String,
    /// Skipped when unmet.
    pub when: Option<Condition>,
    /// When it is complete.
    pub quorum: QuorumDoc,
    /// DEC-2.
    pub reject_after: u32,
    /// FIN-4.
    pub same_person: SamePerson,
    /// In the document's order.
    pub assignments: Vec<Assignment>,
    /// STP-6.
    pub default_approvers: Vec<Who>,
    /// STP-6.
    pub if_nobody: IfNobody,
    /// STP-10.
    pub separation: BTreeSet<StepId>,
    /// STP-12.
    pub required_properties: Vec<PropertyName>,
    /// STP-12.
    pub editable_properties: BTreeSet<PropertyName>,
    /// Who is told when it opens (DUE-4).
    pub notify: Notify,
    /// When it is due (DUE-1).
    pub due: Option<DueDoc>,
    /// What happens when it was not decided in time (DUE-3).
    pub on_overdue: OnOverdue,
}

/// Who is told when a step opens (DUE-4): that is not who may decide.
#[derive(Clone, Debug, PartialEq)]
pub enum Notify {
    /// Those who can decide.
    Approvers,
    /// Nobody.
    Nobody,
    /// These.
    People(Vec<Who>),
}

/// What happens when a step was not decided in time (DUE-3).
#[derive(Clone, Debug, PartialEq)]
pub enum OnOverdue {
    /// It is shown.
    Nothing,
    /// The step is approved; never that of an urgent request.
    Approve,
    /// The request is rejected; an urgent one is blocked.
    Reject,
    /// The open seats pass to these.
    Reassign(Vec<Who>),
    /// These become further candidates of the open seats.
    Escalate(Vec<Who>),
}

/// An assignment.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// Unique in the step.
    pub id: AssignmentId,
    /// Whom it names.
    pub who: Who,
    /// How many seats.
    pub count: u32,
    /// STP-3.
    pub seats: Option<SeatsDoc>,
    /// OR of conjunctions; empty means always (CND-1).
    pub permissions: Vec<Vec<Condition>>,
    /// STP-3a.
    pub optional: bool,
}

/// Whom an assignment names (STP-2).
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// A user.
    User(UserId),
    /// A group.
    Group(GroupId),
    /// An organization role.
    Role(OrganizationRole),
    /// Holders of at least this level on the request's node.
    Node {
        /// A node property of the form.
        property: PropertyName,
        /// At least.
        level: NodeLevel,
    },
    /// The owner of the resource that this property names.
    OwnerOf(PropertyName),
    /// The owners of the items' resources.
    OwnersOfItems,
    /// Properties followed from the requester: `requester.manager.manager`.
    OfRequester(Vec<PropertyName>),
    /// A property of the request, and properties followed from there.
    OfRequest(PropertyName, Vec<PropertyName>),
    /// Picked by the requester at submission.
    Pick(Pick),
    /// Properties followed from those who have not decided: `approver.manager`. Of overdue steps only.
    OfApprover(Vec<PropertyName>),
    /// Named by a script.
    Script(Extension<ScriptId>),
    /// Named by a plugin.
    Plugin(Extension<PluginId>),
}

/// A choice by the requester, with bounds (STP-2).
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    /// From whom.
    pub from: PickFrom,
    /// At least.
    pub min: u32,
    /// At most.
    pub max: u32,
}

/// From whom the requester picks.
#[derive(Clone, Debug, PartialEq)]
pub enum PickFrom {
    /// Every active person.
    Everyone,
    /// These.
    Who(Box<Who>),
}

/// A script or plugin with its configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Extension<Id> {
    /// Which.
    pub id: Id,
    /// Its configuration.
    pub config: Config,
}

/// A configuration, its property references not yet resolved.
pub type Config = BTreeMap<String, ConfigEntry>;

/// A value of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum ConfigEntry {
    /// As written.
    Literal(Json),
    /// The value of this property of the request.
    Property(PropertyName),
}

/// Who looks for what is wrong with a request (REQ-2).
#[derive(Clone, Debug)]
pub struct Validator {
    /// A script or a plugin.
    pub source: Source,
    /// How it is set.
    pub config: Config,
}

/// A binding of an executor (EXE-1).
#[derive(Clone, Debug)]
pub struct Executor {
    /// Unique in the rule.
    pub id: BindingId,
    /// An installed executor.
    pub plugin: PluginId,
    /// Who presses *run*; none means the engine does, at once.
    pub manual: Option<Vec<Who>>,
    /// Its configuration.
    pub config: Config,
    /// How long after release it may start.
    pub start_within: Option<Span>,
    /// How long its grant lasts.
    pub window: Option<Window>,
}

impl Rule {
    /// The step with this id.
    #[must_use]
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == *id)
    }

    /// The form's field with this name.
    #[must_use]
    pub fn field(&self, name: &PropertyName) -> Option<&Field> {
        self.form.iter().find(|field| field.name == *name)
    }

    /// The binding with this id.
    #[must_use]
    pub fn executor(&self, id: &BindingId) -> Option<&Executor> {
        self.executors.iter().find(|executor| executor.id == *id)
    }
}

impl Step {
    /// The assignment with this id; none for seats of default approvers.
    #[must_use]
    pub fn assignment(&self, id: &AssignmentId) -> Option<&Assignment> {
        self.assignments.iter().find(|assignment| assignment.id == *id)
    }
}
