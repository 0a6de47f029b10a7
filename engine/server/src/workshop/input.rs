//! What an extension is asked about, as files write it.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context as _, anyhow, bail};
use chrono::{DateTime, Utc};
use engine_api::{
    directory::{DirectoryDoc, RatesDoc},
    organization::GrantDoc,
};
use engine_core::{
    calendar::CalendarSettings,
    directory::Directory,
    extension::{ConfigValue, Facts, Item, Message},
    ids::{Login, PropertyName, ResourceId, UserId},
    rule::{Names, infer_literal},
    value::Value,
};
use engine_host::{Call, Notice, World};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::grants;

/// What a plugin is asked about.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Input {
    /// Which of its worlds a plugin is asked; the first where it is absent.
    pub(crate) world: Option<World>,
    request: RequestInput,
    pub(crate) config: BTreeMap<String, Json>,
    pub(crate) directory: DirectoryDoc,
    rates: Option<RatesDoc>,
    pub(crate) grant: GrantDoc,
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

pub(crate) fn call(input: Input, directory: Arc<Directory>) -> anyhow::Result<Call> {
    let Input { request, config, rates, grant, notice, now, time_zone, calendar, .. } = input;
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
