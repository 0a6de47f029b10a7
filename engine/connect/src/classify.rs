//! What a text of SQL says it would do: for people who approve it, and to refuse early.
//!
//! **Never the boundary.** A parser of many dialects is not the server's parser, and a name is not what it
//! resolves to (views, triggers, functions, rules). What bounds a statement is the account's rights, read-only
//! transactions, one statement for each call, and caps in the transaction. So whatever is not understood, or
//! known to reach outside the database, is a [`Concern`], and a statement with a concern is refused by default.

mod functions;
mod kind;
mod reach;
mod rights;

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use sqlparser::{
    dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect},
    parser::{Parser, ParserError},
    tokenizer::{Location, Token, TokenWithSpan, Tokenizer},
};

use crate::dialect::Dialect;

/// The longest text that is looked at, in bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// The most statements of a text.
pub const MAX_STATEMENTS: usize = 200;

/// One statement of a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// As it was written, without the semicolon.
    pub text: String,
    /// What it does.
    pub kind: Kind,
    /// Tables and views that it names to read.
    pub reads: BTreeSet<TableName>,
    /// Tables and views that it names to change.
    pub writes: BTreeSet<TableName>,
    /// Whether it changes or deletes only rows that meet a condition; true where it does neither.
    pub has_condition: bool,
    /// Whether the database can undo it. In MariaDB, DDL and rights are kept at once: for steps only.
    pub transactional: bool,
    /// Functions that it calls, as written, without those of the standard kind.
    pub functions: BTreeSet<String>,
    /// Why it is refused by default.
    pub concerns: BTreeSet<Concern>,
}

impl Statement {
    /// One that names accounts, and no tables that it reads or changes.
    fn about_rights(dialect: Dialect, text: &str, kind: Kind) -> Self {
        Self {
            text: text.to_owned(),
            kind,
            reads: BTreeSet::new(),
            writes: BTreeSet::new(),
            has_condition: true,
            transactional: kind.is_transactional(dialect),
            functions: BTreeSet::new(),
            concerns: BTreeSet::new(),
        }
    }
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Reads.
    Select,
    /// Adds rows.
    Insert,
    /// Changes rows.
    Update,
    /// Removes rows.
    Delete,
    /// Adds, changes or removes rows.
    Merge,
    /// Makes something.
    Create(Object),
    /// Changes something that was made.
    Alter(Object),
    /// Removes something that was made.
    Drop(Object),
    /// Removes all rows, often past triggers and conditions.
    Truncate,
    /// Gives rights.
    Grant,
    /// Takes rights.
    Revoke,
    /// Runs a procedure.
    Call,
    /// Changes a setting.
    Set,
    /// Begins or ends a transaction.
    Transaction,
    /// PostgreSQL's COPY.
    Copy,
    /// Shows how a statement would run.
    Explain,
    /// Anything else; always with a concern.
    Other,
}

impl Kind {
    /// Whether a transaction of such a database can undo it.
    #[must_use]
    pub fn is_transactional(self, dialect: Dialect) -> bool {
        match self {
            Self::Select
            | Self::Insert
            | Self::Update
            | Self::Delete
            | Self::Merge
            | Self::Set
            | Self::Copy
            | Self::Explain => true,
            Self::Transaction | Self::Call | Self::Other => false,
            // Two statements that PostgreSQL takes outside transactions only.
            Self::Create(Object::Database) | Self::Drop(Object::Database) => false,
            Self::Create(_)
            | Self::Alter(_)
            | Self::Drop(_)
            | Self::Truncate
            | Self::Grant
            | Self::Revoke => dialect != Dialect::Mariadb,
        }
    }
}

/// What DDL is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    /// A table.
    Table,
    /// A view.
    View,
    /// An index.
    Index,
    /// A schema.
    Schema,
    /// A database.
    Database,
    /// A sequence.
    Sequence,
    /// A role or account.
    Role,
    /// A type or domain.
    Type,
    /// Code or a way out: functions, triggers, extensions, servers, …; always with a concern.
    Other,
}

/// Why a statement is refused by default.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// It calls a function that reaches files, other servers, other sessions, or code in texts.
    ReachesOutside(String),
    /// It calls a function that is not known here.
    UnknownFunction(String),
    /// It has a construct that reaches outside, or holds code.
    Construct(String),
    /// MariaDB executes some comments.
    ExecutableComment,
    /// It begins or ends a transaction.
    TransactionControl,
    /// It names the engine's marker table.
    MarkerTable,
    /// It does more than one kind of change.
    SeveralChanges,
}

/// The name of a table, with its schema where that was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableName(pub Vec<String>);

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
        for (i, part) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "." })?;
            if part.chars().all(plain) {
                f.write_str(part)?;
            } else {
                write!(f, "\"{}\"", part.replace('"', "\"\""))?;
            }
        }
        Ok(())
    }
}

