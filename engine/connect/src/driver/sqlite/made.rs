//! Databases that are made for a trial.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use engine_core::ids::ResourceId;
use rusqlite::{
    Batch, Connection, ErrorCode,
    fallible_iterator::FallibleIterator as _,
    ffi,
    hooks::{AuthAction, AuthContext, Authorization},
    limits::Limit,
};

use super::{boundary, fault};
use crate::{
    error::Error,
    marker::{TABLE, sqlite_table},
};

/// What a script may take: its time, and pages of 4 KiB. The clock is looked at between statements, between
/// rows, and while a statement works.
struct Bounds {
    time: Duration,
    pages: u32,
}

const USUAL: Bounds = Bounds { time: Duration::from_secs(10), pages: 65_536 };
/// After so many instructions of a statement the clock is looked at.
const INSTRUCTIONS: i32 = 1_000;
/// No value is longer, in bytes: one instruction makes it.
const MOST_LENGTH: i32 = 16 << 20;

/// Makes the file of a connection anew, and fills it by a script. It has the table of markers too, as
/// after a first effect: connections that are open already expect it. For trials of plugins: the script
/// may do in this database what statements of a plugin may, in transactions too, and say `pragma foreign_keys`; it
/// reaches no other file, has ten seconds, and makes at most 256 MiB.
///
/// ```
/// # let folder = tempfile::tempdir().unwrap();
/// let shop = "shop-db".parse().unwrap();
/// let script = "create table orders (id integer); insert into orders values (1);";
/// engine_connect::make_sqlite(&shop, &folder.path().join("shop.db"), script).unwrap();
/// ```
///
/// # Errors
/// [`Error::Unreachable`] where the file cannot be written, [`Error::Timeout`] where the script takes longer,
/// [`Error::Statement`] for what it does wrong.
pub fn make_sqlite(name: &ResourceId, path: &Path, script: &str) -> Result<(), Error> {
    make(name, path, script, &USUAL)
}

fn make(name: &ResourceId, path: &Path, script: &str, bounds: &Bounds) -> Result<(), Error> {
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
    let until = Instant::now() + bounds.time;
    let filled = prepare(&mut connection, bounds, until)
        .and_then(|()| run(&connection, script, until))
        .and_then(|()| finish(&mut connection));
    filled.map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => Error::Timeout(bounds.time),
        _ => fault(&error),
    })
}

fn prepare(connection: &mut Connection, bounds: &Bounds, until: Instant) -> rusqlite::Result<()> {
    // It is made for a trial: nothing is lost with it.
    connection.pragma_update(None, "synchronous", "off")?;
    connection.pragma_update(None, "max_page_count", bounds.pages)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, MOST_LENGTH)?;
    connection.progress_handler(INSTRUCTIONS, Some(move || Instant::now() >= until))?;
    connection.authorizer(Some(authorize))
}

fn run(connection: &Connection, script: &str, until: Instant) -> rusqlite::Result<()> {
    let in_time = || match Instant::now() < until {
        true => Ok(()),
        false => Err(rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_INTERRUPT), None)),
    };
    let mut statements = Batch::new(connection, script);
    while let Some(mut statement) = statements.next()? {
        let mut rows = statement.query([])?;
        while rows.next()?.is_some() {
            in_time()?;
        }
        in_time()?;
    }
    Ok(())
}

/// What a script leaves open is committed.
fn finish(connection: &mut Connection) -> rusqlite::Result<()> {
    connection.progress_handler(0, None::<fn() -> bool>)?;
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

    #[test]
    fn a_script_has_bounds() {
        let folder = tempfile::tempdir().unwrap();
        let (name, path) = ("shop-db".parse().unwrap(), folder.path().join("shop.db"));
        let endless = "with recursive n(i) as (select 1 union all select i + 1 from n) \
                       select max(i) from n";
        let brief = Bounds { time: Duration::from_millis(1), ..USUAL };
        let many = "insert into t values (1);".repeat(100_000);
        let rows = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000000) \
                    select i from n";
        for script in [endless, &format!("create table t (a); {many}"), rows] {
            let late = make(&name, &path, script, &brief).unwrap_err();
            assert!(matches!(late, Error::Timeout(_)), "{late}");
        }
        let long = "select length(randomblob(100000000))";
        assert!(matches!(make(&name, &path, long, &USUAL), Err(Error::Statement { .. })));
        let large = "create table files as select zeroblob(100000) as content";
        let small = Bounds { pages: 10, ..USUAL };
        let full = make(&name, &path, large, &small).unwrap_err();
        let Error::Statement { fault: StatementFault::Resources, .. } = &full else {
            panic!("{full}");
        };
        make(&name, &path, large, &USUAL).unwrap();
    }
}
