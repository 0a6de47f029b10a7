//! Grants a database role or privileges to people's accounts, and takes them back.
//!
//! What an account had before is left alone at the end: the receipt says what was there already. What
//! other grants give too stays for them, and the last to end takes it back. Every statement may be done
//! twice, so that a crash on MariaDB, which cannot roll a GRANT back, is repaired by doing the rest.

mod rights;

use sdk_plugin::{Connection, Database, Marker, Mode, Transaction, plugin, prelude::*};
use serde_json::json;

use rights::{Right, rights};

/// The executor.
struct Access;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    connection: String,
    account_property: String,
    role: Option<String>,
    #[serde(default)]
    privileges: Vec<String>,
    #[serde(default)]
    tables: Vec<String>,
}

impl Executor for Access {
    type Config = Config;

    fn plan(config: Config) -> Result<Plan> {
        let connection = Connection::open(&config.connection)?;
        let mut labels = Vec::new();
        let mut plan = Plan::binding(json!({}));
        for (person, account) in accounts(&config)? {
            for right in rights(&connection, &config, &[account.as_str()])? {
                let text = format!("{person}, as {account}, gets {}", right.what);
                let message = Message::new("grant", text)
                    .with("person", person.as_str())
                    .with("account", account.as_str())
                    .with("right", right.what.as_str());
                plan =
                    plan.effect("grant", format!("{}: {}", config.connection, right.what), message);
                plan = right.planned(&connection).into_iter().fold(plan, Plan::covers);
                labels.push(right.label());
            }
        }
        plan.binding = json!({"connection": config.connection, "grants": labels});
        Ok(plan)
    }

    fn execute(config: Config, once_key: &str) -> Result<Receipt> {
        let connection = Connection::open(&config.connection)?;
        let accounts: Vec<String> = accounts(&config)?.into_iter().map(|(_, a)| a).collect();
        let rights = rights(&connection, &config, &accounts)?;
        let before = match connection.marker_of(once_key)? {
            Marker::Done(receipt) => return Ok(receipt),
            Marker::Begun(receipt) => Some(receipt.texts("kept")),
            Marker::Absent => None,
        };
        let mut kept = present(&connection, &rights)?;
        if let Some(before) = before {
            // What the first try did not find there is its own work, and what it found may be gone.
            kept.retain(|label| before.contains(label));
        }
        let mut ours = rights;
        ours.retain(|right| !kept.contains(&right.label()));
        let receipt = Receipt::new(once_key)
            .with("accounts", accounts)
            .with("granted", labels(&ours))
            .with("kept", kept);
        let transaction = connection.begin(Mode::Steps)?;
        if let Some(earlier) = transaction.mark(once_key, receipt.clone())? {
            return Ok(earlier);
        }
        grant(&connection, &transaction, &ours)?;
        Ok(transaction.commit(once_key, receipt)?)
    }

    fn probe(config: Config, once_key: &str) -> Result<Presence> {
        let connection = Connection::open(&config.connection)?;
        let receipt = match connection.marker_of(once_key)? {
            Marker::Begun(receipt) => receipt,
            settled @ (Marker::Absent | Marker::Done(_)) => return Ok(settled.into()),
        };
        let rights = rights(&connection, &config, &receipt.texts("accounts"))?;
        let there = present(&connection, &rights)?;
        let kept = receipt.texts("kept");
        Ok(if there.len() == rights.len() {
            Presence::Happened(receipt)
        } else if there.iter().all(|label| kept.contains(label)) {
            Presence::DidNotHappen
        } else {
            let (there, all) = (there.len(), rights.len());
            let text = format!("{there} of {all} grants are there; retrying makes the rest");
            Presence::CannotTell(Message::new("partly_granted", text))
        })
    }

