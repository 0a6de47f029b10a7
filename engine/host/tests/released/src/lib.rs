//! A plugin that uses what the contract offers, in every world, and tells what it found.

use sdk_plugin::{
    Connection, HostError, Mode, Nominee, Parameter, Principal, Secret, Target, Writer, files_of,
    http, look_up, plugin, prelude::*, steps,
};
use serde_json::json;

struct Released;

#[derive(Deserialize)]
struct Config {
    /// Another system.
    url: String,
    /// How the plugin gives no answer, if it gives none.
    fails: Option<String>,
}

impl Config {
    fn ends(&self) -> Result<()> {
        Err(match self.fails.as_deref() {
            None => return Ok(()),
            Some("permanent") => Error::permanent("never", "it can never work").with("tries", 3u32),
            Some("retryable") => Error::retryable("later", "it may work later").after_ms(1500),
            Some("refused") => Error::refused("policy", "it is not wanted"),
            Some(_) => Error::unknown_outcome("perhaps", "it may have happened"),
        })
    }
}

/// What the request says of itself, and everything in it.
fn asked_about() -> Result<Message> {
    let mut seen = Message::new("seen", "everything was seen");
    for name in request::names() {
        if let Some(value) = request::find::<Value>(&name)? {
            seen = seen.with(&name, value);
        }
    }
    let items = request::items();
    if let Some(item) = items.first() {
        let price = request::item_field::<Money>(item, "price")?;
        let money = request::get::<Money>("money")?;
        if let Some(price) = price {
            let order = request::compare(&price, &money)?;
            seen = seen.with("price", price).with("order", i64::from(order as i8));
        }
    }
    let filled = request::find_many(&["number", "empty"])?;
    Ok(seen
        .with("id", request::id())
        .with("organization", request::organization())
        .with("rule", request::rule())
        .with("rule_version", request::rule_version())
        .with("kind", request::kind())
        .with("step", request::step().unwrap_or_default())
        .with("requester", request::requester())
        .with("target_users", request::target_users())
        .with("urgent", request::urgent())
        .with("title", request::title())
        .with("reason", request::reason())
        .with(
            "empty",
            request::find::<Value>("empty")?.is_none() && filled.iter().flatten().count() == 1,
        )
        .with("items", items))
}

impl Condition for Released {
    type Config = Config;

    fn evaluate(config: Config) -> Result<Verdict> {
        config.ends()?;
        let token = Secret::get("token")?;
        let reply = http::look_up(&config.url).secret("x-token", "<", &token, ">").send()?;
        let parameters: [Parameter; 1] = [Some("open".into())];
        let found = look_up("orders-db", "orders", &parameters)?;
        let first = found.rows.first().and_then(|row| row.first()).cloned().flatten();
        let now = clock::now()?;
        let local = clock::local(now, Some("Asia/Tokyo"))?;
        log!(Warn: "the end of {}", request::title());
        Ok(Verdict::Unmet(
            asked_about()?
                .with(
                    "replied",
                    format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body)),
                )
                .with("orders", found.rows.len() as u32)
                .with("first", first.unwrap_or_else(|| "none".into()))
                .with("now", now)
                .with("local", local.format("%Y-%m-%d %H:%M:%S").to_string())
                .with("dice", clock::random_bytes(4).len() as u32),
        ))
    }
}

impl Approvers for Released {
    type Config = Config;

    fn resolve(config: Config) -> Result<Resolution> {
        config.ends()?;
        let requester = request::requester();
        let manager = directory::property::<UserId>(&requester, "manager")?;
        let manager = manager.ok_or_else(|| Error::permanent("alone", "there is no manager"))?;
        let limit = directory::property::<Money>(&manager, "limit")?;
        let mut groups = directory::groups_of(&manager)?;
        let Some(group) = groups.pop() else {
            return Ok(Resolution::nobody(Message::new("no_group", "there is no group")));
        };
        let mut members = Vec::new();
        let mut after = None;
        loop {
            let page = directory::members(&group, after.as_deref())?;
            members.extend(page.members.into_iter().map(|member| member.login));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let user = directory::user(&manager)?.map(|user| user.name).unwrap_or_default();
        let known = directory::by_login("nobody")?.is_some();
        let why = Message::new("manager", format!("{user} is the manager"));
        let why = why
            .with("known", known)
            .with("limit", limit.map_or_else(|| "none".into(), Value::from));
        let reason = Message::new("group", "they are together").with("members", members);
        Ok(Resolution {
            nominees: vec![
                Nominee { who: Principal::User(manager), reason: why },
                Nominee { who: Principal::Group(group), reason },
            ],
            notes: vec![Message::new("looked", "it was looked at")],
        })
    }
}

impl Validator for Released {
    type Config = Config;

