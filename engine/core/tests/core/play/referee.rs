//! The rules once more, from `docs/semantics.md` and the rule's document: who sees, who may decide,
//! what is complete. Nothing here uses the core's own judgement.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use engine_core::{
    directory::{Delegation, Directory, Grantee, NodeLevel, OrganizationRole, User, UserKind},
    ids::{NodeId, StepId, UserId},
    request::{Choice, Decision, OpenStep, Phase, Request, Seat, SeatId, SeatWho},
    value::Value,
};
use serde_json::Value as Json;

use super::mood::Mood;

/// Judges a request as it is.
#[derive(Clone, Copy)]
pub(crate) struct Referee<'a> {
    pub(crate) directory: &'a Directory,
    /// The rule's document.
    pub(crate) rule: &'a Json,
    pub(crate) request: &'a Request,
    pub(crate) at: DateTime<Utc>,
    /// What scripts and plugins say.
    pub(crate) mood: Mood,
    /// The value of a dollar when the request was submitted, in cents of a euro.
    pub(crate) dollar: Option<u32>,
    pub(crate) delegations: &'a [Delegation],
}

/// Seats that somebody may decide about, for themself or for somebody else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) seats: BTreeSet<SeatId>,
    pub(crate) of: Option<UserId>,
}

/// Who could fill which seats.
pub(crate) type Edges = BTreeMap<UserId, BTreeSet<SeatId>>;

impl<'a> Referee<'a> {
    fn is_strict(&self) -> bool {
        self.rule["access"] == "strict"
    }

    fn self_approval(&self) -> bool {
        self.rule["self_approval"] == true
    }

    /// The step's document.
    pub(crate) fn step(&self, id: &StepId) -> &Json {
        let steps = self.rule["steps"].as_array().unwrap();
        steps.iter().find(|step| step["id"] == id.as_str()).unwrap()
    }

