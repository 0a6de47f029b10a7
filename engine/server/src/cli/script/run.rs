//! `countersign script run`.

use std::process::ExitCode;

use clap::Args;
use engine_host::{Answer, Trace};
use serde_json::{Value as Json, json};

use super::{
    super::output::{say, warn},
    Asked, failed, share,
};

const EXAMPLES: &str = "\
Examples:
  countersign script run office-hours.rhai -i request.json
  countersign script run reviewers.rhai -i request.json --as approvers --json

`countersign help plugin run` shows what stands in request.json.

Exit status:
  0  the script answered
  1  it does not compile, or it gave no answer
  2  wrong usage";

/// Run a script once, in the host that the engine uses.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Run {
    #[command(flatten)]
    asked: Asked,
}

impl Run {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(ready) = self.asked.ready().await? else { return Ok(ExitCode::FAILURE) };
        let answer = tokio::task::block_in_place(|| ready.ask());
        match self.asked.json {
            true => say(&serde_json::to_string_pretty(&document(&answer)?)?),
            false => tell(&answer)?,
        }
        Ok(if answer.result.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// The answer on standard output, what happened on the way on standard error.
fn tell(answer: &Answer<Json>) -> anyhow::Result<()> {
    match &answer.result {
        Ok(value) => say(&serde_json::to_string_pretty(&json!({ "answer": value }))?),
        Err(failure) => failed(failure),
    }
    let trace = &answer.trace;
    for line in &trace.log {
        warn(&format!("log: {}", line.message));
    }
    let reads: Vec<String> = trace.reads.words().into_iter().collect();
    warn(&format!(
        "read: {}",
        if reads.is_empty() { "nothing".to_owned() } else { reads.join(", ") }
    ));
    warn(&format!("used: {}", used(trace)));
    Ok(())
}

fn used(trace: &Trace) -> String {
    let (limit, share) = share(trace);
    format!(
        "{} operations, {share:.2} % of {limit}; {} calls of the host; {:.3} ms",
        trace.fuel,
        trace.host_calls,
        trace.elapsed.as_secs_f64() * 1_000.0
    )
}

fn document(answer: &Answer<Json>) -> anyhow::Result<Json> {
    let trace = &answer.trace;
    let (limit, share) = share(trace);
    let (name, said) = match &answer.result {
        Ok(value) => ("answer", value.clone()),
        Err(failure) => ("failure", serde_json::to_value(failure)?),
    };
    Ok(json!({
        name: said,
        "reads": trace.reads,
        "log": trace.log,
        "operations": trace.fuel,
        "operations_limit": limit,
        "operations_percent": share,
        "microseconds": trace.elapsed.as_secs_f64() * 1_000_000.0,
    }))
}
