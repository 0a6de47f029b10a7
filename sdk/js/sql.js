// Statements as text, for executors. The host refuses what the grant does not allow and what the approved
// plan does not cover.

import { cannotTell, didNotHappen, happened, message } from "./answers.js";
import { HostError, call } from "./errors.js";
import * as host from "./host.js";
import { fromCell, fromFields, fromReceipt, parameters, toReceipt } from "./values.js";

const MODES = ["read-only", "atomic", "steps"];

// What was closed is asked no more: the host would end the call.
const over = (what) => new HostError({ kind: "invalid", message: `the ${what} is over` });

/** A connection that was granted. */
export class Connection {
  #inner;

  constructor(name, inner) {
    this.name = name;
    this.#inner = inner;
  }

  /** Opens a connection by name. */
  static open(name) {
    return new Connection(name, call(() => host.statements.Connection.open(name)));
  }

  /** The same with a secret (`secret("name")`) in place of the password that the operator configured. */
  static openAs(name, password) {
    return new Connection(name, call(() => host.statements.Connection.openAs(name, password)));
  }

  /** "postgresql", "mariadb", "mysql" or "sqlite". */
  get database() {
    return this.#inner.kind();
  }

  /** Splits a text into its statements: {text, kind, reads, writes, transactional, details}. */
  classify(text) {
    const found = call(() => this.#inner.classify(text));
    return found.map((statement) => ({ ...statement, details: fromFields(statement.details) }));
  }

  /** A name as this database quotes it. */
  quote(name) {
    return call(() => this.#inner.quoteIdentifier(name));
  }

  /** How many rows one statement would touch or give; null where the database cannot tell. */
  estimate(text, values = []) {
    return call(() => this.#inner.estimate(text, parameters(values))) ?? null;
  }

  /** The columns that one query would give: [{name, kind}]. */
  describe(text) {
    return call(() => this.#inner.describe(text));
  }

  /**
   * Begins a transaction ("read-only", "atomic" or "steps"), does the work in it, and rolls back what the
   * work has not committed. Without work, the transaction is the answer, and is to be closed.
   */
  begin(mode, work = undefined) {
    if (!MODES.includes(mode)) throw new TypeError(`expected one of ${MODES.join(", ")}, found ${mode}`);
    const transaction = new Transaction(call(() => this.#inner.begin(mode)));
    if (work === undefined) return transaction;
    try {
      return work(transaction);
    } finally {
      transaction.close();
    }
  }

  /** What the database knows of an effect. */
  markerOf(onceKey) {
    const { tag, val } = call(() => this.#inner.markerOf(onceKey));
    return new Marker(tag, val == null ? null : fromReceipt(val));
  }
}

/** What a database knows of an effect: "absent", or "begun" or "done" with its receipt. */
class Marker {
  constructor(tag, receipt) {
    Object.assign(this, { tag, receipt });
  }

  /** What `probe` answers where it has nothing but the marker. */
  presence() {
    if (this.tag === "absent") return didNotHappen();
    if (this.tag === "done") return happened(this.receipt);
    const text = "the execution was begun, and some, all or none of it is there";
    return cannotTell(message("begun", text));
  }
}

/** A transaction; closed without a commit, it is rolled back. */
export class Transaction {
  #inner;

  constructor(inner) {
    this.#inner = inner;
  }

  #call(ask) {
    if (this.#inner === null) throw over("transaction");
    return call(() => ask(this.#inner));
  }

  /** Runs one statement and answers the affected rows; above `maxRows`, nothing is changed. */
  execute(text, values = [], maxRows = null) {
    return this.#call((inner) => inner.execute(text, parameters(values), maxRows));
  }

  /** Starts a query; one at a time, and read to its end before anything else. */
  query(text, values = []) {
    return new Cursor(this.#call((inner) => inner.query(text, parameters(values))));
  }

  /** Sends the answer of a query into a file, past the plugin: {id, name, size, sha256, rows, …}. */
  queryToFile(text, values, { name, maxRows, onceKey, format = "csv" }) {
    return this.#call((inner) =>
      inner.queryToFile(text, parameters(values), maxRows, format, name, onceKey));
  }

  /** Marks the effect before it is done; the receipt of an earlier try that did it, or null. */
  mark(onceKey, receipt) {
    const earlier = this.#call((inner) => inner.mark(onceKey, toReceipt(receipt)));
    return earlier == null ? null : fromReceipt(earlier);
  }

  /** Commits, with the receipt under the key; answers that of an earlier try where one did it. */
  commit(onceKey, receipt) {
    try {
      return fromReceipt(this.#call((inner) => inner.commit(onceKey, toReceipt(receipt))));
    } finally {
      this.close();
    }
  }

  /** Rolls back what is not committed. */
  close() {
    this.#inner?.[Symbol.dispose]();
    this.#inner = null;
  }

  [Symbol.dispose]() {
    this.close();
  }
}

/** The answer of a query: one object for each row, or `nextBatch` of columns. */
export class Cursor {
  #inner;

  constructor(inner) {
    this.#inner = inner;
    /** [{name, kind}] */
    this.columns = inner.columns();
  }

  /** The next rows, at most so many, column by column; null at the end. */
  nextBatch(maxRows) {
    if (this.#inner === null) throw over("query");
    const batch = call(() => this.#inner.next(maxRows));
    return batch?.map((column) => column.map(fromCell)) ?? null;
  }

  *[Symbol.iterator]() {
    try {
      for (let batch = this.nextBatch(1000); batch !== null; batch = this.nextBatch(1000)) {
        for (let row = 0; row < (batch[0]?.length ?? 0); row += 1) {
          yield Object.fromEntries(this.columns.map(({ name }, n) => [name, batch[n][row]]));
        }
      }
    } finally {
      this.close();
    }
  }

  /** Left before the end, it cancels the query, and the transaction can only be closed. */
  close() {
    this.#inner?.[Symbol.dispose]();
    this.#inner = null;
  }
}

/** What an execution will send, for the `statements` of a plan; the host refuses everything else. */
export class Planned {
  constructor(connection, what, during = "execute") {
    Object.assign(this, { connection: connection.name ?? connection, what, during });
  }

  /** One statement with these parameters. */
  static exact(connection, text, values = []) {
    return new Planned(connection, { tag: "exact", val: { text, parameters: parameters(values) } });
  }

  /** One statement, whatever its parameters are. */
  static text(connection, text) {
    return new Planned(connection, { tag: "exact", val: { text, parameters: null } });
  }

  /** Every statement of the same kind that stays within the tables and functions of this one. */
  static like(connection, { kind, reads, writes, details }) {
    const functions = details.functions ?? [];
    return new Planned(connection, { tag: "shape", val: { kind, reads, writes, functions } });
  }

  /** The same, sent when the effect is taken back. */
  onRevert() {
    return new Planned(this.connection, this.what, "revert");
  }

  toWit() {
    const { during, connection, what } = this;
    return { during, connection, what };
  }
}
