// Write Countersign plugins in JavaScript.
//
// A plugin exports the functions of its worlds from `plugin.js`, and `countersign plugin build` makes a
// component of it:
//
//   condition   evaluate(config)                  met() or unmet(code, text)
//   approvers   resolve(config)                   [nominee(user(id), message(code, text))]
//   validator   validate(config)                  [problem(property, code, text)]
//   executor    plan(config), execute(config, onceKey), probe(config, onceKey), revert(config, done, onceKey)
//   notifier    deliver(config, onceKey)          the other side's name for the delivery, or nothing
//
// Everything from outside comes through this module. A function that throws gives no answer, which is
// never taken for *unmet*, *nobody* or *done*: throw `permanent`, `retryable`, `refused` or
// `unknownOutcome` where the class matters; anything else that is thrown is permanent.

import { message, receipt } from "./answers.js";
import { HostError, call, unknownOutcome } from "./errors.js";
import * as host from "./host.js";
import { fromCell, fromFields, parameters, toFields, typed } from "./values.js";

export {
  cannotTell, didNotHappen, effect, happened, message, met, nominee, problem, receipt, unmet,
} from "./answers.js";
export { Decimal, Money } from "./decimal.js";
export { Failure, HostError, permanent, refused, retryable, unknownOutcome } from "./errors.js";
export { Connection, Cursor, Planned, Transaction } from "./sql.js";
export {
  attachment, choice, date, duration, group, node, resource, timestamp, user,
} from "./values.js";

/** The request. */
export const request = {
  id: () => host.request.id(),
  organization: () => host.request.organization(),
  rule: () => host.request.rule(),
  ruleVersion: () => host.request.ruleVersion(),
  kind: () => host.request.kind(),
  step: () => host.request.step() ?? null,
  requester: () => host.request.requester(),
  targetUsers: () => host.request.targetUsers(),
  urgent: () => host.request.urgent(),
  title: () => host.request.title(),
  reason: () => host.request.reason(),
  names: () => host.request.names(),
  items: () => host.request.items(),
  /** A property of the form, as the kind says ("money", "text", …); permanent where it is empty. */
  get: (name, kind) => typed(host.request.get(name), kind, `the property \`${name}\``),
  /** The same; null where it is empty. */
  find: (name, kind) => typed(host.request.get(name), kind, `the property \`${name}\``, true),
  /** A field of an item; null where it is empty. */
  itemField: (item, name, kind) =>
    typed(host.request.itemField(item, name), kind, `the field \`${name}\``, true),
  /** Below 0, 0 or above 0, through the rates of the request; retryable where a rate is missing. */
  compare: (left, right) => {
    const order = { less: -1, equal: 0, greater: 1 };
    try {
      return order[call(() => host.request.compare(left.toWit(), right.toWit()))];
    } catch (error) {
      if (error instanceof HostError && error.kind === "not-found") {
        Object.assign(error, { failure: "retryable", code: "missing_rate" });
      }
      throw error;
    }
  },
};

/** The people of the organization. */
export const directory = {
  /** {id, login, name, active, kind}; null where there is none. */
  user: (id) => call(() => host.directory.userById(id)) ?? null,
  byLogin: (login) => call(() => host.directory.userByLogin(login)) ?? null,
  /** A property of a user as the kind says; null where the user or the property is not there. */
  find: (user, name, kind) =>
    typed(call(() => host.directory.property(user, name)), kind, `the property \`${name}\``, true),
  groupsOf: (user) => call(() => host.directory.groupsOf(user)),
  /** The active members of a group, page by page. */
  *members(group) {
    let after = null;
    do {
      const page = call(() => host.directory.members(group, after));
      yield* page.members;
      after = page.next ?? null;
    } while (after !== null);
  },
};

/** The only clock and dice: the same in every repetition of a call. */
export const clock = {
  now: () => host.determinism.now(),
  /** {date, time, weekday, offsetMinutes}; in the organization's time zone where none is named. */
  local: (at, zone = null) => call(() => host.determinism.localTime(at, zone)),
  randomBytes: (length) => host.determinism.randomBytes(length),
};

const line = (level) => (text, fields = {}) => host.log.event(level, String(text), toFields(fields));

/** Words for the administrator; never a secret. */
export const log = {
  trace: line("trace"), debug: line("debug"), info: line("info"), warn: line("warn"), error: line("error"),
};

/** A look-up that the operator wrote; its rows as objects. */
export const lookUp = (connection, statement, ...values) => {
  const found = call(() => host.namedStatements.query(connection, statement, parameters(values)));
  return found.rows.map((row) =>
    Object.fromEntries(found.columns.map((column, n) => [column.name, fromCell(row[n])])));
};

