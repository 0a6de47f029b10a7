//! The interface `steps`: the durable memory of one execution.

use super::{
    bindings::{
        condition::countersign::plugin::types as wit, executor::countersign::plugin::steps,
    },
    refused::{Refused, told},
    request::invalid,
    values,
};
use crate::{
    state::State,
    steps::{MAX_STEPS, Noted, Progress},
};

const WHAT: &str = "steps";
const MAX_NAME: usize = 64;
const MAX_ANSWER: usize = 64 << 10;

type Answer<T> = wasmtime::Result<Result<T, wit::HostError>>;

impl State {
    async fn begin_step(
        &mut self,
        once_key: &str,
        name: &str,
    ) -> Result<Option<steps::Progress>, Refused> {
        self.may_change(WHAT, once_key)?;
        check_name(name)?;
        let noted = self.outside.begin_step(once_key, name).await?;
        match noted.map_err(|fault| self.faulty(WHAT, fault))? {
            Noted::Already(progress) => Ok(to_wit(progress).map(Some)?),
            Noted::TooMany => {
                Err(limit(format!("one execution has at most {MAX_STEPS} steps")).into())
            }
            Noted::Yes | Noted::NotBegun => Ok(None),
        }
    }

    async fn finish_step(
        &mut self,
        once_key: &str,
        name: &str,
        answer: &[u8],
    ) -> Result<(), Refused> {
        self.may_change(WHAT, once_key)?;
        check_name(name)?;
        if answer.len() > MAX_ANSWER {
            let why = format!("the answer of a step has at most {MAX_ANSWER} bytes");
            return Err(limit(why).into());
        }
        let noted = self.outside.finish_step(once_key, name, answer).await?;
        match noted.map_err(|fault| self.faulty(WHAT, fault))? {
            Noted::Already(progress) if progress != Progress::Done(hex::encode(answer)) => {
                Err(invalid(format!("the step `{name}` is done, with another answer")).into())
            }
            Noted::NotBegun | Noted::TooMany => {
                Err(invalid(format!("the step `{name}` was not begun")).into())
            }
            Noted::Yes | Noted::Already(_) => Ok(()),
        }
    }

    async fn look_at_step(
        &mut self,
        once_key: &str,
        name: &str,
    ) -> Result<Option<steps::Progress>, Refused> {
        self.may_look_for(WHAT, once_key)?;
        check_name(name)?;
        let found = self.outside.look_at_step(once_key, name).await?;
        let found = found.map_err(|fault| self.faulty(WHAT, fault))?;
        Ok(found.map(to_wit).transpose()?)
    }
}

impl steps::Host for State {
    async fn begin(&mut self, once_key: String, name: String) -> Answer<Option<steps::Progress>> {
        self.enter()?;
        told(self.begin_step(&once_key, &name).await)
    }

    async fn finish(&mut self, once_key: String, name: String, answer: Vec<u8>) -> Answer<()> {
        self.enter()?;
        told(self.finish_step(&once_key, &name, &answer).await)
    }

    async fn look(&mut self, once_key: String, name: String) -> Answer<Option<steps::Progress>> {
        self.enter()?;
        told(self.look_at_step(&once_key, &name).await)
    }
}

fn check_name(name: &str) -> Result<(), wit::HostError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    if (1..=MAX_NAME).contains(&name.len()) && name.chars().all(plain) {
        return Ok(());
    }
    let name = values::shown(name);
    Err(invalid(format!(
        "`{name}` is no name of a step: expected 1 to {MAX_NAME} of `a-z`, `0-9`, `-`, `_` and `.`"
    )))
}

fn to_wit(progress: Progress) -> Result<steps::Progress, wit::HostError> {
    Ok(match progress {
        Progress::Begun => steps::Progress::Begun,
        Progress::Done(answer) => {
            steps::Progress::Done(hex::decode(answer).map_err(|error| wit::HostError {
                kind: wit::ErrorKind::Internal,
                message: format!("what was noted of the step cannot be read: {error}"),
                code: None,
            })?)
        }
    })
}

fn limit(message: String) -> wit::HostError {
    wit::HostError { kind: wit::ErrorKind::Limit, message, code: None }
}
