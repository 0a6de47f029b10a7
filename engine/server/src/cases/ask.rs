//! One question to a plugin, and its answer as cases write it.

use std::collections::BTreeMap;

use engine_core::extension::{Failure, Nominee, NomineeKind, Presence, Receipt};
use engine_host::{Answer, Call, Host, Plugin, World};
use serde_json::{Value as Json, json};

use super::file::{Deeds, Revert};
use crate::workshop::words::{login, plan, problem, verdict};

/// What came of a question.
#[derive(Default)]
pub(super) struct Told {
    /// As cases write it.
    pub(super) answer: Json,
    /// What the plugin said meanwhile.
    pub(super) log: Vec<String>,
}

/// Asks; an executor is asked for its plan, and with a key told to do it and asked whether it did.
pub(super) async fn ask(
    host: &Host,
    plugin: &Plugin,
    world: World,
    call: &Call,
    deeds: &Deeds,
) -> Told {
    let here = |blocking: &dyn Fn() -> Told| tokio::task::block_in_place(blocking);
    match world {
        World::Condition => {
            here(&|| Told::of(host.condition(plugin, call), |found| verdict(&found)))
        }
        World::Approvers => here(&|| approvers(host, plugin, call)),
        World::Validator => here(&|| {
            Told::of(
                host.validate(plugin, call),
                |problems| json!({ "problems": problems.iter().map(problem).collect::<Vec<_>>() }),
            )
        }),
        World::Notifier => {
            let key = deeds.execute.as_deref().unwrap_or("trial");
            let delivered = host.deliver(plugin, call, key).await;
            Told::of(delivered, |name| json!({ "delivered": name }))
        }
        World::Executor => executor(host, plugin, call, deeds).await,
    }
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

    /// What else came, by a name.
    fn add(&mut self, name: &str, more: Self) {
        if let Json::Object(answer) = &mut self.answer {
            answer.insert(name.to_owned(), more.answer);
        }
        self.log.extend(more.log);
    }

    /// What came in place of all of it, with what was said before.
    fn failed(mut self, failure: Self) -> Self {
        self.log.extend(failure.log);
        Self { answer: failure.answer, log: self.log }
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

async fn executor(host: &Host, plugin: &Plugin, call: &Call, deeds: &Deeds) -> Told {
    let planned = host.plan(plugin, call).await;
    let (Ok(approved), Some(key)) = (&planned.result, deeds.execute.as_deref()) else {
        return Told::of(planned, |planned| json!({ "plan": plan(&planned) }));
    };
    let call = Call { statements: approved.statements.clone().into(), ..call.clone() };
    let mut told = Told { answer: json!({ "plan": plan(approved) }), log: Vec::new() };
    let mut done = Receipt::default();
    for _ in 0..deeds.times {
        let executed = host.execute(plugin, &call, key).await;
        match &executed.result {
            Ok(receipt) => done = receipt.clone(),
            Err(_) => return told.failed(Told::of(executed, |_| Json::Null)),
        }
        told.add("receipt", Told::of(executed, |receipt| receipt_of(&receipt)));
    }
    let probed = host.probe(plugin, &call, key).await;
    told.add("presence", Told::of(probed, |presence| presence_of(&presence)));
    if let Some(revert) = deeds.revert {
        if revert == Revert::Unknown {
            done = Receipt { reference: key.to_owned(), fields: BTreeMap::new() };
        }
        let reverted = host.revert(plugin, &call, &done, key).await;
        told.add("reverted", Told::of(reverted, |receipt| receipt_of(&receipt)));
    }
    told.add("files", Told { answer: files(host, key).await, log: Vec::new() });
    told
}

fn presence_of(presence: &Presence) -> Json {
    match presence {
        Presence::Happened(_) => json!("happened"),
        Presence::DidNotHappen => json!("did_not_happen"),
        Presence::CannotTell(why) => json!({ "cannot_tell": why }),
    }
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