/// Why a text is not understood; it is refused then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct NotUnderstood {
    /// From 1.
    pub line: u64,
    /// From 1, in characters.
    pub column: u64,
    /// What was expected or found.
    pub message: String,
}

/// Reads a text of one or more statements.
///
/// # Errors
/// [`NotUnderstood`]: deny.
pub fn classify(dialect: Dialect, text: &str) -> Result<Vec<Statement>, NotUnderstood> {
    let at_start = |message: String| NotUnderstood { line: 1, column: 1, message };
    if text.len() > MAX_TEXT {
        return Err(at_start(format!("the text has {} bytes, more than {MAX_TEXT}", text.len())));
    }
    let grammar: &dyn sqlparser::dialect::Dialect = match dialect {
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::Postgres => &PostgreSqlDialect {},
        Dialect::Mariadb => &MySqlDialect {},
    };
    let tokens = Tokenizer::new(grammar, text).tokenize_with_location().map_err(|e| {
        let Location { line, column } = e.location;
        NotUnderstood { line, column, message: e.message }
    })?;
    let offsets = Offsets::new(text);
    let mut statements = Vec::new();
    for part in tokens.split(|token| token.token == Token::SemiColon) {
        let Some((first, last)) = ends(part) else { continue };
        if statements.len() == MAX_STATEMENTS {
            return Err(at_start(format!("the text has more than {MAX_STATEMENTS} statements")));
        }
        let whole = offsets.at(first.span.start)..offsets.at(last.span.end);
        let text = text.get(whole).unwrap_or_default();
        let statement = match rights::kind(dialect, part) {
            Some(kind) => Statement::about_rights(dialect, text, kind),
            None => reach::statement(dialect, text, &parse(grammar, part, first.span.start)?),
        };
        statements.push(statement);
    }
    // Anywhere, since it is not certain to which statement it belongs.
    if dialect == Dialect::Mariadb && (text.contains("/*!") || text.contains("/*M!")) {
        for statement in &mut statements {
            statement.concerns.insert(Concern::ExecutableComment);
        }
    }
    match statements.is_empty() {
        true => Err(at_start("expected a statement, found none".to_owned())),
        false => Ok(statements),
    }
}

/// Parses what is between two semicolons.
fn parse(
    grammar: &dyn sqlparser::dialect::Dialect,
    tokens: &[TokenWithSpan],
    start: Location,
) -> Result<sqlparser::ast::Statement, NotUnderstood> {
    let mut parsed = Parser::new(grammar)
        .with_tokens_with_locations(tokens.to_vec())
        .parse_statements()
        .map_err(|e| not_understood(&e, start))?;
    match (parsed.pop(), parsed.is_empty()) {
        (Some(tree), true) => Ok(tree),
        _ => {
            let message = "expected one statement".to_owned();
            Err(NotUnderstood { line: start.line, column: start.column, message })
        }
    }
}

/// The first and last token that are more than space.
fn ends(part: &[TokenWithSpan]) -> Option<(&TokenWithSpan, &TokenWithSpan)> {
    let counts = |token: &&TokenWithSpan| !matches!(token.token, Token::Whitespace(_) | Token::EOF);
    Some((part.iter().find(counts)?, part.iter().rfind(counts)?))
}

fn not_understood(error: &ParserError, at: Location) -> NotUnderstood {
    let message = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => "it is nested too deeply".to_owned(),
    };
    // The parser says the place in its text.
    let place = message.rsplit_once(" at Line: ").and_then(|(rest, place)| {
        let (line, column) = place.split_once(", Column: ")?;
        Some((rest.to_owned(), line.parse().ok()?, column.parse().ok()?))
    });
    let (message, line, column) = place.unwrap_or((message, at.line, at.column));
    NotUnderstood { line, column, message }
}

/// Where lines begin in a text, in bytes.
struct Offsets<'a> {
    text: &'a str,
    lines: Vec<usize>,
}

impl<'a> Offsets<'a> {
    fn new(text: &'a str) -> Self {
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self { text, lines: std::iter::once(0).chain(breaks).collect() }
    }

    /// The byte of a place that counts lines and characters from 1.
    fn at(&self, place: Location) -> usize {
        let line = usize::try_from(place.line.saturating_sub(1)).ok();
        let Some(start) = line.and_then(|line| self.lines.get(line)).copied() else {
            return self.text.len();
        };
        let column = usize::try_from(place.column.saturating_sub(1)).unwrap_or(usize::MAX);
        let rest = self.text.get(start..).unwrap_or_default();
        rest.char_indices().nth(column).map_or(self.text.len(), |(at, _)| start + at)
    }
}

#[cfg(test)]
mod tests;
