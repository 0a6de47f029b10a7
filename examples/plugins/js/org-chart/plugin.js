// Names the first manager upwards whose limit covers the amount.
//
// From the requester from manager to manager. Who left is passed over. Where the way ends, nobody is
// named and the explanation says why: whose profile lacks a manager, or where the way is a circle.

import { directory, message, nominee, request, user } from "countersign";

const nameOf = (id) => directory.user(id)?.name ?? id;

// The manager of the last one of the way, or why the way ends.
function next(config, way) {
  const last = way.at(-1);
  const below = nameOf(last);
  const id = directory.find(last, config.manager_property, "user");
  if (id === null) {
    const property = config.manager_property;
    const text = `the profile of ${below} has no \`${property}\``;
    return { end: message("no_manager", text, { user: user(last), property }) };
  }
  if (way.includes(id)) {
    const users = [...way, id];
    const text = `the managers go in a circle: ${users.map(nameOf).join(", ")}`;
    return { end: message("circle", text, { users: users.map(user) }) };
  }
  const manager = directory.user(id);
  if (manager !== null) return { manager };
  const text = `the manager of ${below} is not in the directory`;
  return { end: message("unknown_manager", text, { user: user(last) }) };
}

// Why this manager can approve, or why not.
function judge(config, amount, { id, name, active }) {
  const who = user(id);
  if (!active) return { note: message("inactive", `${name} is no longer active`, { user: who }) };
  const limit = directory.find(id, config.limit_property, "money");
  if (limit === null) {
    const text = `the profile of ${name} has no \`${config.limit_property}\``;
    return { note: message("no_limit", text, { user: who }) };
  }
  const covers = request.compare(amount, limit) <= 0;
  const [code, verb] = covers ? ["covers", "may"] : ["too_little", "may only"];
  const said = message(code, `${name} ${verb} approve up to ${limit}`, { user: who, limit });
  return covers ? { found: nominee(who, said) } : { note: said };
}

export function resolve(config) {
  const amount = request.get(config.amount_property, "money");
  const [way, notes, height] = [[request.requester()], [], config.max_height ?? 10];
  while (way.length <= height) {
    const { end, manager } = next(config, way);
    if (end) return { nominees: [], notes: [...notes, end] };
    const { found, note } = judge(config, amount, manager);
    if (found) return { nominees: [found], notes };
    notes.push(note);
    way.push(manager.id);
  }
  const text = `nobody within ${height} steps above the requester may approve ${amount}`;
  return { nominees: [], notes: [...notes, message("too_high", text, { amount })] };
}
