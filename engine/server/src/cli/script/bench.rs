//! `countersign script bench`.

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Args;
use engine_host::ScriptLimits;
use serde_json::json;

use super::{
    super::output::{say, warn},
    Asked, Ready, failed, share,
};

const EXAMPLES: &str = "\
Examples:
  countersign script bench office-hours.rhai -i request.json
  countersign script bench office-hours.rhai -i request.json --seconds 10 --json
  countersign script bench reviewers.rhai -i request.json --as approvers --max-operations 500

Operations are the same in every run and on every machine; times are this machine's.

Exit status:
  0  measured, and within --max-operations
  1  the script does not compile, gave no answer, or used more operations
  2  wrong usage";

/// Before anything is measured.
const WARM_UP: u32 = 50;
/// Fewer say nothing about the slowest of them.
const FEWEST: usize = 100;
const BETWEEN_LINES: Duration = Duration::from_millis(200);

/// Measure what a script takes.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Bench {
    #[command(flatten)]
    asked: Asked,
    /// How long to measure
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// More operations are a failure
    #[arg(long, value_name = "N")]
    max_operations: Option<u64>,
}

/// Of many runs.
#[derive(Debug, PartialEq)]
struct Measured {
    runs: usize,
    median: Duration,
    p95: Duration,
    per_second: f64,
}

impl Bench {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(ready) = self.asked.ready().await? else { return Ok(ExitCode::FAILURE) };
        tokio::task::block_in_place(|| self.measure(&ready))
    }

    fn measure(&self, ready: &Ready) -> anyhow::Result<ExitCode> {
        let first = ready.ask();
        if let Err(failure) = &first.result {
            failed(failure);
            return Ok(ExitCode::FAILURE);
        }
        let found = measured(&mut times(ready, Duration::from_secs(self.seconds)));
        let (operations, (limit, share)) = (first.trace.fuel, share(&first.trace));
        let deadline = ScriptLimits::default().deadline;
        let of_deadline = found.p95.as_secs_f64() * 100.0 / deadline.as_secs_f64();
        let micros = |time: Duration| time.as_secs_f64() * 1_000_000.0;
        if self.asked.json {
            say(&serde_json::to_string_pretty(&json!({
                "runs": found.runs,
                "median_us": micros(found.median),
                "p95_us": micros(found.p95),
                "calls_per_second": found.per_second,
                "operations": operations,
                "operations_limit": limit,
                "operations_percent": share,
                "deadline_percent": of_deadline,
            }))?);
        } else {
            say(&format!("{} runs", found.runs));
            say(&format!("operations  {operations}, {share:.2} % of {limit}"));
            say(&format!("median      {:.2} µs", micros(found.median)));
            say(&format!(
                "p95         {:.2} µs, {of_deadline:.2} % of {} ms",
                micros(found.p95),
                deadline.as_millis()
            ));
            say(&format!("per second  {:.0}, on one core", found.per_second));
        }
        Ok(self.gate(operations))
    }

    fn gate(&self, operations: u64) -> ExitCode {
        match self.max_operations {
            Some(most) if operations > most => {
                warn(&format!("error: {operations} operations, the most are to be {most}"));
                ExitCode::FAILURE
            }
            Some(_) | None => ExitCode::SUCCESS,
        }
    }
}

/// Runs the script for so long; how long each run took.
fn times(ready: &Ready, length: Duration) -> Vec<Duration> {
    let mut err = io::stderr();
    let is_watched = err.is_terminal();
    for _ in 0..WARM_UP {
        ready.ask();
    }
    let (start, mut told, mut times) = (Instant::now(), Instant::now(), Vec::new());
    while times.len() < FEWEST || start.elapsed() < length {
        let begin = Instant::now();
        ready.ask();
        times.push(begin.elapsed());
        if is_watched && told.elapsed() > BETWEEN_LINES {
            told = Instant::now();
            // For somebody who watches: where it cannot be written, nothing is lost.
            let _ = write!(err, "\r{} runs", times.len()).and_then(|()| err.flush());
        }
    }
    if is_watched {
        let _ = write!(err, "\r\x1b[2K").and_then(|()| err.flush());
    }
    times
}

fn measured(times: &mut [Duration]) -> Measured {
    times.sort();
    let at = |share: usize| {
        let place = (times.len().saturating_mul(share) / 100).min(times.len().saturating_sub(1));
        times.get(place).copied().unwrap_or_default()
    };
    let all: Duration = times.iter().sum();
    let per_second = times.len() as f64 / all.as_secs_f64().max(f64::MIN_POSITIVE);
    Measured { runs: times.len(), median: at(50), p95: at(95), per_second }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_of_twenty_is_above_p95() {
        let mut times: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        let found = measured(&mut times);
        assert_eq!((found.runs, found.median), (100, Duration::from_millis(51)));
        assert_eq!(found.p95, Duration::from_millis(96));
        assert!((found.per_second - 100.0 / 5.05).abs() < 0.001, "{}", found.per_second);
    }
}