    /// A list of the rule's document; kept plays have older documents.
    fn list(&self, key: &str) -> &'a [Json] {
        self.rule[key].as_array().map_or(&[], Vec::as_slice)
    }

    /// FIN-5: one person, one approval of the whole route.
    pub(crate) fn is_distinct(&self) -> bool {
        self.rule["distinct_people"] == "rule"
    }

    /// REQ-10
    pub(crate) fn sees(&self, person: &User) -> bool {
        use OrganizationRole::{Administrator, Auditor, Owner};
        let request = self.request;
        if !person.active {
            return false;
        }
        if request.phase == Phase::Draft {
            return request.requester == person.id || matches!(person.role, Owner | Administrator);
        }
        matches!(person.role, Owner | Administrator | Auditor)
            || request.talk.watchers.contains(&person.id)
            || self.is_involved(person)
            || self.runs_something(person)
            || self.is_listed(self.list("receipt_reviewers"), person)
            || self.reviews(person)
            || (!self.is_strict() && self.is_seated(person))
            || self.stands_in(person)
            || request.live_decisions().any(|d| d.by == person.id && d.on_behalf_of.is_some())
    }

    /// A seat of a step that is or was active, also one that was passed on.
    pub(crate) fn is_seated(&self, person: &User) -> bool {
        let passed = |seat: &Seat| {
            let mut gone = seat.without.iter();
            gone.any(|gone| gone.user == person.id && gone.passed_to.is_some())
        };
        let former = |who: &SeatWho| self.holds(who, person);
        self.request.former_seats.iter().any(former)
            || self.request.opened().any(|(_, step)| {
                step.decisions.iter().any(|decision| is_about(decision, &person.id))
                    || step.seats.iter().any(|seat| self.holds_seat(seat, person) || passed(seat))
            })
    }

    /// Named by the review, once there was one (STP-13).
    pub(crate) fn reviews(&self, person: &User) -> bool {
        let reviewers = self.request.review.iter().flat_map(|review| &review.reviewers);
        reviewers.into_iter().any(|who| self.holds(who, person))
    }

    /// DEC-8: delegates see what those see who have a seat.
    pub(crate) fn stands_in(&self, person: &User) -> bool {
        self.delegators(person)
            .into_iter()
            .any(|of| self.is_seated(of) && (!self.is_strict() || self.is_involved(of)))
    }

    /// For whom a person stands in now, by id (DEC-8, DIR-8).
    fn delegators(&self, person: &User) -> Vec<&'a User> {
        let now = |known: &&Delegation| known.starts <= self.at && self.at < known.ends;
        let known = self.delegations.iter().filter(now).filter(|known| known.to == person.id);
        let mut all: Vec<&User> =
            known.filter_map(|known| self.directory.user(&known.of)).collect();
        all.retain(|user| user.active);
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// Sight that counts under `access: strict` (ELG-1 b).
    fn is_involved(&self, person: &User) -> bool {
        let request = self.request;
        let is_person = person.kind == UserKind::Person;
        let seats = || request.opened().flat_map(|(_, step)| &step.seats);
        let former = || request.former_seats.iter().any(|who| is_named(who, &person.id));
        let in_property =
            request.properties.values().any(|value| *value == Value::User(person.id.clone()));
        request.requester == person.id
            || request.target_users.contains(&person.id)
            || in_property
            || (is_person && (former() || seats().any(|seat| names(seat, &person.id))))
            || self.reads_all_nodes(person)
    }

    fn reads_all_nodes(&self, person: &User) -> bool {
        let nodes: Vec<&NodeId> = self
            .request
            .properties
            .values()
            .filter_map(|value| match value {
                Value::Node(node) => Some(node),
                _ => None,
            })
            .collect();
        !nodes.is_empty() && nodes.iter().all(|node| self.has_level(person, node, NodeLevel::Read))
    }

    /// DIR-5: given here or above, to the person or a group of theirs.
    fn has_level(&self, person: &User, node: &NodeId, level: NodeLevel) -> bool {
        let Some(found) = self.directory.node(node) else { return false };
        let here = found.permissions.iter().any(|(grantee, given)| {
            *given >= level
                && match grantee {
                    Grantee::User(user) => *user == person.id,
                    Grantee::Group(group) => person.groups.contains(group),
                }
        });
        here || found.parent.as_ref().is_some_and(|parent| self.has_level(person, parent, level))
    }

    /// EXE-2: named by a manual executor.
    fn runs_something(&self, person: &User) -> bool {
        let manual = |executor: &'a Json| executor["run"]["manual"].as_array();
        let mut lists = self.list("executors").iter().filter_map(manual);
        lists.any(|whos| self.is_listed(whos, person))
    }

    pub(crate) fn is_receipt_reviewer(&self, person: &User) -> bool {
        self.is_listed(self.list("receipt_reviewers"), person)
    }

    pub(crate) fn is_listed(&self, whos: &[Json], person: &User) -> bool {
        whos.iter().any(|who| {
            who["user"] == person.id.as_str()
                || person.groups.iter().any(|group| who["group"] == group.as_str())
        })
    }

    /// Whether a seat is this person's, as it was made and as people changed it (STP-15, STP-16).
    pub(crate) fn holds_seat(&self, seat: &Seat, person: &User) -> bool {
        let gone = seat.without.iter().any(|without| without.user == person.id);
        seat.also.iter().any(|further| is_one(&further.who, &person.id))
            || (!gone
                && self.holds(&seat.who, person)
                && seat.merged.iter().all(|same| self.holds(&same.who, person)))
    }

    /// Whether a seat is this person's, as of now (FIN-18).
    pub(crate) fn holds(&self, who: &SeatWho, person: &User) -> bool {
        // Service accounts submit and never decide.
        if person.kind == UserKind::Service {
            return false;
        }
        match who {
            SeatWho::Person(id) | SeatWho::Found(id) => *id == person.id,
            SeatWho::Group(group) => person.groups.contains(group),
            SeatWho::Role(role) => person.role == *role,
            SeatWho::Node { node, level } => self.has_level(person, node, *level),
            SeatWho::AnyOf(several) => several.iter().any(|who| self.holds(who, person)),
            SeatWho::Nobody => false,
        }
    }

    /// STP-9, FIN-22
    pub(crate) fn is_barred_as_requester(&self, person: &UserId) -> bool {
        let request = self.request;
        let edited =
            || self.rule["editors_may_approve"] == false && request.editors.contains(person);
        let own = request.requester == *person || request.target_users.contains(person);
        !self.self_approval() && (own || edited())
    }

    /// STP-10
    pub(crate) fn is_separated(&self, step: &StepId, person: &UserId) -> bool {
        let document = self.step(step);
        let earlier = document["separation"].as_array().unwrap();
        self.request.opened().any(|(id, open)| {
            earlier.iter().any(|name| name == id.as_str())
                && open.decisions.iter().any(|decision| decision.by == *person)
        })
    }

    /// STP-5: whether a person's approval counts in another step already, where it counts once.
    pub(crate) fn counts_elsewhere(&self, step: &StepId, person: &UserId) -> bool {
        self.is_distinct()
            && self
                .request
                .opened()
                .any(|(id, open)| id != step && approvals(open).contains_key(person))
    }

    /// Whether nothing of the rule keeps a person from deciding in a step.
    fn may_decide_at_all(&self, step: &StepId, person: &User) -> bool {
        person.active
            && person.kind == UserKind::Person
            && !self.is_barred_as_requester(&person.id)
            && !self.is_separated(step, &person.id)
            && !self.counts_elsewhere(step, &person.id)
    }

    /// Whether a person could fill a seat, permissions aside: there, theirs, nothing against it, and under
    /// strict access in their sight (FIN-12).
    pub(crate) fn could_fill(&self, step: &StepId, seat: &Seat, person: &User) -> bool {
        let sight = !self.is_strict() || names(seat, &person.id) || self.is_involved(person);
        sight && self.could_claim(step, seat, person)
    }

    fn could_claim(&self, step: &StepId, seat: &Seat, person: &User) -> bool {
        self.may_decide_at_all(step, person) && self.holds_seat(seat, person)
    }

    /// ELG-1 d
    pub(crate) fn is_permitted(&self, step: &StepId, seat: &Seat) -> bool {
        seat.by_default
            || seat.added_by.is_some()
            || seat.assignments().all(|assignment| self.permits(step, assignment.as_str()))
    }

    /// What a person may decide about now, their own seats first (ELG-1 c, d, g; DEC-8, FIN-6).
    pub(crate) fn claims(&self, step: &StepId, open: &OpenStep, person: &User) -> Vec<Claim> {
        let seats = |fits: &dyn Fn(&Seat) -> bool| -> BTreeSet<SeatId> {
            let fitting = open.seats.iter().filter(|seat| fits(seat));
            fitting.filter(|seat| self.is_permitted(step, seat)).map(|seat| seat.id).collect()
        };
        let own = seats(&|seat| self.could_claim(step, seat, person));
        let mut claims = vec![Claim { seats: own, of: None }];
        let for_others = self.may_decide_at_all(step, person);
        for of in self.delegators(person).into_iter().filter(|_| for_others) {
            let of_them = open.decisions.iter().find(|decision| is_about(decision, &of.id));
            if of_them.is_none_or(|decision| decision.by == person.id) {
                let seats = seats(&|seat| self.could_fill(step, seat, of));
                claims.push(Claim { seats, of: Some(of.id.clone()) });
            }
        }
        claims.retain(|claim| !claim.seats.is_empty());
        claims
    }

    /// ELG-1: whether a person can make this decision now.
    pub(crate) fn can_decide(&self, person: &User, choice: Choice) -> bool {
        self.request.blocked.is_none() && self.could_decide(person, choice)
    }

    /// The same, were the request not blocked.
    pub(crate) fn could_decide(&self, person: &User, choice: Choice) -> bool {
        let Some((step, open)) = self.request.active() else { return false };
        let is_open = self.request.phase == Phase::Open && !self.request.on_hold;
        let filled = || {
            let wanted = self.step(step)["required_properties"].as_array().unwrap();
            choice == Choice::Reject
                || wanted
                    .iter()
                    .all(|name| self.request.properties.contains_key(name.as_str().unwrap()))
        };
        let sight = if self.is_strict() {
            self.is_involved(person) || self.stands_in(person)
        } else {
            self.sees(person)
        };
        let decided = || open.decisions.iter().any(|decision| is_about(decision, &person.id));
        person.active
            && is_open
            && sight
            && self.free_claim(step, open, person).is_some()
            && self.criteria()
            && filled()
            && !decided()
    }

    /// The first claim of which one more approval would fill one more seat.
    pub(crate) fn free_claim(
        &self,
        step: &StepId,
        open: &OpenStep,
        person: &User,
    ) -> Option<Claim> {
        let is_free = |claim: &Claim| {
            let others = open.decisions.iter().filter(|decision| {
                decision.choice == Choice::Approve
                    && !is_about(decision, &person.id)
                    && claim.of.as_ref().is_none_or(|of| !is_about(decision, of))
            });
            let mut edges: Edges = others.map(edge).collect();
            let before = most_filled(&edges);
            edges.insert(person.id.clone(), claim.seats.clone());
            most_filled(&edges) > before
        };
        self.claims(step, open, person).into_iter().find(is_free)
    }

    /// CND-5
    pub(crate) fn criteria(&self) -> bool {
        let criteria = self.rule["criteria"].as_array().unwrap();
        criteria.iter().all(|criterion| self.condition(criterion, None) == Some(true))
    }

    /// CND-1: one of the entries holds; in it, one of the conditions on each property.
    pub(crate) fn permits(&self, step: &StepId, assignment: &str) -> bool {
        let approvers = self.step(step)["approvers"].as_array().unwrap();
        let found = approvers.iter().find(|approver| approver["id"] == assignment).unwrap();
        let permissions = found["permissions"].as_array().unwrap();
        permissions.is_empty()
            || permissions.iter().any(|entry| self.entry(entry.as_array().unwrap(), step))
    }

    fn entry(&self, conditions: &[Json], step: &StepId) -> bool {
        let holds = |condition: &Json| self.condition(condition, Some(step)) == Some(true);
        conditions.iter().all(|condition| match condition.get("property") {
            None => holds(condition),
            Some(property) => conditions
                .iter()
                .any(|other| other.get("property") == Some(property) && holds(other)),
        })
    }

    /// CND-3: met, unmet, or nobody can say.
    pub(crate) fn condition(&self, condition: &Json, step: Option<&StepId>) -> Option<bool> {
        let each = |key: &str| -> Option<Vec<Option<bool>>> {
            let parts = condition.get(key)?.as_array().unwrap();
            Some(parts.iter().map(|part| self.condition(part, step)).collect())
        };
        if let Some(parts) = each("all") {
            let undecided = parts.contains(&None);
            return if parts.contains(&Some(false)) {
                Some(false)
            } else {
                (!undecided).then_some(true)
            };
        }
        if let Some(parts) = each("any") {
            let undecided = parts.contains(&None);
            return if parts.contains(&Some(true)) {
                Some(true)
            } else {
                (!undecided).then_some(false)
            };
        }
        if let Some(part) = condition.get("not") {
            return self.condition(part, step).map(|met| !met);
        }
        for extension in ["script", "plugin"] {
            if let Some(name) = condition.get(extension).and_then(Json::as_str) {
                return self.mood.verdict(name, step.map(StepId::as_str));
            }
        }
        self.test(condition)
    }

    fn test(&self, condition: &Json) -> Option<bool> {
        let property = condition["property"].as_str().unwrap();
        match property {
            "request.urgent" => Some(condition["equal"] == self.request.urgent),
            "requester.groups" => {
                let requester = self.directory.user(&self.request.requester).unwrap();
                let wanted = condition["contains"].as_str().unwrap();
                Some(requester.groups.iter().any(|group| group.as_str() == wanted))
            }
            _ if condition.get("is_set").is_some() => {
                Some(condition["is_set"] == self.request.properties.contains_key(property))
            }
            "unit" => Some(self.unit(condition)),
            _ => self.money(property, condition),
        }
    }

    fn unit(&self, condition: &Json) -> bool {
        let unit = match self.request.properties.get("unit") {
            Some(Value::Node(node)) => Some(node),
            _ => None,
        };
        let top = condition["within"].as_str().unwrap();
        // Two levels are all there is.
        unit.is_some_and(|unit| unit.as_str() == top || top == "top")
    }

    fn money(&self, property: &str, condition: &Json) -> Option<bool> {
        let seen = match self.request.properties.get(property) {
            Some(Value::Money(money)) => money.to_string(),
            _ => return Some(false),
        };
        let order = |wanted: &Json| self.compare(&seen, wanted.as_str().unwrap());
        let (operator, operand) =
            condition.as_object().unwrap().iter().find(|(key, _)| *key != "property").unwrap();
        Some(match operator.as_str() {
            "less" => order(operand)?.is_lt(),
            "less_or_equal" => order(operand)?.is_le(),
            "greater" => order(operand)?.is_gt(),
            "greater_or_equal" => order(operand)?.is_ge(),
            "between" => order(&operand[0])?.is_ge() && order(&operand[1])?.is_le(),
            other => panic!("no play has the operator `{other}`"),
        })
    }

    /// In hundredths of a cent; without a rate only one currency with itself (DIR-7).
    fn compare(&self, left: &str, right: &str) -> Option<std::cmp::Ordering> {
        let (a, of_a) = cents(left);
        let (b, of_b) = cents(right);
        if of_a == of_b {
            return Some(a.cmp(&b));
        }
        let dollar = i64::from(self.dollar?);
        let worth = |amount: i64, currency: &str| {
            if currency == "USD" { amount * dollar } else { amount * 100 }
        };
        Some(worth(a, of_a).cmp(&worth(b, of_b)))
    }

    /// Everybody who could still fill a seat of the active step: approvals as they stand, and those
    /// who have not decided (DEC-2).
    pub(crate) fn remaining(&self, step: &StepId, open: &OpenStep) -> Edges {
        let mut edges = approvals(open);
        for person in self.directory.users() {
            if !open.decisions.iter().any(|decision| is_about(decision, &person.id)) {
                let seats = open.seats.iter().filter(|seat| self.could_fill(step, seat, person));
                edges.insert(person.id.clone(), seats.map(|seat| seat.id).collect());
            }
        }
        edges
    }

    /// STP-5: whether these people can complete the step's quorum.
    pub(crate) fn completes(&self, step: &StepId, seats: &[Seat], edges: &Edges) -> bool {
        let all: BTreeSet<SeatId> = seats.iter().map(|seat| seat.id).collect();
        let fill = |wanted: &BTreeSet<SeatId>, number: usize| {
            number > 0 && most_filled(&only(edges, wanted)) >= number
        };
        // Default approvers stand in for every path.
        let stand_in = || {
            let mut by_rule = seats.iter().filter(|seat| seat.added_by.is_none()).peekable();
            by_rule.peek().is_some() && by_rule.all(|seat| seat.by_default)
        };
        match &self.step(step)["quorum"] {
            Json::String(any) if any == "any" => fill(&all, 1),
            Json::String(_) => fill(&all, all.len()),
            quorum => match (&quorum["at_least"], &quorum["paths"]) {
                (Json::Number(wanted), _) => fill(&all, wanted.as_u64().unwrap() as usize),
                (_, Json::Array(_)) if stand_in() => fill(&all, all.len()),
                (_, Json::Array(paths)) => paths.iter().any(|path| {
                    let path = path.as_array().unwrap();
                    let is_of = |seat: &Seat, name: &Json| {
                        seat.assignments().any(|assignment| *name == assignment.as_str())
                    };
                    // FIN-7: who was added belongs to every path.
                    let on_path = seats.iter().filter(|seat| {
                        seat.added_by.is_some() || path.iter().any(|name| is_of(seat, name))
                    });
                    let wanted: BTreeSet<SeatId> = on_path.map(|seat| seat.id).collect();
                    path.iter().all(|name| seats.iter().any(|seat| is_of(seat, name)))
                        && fill(&wanted, wanted.len())
                }),
                other => panic!("no play has the quorum {other:?}"),
            },
        }
    }
}

