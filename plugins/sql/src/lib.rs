//! Runs the approved statements in one transaction, exactly once.
//!
//! The approval binds the text, the parameters, the row limit, and what the classifier finds in the
//! text. The limit is enforced inside the transaction: above it, nothing is changed.

use sdk_plugin::{
    Connection, ErrorKind, HostError, Mode, Parameter, Statement, Transaction, plugin, prelude::*,
};
use serde_json::{Value as Json, json};

/// The executor.
struct Sql;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    connection: String,
    statement: String,
    max_rows: Option<u64>,
    #[serde(default)]
    parameters: Vec<Json>,
}

/// Statements that may run, and their parameters.
struct Work {
    statements: Vec<Statement>,
    parameters: Vec<Parameter>,
}

impl Executor for Sql {
    type Config = Config;

    fn plan(config: Config) -> Result<Plan> {
        let connection = Connection::open(&config.connection)?;
        let work = Work::new(&config, &connection)?;
        let bound: Vec<Json> = work.statements.iter().map(bound).collect();
        let mut plan = Plan::binding(json!({
            "connection": config.connection,
            "statement": config.statement,
            "parameters": config.parameters,
            "max_rows": config.max_rows,
            "statements": bound,
        }));
        let mut total = Some(0);
        for (place, statement) in work.statements.iter().enumerate() {
            plan = plan.covers(Planned::exact(&connection, &statement.text, &work.parameters));
            let rows = work.estimate(&connection, place, statement)?;
            let target = format!("{}: {}", config.connection, tables(statement).join(", "));
            plan = plan.effect(&statement.kind, target, in_words(statement, rows));
            if changes(statement) {
                total = total.zip(rows).map(|(a, b)| a + b);
            }
        }
        Ok(match total {
            Some(rows) => plan.estimate("rows", number(rows)),
            None => plan,
        })
    }

    fn execute(config: Config, once_key: &str) -> Result<Receipt> {
        let connection = Connection::open(&config.connection)?;
        let work = Work::new(&config, &connection)?;
        let transaction = connection.begin(Mode::Atomic)?;
        let rows = work.run(&transaction, config.max_rows)?;
        let receipt = Receipt::new(once_key)
            .with("rows", number(rows))
            .with("statements", number(work.statements.len() as u64));
        Ok(transaction.commit(once_key, receipt)?)
    }

    fn probe(config: Config, once_key: &str) -> Result<Presence> {
        Ok(Connection::open(&config.connection)?.marker_of(once_key)?.into())
    }
}

plugin!(executor: Sql);

impl Work {
    fn new(config: &Config, connection: &Connection) -> Result<Self> {
        let statements = connection.classify(&config.statement)?;
        let concerns = statements.iter().filter_map(|s| s.detail::<Vec<String>>("concerns"));
        if let Some(concern) = concerns.flatten().next() {
            return Err(Error::refused("not_allowed", format!("the statement {concern}")));
        }
        if let Some(lasting) = statements.iter().find(|s| !s.transactional) {
            let text = format!(
                "`{}` cannot be rolled back on this database, so it cannot run here",
                lasting.kind
            );
            return Err(Error::refused("not_transactional", text));
        }
        if !config.parameters.is_empty() && statements.len() > 1 {
            let text = format!("parameters need a single statement, found {}", statements.len());
            return Err(Error::permanent("parameters", text));
        }
        let parameters = config.parameters.iter().map(parameter).collect::<Result<_>>()?;
        Ok(Self { statements, parameters })
    }

    /// How many rows a statement would touch, if the database can tell. A later statement may need
    /// what an earlier one makes, so that only the first can be wrong already.
    fn estimate(
        &self,
        connection: &Connection,
        place: usize,
        statement: &Statement,
    ) -> Result<Option<u64>> {
        if !matches!(statement.kind.as_str(), "select" | "insert" | "update" | "delete" | "merge") {
            return Ok(None);
        }
        match connection.estimate(&statement.text, &self.parameters) {
            Err(error)
                if place > 0 && matches!(error.kind, ErrorKind::Invalid | ErrorKind::Rejected) =>
            {
                Ok(None)
            }
            answer => Ok(answer?),
        }
    }

