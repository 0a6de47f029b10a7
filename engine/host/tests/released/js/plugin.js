// A plugin that uses what the contract offers, in every world, and tells what it found.

import {
  attachment, choice, clock, date, directory, duration, effect, files, group, happened, http, log,
  lookUp, message, node, nominee, notice, permanent, problem, receipt, refused, request, resource, retryable,
  secret, steps, didNotHappen, timestamp, unknownOutcome, user,
} from "countersign";

const WORDS = { attachment, choice, date, duration, group, node, resource, timestamp, user };
const SAME = (value) => value;

const ends = ({ fails }) => {
  if (fails === "permanent") throw permanent("never", "it can never work", { tries: 3 });
  if (fails === "retryable") throw retryable("later", "it may work later", {}, 1500);
  if (fails === "refused") throw refused("policy", "it is not wanted");
  if (fails) throw unknownOutcome("perhaps", "it may have happened");
};

// What the request says of itself, and everything in it.
const askedAbout = (kinds) => {
  const seen = {};
  for (const name of request.names()) {
    const value = request.find(name, kinds[name]);
    const word = WORDS[kinds[name]] ?? SAME;
    seen[name] = Array.isArray(value) ? value.map(word) : word(value);
  }
  const items = request.items();
  if (items.length > 0) {
    const price = request.itemField(items[0], "price", "money");
    if (price !== null) {
      Object.assign(seen, { price, order: request.compare(price, request.get("money", "money")) });
    }
  }
  return {
    ...seen,
    id: request.id(),
    organization: request.organization(),
    rule: request.rule(),
    rule_version: request.ruleVersion(),
    kind: request.kind(),
    step: request.step() ?? "",
    requester: user(request.requester()),
    target_users: request.targetUsers().map(user),
    urgent: request.urgent(),
    title: request.title(),
    reason: request.reason(),
    empty: request.find("empty") === null,
    items: items.map(resource),
  };
};

export function evaluate(config) {
  ends(config);
  const token = { secret: secret("token"), before: "<", after: ">" };
  const reply = http.lookUp(config.url, { "x-token": token });
  const found = lookUp("orders-db", "orders", "open");
  const now = clock.now();
  const local = clock.local(now, "Asia/Tokyo");
  log.warn(`the end of ${request.title()}`);
  const why = message("seen", "everything was seen", {
    ...askedAbout(config.kinds),
    replied: `${reply.status} ${reply.text()}`,
    orders: found.length,
    first: found[0]?.id ?? "none",
    now: timestamp(now),
    local: `${local.date} ${local.time}`,
    dice: clock.randomBytes(4).length,
  });
  return { met: false, why };
}

export function resolve(config) {
  ends(config);
  const manager = directory.find(request.requester(), "manager", "user");
  if (manager === null) throw permanent("alone", "there is no manager");
  const limit = directory.find(manager, "limit", "money");
  const together = directory.groupsOf(manager).at(-1);
  if (together === undefined) return { nominees: [], notes: [message("no_group", "there is no group")] };
  const members = [...directory.members(together)].map((member) => member.login);
  const known = directory.byLogin("nobody") !== null;
  const name = directory.user(manager)?.name ?? "";
  return {
    nominees: [
      nominee(user(manager), message("manager", `${name} is the manager`, { known, limit: limit ?? "none" })),
      nominee(group(together), message("group", "they are together", { members })),
    ],
    notes: [message("looked", "it was looked at")],
  };
}

export function validate(config) {
  ends(config);
  const ofItem = (item) => ({ ...problem("price", "wrong", "too much"), item });
  return [
    problem("text", "wrong", "not this"),
    problem(null, "wrong", "not so"),
    ...request.items().map(ofItem),
  ];
}

export function plan(config) {
  ends(config);
  const summary = message("tell", "somebody is told", { at: timestamp(clock.now()) });
  return { effects: [effect("tell", "the other system", summary)], binding: { url: "told" }, estimates: { calls: 1 } };
}

export function execute(config, onceKey) {
  ends(config);
  let told = steps.begin(onceKey, "tell")?.done;
  if (told === undefined) {
    const authorization = { secret: secret("token"), before: "Bearer " };
    const headers = { authorization, "content-type": "text/plain" };
    const call = { headers, body: request.title(), timeoutMs: 5000 };
    told = http.send("POST", config.url, call).text();
    steps.finish(onceKey, "tell", told);
  }
  files.write(onceKey, "note.txt", "text/plain", told);
  return receipt("told", { told, files: files.of(onceKey).map((file) => file.name) });
}

export function probe(config, onceKey) {
  ends(config);
  const done = steps.look(onceKey, "tell")?.done;
  return done === undefined ? didNotHappen() : happened(receipt("told", { told: done }));
}

export function revert(config, done, onceKey) {
  ends(config);
  const begun = steps.begin(onceKey, "revert") !== null;
  steps.finish(onceKey, "revert", "done");
  const ended = steps.look(onceKey, "revert") !== null;
  return receipt(done.reference, { begun, ended, fields: Object.keys(done.fields).length });
}

export function deliver(config, onceKey) {
  ends(config);
  const content = notice.content();
  const about = {
    key: onceKey,
    id: notice.id(),
    organization: notice.organization(),
    recipient: notice.recipient(),
    code: content.code,
    arguments: Object.keys(content.args).length,
    subject: notice.subject(),
    text: notice.text(),
    link: notice.link(),
    request: notice.request(),
    at: notice.at(),
  };
  const headers = { "content-type": "application/json" };
  return http.send("POST", config.url, { headers, body: JSON.stringify(about) }).text();
}
