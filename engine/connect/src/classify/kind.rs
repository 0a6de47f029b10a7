//! The kind of a statement, and what it names to change.

use sqlparser::ast::{
    CopyTarget, Delete, FromTable, ObjectName, ObjectType, Statement, TableFactor, TableObject,
    TableWithJoins, Update,
};

use super::{Concern, Kind, Object};

/// A statement by itself, without those inside it.
pub(super) struct Read<'a> {
    pub(super) kind: Kind,
    pub(super) writes: Vec<&'a ObjectName>,
    pub(super) has_condition: bool,
    pub(super) concern: Option<Concern>,
}

impl<'a> Read<'a> {
    fn of(kind: Kind, writes: Vec<&'a ObjectName>) -> Self {
        Self { kind, writes, has_condition: true, concern: None }
    }

    fn reaching(kind: Kind, construct: &str) -> Self {
        let concern = Some(Concern::Construct(construct.to_owned()));
        Self { kind, writes: Vec::new(), has_condition: true, concern }
    }

    fn transaction() -> Self {
        let concern = Some(Concern::TransactionControl);
        Self { kind: Kind::Transaction, writes: Vec::new(), has_condition: true, concern }
    }
}

/// Whatever has no arm here is not understood.
pub(super) fn read(statement: &Statement) -> Read<'_> {
    match statement {
        Statement::Query(_) => Read::of(Kind::Select, Vec::new()),
        Statement::Insert(insert) => match &insert.table {
            TableObject::TableName(name) => Read::of(Kind::Insert, vec![name]),
            _ => Read::reaching(Kind::Insert, "INSERT INTO a function"),
        },
        Statement::Update(update) => read_update(update),
        Statement::Delete(delete) => read_delete(delete),
        Statement::Merge(merge) => Read::of(Kind::Merge, names_of(&merge.table)),
        Statement::Truncate(truncate) => {
            let names = truncate.table_names.iter().map(|target| &target.name);
            Read::of(Kind::Truncate, names.collect())
        }
        Statement::Grant(_) => Read::of(Kind::Grant, Vec::new()),
        Statement::Revoke(_) => Read::of(Kind::Revoke, Vec::new()),
        Statement::Call(_) => Read::of(Kind::Call, Vec::new()),
        Statement::Set(_) => Read::of(Kind::Set, Vec::new()),
        Statement::StartTransaction { .. }
        | Statement::Commit { .. }
        | Statement::Rollback { .. }
        | Statement::Savepoint { .. }
        | Statement::ReleaseSavepoint { .. } => Read::transaction(),
        Statement::Copy { target, .. } => match target {
            CopyTarget::Program { .. } => Read::reaching(Kind::Copy, "COPY PROGRAM"),
            _ => Read::reaching(Kind::Copy, "COPY"),
        },
        Statement::Explain { analyze: true, .. } => {
            Read::reaching(Kind::Explain, "EXPLAIN ANALYZE, which runs the statement")
        }
        Statement::Explain { .. } | Statement::ExplainTable { .. } => {
            Read::of(Kind::Explain, Vec::new())
        }
        other => read_ddl(other),
    }
}

fn read_ddl(statement: &Statement) -> Read<'_> {
    match statement {
        Statement::CreateTable(table) => Read::of(Kind::Create(Object::Table), vec![&table.name]),
        Statement::CreateView(view) => Read::of(Kind::Create(Object::View), vec![&view.name]),
        Statement::CreateIndex(index) => {
            Read::of(Kind::Create(Object::Index), vec![&index.table_name])
        }
        Statement::CreateSchema { .. } => Read::of(Kind::Create(Object::Schema), Vec::new()),
        Statement::CreateDatabase { .. } => Read::of(Kind::Create(Object::Database), Vec::new()),
        Statement::CreateSequence { .. } => Read::of(Kind::Create(Object::Sequence), Vec::new()),
        Statement::CreateRole(_) | Statement::CreateUser(_) => {
            Read::of(Kind::Create(Object::Role), Vec::new())
        }
        Statement::CreateType { .. } | Statement::CreateDomain(_) => {
            Read::of(Kind::Create(Object::Type), Vec::new())
        }
        Statement::AlterTable(table) => Read::of(Kind::Alter(Object::Table), vec![&table.name]),
        Statement::RenameTable(renames) => {
            let names = renames.iter().map(|rename| &rename.old_name);
            Read::of(Kind::Alter(Object::Table), names.collect())
        }
        Statement::AlterView { name, .. } => Read::of(Kind::Alter(Object::View), vec![name]),
        Statement::AlterIndex { .. } => Read::of(Kind::Alter(Object::Index), Vec::new()),
        Statement::AlterSchema(_) => Read::of(Kind::Alter(Object::Schema), Vec::new()),
        Statement::AlterType(_) => Read::of(Kind::Alter(Object::Type), Vec::new()),
        Statement::AlterRole { .. } | Statement::AlterUser(_) => {
            Read::of(Kind::Alter(Object::Role), Vec::new())
        }
        Statement::Drop { object_type, names, .. } => read_drop(object_type, names),
        Statement::DropDomain(_) => Read::of(Kind::Drop(Object::Type), Vec::new()),
        other => Read::reaching(Kind::Other, &first_words(other)),
    }
}

fn read_drop<'a>(object: &ObjectType, names: &'a [ObjectName]) -> Read<'a> {
    match object {
        ObjectType::Table => Read::of(Kind::Drop(Object::Table), names.iter().collect()),
        ObjectType::View | ObjectType::MaterializedView => {
            Read::of(Kind::Drop(Object::View), names.iter().collect())
        }
        ObjectType::Index => Read::of(Kind::Drop(Object::Index), Vec::new()),
        ObjectType::Schema => Read::of(Kind::Drop(Object::Schema), Vec::new()),
        ObjectType::Database => Read::of(Kind::Drop(Object::Database), Vec::new()),
        ObjectType::Role | ObjectType::User => Read::of(Kind::Drop(Object::Role), Vec::new()),
        ObjectType::Sequence => Read::of(Kind::Drop(Object::Sequence), Vec::new()),
        ObjectType::Type => Read::of(Kind::Drop(Object::Type), Vec::new()),
        other => Read::reaching(Kind::Drop(Object::Other), &format!("DROP {other}")),
    }
}

fn read_update(update: &Update) -> Read<'_> {
    let has_condition = update.selection.is_some();
    Read { has_condition, ..Read::of(Kind::Update, joined(&update.table)) }
}

fn read_delete(delete: &Delete) -> Read<'_> {
    let (FromTable::WithFromKeyword(from) | FromTable::WithoutKeyword(from)) = &delete.from;
    let mut writes: Vec<&ObjectName> = delete.tables.iter().collect();
    if writes.is_empty() {
        writes = from.iter().flat_map(joined).collect();
    }
    Read { has_condition: delete.selection.is_some(), ..Read::of(Kind::Delete, writes) }
}

/// MariaDB changes every table of a join.
fn joined(tables: &TableWithJoins) -> Vec<&ObjectName> {
    let joins = tables.joins.iter().map(|join| &join.relation);
    std::iter::once(&tables.relation).chain(joins).flat_map(names_of).collect()
}

fn names_of(table: &TableFactor) -> Vec<&ObjectName> {
    match table {
        TableFactor::Table { name, .. } => vec![name],
        TableFactor::NestedJoin { table_with_joins, .. } => joined(table_with_joins),
        _ => Vec::new(),
    }
}

/// Such as `CREATE FUNCTION`, to say what was not understood.
fn first_words(statement: &Statement) -> String {
    let text = statement.to_string();
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}
