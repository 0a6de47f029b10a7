//! Scores how risky a SQL text is: what its statements do, to which tables, and whether they say which
//! rows.
//!
//! Every statement adds the points of its kind, `no_where` where it changes or deletes all rows of a
//! table, and those of the tables it touches, each once. A text that cannot be read is as risky as
//! `unreadable` says: never less risky for that.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use sdk_plugin::{plugin, prelude::*};
use sqlparser::{
    ast::{Delete, Expr, ObjectName, Query, SetExpr, Statement, Update, Visit, Visitor},
    dialect::{Dialect, GenericDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect},
    parser::Parser,
};

/// The condition.
struct RiskScore;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    statement_property: String,
    #[serde(default)]
    dialect: Language,
    at_most: Option<u32>,
    at_least: Option<u32>,
    #[serde(default)]
    points: BTreeMap<Kind, u32>,
    #[serde(default)]
    tables: BTreeMap<String, u32>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    Postgresql,
    Mariadb,
    Sqlite,
    #[default]
    Any,
}

/// What has points.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Read,
    Insert,
    Update,
    Delete,
    Create,
    Alter,
    Drop,
    Truncate,
    Rights,
    Other,
    NoWhere,
    Several,
    Unreadable,
}

/// Why a text is risky: words, points.
type Reasons = Vec<(String, u32)>;

impl Condition for RiskScore {
    type Config = Config;

    fn evaluate(config: Config) -> Result<Verdict> {
        let text: String = request::get(&config.statement_property)?;
        let reasons = config.reasons(&text);
        let score: u32 = reasons.iter().map(|(_, points)| points).sum();
        let is_met = match (config.at_most, config.at_least) {
            (Some(most), None) => score <= most,
            (None, Some(least)) => score >= least,
            (Some(_), Some(_)) | (None, None) => {
                let text = "the settings need either `at_most` or `at_least`";
                return Err(Error::permanent("bad_config", text));
            }
        };
        if is_met { met() } else { Ok(Verdict::Unmet(config.why(score, &reasons))) }
    }
}

plugin!(condition: RiskScore);

impl Config {
    fn reasons(&self, text: &str) -> Reasons {
        let dialect: &dyn Dialect = match self.dialect {
            Language::Postgresql => &PostgreSqlDialect {},
            Language::Mariadb => &MySqlDialect {},
            Language::Sqlite => &SQLiteDialect {},
            Language::Any => &GenericDialect {},
        };
        let Ok(statements) = Parser::parse_sql(dialect, text) else {
            return vec![("it cannot be read".to_owned(), self.points(Kind::Unreadable))];
        };
        let mut reasons = Reasons::new();
        let mut tables = BTreeSet::new();
        for statement in &statements {
            let kind = kind(statement);
            reasons.push((kind.words().to_owned(), self.points(kind)));
            if changes_all_rows(statement) {
                reasons.push(("it does not say which rows".to_owned(), self.points(Kind::NoWhere)));
            }
            tables.extend(tables_of(statement));
        }
        if statements.len() > 1 {
            let words = format!("there are {} statements", statements.len());
            reasons.push((words, self.points(Kind::Several)));
        }
        for (name, points) in &self.tables {
            let name = name.to_lowercase();
            if tables.iter().any(|table| is_table(table, &name)) {
                reasons.push((format!("it touches the table `{name}`"), *points));
            }
        }
        reasons.retain(|(_, points)| *points > 0);
        reasons
    }

    fn points(&self, kind: Kind) -> u32 {
        self.points.get(&kind).copied().unwrap_or_else(|| kind.points())
    }

    fn why(&self, score: u32, reasons: &Reasons) -> Message {
        let told: Vec<String> =
            reasons.iter().map(|(words, points)| format!("{words} ({points})")).collect();
        let told =
            if told.is_empty() { "nothing in it is risky".to_owned() } else { told.join(", ") };
        let limit = match (self.at_most, self.at_least) {
            (Some(most), _) => format!("at most {most}"),
            (None, least) => format!("at least {}", least.unwrap_or_default()),
        };
        let text = format!("the risk of the statement is {score}, and should be {limit}: {told}");
        Message::new("risk", text).with("score", i64::from(score))
    }
}

