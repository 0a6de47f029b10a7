// Sets the credit limit of one customer, exactly once, and can take it back.

import {
  Connection, Decimal, Planned, effect, message, permanent, receipt, refused, request,
} from "countersign";

// As SQLite and MariaDB write parameters; PostgreSQL writes `$1`, `$2`, `$3`.
const FIND = "select name, credit_limit, currency from customers where id = ?";
const SET = "update customers set credit_limit = ? where id = ? and credit_limit = ?";

// The customer as the database has it now, and the limit that was asked for.
function look(transaction) {
  const [id, limit] = [request.get("customer", "text"), request.get("limit", "money")];
  const [found] = [...transaction.query(FIND, [id])];
  if (found === undefined) throw permanent("no_customer", `there is no customer \`${id}\``);
  if (found.currency !== limit.currency) {
    throw refused("other_currency", `${found.name} pays in ${found.currency}`);
  }
  // Not every database has decimals: some answer with text.
  return { id, name: found.name, before: Decimal.of(found.credit_limit), after: limit.amount };
}

// What approvers see, and every statement that will be sent: the host refuses all others.
export function plan(config) {
  const connection = Connection.open(config.connection);
  const { id, name, before, after } = connection.begin("read-only", look);
  const text = `the credit limit of ${name} from ${before} to ${after}`;
  return {
    effects: [effect("update", `${config.connection}: customers`, message("limit", text))],
    binding: { customer: id, before, after },
    estimates: { rows: 1 },
    statements: [
      Planned.exact(connection, FIND, [id]),
      Planned.exact(connection, SET, [after, id, before]),
      Planned.exact(connection, SET, [before, id, after]).onRevert(),
    ],
  };
}

// The change and the mark of its key are in one transaction: a retry finds the mark, and changes nothing.
export function execute(config, onceKey) {
  return Connection.open(config.connection).begin("atomic", (transaction) => {
    const earlier = transaction.mark(onceKey, receipt(onceKey));
    if (earlier !== null) return earlier;
    const { id, before, after } = look(transaction);
    const rows = transaction.execute(SET, [after, id, before], 1);
    return transaction.commit(onceKey, receipt(id, { rows, before, after }));
  });
}

// Asked after a crash: did it happen?
export function probe(config, onceKey) {
  return Connection.open(config.connection).markerOf(onceKey).presence();
}

// Takes it back, unless somebody has changed the limit since.
export function revert(config, done, onceKey) {
  const connection = Connection.open(config.connection);
  // Where nobody knows whether it happened, the reference is the key of `execute`, and there are no fields.
  const was = "before" in done.fields ? done : connection.markerOf(done.reference).receipt;
  if (was === null) return receipt(done.reference, { rows: 0 });
  const { reference: id, fields: { before, after } } = was;
  return connection.begin("atomic", (transaction) => {
    const rows = transaction.execute(SET, [before, id, after], 1);
    return transaction.commit(onceKey, receipt(id, { rows }));
  });
}