/// Whether it is this person's decision, or was made for them (DEC-8).
pub(crate) fn is_about(decision: &Decision, person: &UserId) -> bool {
    decision.by == *person || decision.on_behalf_of.as_ref() == Some(person)
}

fn is_one(who: &SeatWho, person: &UserId) -> bool {
    matches!(who, SeatWho::Person(id) | SeatWho::Found(id) if id == person)
}

/// A seat that names somebody: who passed it on too (STP-16).
fn names(seat: &Seat, person: &UserId) -> bool {
    is_named(&seat.who, person)
        || seat.merged.iter().any(|same| is_named(&same.who, person))
        || seat.also.iter().any(|further| is_named(&further.who, person))
}

/// A seat that is somebody's by name.
fn is_named(who: &SeatWho, person: &UserId) -> bool {
    match who {
        SeatWho::Person(id) => id == person,
        SeatWho::AnyOf(several) => several.iter().any(|who| is_named(who, person)),
        _ => false,
    }
}

pub(crate) fn cents(money: &str) -> (i64, &str) {
    let (amount, currency) = money.split_once(' ').unwrap();
    let (whole, part) = amount.split_once('.').unwrap_or((amount, "0"));
    let part = format!("{part:0<2}");
    (whole.parse::<i64>().unwrap() * 100 + part.parse::<i64>().unwrap(), currency)
}

