"""Names the first manager upwards whose limit covers the amount.

From the requester from manager to manager. Who left is passed over. Where the way ends, nobody is named and
the explanation says why: whose profile lacks a manager, or where the way is a circle.
"""

from countersign import directory, message, nominee, request, resolution, user


def name_of(id):
    found = directory.user(id)
    return found.name if found else id


def next_manager(config, way):
    """The manager of the last one of the way, or why the way ends."""
    last, property = way[-1], config["manager_property"]
    below = name_of(last)
    id = directory.find(last, property, "user")
    if id is None:
        text = f"the profile of {below} has no `{property}`"
        return None, message("no_manager", text, user=user(last), property=property)
    if id in way:
        users = [*way, id]
        text = f"the managers go in a circle: {', '.join(map(name_of, users))}"
        return None, message("circle", text, users=[user(one) for one in users])
    manager = directory.user(id)
    if manager is None:
        text = f"the manager of {below} is not in the directory"
        return None, message("unknown_manager", text, user=user(last))
    return manager, None


def judge(config, amount, manager):
    """Whether this manager can approve, and why or why not."""
    name, who, property = manager.name, user(manager.id), config["limit_property"]
    if not manager.active:
        return False, message("inactive", f"{name} is no longer active", user=who)
    limit = directory.find(manager.id, property, "money")
    if limit is None:
        return False, message("no_limit", f"the profile of {name} has no `{property}`", user=who)
    covers = request.compare(amount, limit) <= 0
    code, verb = ("covers", "may") if covers else ("too_little", "may only")
    return covers, message(code, f"{name} {verb} approve up to {limit}", user=who, limit=limit)


def resolve(config):
    amount = request.get(config["amount_property"], "money")
    way, notes, height = [request.requester()], [], config.get("max_height", 10)
    while len(way) <= height:
        manager, end = next_manager(config, way)
        if end:
            return resolution([], [*notes, end])
        covers, why = judge(config, amount, manager)
        if covers:
            return resolution([nominee(user(manager.id), why)], notes)
        notes.append(why)
        way.append(manager.id)
    text = f"nobody within {height} steps above the requester may approve {amount}"
    return resolution([], [*notes, message("too_high", text, amount=amount)])
