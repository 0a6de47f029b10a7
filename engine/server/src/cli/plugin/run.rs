//! `countersign plugin run`: one call of a plugin in the production host.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use anyhow::{Context as _, anyhow, bail};
use chrono::{DateTime, Utc};
use clap::Args;
use engine_api::{
    directory::{DirectoryDoc, RatesDoc},
    document::Document,
    organization::GrantDoc,
};
use engine_core::{
    calendar::CalendarSettings,
    directory::Directory,
    extension::{ConfigValue, Facts, Item, Message, Nominee, NomineeKind, Plan, Verdict},
    ids::{Login, PropertyName, ResourceId, UserId},
    rule::{Names, infer_literal},
    value::Value,
};
use engine_host::{Answer, Call, Host, HostLimits, Notice, Plugin, Trace, World};
use engine_runtime::{Caller, Change, Clock, Engine, EngineOptions, Ids, Library};
use engine_store::{EmbeddedStore, Options};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::super::{
    Place,
    output::{say, warn},
    script::problem,
};
use crate::{config::Config, data, grants};

const EXAMPLE: &str = "\
Example:
  countersign plugin run target/components/calendar.wasm -i request.json

where request.json (or .yaml) says what the plugin is asked about:
  {\"request\": {\"requester\": \"ann\", \"properties\": {\"amount\": \"900 EUR\"}},
   \"config\": {\"zone\": \"Europe/Riga\"},
   \"directory\": {\"users\": [{\"login\": \"ann\"}]},
   \"grant\": {\"connections\": {\"shop-db\": \"read\"}},
   \"now\": \"2026-03-02T09:00:00Z\"}

Beside these it can have `rates`, `time_zone` and `calendar`, as an organization has them.

Connections and secrets of a grant come from --config. An executor is asked for its plan; with
--execute it runs. A notifier delivers what \"notice\" says: recipient, code, subject, text, link.";

/// Call a plugin once, in the host that the engine uses.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct Run {
    #[command(flatten)]
    place: Place,
    /// The component
    file: PathBuf,
    /// What it is asked about
    #[arg(short, long, value_name = "FILE")]
    input: PathBuf,
    /// For an executor: do it, with this key of the effect; for a notifier: the key of the notice
    #[arg(long, value_name = "ONCE-KEY")]
    execute: Option<String>,
}

/// What a plugin is asked about.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Input {
    request: RequestInput,
    pub(super) config: BTreeMap<String, Json>,
    directory: DirectoryDoc,
    rates: Option<RatesDoc>,
    grant: GrantDoc,
    notice: NoticeInput,
    now: Option<DateTime<Utc>>,
    time_zone: Option<String>,
    calendar: CalendarSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct NoticeInput {
    recipient: Option<Login>,
    code: Option<String>,
    subject: String,
    text: String,
    link: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RequestInput {
    requester: Option<Login>,
    title: String,
    reason: String,
    urgent: bool,
    properties: BTreeMap<PropertyName, Json>,
    items: Vec<ResourceId>,
}

/// A plugin host in a folder that is gone afterwards.
pub(in crate::cli) struct Workshop {
    pub(in crate::cli) host: Host,
    folder: tempfile::TempDir,
}

impl Workshop {
    /// With nothing that could be granted.
    pub(in crate::cli) fn bare() -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Handle::current();
        tokio::task::block_in_place(|| runtime.block_on(Self::open(&Config::default())))
    }

    async fn open(config: &Config) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let limits = HostLimits { compile_on_all_cores: true, ..HostLimits::default() };
        Ok(Self { host: data::host(folder.path(), config, limits).await?, folder })
    }

    /// What a file says that an extension is asked about.
    pub(in crate::cli) async fn asked(&self, file: &Path) -> anyhow::Result<Call> {
        let input = read(file)?;
        let directory = self.people(&input).await?;
        call(input, directory)
    }

    /// The people that an extension is asked about.
    pub(super) async fn people(&self, input: &Input) -> anyhow::Result<Arc<Directory>> {
        directory(self, &input.directory).await
    }
}

