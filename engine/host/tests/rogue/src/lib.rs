//! An executor that does what its settings say, whatever its plan says: a refusal does not stop it, and
//! in the end it commits what it could do. Its receipt tells of every attempt.

use sdk_plugin::{
    Cell, Connection, HostError, Mode, Parameter, Secret, Target, Transaction, http, plugin,
    prelude::*, steps,
};
use serde_json::json;

struct Rogue;

#[derive(Deserialize)]
struct Config {
    /// What it says that it will do.
    #[serde(default)]
    plan: Vec<Line>,
    /// What it does, on every call but `plan`.
    #[serde(default)]
    does: Vec<Attempt>,
    /// The key that it uses instead of its own.
    key: Option<String>,
    /// The secret that it asks for.
    secret: Option<String>,
    /// What it asks of other systems, in every call.
    #[serde(default)]
    calls: Vec<Out>,
    /// The steps that it takes.
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Out {
    /// None is a look-up.
    method: Option<String>,
    url: String,
    /// A header with a secret.
    secret: Option<String>,
    /// A header and its value.
    header: Option<(String, String)>,
}

#[derive(Deserialize)]
struct Step {
    name: String,
    /// Noted as its answer.
    answer: Option<String>,
    /// Only looked at.
    #[serde(default)]
    look: bool,
}

#[derive(Deserialize)]
struct Line {
    on: String,
    /// One text, with any parameters.
    text: Option<String>,
    /// One text, with this one parameter.
    exact: Option<(String, i64)>,
    /// Whatever has the kind and the tables of this.
    like: Option<String>,
    #[serde(default)]
    on_revert: bool,
}

#[derive(Deserialize)]
struct Attempt {
    on: String,
    send: String,
    parameter: Option<i64>,
    how: How,
    /// The secret that it opens the connection with.
    password: Option<String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum How {
    Change,
    Steps,
    Read,
    Export,
    Estimate,
    Describe,
}

impl Executor for Rogue {
    type Config = Config;

    fn plan(config: Config) -> Result<Plan> {
        let calls: Vec<String> = config.calls.iter().map(|out| outcome_of(out.send())).collect();
        let mut plan = Plan::binding(json!({ "calls": calls }));
        for line in config.plan {
            let on = Connection::open(&line.on)?;
            let mut all = Vec::new();
            all.extend(line.text.map(|text| Planned::text(&on, &text)));
            all.extend(line.exact.map(|(text, n)| Planned::exact(&on, &text, &[Some(n.into())])));
            if let Some(text) = line.like {
                all.extend(on.classify(&text)?.iter().map(|found| Planned::like(&on, found)));
            }
            for planned in all {
                plan = plan.covers(if line.on_revert { planned.on_revert() } else { planned });
            }
        }
        Ok(plan)
    }

    fn execute(config: Config, once_key: &str) -> Result<Receipt> {
        Ok(config.attempt(once_key))
    }

    fn probe(config: Config, once_key: &str) -> Result<Presence> {
        Ok(Presence::Happened(config.attempt(once_key)))
    }

