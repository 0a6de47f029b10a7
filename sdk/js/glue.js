// What stands between the contract and the functions of an author. A plugin does not import this.

import * as host from "./host.js";
import { Failure } from "./errors.js";
import { fromReceipt, toFields, toReceipt } from "./values.js";

const message = ({ code, text, args }) => ({ code, text, arguments: toFields(args) });

const failure = (error) => {
  if (!(error instanceof Failure)) {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    host.log.event("error", `${text}\n${error?.stack ?? ""}`, []);
    return { tag: "permanent", val: { code: "failed", text, arguments: [] } };
  }
  const why = message({ code: error.code, text: error.message, args: error.args });
  const retry = error.failure === "retryable";
  return { tag: error.failure, val: retry ? { why, afterMs: error.afterMs ?? null } : why };
};

// Reads the settings, asks, and says what came of it in the contract's words.
const answer = (ask, tell) => {
  let told;
  try {
    const given = ask(JSON.parse(host.config.json()));
    if (typeof given?.then === "function") {
      throw new TypeError("a plugin answers at once: its functions cannot be `async`");
    }
    told = tell(given);
  } catch (error) {
    throw failure(error);
  }
  return told;
};

const needs = (author, ...names) => {
  for (const name of names) {
    if (typeof author[name] !== "function") {
      throw new TypeError(`plugin.js does not export the function \`${name}\``);
    }
  }
};

const principal = (who) => {
  if (who?.kind !== "user" && who?.kind !== "group") {
    throw new TypeError("expected `user(id)` or `group(id)` as the first argument of `nominee`");
  }
  return { tag: who.kind, val: who.text };
};
const nominees = (all) => all.map(({ who, reason }) => ({ who: principal(who), reason: message(reason) }));
const resolution = (given) => {
  const { nominees: named, notes = [] } = Array.isArray(given) ? { nominees: given } : given;
  return { nominees: nominees(named), notes: notes.map(message) };
};
const problem = ({ property = null, item = null, why }) => ({ property, item, why: message(why) });
const presence = (given) => {
  switch (given.tag) {
    case "happened":
      return { tag: "happened", val: toReceipt(given.done) };
    case "cannot-tell":
      return { tag: "cannot-tell", val: message(given.why) };
    default:
      return { tag: "did-not-happen" };
  }
};
const plan = ({ effects, binding, estimates, statements = [] }) => ({
  effects: effects.map(({ kind, target, summary }) => ({ kind, target, summary: message(summary) })),
  binding: JSON.stringify(binding),
  estimates: toFields(estimates),
  statements: statements.map((planned) => planned.toWit()),
});

export const condition = (author) => {
  needs(author, "evaluate");
  const verdict = (given) => (given.met ? { tag: "met" } : { tag: "unmet", val: message(given.why) });
  return { evaluate: () => answer((config) => author.evaluate(config), verdict) };
};

export const approvers = (author) => {
  needs(author, "resolve");
  return { resolve: () => answer((config) => author.resolve(config), resolution) };
};

export const validator = (author) => {
  needs(author, "validate");
  return { validate: () => answer((config) => author.validate(config), (all) => all.map(problem)) };
};

export const executor = (author) => {
  needs(author, "plan", "execute", "probe");
  const revert = author.revert ?? (() => {
    throw new Failure("permanent", "not_revertible", "what this plugin does cannot be taken back");
  });
  return {
    plan: () => answer((config) => author.plan(config), plan),
    execute: (key) => answer((config) => author.execute(config, key), toReceipt),
    probe: (key) => answer((config) => author.probe(config, key), presence),
    revert: (was, key) => answer((config) => revert(config, fromReceipt(was), key), toReceipt),
  };
};

export const notifier = (author) => {
  needs(author, "deliver");
  return { deliver: (key) => answer((config) => author.deliver(config, key), (name) => name ?? null) };
};
