//! What it asks of the host before it answers.

use sdk_plugin::internal::bindings::plugin::{
    blobs, determinism, directory, http, http_lookups,
    http_types::Header,
    log, named_statements, request, secrets,
    statements::{Connection, Mode},
    steps,
};

use super::made::{Bytes, Made};

const MOST: u8 = 6;

/// A few calls; `effect` says whether it may have an effect.
pub(crate) fn make(bytes: &mut Bytes, effect: bool) {
    for _ in 0..bytes.byte() % MOST {
        if bytes.ended() {
            return;
        }
        match bytes.byte() % 16 {
            _ if effect && bool::made(bytes) => act(bytes),
            0 => log::event(level(bytes), &String::made(bytes), &Vec::made(bytes)),
            1 => drop(request::get("amount")),
            2 => drop(request::get_many(&["amount".to_owned()])),
            3 => drop(request::item_field(&String::made(bytes), "price")),
            4 => drop(request::compare(&Made::made(bytes), &Made::made(bytes))),
            5 => drop(determinism::local_time(
                &String::made(bytes),
                Option::<String>::made(bytes).as_deref(),
            )),
            6 => drop(determinism::random_bytes(u32::from(bytes.byte()) * 4)),
            7 => drop(directory::user_by_id(&String::made(bytes))),
            8 => drop(directory::user_by_login(&String::made(bytes))),
            9 => drop(directory::property(&String::made(bytes), "manager")),
            10 => drop(directory::groups_of(&String::made(bytes))),
            11 => drop(directory::members(
                &String::made(bytes),
                Option::<String>::made(bytes).as_deref(),
            )),
            12 => {
                drop(named_statements::query("orders-db", &String::made(bytes), &Vec::made(bytes)))
            }
            13 => drop(secrets::get(&String::made(bytes))),
            14 => drop(http_lookups::get(&String::made(bytes), &headers(bytes), &[])),
            _ => drop(named_statements::query(&String::made(bytes), "open", &Vec::made(bytes))),
        }
    }
}

fn act(bytes: &mut Bytes) {
    let key = if bytes.chance(8) { String::made(bytes) } else { "k1".to_owned() };
    match bytes.byte() % 8 {
        0 => {
            if let Ok(file) = blobs::create(&String::made(bytes), &String::made(bytes), &key) {
                let _ = file.write(String::made(bytes).as_bytes());
                if bool::made(bytes) {
                    let _ = file.finish();
                }
            }
        }
        1 => drop(blobs::find(&key)),
        2 => drop(steps::begin(&key, &String::made(bytes))),
        3 => drop(steps::finish(&key, &String::made(bytes), String::made(bytes).as_bytes())),
        4 => drop(steps::look(&key, &String::made(bytes))),
        5 => {
            let call = http::Call {
                method: Made::made(bytes),
                url: Made::made(bytes),
                headers: headers(bytes),
                body: String::made(bytes).into_bytes(),
                timeout_ms: Made::made(bytes),
            };
            drop(http::send(&call, &[]));
        }
        _ => {
            let name = if bytes.chance(8) { String::made(bytes) } else { "orders-db".to_owned() };
            if let Ok(connection) = Connection::open(&name) {
                speak(bytes, &connection, &key);
            }
        }
    }
}

fn speak(bytes: &mut Bytes, connection: &Connection, key: &str) {
    match bytes.byte() % 8 {
        0 => drop(connection.classify(&String::made(bytes))),
        1 => drop(connection.quote_identifier(&String::made(bytes))),
        2 => drop(connection.estimate(&String::made(bytes), &Vec::made(bytes))),
        3 => drop(connection.describe(&String::made(bytes))),
        4 => drop(connection.marker_of(key)),
        _ => {
            let mode = match bytes.byte() % 3 {
                0 => Mode::ReadOnly,
                1 => Mode::Atomic,
                _ => Mode::Steps,
            };
            let Ok(transaction) = connection.begin(mode) else { return };
            match bytes.byte() % 4 {
                0 => drop(transaction.execute(
                    &String::made(bytes),
                    &Vec::made(bytes),
                    Made::made(bytes),
                )),
                1 => drop(transaction.mark(key, &Made::made(bytes))),
                2 => drop(transaction.query_to_file(
                    &String::made(bytes),
                    &Vec::made(bytes),
                    Made::made(bytes),
                    &String::made(bytes),
                    &String::made(bytes),
                    key,
                )),
                _ => {
                    if let Ok(cursor) = transaction.query(&String::made(bytes), &Vec::made(bytes)) {
                        drop(cursor.next(u32::made(bytes)));
                    }
                }
            }
            if bool::made(bytes) {
                drop(transaction.commit(key, &Made::made(bytes)));
            }
        }
    }
}

fn headers(bytes: &mut Bytes) -> Vec<Header> {
    (0..bytes.byte() % 3)
        .map(|_| Header { name: Made::made(bytes), value: Made::made(bytes) })
        .collect()
}

fn level(bytes: &mut Bytes) -> log::Level {
    match bytes.byte() % 5 {
        0 => log::Level::Trace,
        1 => log::Level::Debug,
        2 => log::Level::Info,
        3 => log::Level::Warn,
        _ => log::Level::Error,
    }
}
