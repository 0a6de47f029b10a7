"""What the interpreter would learn in every call, learned once while the component is made.

An instruction finds out what it works on, and a class where its attributes are, when it has run a few times. Every
call begins with the memory that the component was made with: what is there need not be found out again. So the ways
through this package run here, for a plugin that is played, with a host that is. Those of the author do not, since
they may ask for anything.
"""

import sys
from types import SimpleNamespace

import componentize_py_runtime
from componentize_py_types import Ok

from . import Money, directory, glue, host, message, met, nominee, problem, request, unmet, user

# An instruction has found it out after about ten.
_ROUNDS = 30


def _condition(config):
    amount, limit = request.get("amount", "money"), Money.of(config["limit"])
    return met() if request.compare(amount, limit) > 0 else unmet("a", f"{amount}", amount=amount, limit=limit)


def _approvers(config):
    amount, id = request.get("amount", "money"), request.requester()
    found = directory.user(id)
    limit = directory.find(id, "limit", "money")
    request.compare(amount, limit)
    return [nominee(user(found.id), message("a", f"{limit}", user=user(id)))]


def _validator(config):
    names = [request.find("amount", "money"), *request.names()]
    return [problem("amount", "a", f"{name}", amount=name) for name in names]


_PLAYED = {
    "condition": ("evaluate", _condition),
    "approvers": ("resolve", _approvers),
    "validator": ("validate", _validator),
}


def _played():
    """What the host answers, by function."""
    types = host.types
    amount = types.Value_One(types.Scalar_Money(types.Money("900.00", "EUR")))
    return {
        "json": '{"limit": "1000 EUR"}',
        "get": amount,
        "requester": "a",
        "names": ["amount"],
        "compare": Ok(host.request.Comparison.LESS),
        "user_by_id": Ok(SimpleNamespace(id="a")),
        "property": Ok(amount),
    }


def up(worlds):
    """Runs what plugins of these worlds have in common; of worlds that only ask, which are called the most."""
    answers = None
    real = componentize_py_runtime.call_import
    componentize_py_runtime.call_import = lambda index, given: answers[sys._getframe(1).f_code.co_name]
    try:
        for world in filter(_PLAYED.__contains__, worlds):
            answers = answers or _played()
            name, function = _PLAYED[world]
            played = getattr(glue, world)(SimpleNamespace(**{name: function}))()
            for _ in range(_ROUNDS):
                getattr(played, name)()
    finally:
        componentize_py_runtime.call_import = real
