// Uses what there is for databases, and tells what came of it.

import {
  Connection, Decimal, HostError, Planned, date, files, message, effect, receipt, secret,
} from "countersign";

const ORDERS = "select id, name, price, born from orders where id > ? order by id";
const COUNT = "select count(*) as n from notes";
const NOTE = "insert into notes values (?, ?, ?, ?, ?)";
const ALL = "insert into notes (id, text) select id, upper(name) from orders";

// Which kind of error it is.
const failed = (work) => {
  try {
    work();
    return "none";
  } catch (error) {
    if (error instanceof HostError) return error.kind;
    throw error;
  }
};

const columns = (connection, text) => connection.describe(text).map(({ name, kind }) => `${name} ${kind}`);

function opened(connection) {
  const binding = { database: connection.database, columns: columns(connection, "select 1 as one") };
  return { effects: [], binding, statements: [] };
}

export function plan({ own_password }) {
  if (own_password) return opened(Connection.openAs("shop-db", secret("password")));
  const connection = Connection.open("shop-db");
  const [note, all] = connection.classify(`${NOTE}; ${ALL}`);
  const [bare] = connection.classify("delete from orders");
  return {
    effects: [effect("insert", "notes", message("notes", "two notes"))],
    binding: {
      connection: connection.name,
      database: connection.database,
      quoted: connection.quote('o"hara'),
      kinds: [note.kind, all.kind, bare.kind],
      reads: all.reads,
      writes: all.writes,
      transactional: all.transactional,
      text: all.text,
      condition: bare.details["has-condition"],
      columns: columns(connection, ORDERS.replace("?", "0")),
      estimate: connection.estimate("select id from orders"),
      errors: [
        failed(() => connection.begin("atomic")),
        failed(() => Connection.open("other")),
        failed(() => Connection.openAs("shop-db", secret("password"))),
        failed(() => connection.classify("selec 1")),
        failed(() => connection.quote("")),
      ],
    },
    statements: [
      Planned.text(connection, ORDERS),
      Planned.exact(connection, COUNT),
      Planned.like(connection, note),
      Planned.like(connection, all),
      Planned.exact(connection, COUNT).onRevert(),
    ],
  };
}

function read(connection, onceKey) {
  return connection.begin("read-only", (transaction) => {
    const cursor = transaction.query(ORDERS, [0]);
    const [first, second, end] = [cursor.nextBatch(1), cursor.nextBatch(5), cursor.nextBatch(5)];
    const names = cursor.columns.map(({ name }) => name);
    cursor.close();
    const file = transaction.queryToFile(ORDERS, [0], { name: "orders.csv", maxRows: 10, onceKey });
    const batches = JSON.stringify([first, second, end]);
    return { names, batches, file, errors: [failed(() => cursor.nextBatch(1))] };
  });
}

const notes = (transaction) => [...transaction.query(COUNT)][0].n;

// None of it stays.
function tries(connection) {
  const open = connection.begin("atomic");
  open.execute(NOTE, [8, "left", null, null, false]);
  const there = notes(open);
  open.close();
  const once = (work) => failed(() => connection.begin("atomic", work));
  return {
    there,
    errors: [
      failed(() => open.execute(NOTE, [8, "late", null, null, false])),
      once((transaction) => transaction.execute(ALL, [], 1)),
      once((transaction) => transaction.execute(NOTE, [["a", "list"], null, null, null, null])),
      once((transaction) => transaction.execute("delete from notes")),
      once((transaction) => transaction.query("select * from nowhere")),
      once((transaction) => {
        transaction.execute(NOTE, [1, "one", null, null, false]);
        transaction.execute(NOTE, [1, "one", null, null, false]);
      }),
    ],
  };
}

export function execute(_, onceKey) {
  const connection = Connection.open("shop-db");
  const { names, batches, file, errors } = read(connection, onceKey);
  const tried = tries(connection);
  return connection.begin("steps", (transaction) => {
    const earlier = transaction.mark(onceKey, receipt(onceKey));
    if (earlier !== null) return earlier;
    transaction.execute(NOTE, [7, "kept", Decimal.of("12.50"), date("2026-03-02"), true]);
    const { fields } = files.receipt(file);
    const told = {
      names, batches, file: fields.file, rows: fields.rows, media_type: fields.media_type,
      there: tried.there, errors: [...errors, ...tried.errors],
      affected: transaction.execute(ALL, [], 2), notes: notes(transaction),
    };
    return transaction.commit(onceKey, receipt("done", told));
  });
}

export const probe = (_, onceKey) => Connection.open("shop-db").markerOf(onceKey).presence();

export const revert = (_, done) => {
  const connection = Connection.open("shop-db");
  const found = connection.markerOf(done.fields.file === undefined ? done.reference : "all-1");
  return receipt(found.tag, { notes: connection.begin("read-only", notes) });
};