    /// Runs everything and answers how many rows changed; above the limit it fails.
    fn run(&self, transaction: &Transaction, max_rows: Option<u64>) -> Result<u64> {
        let mut total = 0;
        for statement in &self.statements {
            let left = max_rows.filter(|_| changes(statement)).map(|most| most - total);
            let rows = transaction
                .execute(&statement.text, &self.parameters, left)
                .map_err(|error| explain(error, max_rows))?;
            if changes(statement) {
                total += rows;
            }
        }
        Ok(total)
    }
}

/// Says in words which limit was passed.
fn explain(error: HostError, max_rows: Option<u64>) -> Error {
    match (error.kind, max_rows) {
        (ErrorKind::Limit, Some(most)) => Error::permanent(
            "too_many_rows",
            format!("more than {most} rows would change; nothing was changed"),
        )
        .with("max_rows", number(most)),
        _ => error.into(),
    }
}

/// Whether its rows count: a query changes nothing, unless it has changes inside.
fn changes(statement: &Statement) -> bool {
    statement.kind != "select" || !statement.writes.is_empty()
}

fn tables(statement: &Statement) -> &[String] {
    if statement.writes.is_empty() { &statement.reads } else { &statement.writes }
}

fn bound(statement: &Statement) -> Json {
    json!({
        "kind": statement.kind,
        "reads": statement.reads,
        "writes": statement.writes,
        "functions": statement.detail::<Vec<String>>("functions").unwrap_or_default(),
    })
}

fn in_words(statement: &Statement, rows: Option<u64>) -> Message {
    let kind = statement.kind.as_str();
    let object = statement.detail::<String>("object");
    let mut text = [kind].into_iter().chain(object.as_deref()).collect::<Vec<_>>().join(" ");
    if !tables(statement).is_empty() {
        text += &format!(" {}", tables(statement).join(", "));
    }
    if statement.detail::<bool>("has-condition") == Some(false) {
        text += ", all rows";
    }
    match rows {
        Some(1) => text += ", about 1 row",
        Some(rows) => text += &format!(", about {rows} rows"),
        None => {}
    }
    let message = Message::new("statement", text)
        .with("kind", kind)
        .with("tables", tables(statement).to_vec());
    match rows {
        Some(rows) => message.with("rows", number(rows)),
        None => message,
    }
}

fn parameter(json: &Json) -> Result<Parameter> {
    match (json, json.as_i64()) {
        (Json::Null, _) => Ok(None),
        (Json::Bool(truth), _) => Ok(Some((*truth).into())),
        (Json::String(text), _) => Ok(Some(text.as_str().into())),
        (Json::Number(_), Some(number)) => Ok(Some(number.into())),
        _ => {
            let text = format!("`{json}` is not a parameter: write decimals as text");
            Err(Error::permanent("parameters", text))
        }
    }
}

