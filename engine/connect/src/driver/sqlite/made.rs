//! Databases that are made for a trial.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use engine_core::ids::ResourceId;
use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
};

use super::{boundary, fault};
use crate::{
    error::Error,
    marker::{TABLE, sqlite_table},
};

/// Makes the file of a connection anew, and fills it by a script. It has the table of markers too, as
/// after a first effect: connections that are open already expect it. For trials of plugins: the script
/// may do in this database what statements of a plugin may, in transactions too, and say `pragma foreign_keys`; it
/// reaches no other file.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let shop = "shop-db".parse().unwrap();
/// let script = "create table orders (id integer); insert into orders values (1);";
/// engine_connect::make_sqlite(&shop, &folder.path().join("shop.db"), script).unwrap();
/// ```
///
/// # Errors
/// [`Error::Unreachable`] where the file cannot be written, [`Error::Statement`] for what the script
/// does wrong.
pub fn make_sqlite(name: &ResourceId, path: &Path, script: &str) -> Result<(), Error> {
    let unreachable = |reason: String| Error::Unreachable { connection: name.clone(), reason };
    for ending in ["", "-journal", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        match fs::remove_file(PathBuf::from(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(unreachable(error.to_string()));
            }
            Ok(()) | Err(_) => {}
        }
    }
    fs::File::create(path).map_err(|error| unreachable(error.to_string()))?;
    let mut connection = Connection::open(path).map_err(|error| unreachable(error.to_string()))?;
    fill(&mut connection, script).map_err(|e| fault(&e))
}

/// What a script leaves open is committed.
fn fill(connection: &mut Connection, script: &str) -> rusqlite::Result<()> {
    connection.authorizer(Some(authorize))?;
    connection.execute_batch(script)?;
    connection.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
    if !connection.is_autocommit() {
        connection.execute_batch("commit")?;
    }
    connection.execute_batch(&sqlite_table(TABLE))
}

fn authorize(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Transaction { .. } | AuthAction::Savepoint { .. } => Authorization::Allow,
        // With which every dump begins.
        AuthAction::Pragma { pragma_name: "foreign_keys", .. } => Authorization::Allow,
        action => boundary::authorize(&action, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::StatementFault;

    #[test]
    fn a_database_is_made_anew_and_a_mistake_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (name, path) = ("shop-db".parse().unwrap(), folder.path().join("shop.db"));
        let count = || {
            let found = Connection::open(&path).unwrap();
            found.query_row("select count(*) from orders", [], |row| row.get::<_, i64>(0)).unwrap()
        };
        let script = "create table orders (id integer); insert into orders values (1), (2);";
        make_sqlite(&name, &path, script).unwrap();
        Connection::open(&path).unwrap().execute_batch("insert into orders values (3)").unwrap();
        assert_eq!(count(), 3);
        make_sqlite(&name, &path, script).unwrap();
        assert_eq!(count(), 2);
        make_sqlite(&name, &path, "").unwrap();
        assert!(path.is_file(), "a database without tables of its own");
        let wrong = make_sqlite(&name, &path, "create table orders (").unwrap_err();
        assert!(matches!(wrong, Error::Statement { .. }), "{wrong}");
        let (other, all) = (folder.path().join("other.db"), "create table orders (id integer);");
        for script in [
            format!("attach '{}' as other", other.display()),
            format!("{all} vacuum into '{}'", other.display()),
            "pragma journal_mode = off".to_owned(),
        ] {
            let refused = make_sqlite(&name, &path, &script).unwrap_err();
            let Error::Statement { fault: StatementFault::Privilege, .. } = &refused else {
                panic!("{script}: {refused}");
            };
        }
        assert!(make_sqlite(&name, &path, "select load_extension('other')").is_err());
        assert!(!other.exists());
        let open = format!(
            "pragma foreign_keys = off; begin; {all} savepoint a; insert into orders values (1); release a;"
        );
        make_sqlite(&name, &path, &open).unwrap();
        assert_eq!(count(), 1);
        let nowhere = make_sqlite(&name, &folder.path().join("no/shop.db"), script).unwrap_err();
        assert!(matches!(nowhere, Error::Unreachable { .. }), "{nowhere}");
    }
}
