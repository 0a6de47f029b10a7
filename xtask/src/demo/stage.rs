//! Everything that the story is played on: databases, a running engine, people with tokens.

use std::{collections::BTreeMap, path::PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::{
    check::until,
    client::{Answer, Client, list, text, texts},
    database::{Shop, Warehouse},
    engine::{Engine, Program, write_private},
    tell::Tell,
};
use crate::workspace::Workspace;

/// Who owns the organization. Takes no part in the story.
const OWNER: &str = "olga";
/// Those who speak to the engine.
const PEOPLE: [&str; 9] =
    ["dan", "dora", "nina", "omar", "tess", "henry", "clara", "petra", "paul"];
/// Those with an account in PostgreSQL.
const ACCOUNTS: [&str; 3] = ["dan", "dora", "nina"];

/// The stage.
pub(super) struct Stage {
    pub(super) tell: Tell,
    // INVARIANT: dropped before the databases and the folder, in which it works.
    pub(super) engine: Engine,
    pub(super) shop: Shop,
    /// Where PostgreSQL is installed.
    pub(super) warehouse: Option<Warehouse>,
    /// The files that plugins made.
    pub(super) blobs: PathBuf,
    people: BTreeMap<&'static str, Client>,
    folder: TempDir,
}

impl Stage {
    /// Makes the databases, starts the engine and loads the example organization into it.
    ///
    /// # Errors
    /// Whatever does not work.
    pub(super) fn set(workspace: &Workspace, binary: PathBuf, mut tell: Tell) -> Result<Self> {
        tell.act("The stage");
        let folder = tempfile::Builder::new().prefix("countersign-demo-").tempdir()?;
        let shop = Shop::make(folder.path().join("shop.db"))?;
        tell.step("a shop's database in SQLite: customers, products, orders and their lines");
        let rows = shop.number(
            "SELECT (SELECT count(*) FROM customers) + (SELECT count(*) FROM products) \
             + (SELECT count(*) FROM orders) + (SELECT count(*) FROM order_lines)",
        )?;
        ensure!(rows >= 10_000, "rows of the sample: expected at least 10000, found {rows}");
        tell.checked(&format!("it has {rows} rows"));
        let warehouse = Warehouse::make(folder.path(), &ACCOUNTS)?;
        tell.step(match &warehouse {
            Some(_) => "the same in PostgreSQL, a private server, with accounts for three people",
            None => "PostgreSQL is not installed: SQLite serves everything but the access grants",
        });
        let program = program(&folder, binary, &shop, warehouse.as_ref())?;
        let blobs = program.data.join("blobs");
        tell.step(&format!("countersign init --org shop --owner {OWNER} (compiles the plugins) …"));
        let token = init(&program)?;
        let engine = Engine::start(program)?;
        tell.step("countersign serve:");
        tell.show(&engine.greeting);
        apply(&mut tell, &engine, &token, workspace)?;
        let people = tokens(&Client::new(&engine.url, &token))?;
        tell.step(&format!("tokens for {}", PEOPLE.join(", ")));
        Ok(Self { tell, engine, shop, warehouse, blobs, people, folder })
    }

    /// Somebody with a token.
    ///
    /// # Errors
    /// There is no such person in the story.
    pub(super) fn person(&self, login: &str) -> Result<&Client> {
        self.people.get(login).with_context(|| format!("`{login}` has no part in the story"))
    }

    /// Submits a request that has to be accepted. Where a condition could not be asked, as on a machine
    /// with too much to do, the engine says to try again later, and so it is done.
    ///
    /// # Errors
    /// It was refused.
    pub(super) fn submit(&self, login: &str, request: &Json) -> Result<Json> {
        until("a submission to be taken", || {
            let answer = self.person(login)?.post("/api/v1/requests", &[], request)?;
            if answer.is_refusal("condition_failed") {
                self.tell.quote(text(&answer.refused("condition_failed")?, "/message")?);
                return Ok(None);
            }
            answer.ok().map(Some)
        })
    }

    /// The request as this person sees it.
    ///
    /// # Errors
    /// It was refused.
    pub(super) fn request(&self, login: &str, id: &str) -> Result<Json> {
        self.person(login)?.get(&format!("/api/v1/requests/{id}"))?.ok()
    }

    /// A decision about what the person sees now.
    ///
    /// # Errors
    /// The engine cannot be reached.
    pub(super) fn decide(
        &self,
        login: &str,
        id: &str,
        decision: &str,
        comment: &str,
    ) -> Result<Answer> {
        let person = self.person(login)?;
        let seen = person.get(&format!("/api/v1/requests/{id}"))?;
        let tag = seen.tag.clone();
        seen.ok()?;
        let tag = tag.context("expected an `ETag` with the request")?;
        let body = json!({"decision": decision, "comment": comment});
        person.post(&format!("/api/v1/requests/{id}/decisions"), &[("if-match", &tag)], &body)
    }

    /// An approval that has to be accepted; told.
    ///
    /// # Errors
    /// It was refused.
    pub(super) fn approve(&self, login: &str, id: &str, comment: &str) -> Result<Json> {
        let request = self.decide(login, id, "approve", comment)?.ok()?;
        let status = text(&request, "/status")?;
        self.tell.step(&format!("{login} approves: {comment} → {}", status.replace('_', " ")));
        Ok(request)
    }

    /// Why somebody can decide, or cannot.
    ///
    /// # Errors
    /// It was refused.
    pub(super) fn explain(&self, asks: &str, id: &str, about: &str) -> Result<Json> {
        let path = format!("/api/v1/requests/{id}/explanation?person={about}");
        self.person(asks)?.get(&path)?.ok()
    }

    /// The events of a request.
    ///
    /// # Errors
    /// It was refused.
    pub(super) fn history(&self, login: &str, id: &str) -> Result<Vec<Json>> {
        let events = self.person(login)?.get(&format!("/api/v1/requests/{id}/events"))?.ok()?;
        Ok(list(&events, "/items")?.to_vec())
    }

    /// Waits until the request's execution is in this state; answers the execution.
    ///
    /// # Errors
    /// It ends otherwise, or not in time.
    pub(super) fn execution(&self, login: &str, id: &str, state: &str) -> Result<Json> {
        until(&format!("the execution of {id} to be {state}"), || {
            let request = self.request(login, id)?;
            let execution = list(&request, "/executions")?.first().context("no execution")?;
            let now = text(execution, "/state")?;
            if now == state {
                return Ok(Some(execution.clone()));
            }
            if ["failed", "expired", "cancelled"].contains(&now) {
                bail!("expected an execution to be {state}, found {execution}");
            }
            Ok(None)
        })
    }

    /// Shows what would be done, as approvers see it.
    ///
    /// # Errors
    /// There is no plan.
    pub(super) fn show_plan(&self, request: &Json) -> Result<()> {
        let plan = request.pointer("/executions/0/plan").context("expected a plan")?;
        for effect in list(plan, "/effects")? {
            let (target, summary) = (text(effect, "/target")?, text(effect, "/summary")?);
            self.tell.show(&format!("plan  {target}: {summary}"));
        }
        Ok(())
    }

    /// Shows who decides each step, and why steps are skipped.
    ///
    /// # Errors
    /// The answer is not as it should be.
    pub(super) fn show_steps(&self, login: &str, id: &str) -> Result<()> {
        for step in list(&self.explain(login, id, login)?, "/steps")? {
            let title = text(step, "/title")?;
            let people = texts(step, "/people")?.join(", ");
            let why = texts(step, "/why")?.join("; ");
            let said = if people.is_empty() { format!("not needed ({why})") } else { people };
            self.tell.show(&format!("step  {title}: {said}"));
        }
        Ok(())
    }

    /// Where everything is.
    pub(super) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A token for somebody who wants to try the API.
    ///
    /// # Errors
    /// It was refused.
    pub(super) fn token_to_try(&self) -> Result<String> {
        let body = json!({"name": "to try"});
        let made = self.person("omar")?.post("/api/v1/tokens", &[], &body)?.ok()?;
        text(&made, "/token").map(str::to_owned)
    }
}

/// The binary with its configuration.
fn program(
    folder: &TempDir,
    binary: PathBuf,
    shop: &Shop,
    warehouse: Option<&Warehouse>,
) -> Result<Program> {
    let mut connections = json!({"shop-db": {"target": shop.target()}});
    if let (Some(warehouse), Some(all)) = (warehouse, connections.as_object_mut()) {
        all.insert("warehouse-db".to_owned(), json!({"target": warehouse.target()}));
    }
    let config = folder.path().join("countersign.toml");
    write_private(&config, &toml::to_string(&json!({"connections": connections}))?)?;
    let data = folder.path().join("data");
    Ok(Program { binary, config, data, log: folder.path().join("engine.log") })
}

/// Makes the organization; its owner's first token.
fn init(program: &Program) -> Result<String> {
    let mut command = program.command();
    command.args(["init", "--org", "shop", "--owner", OWNER, "--data"]).arg(&program.data);
    command.arg("--config").arg(&program.config);
    Ok(finished(command)?.trim().to_owned())
}

/// What a command prints, once it has ended well.
fn finished(mut command: std::process::Command) -> Result<String> {
    let output = command.output().context("cannot start countersign")?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    ensure!(output.status.success(), "countersign ended with {}: {said}", output.status);
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Loads the example, and shows that loading it twice changes nothing.
fn apply(tell: &mut Tell, engine: &Engine, token: &str, workspace: &Workspace) -> Result<()> {
    let shop = workspace.root.join("examples/shop");
    let apply = || -> Result<String> {
        let mut command = engine.command();
        command.args(["apply", "--server", &engine.url, "--token", token, "-f"]).arg(&shop);
        Ok(finished(command)?.lines().last().unwrap_or_default().to_owned())
    };
    tell.step(&format!("countersign apply -f examples/shop: {}", apply()?));
    let again = apply()?;
    ensure!(again.starts_with("0 changed"), "applying twice: expected no change, found {again}");
    tell.checked(&format!("countersign apply -f examples/shop again: {again}"));
    Ok(())
}

/// A token for everybody.
fn tokens(owner: &Client) -> Result<BTreeMap<&'static str, Client>> {
    let mut people = BTreeMap::new();
    for login in PEOPLE {
        let body = json!({"user": login, "name": "demo"});
        let made = owner.post("/api/v1/tokens", &[], &body)?.ok()?;
        people.insert(login, owner.with_token(text(&made, "/token")?));
    }
    Ok(people)
}
