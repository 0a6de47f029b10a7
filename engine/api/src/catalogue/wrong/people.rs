//! People, and the steps that ask them.

use engine_core::{
    ids::StepId,
    rejection::{WrongPerson, WrongStep},
};

use super::{Clause, beside, of};
use crate::catalogue::{Names, list};

impl Names<'_> {
    pub(super) fn wrong_person(&self, wrong: &WrongPerson) -> Clause {
        beside(match wrong {
            WrongPerson::TooMany { found, most } => format!(
                "{found} people are too many, and {most} is the most; submit another request for the rest"
            ),
            WrongPerson::Twice { person } => {
                format!("{} stands twice; name each person once", self.person(person))
            }
            WrongPerson::Deactivated { person } => {
                format!("{} is deactivated; choose somebody else", self.person(person))
            }
            WrongPerson::NobodyCalled { login } => {
                format!("nobody here is called “{}”; look how the login is written", shown(login))
            }
            WrongPerson::CannotApprove { account } => format!(
                "{} cannot approve, because the account is deactivated, or no person's; choose somebody else",
                self.person(account)
            ),
            WrongPerson::CannotWatch { account } => format!(
                "{} cannot watch, because the account is deactivated, or no person's; choose somebody else",
                self.person(account)
            ),
            WrongPerson::PickNumber { found, least, most } => pick_number(*found, *least, *most),
            WrongPerson::OwnRequest { person } => format!(
                "{} asks for this, changed it, or is who it is for; choose somebody else",
                self.person(person)
            ),
            WrongPerson::NotOffered { person } => format!(
                "{} is not among those to choose from; choose somebody else, or ask an administrator who they are",
                self.person(person)
            ),
            WrongPerson::Strangers { people } => {
                let watchers = if people.len() == 1 { "a watcher" } else { "watchers" };
                format!(
                    "{} cannot see this request; make them {watchers} first, or leave out the @",
                    self.people(people)
                )
            }
        })
    }

    pub(super) fn wrong_step(&self, wrong: &WrongStep) -> Clause {
        match wrong {
            WrongStep::Unknown { step } => beside(self.no_step(step)),
            WrongStep::NotDecided { step } => beside(format!(
                "step {} has not been decided; choose an earlier one that has been",
                self.step(step)
            )),
            WrongStep::TooManyApprovers { most } => beside(format!(
                "the step asks {most} people already, and that is the most; remove somebody first"
            )),
            WrongStep::AskedAlready => of("is asked in this step already; choose somebody else"),
            WrongStep::DecidedAlready => of("decided in this step already; choose somebody else"),
            WrongStep::DecidedAndStays => of("decided in this step already, and stays"),
            WrongStep::NotAsked => of("is not asked in this step; there is nobody to remove"),
        }
    }

    fn no_step(&self, named: &StepId) -> String {
        let steps = self.rule().map_or(&[][..], |rule| rule.steps.as_slice());
        let titles: Vec<String> = steps.iter().map(|step| self.step(&step.id)).collect();
        let is = match titles.as_slice() {
            [] => return format!("there is no step “{named}”; look how the steps are called"),
            [only] => format!("its only step is {only}"),
            several => format!("its steps are {}", list(several)),
        };
        format!("the rule has no step “{named}”; {is}")
    }
}

fn pick_number(found: usize, least: u32, most: u32) -> String {
    let wanted = if least == most { least.to_string() } else { format!("{least} to {most}") };
    format!("choose {wanted} of those there are; you chose {found}")
}

/// What somebody wrote, as far as it tells them what is meant.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(80).collect()
}
