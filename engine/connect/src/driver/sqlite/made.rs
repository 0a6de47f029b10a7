//! Databases that are made for a trial.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use engine_core::ids::ResourceId;
use rusqlite::Connection;

use super::fault;
use crate::{
    error::Error,
    marker::{TABLE, sqlite_table},
};

/// Makes the file of a connection anew, and fills it by a script. It has the table of markers too, as
/// after a first effect: connections that are open already expect it. For trials of plugins: nothing
/// bounds what the script does.
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
    let connection = Connection::open(path).map_err(|error| unreachable(error.to_string()))?;
    let markers = sqlite_table(TABLE);
    [script, &markers]
        .into_iter()
        .try_for_each(|sql| connection.execute_batch(sql))
        .map_err(|e| fault(&e))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let nowhere = make_sqlite(&name, &folder.path().join("no/shop.db"), script).unwrap_err();
        assert!(matches!(nowhere, Error::Unreachable { .. }), "{nowhere}");
    }
}
