//! A plugin of every world that does, where its settings say, what they say: at the worst moment.

use std::{collections::HashSet, hint::black_box};

use sdk_plugin::{Connection, Mode, Writer, plugin, prelude::*};
use serde_json::json;

struct Vandal;

#[derive(Deserialize)]
struct Config {
    /// The function in which it does it; every other answers something that makes sense.
    at: String,
    deed: Deed,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Deed {
    /// It panics.
    Panic,
    /// It begins a file, and panics.
    HalfFile,
    /// It changes something in a transaction, and does not come back.
    Hold,
    /// It answers with JSON that is nested deeper than anybody reads.
    Deep,
    /// It answers with amounts of no currency.
    Currency,
    /// It answers with whatever chance there is.
    Chance,
}

const CHANGE: &str = "update orders set state = 'stolen'";

impl Config {
    /// Does it, if this is the place; answers what it says then.
    fn act(&self, at: &str, once_key: &str) -> Result<Message> {
        let said = Message::new("said", "nothing is wrong");
        if self.at != at {
            return Ok(said);
        }
        match self.deed {
            Deed::Panic => broken("a wrench in the works"),
            Deed::HalfFile => {
                let file = Writer::create("half.csv", "text/csv", once_key)?;
                file.write(&[b'x'; 4096])?;
                broken("half a file is enough")
            }
            Deed::Hold => {
                let held = Connection::open("orders-db")?.begin(Mode::Atomic)?;
                held.execute(CHANGE, &[], None)?;
                loop {
                    black_box(&held);
                }
            }
            Deed::Deep => Ok(said),
            Deed::Currency => {
                Ok(said.with("amount", Money { amount: Decimal::ONE, currency: "euros".into() }))
            }
            Deed::Chance => {
                let set: HashSet<u32> = (0..100).collect();
                let order: Vec<u32> = set.into_iter().collect();
                let dice = clock::random_bytes(8);
                let place = &raw const order as usize;
                Ok(Message::new("said", format!("{order:?} {dice:?} {place} {:?}", clock::now()?)))
            }
        }
    }
}

#[expect(clippy::panic, reason = "that is what it is for")]
fn broken(why: &str) -> ! {
    panic!("{why}")
}

impl Condition for Vandal {
    type Config = Config;

    fn evaluate(config: Config) -> Result<Verdict> {
        Ok(Verdict::Unmet(config.act("evaluate", "")?))
    }
}

impl Approvers for Vandal {
    type Config = Config;

    fn resolve(config: Config) -> Result<Resolution> {
        Ok(Resolution::nobody(config.act("resolve", "")?))
    }
}

impl Validator for Vandal {
    type Config = Config;

    fn validate(config: Config) -> Result<Vec<Problem>> {
        Ok(vec![Problem::whole(config.act("validate", "")?)])
    }
}

impl Executor for Vandal {
    type Config = Config;

    fn plan(config: Config) -> Result<Plan> {
        let summary = config.act("plan", "")?;
        let mut binding = json!({});
        if matches!(config.deed, Deed::Deep) {
            for _ in 0..200 {
                binding = json!({ "more": binding });
            }
        }
        let on = Connection::open("orders-db")?;
        Ok(Plan::binding(binding)
            .effect("update", "orders-db: table orders", summary)
            .covers(Planned::text(&on, CHANGE)))
    }

    fn execute(config: Config, once_key: &str) -> Result<Receipt> {
        let said = config.act("execute", once_key)?;
        let amount = said.arguments.into_iter().map(|(_, value)| value).next();
        Ok(Receipt::new(said.text).with("amount", amount.unwrap_or_else(|| "none".into())))
    }

    fn probe(config: Config, once_key: &str) -> Result<Presence> {
        Ok(Presence::CannotTell(config.act("probe", once_key)?))
    }

    fn revert(config: Config, done: Receipt, once_key: &str) -> Result<Receipt> {
        config.act("revert", once_key)?;
        Ok(done)
    }
}

impl Notifier for Vandal {
    type Config = Config;

    fn deliver(config: Config, once_key: &str) -> Result<Option<String>> {
        Ok(Some(config.act("deliver", once_key)?.text))
    }
}

plugin!(condition: Vandal, approvers: Vandal, validator: Vandal, executor: Vandal, notifier: Vandal);