    fn revert(config: Config, done: Receipt, once_key: &str) -> Result<Receipt> {
        let connection = Connection::open(&config.connection)?;
        let (held, given) = (done.still_held(), done.given_before());
        let did = match done.field("accounts") {
            Some(_) => Some(done.clone()),
            None => begun(&connection, &done.reference)?,
        };
        if did.is_none() && given.is_empty() {
            return Ok(done);
        }
        let mut ours = match &did {
            Some(did) => rights(&connection, &config, &did.texts("accounts"))?,
            None => rights(&connection, &config, &accounts_now(&config)?)?,
        };
        ours.retain(|right| {
            let label = right.label();
            let gave = did.as_ref().is_some_and(|did| !did.texts("kept").contains(&label));
            (gave || given.contains(&label)) && !held.contains(&label)
        });
        if let Some(lost) = without(&given, &labels(&ours)).first() {
            let text = format!("`{lost}` was given, and the profile has another account now");
            return Err(Error::permanent("another_account", text).with("right", lost.as_str()));
        }
        let receipt = Receipt::new(done.reference).with("revoked", labels(&ours));
        let transaction = connection.begin(Mode::Steps)?;
        if let Some(earlier) = transaction.mark(once_key, receipt.clone())? {
            return Ok(earlier);
        }
        for right in &ours {
            if right.is_there(&transaction)? {
                transaction.execute(&right.revoke, &[], None)?;
            }
        }
        Ok(transaction.commit(once_key, receipt)?)
    }
}

plugin!(executor: Access);

/// The people that the request is for, by name, with their accounts.
fn accounts(config: &Config) -> Result<Vec<(String, String)>> {
    let mut accounts = Vec::new();
    for id in request::target_users() {
        let Some(user) = directory::user(&id)?.filter(|user| user.active) else {
            let text = format!("`{id}` is not an active user");
            return Err(Error::refused("inactive", text).with("user", id));
        };
        let Some(account) = directory::property::<String>(&id, &config.account_property)? else {
            let text = format!("the profile of {} has no `{}`", user.name, config.account_property);
            return Err(Error::refused("no_account", text)
                .with("user", id)
                .with("property", config.account_property.as_str()));
        };
        accounts.push((user.name, account));
    }
    Ok(accounts)
}

/// The accounts of those people who still have one, whoever is active.
fn accounts_now(config: &Config) -> Result<Vec<String>> {
    let mut accounts = Vec::new();
    for id in request::target_users() {
        accounts.extend(directory::property::<String>(&id, &config.account_property)?);
    }
    Ok(accounts)
}

/// Grants what is missing. Where a roll-back undoes nothing, a failure after the first grant is one
/// whose outcome must be looked up.
fn grant(connection: &Connection, transaction: &Transaction, rights: &[Right]) -> Result<()> {
    let lasting = connection.database() != Database::PostgreSql;
    let mut granted = 0;
    for right in rights {
        let done = right.is_there(transaction).and_then(|there| {
            if there { Ok(0) } else { Ok(transaction.execute(&right.grant, &[], None)?) }
        });
        match done {
            Ok(_) => granted += 1,
            Err(error) if lasting && granted > 0 => {
                let text =
                    format!("{granted} of {} grants made: {}", rights.len(), error.message.text);
                return Err(Error::unknown_outcome("partly_granted", text));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// What the execution with this key began, of which nobody knows how far it came.
fn begun(connection: &Connection, once_key: &str) -> Result<Option<Receipt>> {
    Ok(match connection.marker_of(once_key)? {
        Marker::Begun(receipt) | Marker::Done(receipt) => Some(receipt),
        Marker::Absent => None,
    })
}

/// The labels of the rights that are there.
fn present(connection: &Connection, rights: &[Right]) -> Result<Vec<String>> {
    let transaction = connection.begin(Mode::ReadOnly)?;
    let mut found = Vec::new();
    for right in rights {
        if right.is_there(&transaction)? {
            found.push(right.label());
        }
    }
    Ok(found)
}

fn without(labels: &[String], found: &[String]) -> Vec<String> {
    labels.iter().filter(|label| !found.contains(label)).cloned().collect()
}

fn labels(rights: &[Right]) -> Vec<String> {
    rights.iter().map(Right::label).collect()
}

#[cfg(test)]
mod tests;
