//! `countersign plugin bench`.

use std::{process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Args;
use engine_core::extension::Failure;
use engine_host::{Call, Host, Limits, Plugin, Trace, World};
use serde_json::json;

use super::{
    super::{
        measure,
        output::{Form, say, warn},
    },
    given::Given,
};
use crate::workshop::Workshop;

const EXAMPLES: &str = "\
The input is that of `countersign plugin run`. An executor is asked for its plan; nothing is executed.
Fuel, memory and calls of the host are the same in every run and on every machine; times are this
machine's.

Examples:
  countersign plugin bench calendar.wasm -i request.json
  countersign plugin bench calendar.wasm -i request.json --seconds 10 --json
  countersign plugin bench calendar.wasm -i request.json --max-fuel 500000

Exit status:
  0  measured, and within --max-fuel
  1  the file is no plugin, gave no answer, or used more fuel
  2  wrong usage";

/// Measure what a call of a plugin takes, beside what it may.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Bench {
    #[command(flatten)]
    given: Given,
    /// How long to measure
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// More fuel is a failure
    #[arg(long, value_name = "N")]
    max_fuel: Option<u64>,
    #[command(flatten)]
    form: Form,
}

impl Bench {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let workshop = Workshop::bare()?;
        let (plugin, world, call) = self.given.read(&workshop).await?;
        tokio::task::block_in_place(|| self.measure(&workshop.host, &plugin, world, &call))
    }

    fn measure(
        &self,
        host: &Host,
        plugin: &Plugin,
        world: World,
        call: &Call,
    ) -> anyhow::Result<ExitCode> {
        let ask =
            question(world).context("only questions are measured, and a notifier has none")?;
        let (result, trace) = ask(host, plugin, call);
        if let Err(failure) = result {
            warn(&format!("error: {:?}: {}", failure.class, failure.message));
            return Ok(ExitCode::FAILURE);
        }
        let length = Duration::from_secs(self.seconds);
        let found = measure::repeated(length, || drop(ask(host, plugin, call)));
        self.tell(&trace, host.usual_limits(plugin, world), &found)?;
        Ok(match self.max_fuel {
            Some(most) if trace.fuel > most => {
                warn(&format!("error: {} fuel, the most are to be {most}", trace.fuel));
                ExitCode::FAILURE
            }
            Some(_) | None => ExitCode::SUCCESS,
        })
    }

    fn tell(
        &self,
        trace: &Trace,
        limits: &Limits,
        found: &measure::Measured,
    ) -> anyhow::Result<()> {
        let share = |used: f64, most: f64| used * 100.0 / most;
        let fuel = share(trace.fuel as f64, limits.fuel as f64);
        let memory = share(trace.memory as f64, limits.memory as f64);
        let calls = share(trace.host_calls.into(), limits.host_calls.into());
        let deadline = share(found.p95.as_secs_f64(), limits.deadline.as_secs_f64());
        let document = json!({
            "runs": found.runs,
            "median_us": micros(found.median),
            "p95_us": micros(found.p95),
            "calls_per_second": found.per_second,
            "fuel": trace.fuel,
            "fuel_percent": fuel,
            "memory": trace.memory,
            "memory_percent": memory,
            "host_calls": trace.host_calls,
            "host_calls_percent": calls,
            "deadline_percent": deadline,
        });
        let lines = || {
            say(&format!("{} runs", found.runs));
            say(&format!("fuel        {}, {fuel:.2} % of {}", trace.fuel, limits.fuel));
            say(&format!("memory      {} bytes, {memory:.2} % of {}", trace.memory, limits.memory));
            say(&format!(
                "host calls  {}, {calls:.2} % of {}",
                trace.host_calls, limits.host_calls
            ));
            let (p95, most) = (micros(found.p95), limits.deadline.as_millis());
            say(&format!("median      {:.2} µs", micros(found.median)));
            say(&format!("p95         {p95:.2} µs, {deadline:.2} % of {most} ms"));
            say(&format!("per second  {:.0}, on one core", found.per_second));
        };
        Ok(self.form.tell(&document, lines)?)
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000_000.0
}

pub(super) type Ask = fn(&Host, &Plugin, &Call) -> (Result<(), Failure>, Trace);

/// What a plugin is asked in a world; a notifier is asked nothing.
pub(super) fn question(world: World) -> Option<Ask> {
    let ask: Ask = match world {
        World::Condition => |host, plugin, call| {
            let answer = host.condition(plugin, call);
            (answer.result.map(drop), answer.trace)
        },
        World::Approvers => |host, plugin, call| {
            let answer = host.approvers(plugin, call);
            (answer.result.map(drop), answer.trace)
        },
        World::Validator => |host, plugin, call| {
            let answer = host.validate(plugin, call);
            (answer.result.map(drop), answer.trace)
        },
        World::Executor => |host, plugin, call| {
            let runtime = tokio::runtime::Handle::current();
            let answer = runtime.block_on(host.plan(plugin, call));
            (answer.result.map(drop), answer.trace)
        },
        World::Notifier => return None,
    };
    Some(ask)
}
