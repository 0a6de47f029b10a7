// Finds cost centres that cannot be right.

import { problem, request } from "countersign";

export function validate({ digits = 4 }) {
  const centre = request.find("cost_centre", "text");
  if (centre === null || (centre.length === digits && /^[0-9]+$/.test(centre))) return [];
  const text = `a cost centre has ${digits} digits, and \`${centre}\` has not`;
  return [problem("cost_centre", "bad_cost_centre", text, { digits })];
}
