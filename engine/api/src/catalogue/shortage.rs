//! Why nobody can decide, and who can change that (STP-6, STP-6a, STP-8).

use engine_core::{
    ids::{GroupId, PropertyName, StepId, UserId},
    request::{EmptyBecause, EmptySeat, NotApplying, OnlyOne, Shortage},
};

use super::{Names, counted, label, list, property, sentences};

const NO_ROLE: &str = "nobody has that role; the owner or an administrator can give it to somebody";
const NO_RESOURCE: &str = "the request does not say what it is about; choose a resource";
const ONLY_REQUESTER: &str = "the only one there asked for this, changed it, or is who it is for, and nobody may decide what is their own; an administrator can add somebody";
const SEPARATED: &str = "all of them decided in an earlier step, and this rule wants somebody else here; an administrator can add somebody";
const SAT_ELSEWHERE: &str = "all of them are needed in another step, and each person can approve only one; an administrator can add somebody";
const NO_SIGHT: &str =
    "none of them may see the request; an administrator can add somebody by name";
const EACH_BARRED: &str =
    "none of the people there may decide here; an administrator can add somebody";

impl Names<'_> {
    /// Why a step cannot be completed.
    #[must_use]
    pub fn shortage(&self, step: &StepId, shortage: &Shortage) -> String {
        let step_name = self.step(step);
        match shortage {
            Shortage::Nobody { empty, unmet } if empty.is_empty() => {
                self.nobody_responsible(step, unmet)
            }
            Shortage::Nobody { empty, .. } => {
                format!("Nobody can decide step {step_name}. {}", self.empty_seats(step, empty))
            }
            Shortage::TooFew { wanted, possible, empty, same } => {
                let can =
                    if *possible == 0 { "none".to_owned() } else { format!("only {possible}") };
                let wanted = counted((*wanted).into(), "approval");
                let why = [self.empty_seats(step, empty), self.same(same)];
                let why: Vec<String> = why.into_iter().filter(|text| !text.is_empty()).collect();
                let text = format!("Step {step_name} needs {wanted} and {can} can be given.");
                [text].into_iter().chain(why).collect::<Vec<_>>().join(" ")
            }
            Shortage::TooFewPeople { wanted, possible } => {
                too_few_people(&step_name, *wanted, *possible)
            }
            Shortage::TooManySeats { seats } => format!(
                "Step {step_name} would ask for {seats} approvals, and 200 is the most. An administrator has to change the rule."
            ),
        }
    }

    /// Every reason once, whichever assignments it keeps from the step.
    fn nobody_responsible(&self, step: &StepId, unmet: &[NotApplying]) -> String {
        let mut reasons: Vec<String> = Vec::new();
        for reason in unmet.iter().flat_map(|one| self.reasons(&one.explanation)) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        let text = format!("Nobody is responsible for step {}", self.step(step));
        match reasons.as_slice() {
            [] => format!(
                "{text} of a request like this one. An administrator has to look at the rule."
            ),
            _ => format!("{text} of this request. {}", sentences(&reasons)),
        }
    }

    fn empty_seats(&self, step: &StepId, empty: &[EmptySeat]) -> String {
        let reason = |seat: &EmptySeat| {
            let who = self.assignment(step, &seat.assignment);
            format!("{who}: {}", self.empty_because(&seat.why))
        };
        sentences(&empty.iter().map(reason).collect::<Vec<_>>())
    }

    /// FIN-4: whom two seats have in common, by the names of their assignments.
    fn same(&self, same: &[OnlyOne]) -> String {
        let one = |only: &OnlyOne| {
            let places: Vec<String> =
                only.assignments.iter().map(|id| format!("“{}”", label(id.as_str()))).collect();
            let every = if places.len() == 2 { "both " } else { "" };
            format!(
                "{} is the only one who could approve for {every}{}, and one person can give only one approval in a step; an administrator can add somebody, or let one approval count for all of them",
                self.person(&only.user),
                list(&places)
            )
        };
        sentences(&same.iter().map(one).collect::<Vec<_>>())
    }

    /// Why nobody can fill a seat.
    #[must_use]
    pub fn empty_because(&self, why: &EmptyBecause) -> String {
        match why {
            EmptyBecause::PropertyUnset { property: name, of: Some(user) } => format!(
                "the profile of {} has no {}; an administrator can fill it in",
                self.person(user),
                property(name)
            ),
            EmptyBecause::PropertyUnset { property: name, of: None } => {
                format!("{} is not filled in; the requester can fill it in", property(name))
            }
            EmptyBecause::Deactivated { user, property: named } => {
                self.deactivated(user, named.as_ref())
            }
            EmptyBecause::GroupEmpty { group } => self.group_empty(group),
            EmptyBecause::RoleEmpty { .. } => NO_ROLE.to_owned(),
            EmptyBecause::NodeEmpty { node } => format!(
                "nobody has the rights for it at {}; an administrator can give them to somebody",
                self.node(node)
            ),
            EmptyBecause::NobodyThere => "nobody is there; ask an administrator".to_owned(),
            EmptyBecause::NoOwner { resource: Some(resource) } => {
                format!("{} has no owner; an administrator can name one", self.resource(resource))
            }
            EmptyBecause::NoOwner { resource: None } => NO_RESOURCE.to_owned(),
            EmptyBecause::NobodyNamed { name, message } => nobody_named(name, message.as_deref()),
            EmptyBecause::NobodyPicked => {
                "the requester picked nobody; they can do so where the request can be changed, and an administrator can add somebody".to_owned()
            },
            EmptyBecause::OnlyRequester => ONLY_REQUESTER.to_owned(),
            EmptyBecause::Separated => SEPARATED.to_owned(),
            EmptyBecause::SatElsewhere => SAT_ELSEWHERE.to_owned(),
            EmptyBecause::NoSight => NO_SIGHT.to_owned(),
            EmptyBecause::EachBarred => EACH_BARRED.to_owned(),
        }
    }

    fn group_empty(&self, group: &GroupId) -> String {
        let the = if self.directory.group(group).is_some() { "the group " } else { "" };
        format!(
            "nobody is in {the}{} at the moment; an administrator can add somebody",
            self.group(group)
        )
    }

    fn deactivated(&self, user: &UserId, named: Option<&(PropertyName, UserId)>) -> String {
        match named {
            None => format!(
                "{} is deactivated; an administrator can name somebody else",
                self.person(user)
            ),
            Some((name, of)) => format!(
                "{} is deactivated, and is the {} in the profile of {}; an administrator can change it",
                self.person(user),
                property(name),
                self.person(of)
            ),
        }
    }
}

/// STP-5: one person counts once in the whole route.
fn too_few_people(step: &str, wanted: u32, possible: u32) -> String {
    let possible = match possible {
        0 => "none can be given".to_owned(),
        1 => "only 1 person can give one".to_owned(),
        several => format!("only {several} people can give one"),
    };
    format!(
        "Under this rule each person can approve only one step. From step {step} on {} {} needed, and {possible}.",
        counted(wanted.into(), "approval"),
        if wanted == 1 { "is" } else { "are" }
    )
}

/// A script or plugin that was asked who decides.
fn nobody_named(name: &str, message: Option<&str>) -> String {
    match message {
        Some(message) => {
            format!("“{}” finds nobody: {}", label(name), message.trim_end_matches('.'))
        }
        None => format!("“{}” finds nobody; ask an administrator", label(name)),
    }
}
