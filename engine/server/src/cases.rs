//! The cases of a plugin: what it is asked, and what it is expected to answer.

mod ask;
mod difference;
mod file;
mod server;

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use engine_host::{Host, Plugin};
use serde_json::Value as Json;

use self::{
    ask::Told,
    file::{Asked, Case},
};
pub(crate) use self::{file::CaseFiles, server::Server};
use crate::workshop::{Input, Workshop};

/// So long may all cases take that a component carries.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many cases are told that came out otherwise.
const TOLD: usize = 3;

/// What came of a case.
pub(crate) struct Outcome {
    pub(crate) file: String,
    pub(crate) name: String,
    /// What is different, one line each; none where the case is as it says.
    pub(crate) differences: Vec<String>,
    pub(crate) answer: Json,
    /// What the plugin said meanwhile.
    pub(crate) log: Vec<String>,
}

/// Asks a plugin a case, with the other system that it names.
pub(crate) async fn ask(
    workshop: &Workshop,
    plugin: &Plugin,
    server: &Server,
    case: Case,
) -> anyhow::Result<Outcome> {
    let Asked { input, expect, execute, reply } = case.asked;
    server.answer_with(reply);
    let call = workshop.call(input).await;
    let call = call.with_context(|| format!("{}: `{}`", case.file, case.name))?;
    let Told { mut answer, log } =
        ask::ask(&workshop.host, plugin, &call, execute.as_deref()).await;
    if let (Json::Object(answer), Some(_)) = (&mut answer, expect.get("sent")) {
        answer.insert("sent".to_owned(), server.heard());
    }
    let differences = difference::between(&expect, &answer);
    Ok(Outcome { file: case.file, name: case.name, differences, answer, log })
}

/// Asks a component the cases that it carries, before anybody else asks it anything: on the machine of
/// the host, but with nothing of the operator's. A case that needs a connection, a secret or another system
/// than its own is not asked. Answers how many were.
///
/// # Errors
/// Where one makes no sense or comes out otherwise, or where all of them take too long.
pub(crate) async fn prove(host: Host, plugin: Plugin, component: Vec<u8>) -> anyhow::Result<usize> {
    let runtime = tokio::runtime::Handle::current();
    let proving = move || runtime.block_on(prove_here(&host, &plugin, &component));
    tokio::task::spawn_blocking(proving).await?
}

async fn prove_here(host: &Host, plugin: &Plugin, component: &[u8]) -> anyhow::Result<usize> {
    let files = CaseFiles::carried(component)?;
    if files == CaseFiles::default() {
        return Ok(0);
    }
    let server = Server::start()?;
    let mut cases = files.cases(&server.address())?;
    cases.retain(|case| stays_here(&case.asked.input, &server.address()));
    let workshop = Workshop::beside(host).await?;
    let (started, all) = (Instant::now(), cases.len());
    let mut failed = Vec::new();
    for case in cases {
        let Outcome { file, name, differences, .. } = ask(&workshop, plugin, &server, case).await?;
        if !differences.is_empty() {
            failed.push(format!("{file}: `{name}`: {}", differences.join("; ")));
        }
        let late = "the cases that the component carries take longer than";
        ensure!(started.elapsed() < PATIENCE, "{late} {} s", PATIENCE.as_secs());
    }
    if failed.is_empty() {
        return Ok(all);
    }
    let told: Vec<&str> = failed.iter().take(TOLD).map(String::as_str).collect();
    bail!(
        "{} of the {all} cases that the component carries came out otherwise: {}",
        failed.len(),
        told.join(" | ")
    )
}

/// Whether a case reaches nothing but itself.
fn stays_here(input: &Input, server: &str) -> bool {
    let granted = &input.grant;
    granted.connections.is_empty()
        && granted.lookups.is_empty()
        && granted.secrets.is_empty()
        && granted.http.keys().all(|origin| origin == server)
}
