// Names the manager of the requester.

import { directory, message, nominee, request, user } from "countersign";

const nameOf = (id) => directory.user(id)?.name ?? id;

export function resolve({ manager_property: property = "manager" }) {
  const requester = request.requester();
  const manager = directory.find(requester, property, "user");
  if (manager === null) {
    const text = `the profile of ${nameOf(requester)} has no \`${property}\``;
    return { nominees: [], notes: [message("no_manager", text, { user: user(requester) })] };
  }
  const text = `${nameOf(manager)} is the manager of ${nameOf(requester)}`;
  return [nominee(user(manager), message("manager", text, { user: user(manager) }))];
}
