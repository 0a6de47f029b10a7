"""The people of the organization."""

from . import host
from .errors import call
from .values import typed


def user(id):
    """With id, login, name, active and kind; None where there is none."""
    return call(host.directory.user_by_id, id)


def by_login(login):
    """The user with this login; None where there is none."""
    return call(host.directory.user_by_login, login)


def find(user, name, kind=None):
    """A property of a user as the kind says; None where the user or the property is not there."""
    return typed(call(host.directory.property, user, name), kind, f"the property `{name}`", optional=True)


def groups_of(user):
    """The ids of the groups a user is in."""
    return call(host.directory.groups_of, user)


def members(group):
    """The active members of a group, page by page."""
    after = None
    while True:
        page = call(host.directory.members, group, after)
        yield from page.members
        after = page.next
        if after is None:
            return