fn number(rows: u64) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use sdk_plugin::testing::{FakeDatabase, Host};

    use super::*;

    const SETUP: &str = "create table orders (id integer primary key, state text);
         insert into orders (state) values ('open'), ('open'), ('open'), ('paid');";

    fn host(database: &FakeDatabase, config: Json) -> Host {
        Host::new(MANIFEST).connection("orders-db", database).config(config)
    }

    fn states(database: &FakeDatabase) -> Vec<String> {
        let rows = database.query("select state from orders order by id", &[]).unwrap().rows;
        rows.into_iter().map(|row| format!("{:?}", row[0])).collect()
    }

    #[test]
    fn the_plan_tells_kinds_tables_and_rows_and_changes_nothing() {
        let database = FakeDatabase::sqlite(SETUP);
        let before = states(&database);
        let text = "update orders set state = 'paid' where state = 'open'; delete from orders";
        let config = json!({"connection": "orders-db", "statement": text, "max_rows": 5});
        let plan = host(&database, config).plan::<Sql>().unwrap();
        let lines: Vec<_> = plan.effects.iter().map(|e| e.summary.text.as_str()).collect();
        assert_eq!(lines, ["update orders, about 3 rows", "delete orders, all rows, about 4 rows"]);
        assert_eq!(plan.effects[0].target, "orders-db: orders");
        assert_eq!(plan.estimates, [("rows".to_owned(), Value::Number(7))]);
        assert_eq!(plan.binding["statements"][1]["kind"], "delete");
        assert_eq!(plan.binding["max_rows"], 5);
        assert_eq!(states(&database), before);
    }

    #[test]
    fn a_repeated_execution_has_its_effect_once() {
        let database = FakeDatabase::sqlite(SETUP);
        let text = "insert into orders (state) values (?)";
        let config = json!({"connection": "orders-db", "statement": text, "parameters": ["new"]});
        let host = host(&database, config);
        assert_eq!(host.probe::<Sql>("k"), Ok(Presence::DidNotHappen));
        let first = host.execute::<Sql>("k").unwrap();
        assert_eq!(host.execute::<Sql>("k"), Ok(first.clone()));
        assert_eq!(states(&database).len(), 5);
        assert_eq!(first.field("rows"), Some(&Value::Number(1)));
        assert_eq!(host.probe::<Sql>("k"), Ok(Presence::Happened(first)));
    }

    #[test]
    fn the_limit_holds_over_all_statements_and_nothing_stays() {
        let database = FakeDatabase::sqlite(SETUP);
        let before = states(&database);
        let text = "update orders set state = 'a' where id < 3; update orders set state = 'b' where id > 2";
        let config = |most| json!({"connection": "orders-db", "statement": text, "max_rows": most});
        let error = host(&database, config(3)).execute::<Sql>("k").unwrap_err();
        assert_eq!(error.message.code, "too_many_rows");
        assert_eq!(states(&database), before);
        let receipt = host(&database, config(4)).execute::<Sql>("k").unwrap();
        assert_eq!(receipt.field("rows"), Some(&Value::Number(4)));
    }

    #[test]
    fn a_failing_statement_takes_the_others_back() {
        let database = FakeDatabase::sqlite(SETUP);
        let before = states(&database);
        let text = "delete from orders; insert into nowhere values (1)";
        let config = json!({"connection": "orders-db", "statement": text});
        assert!(host(&database, config).execute::<Sql>("k").is_err());
        assert_eq!(states(&database), before);
    }

    #[test]
    fn what_cannot_run_is_refused_in_the_plan() {
        let database = FakeDatabase::scripted(&sdk_plugin::Database::MariaDb);
        let plan = |config| host(&database, config).plan::<Sql>().unwrap_err().message.code;
        let ddl = json!({"connection": "orders-db", "statement": "drop table orders"});
        assert_eq!(plan(ddl), "not_transactional");
        let two = json!({"connection": "orders-db", "statement": "select 1; select 2", "parameters": [1]});
        assert_eq!(plan(two), "parameters");
        let float =
            json!({"connection": "orders-db", "statement": "select ?", "parameters": [1.5]});
        assert_eq!(plan(float), "parameters");
        let other = json!({"connection": "other", "statement": "select 1"});
        assert_eq!(plan(other), "denied");
    }

    #[test]
    fn it_cannot_be_taken_back() {
        let database = FakeDatabase::sqlite(SETUP);
        let config = json!({"connection": "orders-db", "statement": "delete from orders"});
        let error = host(&database, config).revert::<Sql>(Receipt::new("k"), "r").unwrap_err();
        assert_eq!(error.message.code, "not_revertible");
    }
}
