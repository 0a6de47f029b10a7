"""The request that the call is about."""

from . import host
from .errors import HostError, Retryable, call
from .values import typed


def _ask(name):
    return lambda: getattr(host.request, name)()


id, organization, rule, kind = _ask("id"), _ask("organization"), _ask("rule"), _ask("kind")
rule_version, step, requester = _ask("rule_version"), _ask("step"), _ask("requester")
target_users, urgent, title, reason = _ask("target_users"), _ask("urgent"), _ask("title"), _ask("reason")
names, items = _ask("names"), _ask("items")


def get(name, kind=None):
    """A property of the form, as the kind says ("money", "text", ...); permanent where it is empty."""
    return typed(host.request.get(name), kind, f"the property `{name}`")


def find(name, kind=None):
    """The same; None where it is empty."""
    return typed(host.request.get(name), kind, f"the property `{name}`", optional=True)


def item_field(item, name, kind=None):
    """A field of an item; None where it is empty."""
    return typed(host.request.item_field(item, name), kind, f"the field `{name}`", optional=True)


def compare(left, right):
    """Below 0, 0 or above 0, through the rates of the request; retryable where a rate is missing."""
    try:
        order = call(host.request.compare, left.to_wit(), right.to_wit())
    except HostError as error:
        if error.kind == "not_found":
            raise Retryable("missing_rate", error.text) from None
        raise
    return {"LESS": -1, "EQUAL": 0, "GREATER": 1}[order.name]