impl Kind {
    fn points(self) -> u32 {
        match self {
            Self::Read => 0,
            Self::Insert | Self::Several => 10,
            Self::Update | Self::Create => 20,
            Self::Delete | Self::Other => 30,
            Self::Alter | Self::NoWhere => 40,
            Self::Rights => 50,
            Self::Drop | Self::Truncate => 60,
            Self::Unreadable => 100,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Read => "it reads",
            Self::Insert => "it adds rows",
            Self::Update => "it changes rows",
            Self::Delete => "it deletes rows",
            Self::Create => "it creates something",
            Self::Alter => "it alters a structure",
            Self::Drop => "it drops something",
            Self::Truncate => "it empties a table",
            Self::Rights => "it changes rights",
            Self::Other => "it does something else",
            Self::NoWhere => "it does not say which rows",
            Self::Several => "there are several statements",
            Self::Unreadable => "it cannot be read",
        }
    }
}

fn kind(statement: &Statement) -> Kind {
    match statement {
        Statement::Query(query) => kind_of_query(query),
        Statement::Explain { analyze: false, .. }
        | Statement::ExplainTable { .. }
        | Statement::ShowTables { .. }
        | Statement::ShowColumns { .. } => Kind::Read,
        Statement::Explain { statement, .. } => kind(statement),
        Statement::Insert(_) => Kind::Insert,
        Statement::Update(_) => Kind::Update,
        Statement::Delete(_) => Kind::Delete,
        Statement::Truncate(_) => Kind::Truncate,
        Statement::Drop { .. } => Kind::Drop,
        Statement::CreateTable(_) | Statement::CreateIndex(_) | Statement::CreateView(_) => {
            Kind::Create
        }
        Statement::AlterTable(_) | Statement::AlterView { .. } | Statement::AlterIndex { .. } => {
            Kind::Alter
        }
        Statement::Grant(_) | Statement::Revoke(_) => Kind::Rights,
        // The list of the parser grows with its versions; what is not known is not harmless.
        _ => Kind::Other,
    }
}

/// A query can change something: in a `WITH`, or as a whole.
fn kind_of_query(query: &Query) -> Kind {
    let with = query.with.iter().flat_map(|with| &with.cte_tables);
    let inner = with.map(|table| kind_of_query(&table.query)).max();
    kind_of_body(&query.body).max(inner.unwrap_or(Kind::Read))
}

fn kind_of_body(body: &SetExpr) -> Kind {
    match body {
        SetExpr::Select(select) if select.into.is_some() => Kind::Create,
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Table(_) => Kind::Read,
        SetExpr::Query(query) => kind_of_query(query),
        SetExpr::SetOperation { left, right, .. } => kind_of_body(left).max(kind_of_body(right)),
        SetExpr::Insert(statement)
        | SetExpr::Update(statement)
        | SetExpr::Delete(statement)
        | SetExpr::Merge(statement) => kind(statement),
    }
}

/// Whether it changes or deletes rows without saying which, at any depth.
fn changes_all_rows(statement: &Statement) -> bool {
    struct Search;
    impl Visitor for Search {
        type Break = ();

        fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
            let selection: &Option<Expr> = match statement {
                Statement::Update(Update { selection, .. })
                | Statement::Delete(Delete { selection, .. }) => selection,
                _ => return ControlFlow::Continue(()),
            };
            if selection.is_none() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
    }
    statement.visit(&mut Search).is_break()
}

