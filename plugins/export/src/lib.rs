//! Writes the rows of an approved query into a file.
//!
//! The rows go from the connection to the file past this plugin. The approval binds the query, its
//! columns, the tables it reads and the row cap.

use sdk_plugin::{Connection, Mode, Statement, Target, files_of, plugin, prelude::*};
use serde_json::json;

/// The executor.
struct Export;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    connection: String,
    query: String,
    max_rows: u64,
    #[serde(default = "default_name")]
    file_name: String,
}

fn default_name() -> String {
    "export.csv".to_owned()
}

impl Executor for Export {
    type Config = Config;

    fn plan(config: Config) -> Result<Plan> {
        let connection = Connection::open(&config.connection)?;
        let query = query(&config, &connection)?;
        let columns: Vec<String> =
            connection.describe(&query.text)?.into_iter().map(|column| column.name).collect();
        let plan = Plan::binding(json!({
            "connection": config.connection,
            "query": config.query,
            "tables": query.reads,
            "columns": columns,
            "max_rows": config.max_rows,
            "format": "csv",
        }));
        let estimate = connection.estimate(&query.text, &[])?;
        let target = format!("{}: {}", config.connection, query.reads.join(", "));
        let plan = plan
            .effect("export", target, in_words(&config, columns))
            .covers(Planned::exact(&connection, &query.text, &[]));
        Ok(match estimate.and_then(|rows| i64::try_from(rows).ok()) {
            Some(rows) => plan.estimate("rows", rows),
            None => plan,
        })
    }

    fn execute(config: Config, once_key: &str) -> Result<Receipt> {
        let connection = Connection::open(&config.connection)?;
        let query = query(&config, &connection)?;
        let target =
            Target { name: &config.file_name, format: "csv", max_rows: config.max_rows, once_key };
        let file = connection.begin(Mode::ReadOnly)?.query_to_file(&query.text, &[], &target)?;
        Ok(file.receipt())
    }

    fn probe(config: Config, once_key: &str) -> Result<Presence> {
        let mut files = files_of(once_key)?.into_iter();
        let mine = files.find(|file| file.name == config.file_name);
        Ok(mine.map_or(Presence::DidNotHappen, |file| Presence::Happened(file.receipt())))
    }
}

plugin!(executor: Export);

/// The one statement, which reads only.
fn query(config: &Config, connection: &Connection) -> Result<Statement> {
    let mut statements = connection.classify(&config.query)?;
    match (statements.pop(), statements.len()) {
        (Some(query), 0) if query.kind == "select" && query.writes.is_empty() => Ok(query),
        (Some(other), 0) => {
            let text = format!("an export needs a query that only reads, found `{}`", other.kind);
            Err(Error::refused("not_a_query", text))
        }
        (_, before) => {
            let text = format!("an export needs one query, found {} statements", before + 1);
            Err(Error::permanent("not_a_query", text))
        }
    }
}

fn in_words(config: &Config, columns: Vec<String>) -> Message {
    let max_rows = config.max_rows;
    let text =
        format!("at most {max_rows} rows with {} into {}", columns.join(", "), config.file_name);
    Message::new("export", text)
        .with("max_rows", i64::try_from(max_rows).unwrap_or(i64::MAX))
        .with("columns", columns)
        .with("file", config.file_name.as_str())
}

#[cfg(test)]
mod tests {
    use sdk_plugin::testing::{FakeDatabase, Host};
    use serde_json::Value as Json;

    use super::*;

    fn host(query: &str, max_rows: u64) -> Host {
        let database = FakeDatabase::sqlite(
            "create table people (id integer, name text);
             insert into people values (1, 'Ann'), (2, 'O''Hara, Bob');",
        );
        let config: Json = json!({"connection": "hr", "query": query, "max_rows": max_rows});
        Host::new(MANIFEST).connection("hr", &database).config(config)
    }

    #[test]
    fn the_plan_binds_columns_and_tables() {
        let plan = host("select id, name from people", 10).plan::<Export>().unwrap();
        assert_eq!(plan.binding["columns"], json!(["id", "name"]));
        assert_eq!(plan.binding["tables"], json!(["people"]));
        assert_eq!(plan.effects[0].target, "hr: people");
        assert_eq!(plan.effects[0].summary.text, "at most 10 rows with id, name into export.csv");
        assert_eq!(plan.estimates, [("rows".to_owned(), Value::Number(2))]);
    }

    #[test]
    fn the_receipt_tells_rows_size_and_hash_and_stays_the_same() {
        let host = host("select id, name from people order by id", 2);
        assert_eq!(host.probe::<Export>("k"), Ok(Presence::DidNotHappen));
        let receipt = host.execute::<Export>("k").unwrap();
        let file = &host.files()["export.csv"];
        assert_eq!(file, b"id,name\r\n1,Ann\r\n2,\"O'Hara, Bob\"\r\n");
        assert_eq!(receipt.field("rows"), Some(&Value::Number(2)));
        assert_eq!(receipt.field("size"), Some(&Value::Number(file.len() as i64)));
        let Some(Value::Text(hash)) = receipt.field("sha256") else { panic!("a hash") };
        assert_eq!(hash.len(), 64);
        assert_eq!(host.execute::<Export>("k"), Ok(receipt.clone()));
        assert_eq!(host.probe::<Export>("k"), Ok(Presence::Happened(receipt)));
    }

    #[test]
    fn more_rows_than_the_cap_make_no_file() {
        let host = host("select * from people", 1);
        assert_eq!(host.execute::<Export>("k").unwrap_err().message.code, "limit");
        assert!(host.files().is_empty());
        assert_eq!(host.probe::<Export>("k"), Ok(Presence::DidNotHappen));
    }

    #[test]
    fn only_one_reading_query_is_an_export() {
        for text in ["delete from people", "select 1; select 2"] {
            let error = host(text, 1).plan::<Export>().unwrap_err();
            assert_eq!(error.message.code, "not_a_query", "{text}");
        }
    }
}
