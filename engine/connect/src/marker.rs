//! The marker that makes an effect happen exactly once.
//!
//! Every target database has a table `countersign_effects`, made when first needed, with one row for
//! every effect, by the effect's *once-key*:
//!
//! | state    | means                                                                           |
//! |----------|---------------------------------------------------------------------------------|
//! | `done`   | the effect happened; `receipt` says what                                        |
//! | `begun`  | MariaDB, steps: some, all or none of the statements ran; `receipt` says of what |
//! | `fenced` | a probe answered *did not happen*, `fence` times so far                         |
//!
//! [`crate::Transaction::mark`] writes the row in the effect's own transaction, so that both are kept
//! or neither is, and the table's primary key lets one attempt win.
//!
//! **A probe must not say *did not happen* while an older attempt may still commit**: the engine that
//! began it may have crashed with its transaction open on the server, or with its last bytes still on
//! the way. So a probe writes too. It inserts the row as `fenced`, in its own transaction. Where the old
//! attempt holds its own row open, the server's unique index makes the probe wait until that one
//! ends; afterwards, the row is `done`, or the fence stands, and a mark that arrives late finds
//! it and fails, and its transaction with it.
//!
//! The retry must get past the fence that stopped the old attempt. Every probe raises `fence` by one; an
//! attempt reads the fence before it marks, and then marks *on the condition that the fence still has this
//! number*. Bytes of an old attempt carry an old number. Two attempts with the same number compete for the
//! row, and one wins. What remains for the runtime: after *did not happen*, whoever begins an attempt is a
//! new attempt, so that only the holder of the execution's lease may begin one.
//!
//! **Steps** ([`crate::transaction::Mode::Steps`]) on MariaDB cannot be one transaction, since DDL
//! commits. Their promise is weaker, and this is all of it: `begun` is on the disk before the first
//! statement, `done` after the last; the attempt holds a server-side lock named after the key as long as its
//! connection lives, and a probe takes that lock first, so that when it answers [`Probe::Begun`], nothing
//! of the attempt runs any more. Whoever gets that answer looks at the database, or repeats the statements,
//! which is why each must be one that can be repeated.

mod row;

use std::{sync::Arc, time::Duration};

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use self::row::{State, insert, parameter, read, take_over};
use crate::{
    cell::Cell,
    dialect::Dialect,
    driver::{Opening, Session},
    error::{Error, StatementFault},
    pool::Pool,
};

/// The name of the marker table, in the default schema of the connection.
pub const TABLE: &str = "countersign_effects";

/// The longest receipt, in bytes of JSON.
pub const MAX_RECEIPT: usize = 64 << 10;

/// What a probe finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// It happened; its receipt.
    Happened(Json),
    /// It did not, and no attempt that has begun can have it any more.
    DidNotHappen,
    /// Steps: it was begun, and some, all or none of its statements happened; the receipt that the last
    /// attempt began with.
    Begun(Json),
}

/// Refuses keys that a database could change or cut.
pub(crate) fn check_key(key: &str) -> Result<(), Error> {
    if (1..=200).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(Error::BadKey(key.chars().take(80).collect()))
    }
}

/// What makes the table in SQLite.
pub(crate) fn sqlite_table(table: &str) -> String {
    format!(
        "CREATE TABLE IF NOT EXISTS {table} (once_key TEXT NOT NULL PRIMARY KEY, fence INTEGER NOT NULL, \
         state TEXT NOT NULL, receipt TEXT NOT NULL, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP)"
    )
}

/// Makes the table where it is missing. Outside any transaction, since DDL commits in MariaDB.
pub(crate) async fn create_table(session: &mut Session) -> Result<(), Error> {
    let table = session.marker_table();
    if exists(session, &table).await {
        return Ok(());
    }
    let sql = match session.dialect() {
        Dialect::Sqlite => sqlite_table(&table),
        Dialect::Postgres => format!(
            "CREATE TABLE IF NOT EXISTS {table} (once_key text PRIMARY KEY, fence bigint NOT NULL, \
             state text NOT NULL, receipt text NOT NULL, at timestamptz NOT NULL DEFAULT now())"
        ),
        // VARBINARY compares byte by byte; the receipt has the same room everywhere.
        Dialect::Mariadb => format!(
            "CREATE TABLE IF NOT EXISTS {table} (once_key VARBINARY(200) NOT NULL PRIMARY KEY, fence BIGINT NOT NULL, \
             state VARCHAR(8) NOT NULL, receipt LONGTEXT CHARACTER SET utf8mb4 NOT NULL, \
             at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) ENGINE=InnoDB"
        ),
    };
    match session.run_own(&sql, &[]).await {
        Ok(_) => Ok(()),
        // Two that make it at once: one of them may fail.
        Err(_) if exists(session, &table).await => Ok(()),
        Err(Error::Statement { fault, code, message }) => {
            let message = format!("the marker table `{TABLE}` cannot be made: {message}");
            Err(Error::Statement { fault, code, message })
        }
        Err(error) => Err(error),
    }
}