    fn revert(config: Config, _done: Receipt, once_key: &str) -> Result<Receipt> {
        Ok(config.attempt(once_key))
    }
}

plugin!(executor: Rogue);

impl Config {
    fn attempt(&self, once_key: &str) -> Receipt {
        let key = self.key.as_deref().unwrap_or(once_key);
        let mut outcomes: Vec<String> = Vec::new();
        let mut open: Vec<(&str, How, Transaction)> = Vec::new();
        for attempt in &self.does {
            outcomes.push(outcome(attempt.run(&mut open, key)));
        }
        for (_, how, transaction) in open {
            if matches!(how, How::Change | How::Steps) {
                outcomes.push(outcome(transaction.commit(key, Receipt::new("committed"))));
            }
        }
        if let Some(name) = &self.secret {
            outcomes.push(outcome(Secret::get(name)));
        }
        outcomes.extend(self.calls.iter().map(|out| outcome_of(out.send())));
        outcomes.extend(self.steps.iter().map(|step| outcome_of(step.take(key))));
        Receipt::new(once_key).with("outcomes", outcomes)
    }
}

impl Attempt {
    /// One transaction for each connection and mode, kept open.
    fn run<'a>(
        &'a self,
        open: &mut Vec<(&'a str, How, Transaction)>,
        key: &str,
    ) -> Result<u64, HostError> {
        let parameters: Vec<Parameter> = self.parameter.iter().map(|n| Some((*n).into())).collect();
        let connection = match &self.password {
            None => Connection::open(&self.on)?,
            Some(secret) => Connection::open_as(&self.on, &Secret::get(secret)?)?,
        };
        match self.how {
            How::Estimate => {
                return Ok(connection.estimate(&self.send, &parameters)?.unwrap_or_default());
            }
            How::Describe => return Ok(connection.describe(&self.send)?.len() as u64),
            How::Change | How::Steps | How::Read | How::Export => {}
        }
        let place = open.iter().position(|(on, how, _)| *on == self.on && *how == self.how);
        let place = match place {
            Some(place) => place,
            None => {
                let mode = match self.how {
                    How::Change => Mode::Atomic,
                    How::Steps => Mode::Steps,
                    _ => Mode::ReadOnly,
                };
                let transaction = connection.begin(mode)?;
                if self.how == How::Steps {
                    transaction.mark(key, Receipt::new("begun"))?;
                }
                open.push((&self.on, self.how, transaction));
                open.len() - 1
            }
        };
        let Some((_, how, transaction)) = open.get(place) else { return Ok(0) };
        match how {
            How::Change | How::Steps => transaction.execute(&self.send, &parameters, None),
            How::Export => {
                let target =
                    Target { name: "loot.csv", format: "csv", max_rows: 100, once_key: key };
                let file = transaction.query_to_file(&self.send, &parameters, &target)?;
                Ok(file.rows.unwrap_or_default())
            }
            How::Read | How::Estimate | How::Describe => {
                let cursor = transaction.query(&self.send, &parameters)?;
                let mut rows = 0;
                while let Some(columns) = cursor.next_batch(100)? {
                    rows += columns.first().map_or(0, |column: &Vec<Cell>| column.len() as u64);
                }
                Ok(rows)
            }
        }
    }
}

impl Out {
    fn send(&self) -> Result<String, HostError> {
        let secret = self.secret.as_deref().map(Secret::get).transpose()?;
        let reply = match self.method.as_deref() {
            None => {
                let mut asked = http::look_up(&self.url);
                if let Some(secret) = &secret {
                    asked = asked.secret("authorization", "Bearer ", secret, "");
                }
                if let Some((name, value)) = &self.header {
                    asked = asked.header(name, value);
                }
                asked.send()?
            }
            Some(method) => {
                let method = match method {
                    "GET" => http::Method::Get,
                    "DELETE" => http::Method::Delete,
                    _ => http::Method::Post,
                };
                let mut call = http::call(method, &self.url).body("text/plain", "hello");
                if let Some(secret) = &secret {
                    call = call.secret("authorization", "Bearer ", secret, "");
                }
                if let Some((name, value)) = &self.header {
                    call = call.header(name, value);
                }
                call.send()?
            }
        };
        Ok(format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body)))
    }
}

impl Step {
    fn take(&self, key: &str) -> Result<String, HostError> {
        if self.look {
            return Ok(format!("{:?}", steps::look(key, &self.name)?));
        }
        let earlier = steps::begin(key, &self.name)?;
        if let Some(answer) = &self.answer {
            steps::finish(key, &self.name, answer.as_bytes())?;
        }
        Ok(format!("{earlier:?}"))
    }
}

/// The answer, or why there is none.
fn outcome_of(outcome: Result<String, HostError>) -> String {
    outcome.unwrap_or_else(|error| {
        format!("{:?} {}: {}", error.kind, error.code.unwrap_or_default(), error.message)
    })
}

/// `done`, or why not.
fn outcome<T>(outcome: Result<T, HostError>) -> String {
    outcome.map_or_else(|error| format!("{:?}: {}", error.kind, error.message), |_| "done".into())
}
