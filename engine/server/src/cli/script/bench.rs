//! `countersign script bench`.

use std::{process::ExitCode, time::Duration};

use clap::Args;
use engine_host::ScriptLimits;
use serde_json::json;

use super::{
    super::{
        measure,
        output::{say, warn},
    },
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
        let found = measure::repeated(Duration::from_secs(self.seconds), || drop(ready.ask()));
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