async fn exists(session: &mut Session, table: &str) -> bool {
    session.read_own(&format!("SELECT 1 FROM {table} WHERE once_key = ''"), &[]).await.is_ok()
}

/// Writes the row of a done effect, in the session's transaction.
pub(crate) async fn mark_done(
    session: &mut Session,
    table: &str,
    key: &str,
    receipt: &Json,
) -> Result<(), Error> {
    let receipt = receipt_text(receipt)?;
    let fence = match read(session, table, key, false).await? {
        None => 0,
        Some(row) if row.state == State::Done => return Err(Error::AlreadyHappened(row.receipt)),
        Some(row) => row.fence,
    };
    claim(session, table, key, fence, "done", &receipt).await
}

/// Notes that steps have begun, and holds the lock of the key until the session ends.
pub(crate) async fn mark_begun(
    session: &mut Session,
    table: &str,
    key: &str,
    receipt: &Json,
) -> Result<(), Error> {
    let receipt = receipt_text(receipt)?;
    lock(session, table, key, 0).await?;
    match read(session, table, key, false).await? {
        None => claim(session, table, key, 0, "begun", &receipt).await,
        Some(row) => match row.state {
            State::Done => Err(Error::AlreadyHappened(row.receipt)),
            // The lock is ours: the attempt that began is gone, and this one repeats it. What it knows counts
            // from now on.
            State::Begun => write_begun(session, table, key, &receipt).await,
            State::Fenced => claim(session, table, key, row.fence, "begun", &receipt).await,
        },
    }
}

async fn write_begun(
    session: &mut Session,
    table: &str,
    key: &str,
    receipt: &str,
) -> Result<(), Error> {
    let sql = format!("UPDATE {table} SET receipt = ? WHERE once_key = ? AND state = 'begun'");
    let params = [Cell::Text(receipt.to_owned()), Cell::Text(key.to_owned())];
    session.run_own(&sql, &params).await.map(drop)
}

/// Notes that steps are done.
pub(crate) async fn finish(
    session: &mut Session,
    table: &str,
    key: &str,
    receipt: &Json,
) -> Result<(), Error> {
    let receipt = receipt_text(receipt)?;
    let sql = format!(
        "UPDATE {table} SET state = 'done', receipt = ? WHERE once_key = ? AND state = 'begun'"
    );
    let params = [Cell::Text(receipt), Cell::Text(key.to_owned())];
    if session.run_own(&sql, &params).await? == 1 { Ok(()) } else { Err(Error::Fenced) }
}

/// Writes the row, new or in place of the fence of exactly this number.
async fn claim(
    session: &mut Session,
    table: &str,
    key: &str,
    fence: i64,
    state: &str,
    receipt: &str,
) -> Result<(), Error> {
    let won = if fence == 0 {
        insert(session, table, key, 0, state, receipt).await?
    } else {
        take_over(session, table, key, fence, state, receipt).await?
    };
    if won {
        return Ok(());
    }
    match read(session, table, key, true).await? {
        Some(row) if row.state == State::Done => Err(Error::AlreadyHappened(row.receipt)),
        _ => Err(Error::Fenced),
    }
}

/// Takes MariaDB's lock of the key, waiting so many seconds; it ends with the session.
async fn lock(session: &mut Session, table: &str, key: &str, seconds: u64) -> Result<(), Error> {
    let digest = hex::encode(Sha256::digest(format!("{table} {key}")));
    // The server takes 64 characters.
    let name = format!("countersign {}", digest.get(..48).unwrap_or_default());
    let params = [Cell::Text(name), Cell::Integer(i64::try_from(seconds).unwrap_or(0))];
    let answer = session.read_own("SELECT GET_LOCK(?, ?)", &params).await?;
    if answer == [[Cell::Integer(1)]] {
        return Ok(());
    }
    Err(Error::Statement {
        fault: StatementFault::Conflict,
        code: "GET_LOCK".to_owned(),
        message: "another attempt at this effect is still running".to_owned(),
    })
}

