// Exact numbers: amounts are never floats.

const [ZERO, NINE, MINUS, POINT] = [48, 57, 45, 46];

const isDigit = (code) => code >= ZERO && code <= NINE;

const afterDigits = (text, at) => {
  while (isDigit(text.charCodeAt(at))) at += 1;
  return at;
};

// By hand: a regular expression costs more than all the rest of a comparison.
const isDecimal = (text) => {
  let at = text.charCodeAt(0) === MINUS ? 1 : 0;
  const first = text.charCodeAt(at);
  if (!isDigit(first)) return false;
  at = first === ZERO ? at + 1 : afterDigits(text, at);
  if (at === text.length) return true;
  if (text.charCodeAt(at) !== POINT || !isDigit(text.charCodeAt(at + 1))) return false;
  return afterDigits(text, at + 1) === text.length;
};

const isCurrency = (text) => {
  for (let at = 0; at < 3; at += 1) {
    const code = text.charCodeAt(at);
    if (!(code >= 65 && code <= 90)) return false;
  }
  return text.length === 3;
};

/** An exact decimal number. */
export class Decimal {
  /** Units of 10^-scale. */
  constructor(units, scale = 0) {
    this.parts = { units: BigInt(units), scale };
    this.text = null;
  }

  /** From text such as "-12.50", from a whole number, or from another decimal. */
  static of(from) {
    if (from instanceof Decimal) return from;
    if (typeof from === "number" && Number.isSafeInteger(from)) return new Decimal(from);
    if (typeof from !== "string" || !isDecimal(from)) {
      throw new TypeError(`expected a decimal such as "12.50", found ${JSON.stringify(from)}`);
    }
    const written = Decimal.written(from);
    // There is no minus zero.
    return from.charCodeAt(0) === MINUS ? new Decimal(written.units, written.scale) : written;
  }

  /** From text that the host wrote. Its digits are read when they are needed. */
  static written(text) {
    const decimal = Object.create(Decimal.prototype);
    decimal.parts = null;
    decimal.text = text;
    return decimal;
  }

  read() {
    if (this.parts === null) {
      const point = this.text.indexOf(".");
      const [whole, fraction] =
        point < 0 ? [this.text, ""] : [this.text.slice(0, point), this.text.slice(point + 1)];
      this.parts = { units: BigInt(whole + fraction), scale: fraction.length };
    }
    return this.parts;
  }

  get units() {
    return this.read().units;
  }

  get scale() {
    return this.read().scale;
  }

  at(scale) {
    return this.units * 10n ** BigInt(scale - this.scale);
  }

  plus(other) {
    const right = Decimal.of(other);
    const scale = Math.max(this.scale, right.scale);
    return new Decimal(this.at(scale) + right.at(scale), scale);
  }

  minus(other) {
    return this.plus(Decimal.of(other).times(-1));
  }

  times(other) {
    const right = Decimal.of(other);
    return new Decimal(this.units * right.units, this.scale + right.scale);
  }

  /** Below 0, 0 or above 0. */
  compare(other) {
    const difference = this.minus(other).units;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  toString() {
    if (this.text === null) {
      const { units, scale } = this.parts;
      const sign = units < 0n ? "-" : "";
      const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
      const point = digits.length - scale;
      this.text = sign + digits.slice(0, point) + (scale > 0 ? `.${digits.slice(point)}` : "");
    }
    return this.text;
  }

  toJSON() {
    return this.toString();
  }
}

/** An amount of one currency. Two currencies are compared by `request.compare` alone. */
export class Money {
  constructor(amount, currency) {
    this.amount = Decimal.of(amount);
    this.currency = currency;
  }

  /** From text such as "12.50 EUR", as it stands in settings. */
  static of(from) {
    if (from instanceof Money) return from;
    const text = String(from);
    const space = text.indexOf(" ");
    const currency = text.slice(space + 1);
    if (space < 0 || !isCurrency(currency)) {
      throw new TypeError(`expected money such as "12.50 EUR", found ${JSON.stringify(from)}`);
    }
    return new Money(text.slice(0, space), currency);
  }

  toString() {
    return `${this.amount} ${this.currency}`;
  }

  toJSON() {
    return this.toString();
  }

  toWit() {
    return { amount: this.amount.toString(), currency: this.currency };
  }
}
