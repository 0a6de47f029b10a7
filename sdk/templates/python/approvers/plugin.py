"""Names the manager of the requester."""

from countersign import directory, message, nominee, request, resolution, user


def name_of(id):
    found = directory.user(id)
    return found.name if found else id


def resolve(config):
    property, requester = config.get("manager_property", "manager"), request.requester()
    manager = directory.find(requester, property, "user")
    if manager is None:
        text = f"the profile of {name_of(requester)} has no `{property}`"
        return resolution([], [message("no_manager", text, user=user(requester))])
    text = f"{name_of(manager)} is the manager of {name_of(requester)}"
    return [nominee(user(manager), message("manager", text, user=user(manager)))]