/// Replaces the receipt of an effect that this very transaction has marked.
pub(crate) async fn replace_receipt(
    session: &mut Session,
    table: &str,
    key: &str,
    receipt: &Json,
) -> Result<(), Error> {
    let receipt = receipt_text(receipt)?;
    let d = session.dialect();
    let (one, two) = (parameter(d, 1), parameter(d, 2));
    let sql =
        format!("UPDATE {table} SET receipt = {one} WHERE once_key = {two} AND state = 'done'");
    session.run_own(&sql, &[Cell::Text(receipt), Cell::Text(key.to_owned())]).await?;
    Ok(())
}

/// See [`crate::Connections::probe`].
pub(crate) async fn probe(pool: &Arc<Pool>, key: &str) -> Result<Probe, Error> {
    check_key(key)?;
    let within = pool.config.limits.statement();
    let mut lease = pool.lease().await?;
    let canceller = lease.canceller();
    let asking = async {
        let session = lease.session()?;
        pool.prepare_marker(session).await?;
        if session.dialect() == Dialect::Mariadb {
            let table = session.marker_table();
            lock(session, &table, key, within.as_secs().saturating_sub(1)).await?;
        }
        let answer = fence(session, key, within).await;
        match answer {
            Ok(_) => session.commit().await?,
            Err(_) => session.rollback().await?,
        }
        answer
    };
    match tokio::time::timeout(within, asking).await {
        Ok(answer) => {
            if !answer.as_ref().is_err_and(Error::breaks_session) {
                lease.give_back().await;
            }
            answer
        }
        Err(_) => {
            canceller.cancel().await;
            Err(Error::Timeout(within))
        }
    }
}

/// Raises the fence, in a transaction that the caller ends.
async fn fence(session: &mut Session, key: &str, within: Duration) -> Result<Probe, Error> {
    let table = session.marker_table();
    let opening =
        Opening { read_only: false, steps: false, statement: within, transaction: within };
    session.begin(opening).await?;
    if insert(session, &table, key, 1, "fenced", "null").await? {
        return Ok(Probe::DidNotHappen);
    }
    match read(session, &table, key, true).await? {
        Some(row) if row.state == State::Done => Ok(Probe::Happened(row.receipt)),
        Some(row) if row.state == State::Begun => Ok(Probe::Begun(row.receipt)),
        Some(_) => {
            let one = parameter(session.dialect(), 1);
            let sql = format!("UPDATE {table} SET fence = fence + 1 WHERE once_key = {one}");
            session.run_own(&sql, &[Cell::Text(key.to_owned())]).await?;
            Ok(Probe::DidNotHappen)
        }
        None => Err(Error::Bug(format!("the marker of `{key}` is and is not there"))),
    }
}

fn receipt_text(receipt: &Json) -> Result<String, Error> {
    let text = receipt.to_string();
    if text.len() > MAX_RECEIPT {
        return Err(Error::Value(format!(
            "the receipt has {} bytes, more than {MAX_RECEIPT}",
            text.len()
        )));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use engine_core::ids::ResourceId;
    use serde_json::json;

    use super::*;
    use crate::config::{ConnectionConfig, Limits, Target};

    /// What an attempt sent before it crashed, and what arrives after a probe has answered.
    #[tokio::test]
    async fn a_mark_that_arrives_late_finds_the_fence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("orders.db");
        rusqlite::Connection::open(&path).unwrap().execute_batch("VACUUM").unwrap();
        let config = ConnectionConfig {
            target: Target::Sqlite { path },
            read_only: false,
            limits: Limits::default(),
        };
        let name = ResourceId::parse("orders-db").unwrap();
        let mut session = Session::connect(&name, &config).await.unwrap();
        create_table(&mut session).await.unwrap();
        let (table, second) = (session.marker_table(), Duration::from_secs(1));
        for number_read in 0..3 {
            assert_eq!(
                fence(&mut session, "acme/late", second).await.unwrap(),
                Probe::DidNotHappen
            );
            session.commit().await.unwrap();
            let late = claim(&mut session, &table, "acme/late", number_read, "done", "1").await;
            assert!(matches!(late, Err(Error::Fenced)), "{number_read}: {late:?}");
        }
        mark_done(&mut session, &table, "acme/late", &json!(2)).await.unwrap();
        let late = claim(&mut session, &table, "acme/late", 2, "done", "1").await;
        assert!(matches!(late, Err(Error::AlreadyHappened(receipt)) if receipt == json!(2)));
    }
}
