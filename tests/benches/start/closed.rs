//! Many closed requests.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, anyhow, ensure};
use engine_core::{
    command::{Command, Decide, Submit},
    request::Choice,
    rule::Target,
};
use engine_runtime::{Caller, Change, Engine};
use engine_server::{config::Config, data};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{memory, owner};

/// Requests that are open at the same time.
const AT_ONCE: usize = 64;
/// How often the memory is told on the way.
const MARKS: usize = 10;

/// Submits requests of a rule with one approver, who approves each: nothing is left to do then. Tells
/// the memory of this process on the way.
pub(crate) async fn fill(folder: &Path, requests: usize) -> Result<()> {
    let state = data::open(folder, &Config::default()).await?;
    let people = Arc::new(People::in_organization(&state.engine).await?);
    println!("\n| closed since the process began | memory of the process MiB |");
    println!("|---|---|");
    println!("| 0 | {:.1} |", memory("self")?);
    let mut lives = JoinSet::new();
    let mut closed = 0;
    for begun in 1..=requests {
        let (engine, people) = (state.engine.clone(), Arc::clone(&people));
        lives.spawn(async move { life(&engine, &people).await });
        while lives.len() >= AT_ONCE || (begun == requests && !lives.is_empty()) {
            lives.join_next().await.context("nothing is open")???;
            closed += 1;
            if closed % requests.div_ceil(MARKS) == 0 || closed == requests {
                println!("| {closed} | {:.1} |", memory("self")?);
            }
        }
    }
    state.engine.close().await;
    Ok(())
}

struct People {
    requester: Caller,
    approver: Caller,
    rule: Target,
}

impl People {
    async fn in_organization(engine: &Engine) -> Result<Self> {
        let requester = owner(engine)?;
        let user = serde_json::from_value(json!({"login": "bob"}))?;
        engine.organize(&requester, vec![Change::PutUser(user)], false).await?;
        let definition = serde_json::from_value(json!({
            "rule": "change",
            "kind": "change",
            "steps": [{"id": "owner", "approvers": [{"id": "bob", "who": {"user": "bob"}}]}],
        }))?;
        let publish = Change::Publish { definition, comment: "first".to_owned() };
        engine.organize(&requester, vec![publish], false).await?;
        let organization = engine.organization(&requester.org)?;
        let bob = organization.organization.directory.by_login(&"bob".parse()?);
        let bob = bob.context("no approver")?.id.clone();
        let approver = Caller::new(requester.org.clone(), bob, "bench");
        Ok(Self { requester, approver, rule: Target::Rule("change".parse()?) })
    }
}

/// From the submission to the end.
async fn life(engine: &Engine, people: &People) -> Result<()> {
    let submit = Submit {
        id: engine.next_id("r").parse()?,
        properties: Default::default(),
        items: Vec::new(),
        picks: Default::default(),
        target_users: Vec::new(),
        title: "A new press".to_owned(),
        reason: "The old one broke".to_owned(),
        urgent: false,
        approval_expires: None,
        ends: None,
    };
    let asked = engine.submit(&people.requester, &people.rule, submit).await;
    let asked = asked.map_err(|error| anyhow!("{error:?}"))?;
    let decide = Command::Decide(Decide {
        choice: Choice::Approve,
        comment: Some("Needed".to_owned()),
        concern: None,
        items: None,
        step: None,
        seen: None,
    });
    let decided = engine.command(&people.approver, &asked.request.id, decide).await;
    let decided = decided.map_err(|error| anyhow!("{error:?}"))?;
    ensure!(decided.request.has_ended(), "the request is not closed");
    Ok(())
}
