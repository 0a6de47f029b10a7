//! The cases of a plugin: what it is asked, and what it is expected to answer.

mod ask;
mod databases;
mod difference;
mod file;
mod server;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail, ensure};
use engine_api::organization::{GrantDoc, HttpGrantDoc};
use engine_connect::Secret;
use engine_host::{Host, Plugin};
use serde_json::{Value as Json, json};

use self::{ask::Told, databases::Databases, file::Asked};
pub(crate) use self::{
    file::{Case, CaseFiles},
    server::Server,
};
use crate::{
    config::Config,
    workshop::{Workshop, asked_as},
};

/// So long may all cases take that a component carries.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many may they be.
const MOST: usize = 100;
/// So many cases are told that came out otherwise.
const TOLD: usize = 3;
/// So many characters are told of each.
const TOLD_OF_ONE: usize = 250;

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

/// Where cases are asked.
pub(crate) struct Room {
    pub(crate) workshop: Workshop,
    pub(crate) plugin: Plugin,
    /// None where no case names it.
    pub(crate) server: Option<Server>,
    pub(crate) given: Given,
}

/// What cases bring that an operator would configure.
pub(crate) struct Given {
    databases: Databases,
    secrets: BTreeMap<String, Secret>,
}

impl Given {
    /// What all of these cases bring.
    ///
    /// # Errors
    /// Where two have another secret under one name: a host has one.
    pub(crate) fn of(cases: &[Case]) -> anyhow::Result<Self> {
        let mut secrets: BTreeMap<String, Secret> = BTreeMap::new();
        for Case { file, name, asked } in cases {
            for (secret, text) in &asked.secrets {
                let other = secrets.insert(secret.clone(), text.clone());
                ensure!(
                    other.is_none_or(|other| other == *text),
                    "{file}: `{name}`: secrets: `{secret}` is another in another case"
                );
            }
        }
        Ok(Self { databases: Databases::of(cases)?, secrets })
    }

    /// As an operator would configure it.
    pub(crate) fn config(&self) -> Config {
        let connections = self.databases.connections();
        Config { connections, secrets: self.secrets.clone(), ..Config::default() }
    }
}

impl Room {
    /// Asks a case.
    pub(crate) async fn ask(&self, case: Case) -> anyhow::Result<Outcome> {
        let Case { file, name, asked } = case;
        let Asked { input, expect, deeds, reply, databases, secrets: _ } = asked;
        let place = || format!("{file}: `{name}`");
        if let Some(server) = &self.server {
            server.answer_with(reply);
        }
        self.given.databases.make(&databases).with_context(place)?;
        let world = asked_as(&self.plugin, input.world).with_context(place)?;
        let call = self.workshop.call(input).await.with_context(place)?;
        let told = ask::ask(&self.workshop.host, &self.plugin, world, &call, &deeds).await;
        let Told { mut answer, log } = told;
        if let Json::Object(answer) = &mut answer {
            if expect.get("sent").is_some() {
                let heard = self.server.as_ref().map_or_else(|| json!([]), Server::heard);
                answer.insert("sent".to_owned(), heard);
            }
            if let Some(expected) = expect.get("rows") {
                answer.insert("rows".to_owned(), self.given.databases.rows(expected).await);
            }
        }
        let differences = difference::between(&expect, &answer);
        Ok(Outcome { file, name, differences, answer, log })
    }
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
    let (started, server) = (Instant::now(), Server::of(&files)?);
    let address = server.as_ref().map(Server::address).unwrap_or_default();
    let mut cases = files.cases(&address, MOST)?;
    cases.retain(|case| stays_here(&case.asked, &address));
    let (workshop, given) = (Workshop::beside(host).await?, Given::of(&cases)?);
    let room = Room { workshop, plugin: plugin.clone(), server, given };
    let (all, mut failed) = (cases.len(), Vec::new());
    for case in cases {
        let left = PATIENCE.saturating_sub(started.elapsed());
        let asked = tokio::time::timeout(left, room.ask(case)).await.with_context(|| {
            let seconds = PATIENCE.as_secs();
            format!("the cases that the component carries take longer than {seconds} s")
        })?;
        let Outcome { file, name, differences, .. } = asked?;
        if !differences.is_empty() {
            failed.push(cut(&format!("{file}: `{name}`: {}", differences.join("; "))));
        }
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

/// A line, or the beginning of a long one and how much of it is left out.
fn cut(line: &str) -> String {
    let Some((end, _)) = line.char_indices().nth(TOLD_OF_ONE) else { return line.to_owned() };
    let (told, rest) = line.split_at(end);
    format!("{told} … ({} more characters)", rest.chars().count())
}

/// Whether a case reaches nothing but itself.
fn stays_here(asked: &Asked, server: &str) -> bool {
    let Asked { input, expect: _, deeds: _, reply: _, databases, secrets } = asked;
    // Files are the workshop's own.
    let GrantDoc { connections, lookups, blobs: _, secrets: of_operator, http } = &input.grant;
    databases.is_empty()
        && secrets.is_empty()
        && connections.is_empty()
        && lookups.is_empty()
        && of_operator.is_empty()
        && calls_nobody(http, server)
}

/// Whether no other system may be called than the one that the cases play.
fn calls_nobody(granted: &BTreeMap<String, HttpGrantDoc>, server: &str) -> bool {
    granted.keys().all(|origin| origin == server)
}

/// Takes away the cases that call other systems: whoever asks what came with a file asks with a network
/// that is not the file's. Answers how many.
pub(crate) fn leave_out_callers(cases: &mut Vec<Case>, server: &str) -> usize {
    let all = cases.len();
    cases.retain(|case| calls_nobody(&case.asked.input.grant.http, server));
    all - cases.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_between_characters() {
        let short = "ü".repeat(TOLD_OF_ONE);
        assert_eq!(cut(&short), short);
        assert_eq!(cut(&format!("{short}äöü")), format!("{short} … (3 more characters)"));
    }
}
