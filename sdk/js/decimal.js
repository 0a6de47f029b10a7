// Exact numbers: amounts are never floats.

const SHAPE = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

/** An exact decimal number. */
export class Decimal {
  /** Units of 10^-scale. */
  constructor(units, scale = 0) {
    this.units = BigInt(units);
    this.scale = scale;
  }

  /** From text such as "-12.50", from a whole number, or from another decimal. */
  static of(from) {
    if (from instanceof Decimal) return from;
    if (typeof from === "number" && Number.isSafeInteger(from)) return new Decimal(from);
    if (typeof from !== "string" || !SHAPE.test(from)) {
      throw new TypeError(`expected a decimal such as "12.50", found ${JSON.stringify(from)}`);
    }
    const [whole, fraction = ""] = from.split(".");
    return new Decimal(whole + fraction, fraction.length);
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
    const sign = this.units < 0n ? "-" : "";
    const digits = (this.units < 0n ? -this.units : this.units).toString().padStart(this.scale + 1, "0");
    const point = digits.length - this.scale;
    return sign + digits.slice(0, point) + (this.scale > 0 ? `.${digits.slice(point)}` : "");
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
    const [amount, currency, more] = String(from).split(" ");
    if (more !== undefined || !/^[A-Z]{3}$/.test(currency ?? "")) {
      throw new TypeError(`expected money such as "12.50 EUR", found ${JSON.stringify(from)}`);
    }
    return new Money(amount, currency);
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
