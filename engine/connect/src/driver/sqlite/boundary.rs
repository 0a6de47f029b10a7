//! What a statement may reach: asked by SQLite itself while it compiles one, triggers and views included.

use rusqlite::hooks::{AuthAction, Authorization};

use crate::marker::TABLE;

/// Asked while a statement that is not the engine's own is compiled.
pub(super) fn authorize(action: &AuthAction<'_>, read_only: bool) -> Authorization {
    let writing = |allowed: bool| {
        if allowed && !read_only { Authorization::Allow } else { Authorization::Deny }
    };
    match *action {
        AuthAction::Select | AuthAction::Recursive => Authorization::Allow,
        AuthAction::Read { table_name, .. } => allow_unless_marker(table_name),
        AuthAction::Function { function_name } => {
            if function_name.eq_ignore_ascii_case("load_extension") {
                Authorization::Deny
            } else {
                Authorization::Allow
            }
        }
        AuthAction::Insert { table_name }
        | AuthAction::Delete { table_name }
        | AuthAction::Update { table_name, .. }
        | AuthAction::CreateTable { table_name }
        | AuthAction::CreateIndex { table_name, .. }
        | AuthAction::CreateTrigger { table_name, .. }
        | AuthAction::DropIndex { table_name, .. }
        | AuthAction::DropTable { table_name }
        | AuthAction::DropTrigger { table_name, .. }
        | AuthAction::AlterTable { table_name, .. } => writing(!is_marker(table_name)),
        AuthAction::CreateView { .. }
        | AuthAction::DropView { .. }
        | AuthAction::Analyze { .. }
        | AuthAction::Reindex { .. } => writing(true),
        // Temporary things, virtual tables, pragmas, attached files, transactions, and what is new.
        _ => Authorization::Deny,
    }
}

fn is_marker(table: &str) -> bool {
    table.eq_ignore_ascii_case(TABLE)
}

fn allow_unless_marker(table: &str) -> Authorization {
    if is_marker(table) { Authorization::Deny } else { Authorization::Allow }
}
