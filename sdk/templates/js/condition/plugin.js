// Met where the amount of the request is within the limit that the rule gives.

import { Money, met, request, unmet } from "countersign";

export function evaluate(config) {
  const [amount, limit] = [request.get("amount", "money"), Money.of(config.limit)];
  // Not `<=`: two currencies are compared by the rates that are frozen with the request.
  if (request.compare(amount, limit) <= 0) return met();
  return unmet("above_limit", `${amount} is above ${limit}`, { amount, limit });
}