/** A granted secret, for a connection or a header of a call: `{secret: secret("token"), before: "Bearer "}`. */
export const secret = (name) => call(() => host.secrets.get(name));

const text = (bytes) => decodeURIComponent(escape(String.fromCharCode(...bytes)));
const bytes = (body) => {
  if (typeof body !== "string") return body;
  return Uint8Array.from(unescape(encodeURIComponent(body)), (c) => c.charCodeAt(0));
};
const reply = ({ status, headers, body }) => ({
  status,
  headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])),
  body,
  text: () => pieces(body).map(text).join(""),
  json: () => JSON.parse(pieces(body).map(text).join("")),
});
// `String.fromCharCode` takes so many arguments at once; a piece ends where a character does.
const pieces = (body) => {
  const found = [];
  for (let from = 0; from < body.length; ) {
    let to = Math.min(from + 4096, body.length);
    while (to < body.length && (body[to] & 0xc0) === 0x80) to -= 1;
    found.push(body.slice(from, to));
    from = to;
  }
  return found;
};
const split = (headers) => {
  const all = Object.entries(headers);
  const plain = all.filter(([, value]) => typeof value === "string");
  const secrets = all.filter(([, value]) => typeof value !== "string");
  return [
    plain.map(([name, value]) => ({ name, value })),
    secrets.map(([name, { secret, before = "", after = "" }]) => ({ name, before, secret, after })),
  ];
};

/** Calls of other systems, as far as they were granted. */
export const http = {
  /** Asks by GET, in a question; the answer is recorded. */
  lookUp: (url, headers = {}) =>
    reply(call(() => host.httpLookups.get(url, ...split(headers)))),
  /** Sends a call, in an effect. */
  send: (method, url, { headers = {}, body = "", timeoutMs = null } = {}) => {
    const [plain, secrets] = split(headers);
    const asked = { method, url, headers: plain, body: bytes(body), timeoutMs };
    return reply(call(() => host.http.send(asked, secrets)));
  },
};

/** Files that an execution makes. */
export const files = {
  /** Writes a whole file that belongs to the once-key, and answers {id, name, size, sha256, …}. */
  write: (onceKey, name, mediaType, content) => {
    const writer = call(() => host.blobs.create(name, mediaType, onceKey));
    const all = bytes(content);
    for (let from = 0; from < all.length; from += 65536) {
      call(() => writer.write(all.slice(from, from + 65536)));
    }
    return call(() => writer.finish());
  },
  of: (onceKey) => call(() => host.blobs.find(onceKey)),
  /** A receipt that tells all of a file. */
  receipt: ({ id, name, mediaType, size, sha256, rows }) => {
    const fields = { file: name, media_type: mediaType, size, sha256 };
    return receipt(id, rows == null ? fields : { ...fields, rows });
  },
};

/** The durable memory of one execution: a step that an earlier try has done is not done again. */
export const steps = {
  /** Notes that a step begins; null, or how far an earlier try came: {begun: true} or {done: answer}. */
  begin: (onceKey, name) => progress(call(() => host.steps.begin(onceKey, name))),
  finish: (onceKey, name, answer) =>
    call(() => host.steps.finish(onceKey, name, bytes(JSON.stringify(answer ?? null)))),
  look: (onceKey, name) => progress(call(() => host.steps.look(onceKey, name))),
  /** Does a step, unless an earlier try has done it: then its answer is this one's. */
  once: (onceKey, name, step) => {
    const found = steps.begin(onceKey, name);
    if (found?.begun) {
      const text = `an earlier try began the step \`${name}\` and did not note its end`;
      throw unknownOutcome("step_begun", text);
    }
    if (found !== null) return found.done;
    const answer = step();
    steps.finish(onceKey, name, answer);
    return answer;
  },
};
const progress = (found) => {
  if (found == null) return null;
  return found.tag === "done" ? { done: reply({ headers: [], body: found.val }).json() } : { begun: true };
};

/** The notice that a notifier delivers. */
export const notice = {
  id: () => host.notice.id(),
  organization: () => host.notice.organization(),
  recipient: () => host.notice.recipient(),
  subject: () => host.notice.subject(),
  text: () => host.notice.text(),
  link: () => host.notice.link() ?? null,
  request: () => host.notice.request() ?? null,
  at: () => host.notice.at(),
  content: () => {
    const { code, text, arguments: fields } = host.notice.content();
    return message(code, text, fromFields(fields));
  },
};
