//! The interface `determinism`: the only clock and dice, the same in every repetition of a call.

use chrono::{Datelike as _, Offset as _};
use chrono_tz::Tz;
use sha2::{Digest as _, Sha256};

use super::{
    bindings::condition::countersign::plugin::{determinism, types as wit},
    request::invalid,
    values,
};
use crate::{
    call::Read,
    state::{State, Stop, Task},
};

const MAX_RANDOM_BYTES: u64 = 1_024;

impl determinism::Host for State {
    fn now(&mut self) -> wasmtime::Result<String> {
        self.enter()?;
        self.read(Read::Fact("now"));
        Ok(values::timestamp(self.call.facts.now))
    }

    fn local_time(
        &mut self,
        at: String,
        time_zone: Option<String>,
    ) -> wasmtime::Result<Result<determinism::WallTime, wit::HostError>> {
        self.enter()?;
        let zone = match &time_zone {
            None => Ok(self.call.zone),
            Some(name) => name
                .parse::<Tz>()
                .map_err(|_| format!("`{}` is not a time zone", values::shown(name))),
        };
        let there = zone.and_then(|zone| Ok(values::instant(&at)?.with_timezone(&zone)));
        Ok(there.map_err(invalid).and_then(|there| {
            let seconds = there.offset().fix().local_minus_utc();
            let weekday = u8::try_from(there.weekday().number_from_monday());
            let offset = i16::try_from(seconds.div_euclid(60));
            let out_of_range = |_| invalid("the instant is out of range".to_owned());
            Ok(determinism::WallTime {
                date: there.date_naive().to_string(),
                time: there.format("%H:%M:%S").to_string(),
                weekday: weekday.map_err(out_of_range)?,
                offset_minutes: offset.map_err(out_of_range)?,
            })
        }))
    }

    fn random_bytes(&mut self, length: u32) -> wasmtime::Result<Vec<u8>> {
        self.enter()?;
        Ok(self.dice(u64::from(length))?)
    }
}

impl State {
    /// Throws the dice: the same in every repetition of the call.
    ///
    /// # Errors
    /// [`Stop`] for more bytes than anybody needs.
    pub(crate) fn dice(&mut self, length: u64) -> Result<Vec<u8>, Stop> {
        if length > MAX_RANDOM_BYTES {
            let why = format!("{length} bytes, the most are {MAX_RANDOM_BYTES}");
            return Err(Stop::BadArgument { function: "determinism.random-bytes", why });
        }
        self.read(Read::Fact("random"));
        let seed = self.seed();
        let blocks = (0_u32..).flat_map(|block| {
            Sha256::new().chain_update(&seed).chain_update(block.to_be_bytes()).finalize()
        });
        Ok(blocks.zip(0..length).map(|(byte, _)| byte).collect())
    }

    /// What the dice depend on: the plugin, the request, the step, the instant of the command, the
    /// key of the effect, and how many calls of this run came before.
    fn seed(&self) -> Vec<u8> {
        let facts = &self.call.facts;
        let key = match &self.task {
            Task::Execute(key)
            | Task::Probe(key)
            | Task::Revert { key, .. }
            | Task::Deliver(key) => key.as_str(),
            Task::Trial | Task::Decide | Task::Plan => "",
        };
        let step = facts.step.as_ref().map_or("", |step| step.as_str());
        let now = facts.now.to_rfc3339();
        let calls = self.trace.host_calls.to_string();
        let (plugin, organization) = (self.manifest.name.as_str(), facts.organization.as_str());
        let parts = [plugin, organization, facts.request.as_str(), step, &now, key, &calls];
        parts.join("\0").into_bytes()
    }
}
