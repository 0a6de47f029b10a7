//! What people are told, and who is (DUE-4).
//!
//! To add a notice: a variant of [`Notice`] that says what it is about; its word in [`Notice::about`];
//! who is told in [`View::addressees`]; its sentence in `engine/api/src/catalogue/notice.rs`. Then order
//! it where it follows from, with `Effect::Notify`. Who is told is worked out on the state that the
//! command leads to, and committed with it, so that no notice is lost and none is told twice.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    directory::{OrganizationRole, User, UserKind},
    evaluate::View,
    ids::{ExecutionId, StepId, UserId},
    rule::Notify,
    visibility::sees,
};

/// How much of a comment a notice tells, in characters.
pub const TOLD: usize = 200;

/// What people are told (DUE-4). Who is told follows from the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// To those who can decide, or whom the rule names: a step opened.
    StepOpened(StepId),
    /// To those who can decide: a step is due soon.
    DueSoon(StepId),
    /// To those who can decide: a step is overdue.
    Overdue(StepId),
    /// To administrators: a step is overdue, and nobody was found to whom it could go.
    NobodyToEscalateTo(StepId),
    /// To those who can decide: an urgent request still waits.
    UrgentWaits,
    /// To those who can decide, and administrators: an urgent request was not approved in time.
    UrgentOverdue,
    /// To those who took part: somebody has commented.
    Commented {
        /// Who.
        by: UserId,
        /// The beginning of what they said, of at most [`TOLD`] characters.
        text: String,
    },
    /// To those who were mentioned: somebody has mentioned them.
    Mentioned {
        /// Who.
        by: UserId,
        /// The beginning of what they said, of at most [`TOLD`] characters.
        text: String,
    },
    /// To a watcher: this person has made them one.
    Watching(UserId),
    /// To administrators: this person has approved with a concern.
    Concern(UserId),
    /// To the reviewers: there is something to review (STP-13).
    ReviewStarted,
    /// To those who had decided: what they decided about has changed (REQ-3).
    Edited(BTreeSet<UserId>),
    /// To those who had decided: it begins again, and what they decided does not count any more (RUL-2,
    /// RUL-4).
    Restarted(BTreeSet<UserId>),
    /// To who wanted all requests of a rule to begin again: this one could not (RUL-2).
    RestartRefused,
    /// To the requester: the outcome.
    Outcome,
    /// To executors: ready to run.
    ReadyToRun(ExecutionId),
    /// To administrators: blocked.
    Blocked,
    /// To administrators: an execution failed, or a grant cannot be taken back.
    ExecutionTrouble(ExecutionId),
}

/// A notice, and who is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What.
    pub notice: Notice,
    /// Whom; at least one.
    pub to: BTreeSet<UserId>,
}

impl Notice {
    /// Every word of [`Notice::about`], in the order of the variants.
    pub const ABOUT: [&str; 18] = [
        "new_work",
        "due_soon",
        "overdue",
        "escalation",
        "urgent_waits",
        "urgent_overdue",
        "comment",
        "mention",
        "watching",
        "concern",
        "review",
        "edited",
        "restarted",
        "restart_refused",
        "outcome",
        "ready_to_run",
        "blocked",
        "failure",
    ];

    /// What people can choose not to be told about (DUE-4). The rest tells of what waits for them, what
    /// changed under their decision, and what administrators have to look after: it is always told.
    pub const OPTIONAL: [&str; 5] = ["due_soon", "comment", "mention", "watching", "outcome"];

    /// What it is about, in a word that never changes.
    #[must_use]
    pub fn about(&self) -> &'static str {
        match self {
            Self::StepOpened(_) => "new_work",
            Self::DueSoon(_) => "due_soon",
            Self::Overdue(_) => "overdue",
            Self::NobodyToEscalateTo(_) => "escalation",
            Self::UrgentWaits => "urgent_waits",
            Self::UrgentOverdue => "urgent_overdue",
            Self::Commented { .. } => "comment",
            Self::Mentioned { .. } => "mention",
            Self::Watching(_) => "watching",
            Self::Concern(_) => "concern",
            Self::ReviewStarted => "review",
            Self::Edited(_) => "edited",
            Self::Restarted(_) => "restarted",
            Self::RestartRefused => "restart_refused",
            Self::Outcome => "outcome",
            Self::ReadyToRun(_) => "ready_to_run",
            Self::Blocked => "blocked",
            Self::ExecutionTrouble(_) => "failure",
        }
    }
}

