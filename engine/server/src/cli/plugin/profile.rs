//! `countersign plugin profile`: where the fuel of a call goes.
//!
//! The call is repeated with less fuel each time. Where it stops is where it was when it had used so much:
//! the same on every machine, and without anything built into the component.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use anyhow::Context as _;
use clap::Args;
use engine_core::extension::FailureClass;
use engine_host::{Call, Host, Limits, Plugin, World};
use serde::Serialize;

use super::{
    super::output::{Form, say, warn},
    bench::{Ask, question},
    given::Given,
};
use crate::workshop::Workshop;

const EXAMPLES: &str = "\
The input is that of `countersign plugin run`. The functions have the names that the file has for them: in
Rust, leave out `strip = true` in the profile that it is built with.

Examples:
  countersign plugin profile calendar.wasm -i request.json
  countersign plugin profile calendar.wasm -i request.json --samples 2000 --json";

/// How long a call may take while it is looked at.
const PATIENCE: Duration = Duration::from_secs(60);
/// How many functions are shown.
const SHOWN: usize = 20;

/// Say where the fuel of a call goes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Profile {
    #[command(flatten)]
    given: Given,
    /// How often to look where it is
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    samples: u32,
    #[command(flatten)]
    form: Form,
}

/// A function, and its part of the fuel.
#[derive(Debug, PartialEq, Serialize)]
struct Part {
    function: String,
    /// Of itself alone.
    own_percent: f64,
    /// With what it called.
    whole_percent: f64,
}

impl Profile {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let workshop = Workshop::bare()?;
        let (plugin, world, call) = self.given.read(&workshop).await?;
        tokio::task::block_in_place(|| self.look(&workshop.host, &plugin, world, &call))
    }

    fn look(
        &self,
        host: &Host,
        plugin: &Plugin,
        world: World,
        call: &Call,
    ) -> anyhow::Result<ExitCode> {
        let ask =
            question(world).context("only questions are looked at, and a notifier has none")?;
        let limits = Limits { deadline: PATIENCE, ..host.usual_limits(plugin, world).clone() };
        let within = |fuel: u64| {
            let limits = Some(Arc::new(Limits { fuel, ..limits.clone() }));
            Call { limits, ..call.clone() }
        };
        let (result, trace) = ask(host, plugin, &within(limits.fuel));
        if let Err(failure) = &result {
            warn(&format!("the call fails, and is looked at up to there: {}", failure.message));
        }
        let stacks = self.stacks(trace.fuel, |fuel| stopped(ask, host, plugin, &within(fuel)));
        let parts = parts(&stacks);
        self.form.tell(&parts, || {
            say(&format!("{} fuel, looked at {} times", trace.fuel, stacks.len()));
            say("   own  whole  function");
            for Part { function, own_percent, whole_percent } in parts.iter().take(SHOWN) {
                say(&format!("{own_percent:5.1}% {whole_percent:5.1}%  {function}"));
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// Where the call was, at evenly spread amounts of fuel.
    fn stacks(&self, fuel: u64, at: impl Fn(u64) -> Option<Vec<String>>) -> Vec<Vec<String>> {
        let samples = u64::from(self.samples);
        let place =
            |n: u64| (u128::from(fuel) * u128::from(2 * n + 1) / u128::from(2 * samples)) as u64;
        let mut places: Vec<u64> = (0..samples).map(place).collect();
        places.dedup();
        places.into_iter().filter_map(at).collect()
    }
}

/// The functions that were under way when the fuel was used up.
fn stopped(ask: Ask, host: &Host, plugin: &Plugin, call: &Call) -> Option<Vec<String>> {
    let (result, trace) = ask(host, plugin, call);
    let is_out = result.is_err_and(|failure| failure.class == FailureClass::Fuel);
    (is_out && !trace.stack.is_empty()).then_some(trace.stack)
}

/// The functions, those that use most themselves first.
fn parts(stacks: &[Vec<String>]) -> Vec<Part> {
    let mut counts: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for stack in stacks {
        if let Some(innermost) = stack.first() {
            counts.entry(innermost).or_default().0 += 1;
        }
        for function in stack.iter().collect::<BTreeSet<_>>() {
            counts.entry(function).or_default().1 += 1;
        }
    }
    let percent = |count: u32| f64::from(count) * 100.0 / stacks.len().max(1) as f64;
    let mut parts: Vec<Part> = counts
        .into_iter()
        .map(|(function, (own, whole))| Part {
            function: function.to_owned(),
            own_percent: percent(own),
            whole_percent: percent(whole),
        })
        .collect();
    let key = |part: &Part| (part.own_percent, part.whole_percent);
    parts.sort_by(|a, b| key(b).partial_cmp(&key(a)).unwrap_or(std::cmp::Ordering::Equal));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_counts_once_for_itself_and_once_for_all_it_calls() {
        let stack = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let stacks: Vec<Vec<String>> = vec![
            stack(&["parse", "evaluate"]),
            stack(&["parse", "parse", "evaluate"]),
            stack(&["evaluate"]),
            stack(&["compare", "evaluate"]),
        ];
        let found = parts(&stacks);
        let told: Vec<_> =
            found.iter().map(|p| (p.function.as_str(), p.own_percent, p.whole_percent)).collect();
        assert_eq!(
            told,
            [("parse", 50.0, 50.0), ("evaluate", 25.0, 100.0), ("compare", 25.0, 25.0)]
        );
        assert_eq!(parts(&[]), []);
    }
}