    fn validate(config: Config) -> Result<Vec<Problem>> {
        config.ends()?;
        let wrong = |text: &str| Message::new("wrong", text);
        let mut problems =
            vec![Problem::of("text", wrong("not this")), Problem::whole(wrong("not so"))];
        let items = request::items().into_iter();
        problems.extend(items.map(|item| Problem::of("price", wrong("too much")).item(item)));
        Ok(problems)
    }
}

const CHANGE: &str = "update orders set state = 'done' where id = ?";
const READ: &str = "select id, state from orders order by id";

impl Released {
    fn change(once_key: &str) -> Result<Receipt> {
        let shop = Connection::open("orders-db")?;
        let locked = Connection::open_as("orders-db", &Secret::get("token")?);
        let locked = locked.map_or_else(|error| format!("{:?}", error.kind), |_| "opened".into());
        let transaction = shop.begin(Mode::Atomic)?;
        if let Some(done) = transaction.mark(once_key, Receipt::new("begun"))? {
            return Ok(done);
        }
        let cursor = transaction.query(READ, &[])?;
        let columns = cursor.columns().len() as u32;
        let mut rows = 0;
        while let Some(batch) = cursor.next_batch(2)? {
            rows += batch.first().map_or(0, Vec::len) as u32;
        }
        drop(cursor);
        let export = Target { name: "orders.csv", format: "csv", max_rows: 10, once_key };
        let exported = transaction.query_to_file(READ, &[], &export)?;
        let changed = transaction.execute(CHANGE, &[Some(1i64.into())], Some(1))?;
        let receipt = Receipt::new("changed")
            .with("database", format!("{:?}", shop.database()))
            .with("locked", locked)
            .with("columns", columns)
            .with("rows", rows)
            .with("exported", exported.sha256)
            .with("changed", changed as u32);
        Ok(transaction.commit(once_key, receipt)?)
    }
}

impl Executor for Released {
    type Config = Config;

    fn plan(config: Config) -> Result<Plan> {
        config.ends()?;
        let shop = Connection::open("orders-db")?;
        let found = shop.classify(CHANGE)?;
        let kinds: Vec<String> = found.iter().map(|found| found.kind.clone()).collect();
        let estimate = shop.estimate(READ, &[])?.unwrap_or_default() as u32;
        let summary = Message::new("change", "an order is closed").with("kinds", kinds.clone());
        Ok(Plan::binding(json!({"kinds": kinds, "quoted": shop.quote("or\"ders")?}))
            .effect("update", "orders-db: table orders", summary)
            .estimate("rows", estimate)
            .estimate("columns", shop.describe(READ)?.len() as u32)
            .covers(Planned::text(&shop, CHANGE))
            .covers(Planned::text(&shop, READ)))
    }

    fn execute(config: Config, once_key: &str) -> Result<Receipt> {
        config.ends()?;
        let changed = Self::change(once_key)?;
        let token = Secret::get("token")?;
        let told: String = steps::once(once_key, "tell", || {
            let call = http::call(http::Method::Post, &config.url);
            let call = call.secret("authorization", "Bearer ", &token, "").timeout_ms(5_000);
            let reply = call.body("text/plain", request::title()).send()?;
            Ok(String::from_utf8_lossy(&reply.body).into_owned())
        })?;
        let writer = Writer::create("note.txt", "text/plain", once_key)?;
        writer.write(told.as_bytes())?;
        writer.finish()?;
        let files: Vec<String> = files_of(once_key)?.into_iter().map(|file| file.name).collect();
        Ok(changed.with("told", told).with("files", files))
    }

    fn probe(config: Config, once_key: &str) -> Result<Presence> {
        config.ends()?;
        let marker = Connection::open("orders-db")?.marker_of(once_key)?;
        Ok(match marker {
            sdk_plugin::Marker::Done(receipt) => Presence::Happened(receipt),
            sdk_plugin::Marker::Absent => Presence::DidNotHappen,
            sdk_plugin::Marker::Begun(_) => {
                Presence::CannotTell(Message::new("begun", "somebody must look"))
            }
        })
    }

    fn revert(config: Config, done: Receipt, once_key: &str) -> Result<Receipt> {
        config.ends()?;
        let begun = steps::begin(once_key, "revert").map_err(Error::from)?.is_some();
        steps::finish(once_key, "revert", b"\"done\"")?;
        let ended: Result<_, HostError> = steps::look(once_key, "revert");
        Ok(Receipt::new(done.reference)
            .with("begun", begun)
            .with("ended", ended?.is_some())
            .with("fields", done.fields.len() as u32))
    }
}

impl Notifier for Released {
    type Config = Config;

    fn deliver(config: Config, once_key: &str) -> Result<Option<String>> {
        config.ends()?;
        let content = notice::content()?;
        let about = json!({
            "key": once_key,
            "id": notice::id(),
            "organization": notice::organization(),
            "recipient": notice::recipient(),
            "code": content.code,
            "arguments": content.arguments.len(),
            "subject": notice::subject(),
            "text": notice::text(),
            "link": notice::link(),
            "request": notice::request(),
            "at": notice::at()?,
        });
        let reply = http::call(http::Method::Post, &config.url).json(&about)?.send()?.success()?;
        Ok(Some(String::from_utf8_lossy(&reply.body).into_owned()))
    }
}

plugin!(condition: Released, approvers: Released, validator: Released, executor: Released, notifier: Released);
