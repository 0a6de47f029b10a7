//! `countersign plugin run`: one call of a plugin in the production host.

use std::process::ExitCode;

use clap::Args;
use engine_core::ids::UserId;
use engine_host::{Answer, Call, Host, Plugin, Trace, World};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{
    super::{
        Place,
        output::{say, warn},
    },
    given::Given,
};
use crate::workshop::{
    Workshop,
    words::{login, nominee, plan, problem, verdict},
};

const EXAMPLE: &str = "\
Example:
  countersign plugin run target/components/calendar.wasm -i request.json

where request.json (or .yaml) says what the plugin is asked about:
  {\"request\": {\"requester\": \"ann\", \"properties\": {\"amount\": \"900 EUR\"}},
   \"config\": {\"zone\": \"Europe/Riga\"},
   \"directory\": {\"users\": [{\"login\": \"ann\"}]},
   \"grant\": {\"connections\": {\"shop-db\": \"read\"}},
   \"now\": \"2026-03-02T09:00:00Z\"}

Beside these it can have `rates`, `time_zone` and `calendar`, as an organization has them; and
`world`, where the plugin serves several: the first of them is asked where it is absent.

Connections and secrets of a grant come from --config. An executor is asked for its plan; with
--execute it runs. A notifier delivers what \"notice\" says: recipient, code, subject, text, link.";

/// Call a plugin once, in the host that the engine uses.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Run {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    given: Given,
    /// For an executor: do it, with this key of the effect; for a notifier: the key of the notice
    #[arg(long, value_name = "ONCE-KEY")]
    execute: Option<String>,
}

impl Run {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let workshop = Workshop::open(&self.place.config()?).await?;
        let (plugin, world, call) = self.given.read(&workshop).await?;
        self.call(&workshop.host, &plugin, world, &call).await
    }

    async fn call(
        &self,
        host: &Host,
        plugin: &Plugin,
        world: World,
        call: &Call,
    ) -> anyhow::Result<ExitCode> {
        let who = |id: &UserId| login(call, id);
        match world {
            World::Condition => {
                let answer = tokio::task::block_in_place(|| host.condition(plugin, call));
                show(answer, verdict)
            }
            World::Approvers => {
                let answer = tokio::task::block_in_place(|| host.approvers(plugin, call));
                show(answer, |nominees| nominees.iter().map(|n| nominee(n, &who)).collect())
            }
            World::Validator => {
                let answer = tokio::task::block_in_place(|| host.validate(plugin, call));
                show(answer, |problems| problems.iter().map(problem).collect())
            }
            World::Notifier => {
                let key = self.execute.as_deref().unwrap_or("trial");
                let answer = host.deliver(plugin, call, key).await;
                show(answer, |name| json!({ "delivered": name }))
            }
            World::Executor => self.execute(host, plugin, call).await,
        }
    }

    async fn execute(&self, host: &Host, plugin: &Plugin, call: &Call) -> anyhow::Result<ExitCode> {
        let planned = host.plan(plugin, call).await;
        let (Some(key), Ok(approved)) = (&self.execute, &planned.result) else {
            return show(planned, plan);
        };
        let call = Call { statements: approved.statements.clone().into(), ..call.clone() };
        show(
            host.execute(plugin, &call, key).await,
            |receipt| json!({ "reference": receipt.reference, "fields": receipt.fields }),
        )
    }
}

/// Prints what came of a call, and what happened on the way.
fn show<T>(answer: Answer<T>, tell: impl Fn(&T) -> Json) -> anyhow::Result<ExitCode> {
    let Answer { result, trace } = answer;
    let (told, code) = match &result {
        Ok(value) => (json!({ "answer": tell(value) }), ExitCode::SUCCESS),
        Err(failure) => (json!({ "failure": serde_json::to_value(failure)? }), ExitCode::FAILURE),
    };
    say(&serde_json::to_string_pretty(&told)?);
    tell_trace(&trace)?;
    Ok(code)
}

fn tell_trace(trace: &Trace) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Line<'a> {
        level: &'a engine_host::LogLevel,
        fields: &'a [(String, String)],
    }
    for line in &trace.log {
        let about = serde_json::to_string(&Line { level: &line.level, fields: &line.fields })?;
        warn(&format!("log: {} {about}", line.message));
    }
    for denial in &trace.denials {
        warn(&format!("denied: {} `{}`: {}", denial.capability, denial.name, denial.why));
    }
    let reads: Vec<String> = trace.reads.words().into_iter().collect();
    warn(&format!("read: {}", reads.join(", ")));
    warn(&format!(
        "used: {} fuel, {} calls of the host, {} bytes, {} ms",
        trace.fuel,
        trace.host_calls,
        trace.memory,
        trace.elapsed.as_millis()
    ));
    Ok(())
}