impl Run {
    pub(crate) async fn run(&self) -> anyhow::Result<ExitCode> {
        let workshop = Workshop::open(&self.place.config()?).await?;
        let bytes = std::fs::read(&self.file);
        let bytes = bytes.with_context(|| format!("cannot read `{}`", self.file.display()))?;
        let plugin = match workshop.host.load(&bytes) {
            Ok(plugin) => plugin,
            Err(error) => {
                warn(&format!("error [{}]: {error}", error.code()));
                return Ok(ExitCode::FAILURE);
            }
        };
        let call = workshop.asked(&self.input).await?;
        self.call(&workshop.host, &plugin, &call).await
    }

    async fn call(&self, host: &Host, plugin: &Plugin, call: &Call) -> anyhow::Result<ExitCode> {
        let who = |id: &UserId| login(call, id);
        if plugin.serves(World::Condition) {
            let answer = tokio::task::block_in_place(|| host.condition(plugin, call));
            return show(answer, |verdict| match verdict {
                Verdict::Met => json!("met"),
                Verdict::Unmet(message) => json!({ "unmet": message.text }),
            });
        }
        if plugin.serves(World::Approvers) {
            let answer = tokio::task::block_in_place(|| host.approvers(plugin, call));
            return show(answer, |nominees| nominees.iter().map(|n| nominee(n, &who)).collect());
        }
        if plugin.serves(World::Validator) {
            let answer = tokio::task::block_in_place(|| host.validate(plugin, call));
            return show(answer, |problems| problems.iter().map(problem).collect());
        }
        if plugin.serves(World::Notifier) {
            let key = self.execute.as_deref().unwrap_or("trial");
            return show(
                host.deliver(plugin, call, key).await,
                |name| json!({ "delivered": name }),
            );
        }
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

/// A user by login; by id where there is none.
pub(super) fn login(call: &Call, id: &UserId) -> String {
    call.directory.user(id).map_or_else(|| id.to_string(), |user| user.login.to_string())
}

pub(in crate::cli) fn nominee(nominee: &Nominee, who: &impl Fn(&UserId) -> String) -> Json {
    let named = match &nominee.who {
        NomineeKind::User(id) => json!({ "user": who(id) }),
        NomineeKind::Group(id) => json!({ "group": id }),
    };
    json!({ "who": named, "reason": nominee.reason })
}

pub(super) fn plan(plan: &Plan) -> Json {
    let effects: Vec<&str> = plan.effects.iter().map(|effect| effect.summary.as_str()).collect();
    json!({
        "effects": effects,
        "binding": plan.binding,
        "estimates": plan.estimates,
        "statements": plan.statements,
    })
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

fn read(path: &Path) -> anyhow::Result<Input> {
    let text = std::fs::read_to_string(path);
    let text = text.with_context(|| format!("cannot read `{}`", path.display()))?;
    Ok(Document::parse(&path.to_string_lossy(), &text)?.read()?)
}

/// The people of the input, made by an engine in memory as `apply` would make them.
async fn directory(workshop: &Workshop, doc: &DirectoryDoc) -> anyhow::Result<Arc<Directory>> {
    let store = Arc::new(EmbeddedStore::in_memory(&Options::default())?);
    let library = Library::new(workshop.host.clone(), workshop.folder.path().join("components"));
    let options = EngineOptions {
        store,
        extensions: Arc::new(library),
        clock: Clock::manual(DateTime::UNIX_EPOCH),
        ids: Ids::counted(),
    };
    let engine = Engine::open(options).await?;
    let org = "trial".parse()?;
    let owner = serde_json::from_value(json!({ "login": "trial-owner" }))?;
    let owner = engine.create_organization(&org, owner).await?;
    let mut changes = vec![Change::SetUserProperties(doc.user_properties.clone())];
    changes.extend(doc.groups.iter().cloned().map(Change::PutGroup));
    changes.extend(doc.users.iter().cloned().map(Change::PutUser));
    changes.extend(doc.nodes.iter().cloned().map(Change::PutNode));
    changes.extend(doc.resources.iter().cloned().map(Change::PutResource));
    engine.organize(&Caller::new(org.clone(), owner, "cli"), changes, false).await.map_err(
        |error| match error {
            engine_runtime::EngineError::Rejected(rejection) => {
                let names = Directory::default();
                anyhow!(engine_api::catalogue::Names::of_directory(&names).rejection(&rejection))
            }
            other => anyhow!(other),
        },
    )?;
    let organization = engine.organization(&org)?;
    engine.close().await;
    Ok(Arc::clone(&organization.organization.directory))
}

pub(super) fn call(input: Input, directory: Arc<Directory>) -> anyhow::Result<Call> {
    let Input { request, config, rates, grant, notice, now, time_zone, calendar, directory: _ } =
        input;
    let now = now.unwrap_or_else(Utc::now);
    let facts = facts(request, now, &directory)?;
    let notice = noticed(notice, now, &directory)?;
    let config = config.into_iter().map(|(key, json)| (key, ConfigValue::Json(json)));
    let mut call = Call::new(Arc::new(facts), directory);
    call.config = Arc::new(config.collect());
    if let Some(zone) = time_zone {
        call.zone = zone.parse().map_err(|_| anyhow!("time_zone: `{zone}` is not a time zone"))?;
    }
    if let Some((field, why)) = calendar.fault() {
        bail!("{field}: {why}");
    }
    call.calendar = Arc::new(calendar);
    call.rates = rates.map(|rates| Arc::new(rates.0));
    call.notice = Some(Arc::new(notice));
    call.grant = Arc::new(grants::read(grant)?);
    Ok(call)
}

fn noticed(
    notice: NoticeInput,
    at: DateTime<Utc>,
    directory: &Directory,
) -> anyhow::Result<Notice> {
    Ok(Notice {
        id: "trial".to_owned(),
        organization: "trial".parse()?,
        recipient: person("notice.recipient", notice.recipient.as_ref(), directory)?,
        content: Message {
            code: notice.code.unwrap_or_else(|| "trial".to_owned()),
            arguments: BTreeMap::new(),
            text: notice.text.clone(),
        },
        subject: notice.subject,
        text: notice.text,
        link: notice.link,
        request: None,
        at,
    })
}

fn facts(
    request: RequestInput,
    now: DateTime<Utc>,
    directory: &Directory,
) -> anyhow::Result<Facts> {
    let names = Names::of_directory(directory);
    let mut properties: BTreeMap<PropertyName, Value> = BTreeMap::new();
    for (name, json) in &request.properties {
        let value = infer_literal(json, &names).map_err(|why| anyhow!("request.{name}: {why}"))?;
        properties.insert(name.clone(), value);
    }
    let requester = person("request.requester", request.requester.as_ref(), directory)?;
    let item = |resource: ResourceId| Item { resource, fields: BTreeMap::new() };
    Ok(Facts {
        organization: "trial".parse()?,
        request: "trial".parse()?,
        rule: "trial".parse()?,
        rule_version: 1,
        kind: "trial".parse()?,
        step: None,
        requester,
        target_users: Vec::new(),
        urgent: request.urgent,
        title: request.title,
        reason: request.reason,
        properties,
        items: request.items.into_iter().map(item).collect(),
        now,
    })
}

/// Somebody by login; the first of the directory where nobody is named.
fn person(field: &str, login: Option<&Login>, directory: &Directory) -> anyhow::Result<UserId> {
    match login {
        Some(login) => match directory.by_login(login) {
            Some(user) => Ok(user.id.clone()),
            None => bail!("{field}: `{login}` is not among the users of the directory"),
        },
        None => directory.users().map(|user| user.id.clone()).next().context("no users"),
    }
}
