//! One question to a plugin, and its answer as cases write it.

use engine_core::extension::{Failure, Nominee, NomineeKind, Presence, Receipt, Verdict};
use engine_host::{Answer, Call, Host, Plugin, World};
use serde_json::{Map, Value as Json, json};

use crate::workshop::words::{login, plan, problem};

/// What came of a question.
#[derive(Default)]
pub(super) struct Told {
    /// As cases write it.
    pub(super) answer: Json,
    /// What the plugin said meanwhile.
    pub(super) log: Vec<String>,
}

/// Asks; an executor is asked for its plan, and with a key told to do it and asked whether it did.
pub(super) async fn ask(host: &Host, plugin: &Plugin, call: &Call, key: Option<&str>) -> Told {
    let here = |blocking: &dyn Fn() -> Told| tokio::task::block_in_place(blocking);
    if plugin.serves(World::Condition) {
        return here(&|| Told::of(host.condition(plugin, call), |verdict| verdict_of(&verdict)));
    }
    if plugin.serves(World::Approvers) {
        return here(&|| approvers(host, plugin, call));
    }
    if plugin.serves(World::Validator) {
        return here(&|| {
            Told::of(
                host.validate(plugin, call),
                |problems| json!({ "problems": problems.iter().map(problem).collect::<Vec<_>>() }),
            )
        });
    }
    if plugin.serves(World::Notifier) {
        let delivered = host.deliver(plugin, call, key.unwrap_or("trial")).await;
        return Told::of(delivered, |name| json!({ "delivered": name }));
    }
    executor(host, plugin, call, key).await
}

impl Told {
    fn of<T>(answer: Answer<T>, tell: impl FnOnce(T) -> Json) -> Self {
        let log = answer.trace.log.into_iter().map(|line| line.message).collect();
        let answer = match answer.result {
            Ok(value) => tell(value),
            Err(Failure { class, message, detail, retry_after_ms: _ }) => {
                json!({ "failure": { "class": class, "message": message, "detail": detail } })
            }
        };
        Self { answer, log }
    }
}

fn verdict_of(verdict: &Verdict) -> Json {
    match verdict {
        Verdict::Met => json!("met"),
        Verdict::Unmet(message) => json!({ "unmet": message.text }),
    }
}

fn approvers(host: &Host, plugin: &Plugin, call: &Call) -> Told {
    let answer = host.approvers(plugin, call);
    let notes: Vec<String> = answer.trace.notes.iter().map(|note| note.text.clone()).collect();
    let one = |nominee: &Nominee| {
        let (kind, who) = match &nominee.who {
            NomineeKind::User(id) => ("user", login(call, id)),
            NomineeKind::Group(id) => ("group", id.to_string()),
        };
        json!({ kind: who, "reason": nominee.reason })
    };
    Told::of(
        answer,
        |nominees| json!({ "nominees": nominees.iter().map(one).collect::<Vec<_>>(), "notes": notes }),
    )
}

async fn executor(host: &Host, plugin: &Plugin, call: &Call, key: Option<&str>) -> Told {
    let planned = host.plan(plugin, call).await;
    let (Ok(approved), Some(key)) = (&planned.result, key) else {
        return Told::of(planned, |planned| json!({ "plan": plan(&planned) }));
    };
    let call = Call { statements: approved.statements.clone().into(), ..call.clone() };
    let mut answer = Map::from_iter([("plan".to_owned(), plan(approved))]);
    let executed = host.execute(plugin, &call, key).await;
    let failed = executed.result.is_err();
    let Told { answer: receipt, mut log } = Told::of(executed, |receipt| receipt_of(&receipt));
    if failed {
        return Told { answer: receipt, log };
    }
    answer.insert("receipt".to_owned(), receipt);
    let probed = Told::of(host.probe(plugin, &call, key).await, |presence| match presence {
        Presence::Happened(_) => json!("happened"),
        Presence::DidNotHappen => json!("did_not_happen"),
        Presence::CannotTell(why) => json!({ "cannot_tell": why }),
    });
    log.extend(probed.log);
    answer.insert("presence".to_owned(), probed.answer);
    answer.insert("files".to_owned(), files(host, key).await);
    Told { answer: Json::Object(answer), log }
}

async fn files(host: &Host, key: &str) -> Json {
    match host.files(key).await {
        Ok(files) => files.iter().map(|f| json!({ "name": f.name, "size": f.size })).collect(),
        Err(error) => json!(error.to_string()),
    }
}

fn receipt_of(receipt: &Receipt) -> Json {
    json!({ "reference": receipt.reference, "fields": receipt.fields })
}