impl View<'_> {
    /// Who is told, by the request as it now is. Nobody who has left.
    #[must_use]
    pub fn addressees(&self, notice: &Notice) -> BTreeSet<UserId> {
        let mut people = match notice {
            Notice::StepOpened(step) => self.told_of_step(step),
            Notice::DueSoon(step) | Notice::Overdue(step) => {
                self.with_stand_ins(self.undecided(step))
            }
            Notice::UrgentWaits => self.with_stand_ins(self.all_undecided()),
            Notice::UrgentOverdue => {
                self.all_undecided().into_iter().chain(self.administrators()).collect()
            }
            Notice::Commented { .. } => self.participants(),
            // Told to those who are meant, by name.
            Notice::Mentioned { .. } | Notice::Watching(_) | Notice::RestartRefused => {
                BTreeSet::new()
            }
            Notice::ReviewStarted => {
                self.request.review.iter().flat_map(|review| review.people.clone()).collect()
            }
            Notice::Edited(told) | Notice::Restarted(told) => told.clone(),
            Notice::Outcome => BTreeSet::from([self.request.requester.clone()]),
            Notice::ReadyToRun(execution) => self.executors(execution),
            Notice::Concern(_)
            | Notice::Blocked
            | Notice::ExecutionTrouble(_)
            | Notice::NobodyToEscalateTo(_) => self.administrators(),
        };
        people.retain(|id| self.is_reachable(id));
        people
    }

    /// Whom the rule names; where it names nobody, those who can decide.
    fn told_of_step(&self, id: &StepId) -> BTreeSet<UserId> {
        let Some(step) = self.rule.step(id) else { return BTreeSet::new() };
        match &step.notify {
            Notify::Nobody => BTreeSet::new(),
            Notify::Approvers => self.represented(self.undecided(id)),
            Notify::People(whos) => {
                let places = whos.iter().flat_map(|who| self.who(step, who, None));
                places.flatten().flat_map(|who| self.everybody(&who)).collect()
            }
        }
    }

    /// Those of the active step who have a seat and have not decided.
    pub(crate) fn undecided(&self, id: &StepId) -> BTreeSet<UserId> {
        match self.active_step() {
            Some((active, open, step)) if active == id => {
                let seats = open.seats.iter();
                let people = seats.flat_map(|seat| self.seat_candidates(step, seat));
                people.filter(|person| open.decision_of(person).is_none()).collect()
            }
            Some(_) | None => BTreeSet::new(),
        }
    }

    /// These people and those who stand in for them (URG-4).
    pub(crate) fn with_stand_ins(&self, people: BTreeSet<UserId>) -> BTreeSet<UserId> {
        let stand_ins: Vec<UserId> = people.iter().filter_map(|id| self.represents(id)).collect();
        people.into_iter().chain(stand_ins).collect()
    }

    /// These people, or who stands in for them where somebody does (DUE-4).
    pub(crate) fn represented(&self, people: BTreeSet<UserId>) -> BTreeSet<UserId> {
        people.into_iter().map(|id| self.represents(&id).unwrap_or(id)).collect()
    }

    /// Who decides the active step in this person's place, now.
    fn represents(&self, id: &UserId) -> Option<UserId> {
        let (_, _, step) = self.active_step()?;
        let stand_in = self.organization.directory.delegate(id, self.at)?;
        self.may_stand_in(step, stand_in).then(|| stand_in.id.clone())
    }

    /// Those who took part: who asks and for whom, who decided, who commented, who watches.
    pub(crate) fn participants(&self) -> BTreeSet<UserId> {
        let request = self.request;
        let deciders = request.live_decisions().map(|decision| &decision.by);
        let all = std::iter::once(&request.requester).chain(&request.target_users).chain(deciders);
        all.chain(&request.talk.commenters).chain(&request.talk.watchers).cloned().collect()
    }

    fn all_undecided(&self) -> BTreeSet<UserId> {
        self.request.active().map(|(step, _)| self.undecided(step)).unwrap_or_default()
    }

    /// Those who press *run*; nobody where the engine does.
    fn executors(&self, execution: &ExecutionId) -> BTreeSet<UserId> {
        let found = self.request.execution(execution);
        let binding = found.and_then(|execution| self.rule.executor(execution.binding()));
        let Some(whos) = binding.and_then(|executor| executor.manual.as_ref()) else {
            return BTreeSet::new();
        };
        let users = self.organization.directory.users();
        let named = |user: &&User| crate::visibility::is_among(whos, self.request, user);
        users.filter(named).map(|user| user.id.clone()).collect()
    }

    fn administrators(&self) -> BTreeSet<UserId> {
        let directory = &self.organization.directory;
        let of = |role| directory.with_role(role).map(|user| user.id.clone());
        of(OrganizationRole::Owner).chain(of(OrganizationRole::Administrator)).collect()
    }

    /// Whether somebody who is meant by name is told: they see the request (REQ-10).
    pub(crate) fn hears(&self, id: &UserId) -> bool {
        let directory = &self.organization.directory;
        let user = directory.user(id).filter(|_| self.is_reachable(id));
        user.is_some_and(|user| sees(directory, self.rule, self.request, user, self.at))
    }

    fn is_reachable(&self, id: &UserId) -> bool {
        let user = self.organization.directory.active(id);
        user.is_some_and(|user| user.kind == UserKind::Person)
    }
}