/// What the approvals of a step could fill, each as it was given.
pub(crate) fn approvals(open: &OpenStep) -> Edges {
    open.of(Choice::Approve).map(edge).collect()
}

fn edge(decision: &Decision) -> (UserId, BTreeSet<SeatId>) {
    (decision.by.clone(), decision.possible_seats().copied().collect())
}

fn only(edges: &Edges, wanted: &BTreeSet<SeatId>) -> Edges {
    edges
        .iter()
        .map(|(person, seats)| (person.clone(), seats.intersection(wanted).copied().collect()))
        .collect()
}

/// The most seats that distinct people can fill, by Hall's theorem: what the worst set of people
/// falls short of is all that is lost.
pub(crate) fn most_filled(edges: &Edges) -> usize {
    let people: Vec<&BTreeSet<SeatId>> = edges.values().filter(|seats| !seats.is_empty()).collect();
    assert!(people.len() < 16, "too many people to try every set of them");
    (0_u32..1 << people.len())
        .map(|set| {
            let mut between: BTreeSet<SeatId> = BTreeSet::new();
            let chosen = (0..people.len()).filter(|person| set & (1 << person) != 0);
            chosen.for_each(|person| between.extend(people[person]));
            between.len() + people.len() - set.count_ones() as usize
        })
        .min()
        .unwrap_or(0)
}