/// The tables it touches, in lower case and without quotes.
fn tables_of(statement: &Statement) -> BTreeSet<String> {
    struct Tables(BTreeSet<String>);
    impl Visitor for Tables {
        type Break = ();

        fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
            let parts = name.0.iter().filter_map(|part| part.as_ident());
            let parts: Vec<String> = parts.map(|part| part.value.to_lowercase()).collect();
            self.0.insert(parts.join("."));
            ControlFlow::Continue(())
        }
    }
    let mut tables = Tables(BTreeSet::new());
    // It never breaks off.
    let _ = statement.visit(&mut tables);
    tables.0
}

/// Whether a table is meant by a name, which may leave the schema out.
fn is_table(table: &str, name: &str) -> bool {
    table == name || table.rsplit_once('.').is_some_and(|(_, bare)| bare == name)
}

#[cfg(test)]
mod tests {
    use sdk_plugin::testing::Host;
    use serde_json::{Value as Json, json};

    use super::*;

    fn host(config: &Json, text: &str) -> Result<Verdict> {
        let mut all = json!({"statement_property": "sql"});
        for (key, value) in config.as_object().unwrap() {
            all[key] = value.clone();
        }
        Host::new(MANIFEST).config(all).property("sql", text.to_owned()).evaluate::<RiskScore>()
    }

    fn told(text: &str) -> String {
        let tables = json!({"at_least": 1000, "tables": {"payments": 25, "hr.salaries": 70}});
        match host(&tables, text).unwrap() {
            Verdict::Unmet(message) => {
                let (_, told) = message.text.split_once("at least 1000: ").unwrap();
                told.to_owned()
            }
            Verdict::Met => panic!("met"),
        }
    }

    #[test]
    fn what_it_does_is_scored() {
        for (text, expected) in [
            ("select * from orders", "nothing in it is risky"),
            ("insert into orders values (1)", "it adds rows (10)"),
            ("update orders set a = 1 where id = 7", "it changes rows (20)"),
            ("update orders set a = 1", "it changes rows (20), it does not say which rows (40)"),
            ("delete from orders", "it deletes rows (30), it does not say which rows (40)"),
            ("truncate table orders", "it empties a table (60)"),
            ("drop table orders", "it drops something (60)"),
            ("alter table orders add column b int", "it alters a structure (40)"),
            ("create table b (id int)", "it creates something (20)"),
            ("grant select on orders to eve", "it changes rights (50)"),
            ("vacuum", "it does something else (30)"),
            ("delete from", "it cannot be read (100)"),
            ("", "nothing in it is risky"),
            ("select 1; select 2", "there are 2 statements (10)"),
            (
                "select * from a.payments p join orders on true",
                "it touches the table `payments` (25)",
            ),
            ("select * from \"HR\".\"Salaries\"", "it touches the table `hr.salaries` (70)"),
            ("select * from salaries", "nothing in it is risky"),
            (
                "update orders set a = 1 where id in (select id from payments)",
                "it changes rows (20), it touches the table `payments` (25)",
            ),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn a_change_does_not_hide_in_a_query() {
        let hidden = "with gone as (delete from orders returning *) select * from gone";
        let config = json!({"dialect": "postgresql", "at_most": 0});
        let Verdict::Unmet(why) = host(&config, hidden).unwrap() else { panic!("met") };
        assert!(
            why.text.contains("it deletes rows (30), it does not say which rows (40)"),
            "{}",
            why.text
        );
    }

    #[test]
    fn the_limit_is_included() {
        let text = "delete from orders where id = 1";
        assert_eq!(host(&json!({"at_most": 30}), text), met());
        assert_eq!(host(&json!({"at_least": 30}), text), met());
        for config in [json!({"at_most": 29}), json!({"at_least": 31})] {
            assert_ne!(host(&config, text), met());
        }
        let points = json!({"at_most": 5, "points": {"delete": 5}});
        assert_eq!(host(&points, text), met());
        for config in [json!({}), json!({"at_most": 1, "at_least": 1}), json!({"at_most": -1})] {
            assert!(host(&config, text).is_err(), "{config}");
        }
    }
}
