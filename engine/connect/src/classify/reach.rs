//! Everything that a statement names, at any depth.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

use sqlparser::ast::{
    Expr, Ident, ObjectName, Query, Select, Statement as Tree, TableFactor, Visit, Visitor,
};

use super::{Concern, Kind, Statement, TableName, functions, kind};
use crate::{dialect::Dialect, marker};

/// Reads one statement.
pub(super) fn statement(dialect: Dialect, text: &str, tree: &Tree) -> Statement {
    let mut names = Names::new(dialect);
    // Nothing here breaks off.
    let _ = tree.visit(&mut names);
    let defined = defined_here(tree, dialect);
    let mut concerns = names.concerns;
    let marker = |name: &TableName| {
        name.0.last().is_some_and(|table| table.eq_ignore_ascii_case(marker::TABLE))
    };
    if names.relations.keys().chain(&names.writes).any(marker) {
        concerns.insert(Concern::MarkerTable);
    }
    let calls = names.functions.iter().filter(|name| !functions::is_standard(name));
    concerns.extend(calls.clone().map(|name| functions::concern(name)));
    let functions = calls.cloned().collect();
    let reads =
        names.relations.into_iter().filter(|(name, times)| *times > 0 && !defined.contains(name));
    let kind = overall(&names.kinds, &mut concerns);
    Statement {
        text: text.to_owned(),
        reads: reads.map(|(name, _)| name).collect(),
        kind,
        transactional: kind.is_transactional(dialect),
        writes: names.writes,
        has_condition: names.has_condition,
        functions,
        concerns,
    }
}

/// The one kind of the statement, the changes inside a query included.
fn overall(kinds: &[Kind], concerns: &mut BTreeSet<Concern>) -> Kind {
    let mut changes: Vec<Kind> =
        kinds.iter().copied().filter(|kind| *kind != Kind::Select).collect();
    // What makes a table or explains a statement holds a query or a statement of its own.
    if let Some(first @ (Kind::Explain | Kind::Create(_))) = kinds.first() {
        return *first;
    }
    changes.dedup();
    match changes.as_slice() {
        [] => Kind::Select,
        [one] => *one,
        [_, _, ..] => {
            concerns.insert(Concern::SeveralChanges);
            Kind::Other
        }
    }
}

/// Names that the statement's own WITH defines, unless they also mean a table: without RECURSIVE, a name
/// inside its own definition, or before it, is that of a table.
fn defined_here(tree: &Tree, dialect: Dialect) -> BTreeSet<TableName> {
    let query = match tree {
        Tree::Query(query) => Some(query),
        Tree::Insert(insert) => insert.source.as_ref(),
        _ => None,
    };
    let Some(with) = query.and_then(|query| query.with.as_ref()) else { return BTreeSet::new() };
    let mut defined = BTreeSet::new();
    let mut seen = Names::new(dialect);
    for definition in &with.cte_tables {
        let _ = definition.query.visit(&mut seen);
        let name = TableName(vec![folded(&definition.alias.name, dialect)]);
        let earlier = defined.contains(&name);
        if with.recursive || earlier || !seen.relations.contains_key(&name) {
            defined.insert(name);
        }
    }
    defined
}

/// Collects names.
struct Names {
    dialect: Dialect,
    kinds: Vec<Kind>,
    /// How often a name stands where it is read.
    relations: BTreeMap<TableName, usize>,
    writes: BTreeSet<TableName>,
    functions: BTreeSet<String>,
    has_condition: bool,
    concerns: BTreeSet<Concern>,
}

impl Names {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            kinds: Vec::new(),
            relations: BTreeMap::new(),
            writes: BTreeSet::new(),
            functions: BTreeSet::new(),
            has_condition: true,
            concerns: BTreeSet::new(),
        }
    }

    fn name(&self, name: &ObjectName) -> TableName {
        let part = |part: &sqlparser::ast::ObjectNamePart| match part.as_ident() {
            Some(ident) => folded(ident, self.dialect),
            None => part.to_string(),
        };
        TableName(name.0.iter().map(part).collect())
    }

    fn call(&mut self, name: &ObjectName) {
        self.functions.insert(self.name(name).to_string());
    }
}

impl Visitor for Names {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Tree) -> ControlFlow<()> {
        let read = kind::read(statement);
        self.kinds.push(read.kind);
        self.has_condition &= read.has_condition;
        self.concerns.extend(read.concern);
        for name in read.writes {
            let name = self.name(name);
            self.writes.insert(name);
        }
        if let Tree::Call(function) = statement {
            self.concerns.insert(Concern::UnknownFunction(function.name.to_string()));
        }
        ControlFlow::Continue(())
    }

    /// A statement that only changes a table does not read it: its own mention is taken back.
    fn post_visit_statement(&mut self, statement: &Tree) -> ControlFlow<()> {
        let read = kind::read(statement);
        if matches!(read.kind, Kind::Select | Kind::Update | Kind::Delete | Kind::Merge) {
            return ControlFlow::Continue(());
        }
        for name in read.writes {
            let name = self.name(name);
            if let Some(times) = self.relations.get_mut(&name) {
                *times = times.saturating_sub(1);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        *self.relations.entry(self.name(relation)).or_default() += 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                self.call(name);
            }
            TableFactor::Table { .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. }
            | TableFactor::UNNEST { .. }
            | TableFactor::JsonTable { .. } => {}
            TableFactor::TableFunction { expr, .. } => {
                self.concerns.insert(Concern::Construct(format!("TABLE({expr})")));
            }
            other => {
                self.concerns.insert(Concern::Construct(other.to_string()));
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        if let TableFactor::Table { name, args: Some(_), .. } = factor {
            let name = self.name(name);
            if let Some(times) = self.relations.get_mut(&name) {
                *times = times.saturating_sub(1);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        if let Expr::Function(function) = expr {
            self.call(&function.name);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        if select.into.is_some() {
            self.concerns.insert(Concern::Construct("SELECT INTO".to_owned()));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        if query.settings.is_some() || query.format_clause.is_some() {
            self.concerns.insert(Concern::Construct("a clause of another database".to_owned()));
        }
        ControlFlow::Continue(())
    }
}

/// A name as the server understands it: PostgreSQL folds what is not quoted, SQLite all.
fn folded(ident: &Ident, dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => ident.value.to_lowercase(),
        Dialect::Postgres if ident.quote_style.is_none() => ident.value.to_lowercase(),
        Dialect::Postgres | Dialect::Mariadb => ident.value.clone(),
    }
}
