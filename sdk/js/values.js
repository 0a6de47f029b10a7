// Values of properties, in JavaScript and in the contract's words.

import { Decimal, Money } from "./decimal.js";
import { permanent } from "./errors.js";

/** A text that is more than text: an id, a day, a choice. */
class Word {
  constructor(kind, text) {
    this.kind = kind;
    this.text = text;
  }

  toString() {
    return this.text;
  }

  toJSON() {
    return this.text;
  }
}

const word = (kind) => (text) => new Word(kind, String(text));
export const date = word("date");
export const timestamp = word("timestamp");
export const duration = word("duration");
export const choice = word("choice");
export const user = word("user");
export const group = word("group");
export const node = word("node");
export const resource = word("resource");
export const attachment = word("attachment");

/** A whole number that is exact. */
const numberOf = (number) => {
  if (!Number.isSafeInteger(number)) {
    throw new TypeError(`expected a whole number or a Decimal, found ${number}`);
  }
  return number;
};

const toScalar = (value) => {
  if (typeof value === "string") return { tag: "text", val: value };
  if (typeof value === "boolean") return { tag: "boolean", val: value };
  if (typeof value === "number") return { tag: "number", val: numberOf(value) };
  if (value instanceof Decimal) return { tag: "decimal", val: value.toString() };
  if (value instanceof Money) return { tag: "money", val: value.toWit() };
  if (value instanceof Word) return { tag: value.kind, val: value.text };
  throw new TypeError(`${typeof value} is no value of a property`);
};

/** A value as the contract writes it. */
export const toValue = (value) =>
  Array.isArray(value)
    ? { tag: "many", val: value.map(toScalar) }
    : { tag: "one", val: toScalar(value) };

/** Named values, as the contract writes them. */
export const toFields = (fields = {}) =>
  Object.entries(fields).map(([name, value]) => ({ name, value: toValue(value) }));

/** What an executor did, as the contract writes it. */
export const toReceipt = ({ reference, fields }) =>
  ({ reference: String(reference), fields: toFields(fields) });

/** Parameters of a statement; null is NULL. */
export const parameters = (values) => values.map((value) => (value == null ? null : toValue(value)));

const fromScalar = ({ tag, val }) => {
  switch (tag) {
    case "decimal":
      return Decimal.written(val);
    case "money":
      return new Money(Decimal.written(val.amount), val.currency);
    default:
      return val;
  }
};

/** A value in JavaScript: ids, days and choices are strings, amounts are exact. */
export const fromValue = (value) => {
  switch (value.tag) {
    case "one":
      return fromScalar(value.val);
    case "many":
      return value.val.map(fromScalar);
    default:
      return JSON.parse(value.val.json);
  }
};

/** A cell of an answer; NULL is null. */
export const fromCell = (cell) => (cell == null ? null : fromScalar(cell));

/** Named values in JavaScript. */
export const fromFields = (fields) =>
  Object.fromEntries(fields.map(({ name, value }) => [name, fromValue(value)]));

/** What an executor did. */
export const fromReceipt = ({ reference, fields }) => ({ reference, fields: fromFields(fields) });

/** A value of this kind; none is null or an error. */
export const typed = (value, kind, what, optional = false) => {
  if (value == null) {
    if (optional) return null;
    throw permanent("property_missing", `${what} is empty`);
  }
  const scalars = value.tag === "many" ? value.val : [value.val];
  const found = value.tag === "other" ? value.val.kind : scalars[0]?.tag;
  if (kind !== undefined && found !== undefined && found !== kind) {
    throw permanent("wrong_type", `${what} is a ${found}, not a ${kind}`);
  }
  return fromValue(value);
};
