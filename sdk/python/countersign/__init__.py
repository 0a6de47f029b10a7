"""Write Countersign plugins in Python.

A plugin defines the functions of its worlds in `plugin.py`, and `countersign plugin build` makes a component
of it:

    condition   evaluate(config)                  met() or unmet(code, text)
    approvers   resolve(config)                   [nominee(user(id), message(code, text))]
    validator   validate(config)                  [problem(property, code, text)]
    executor    plan(config), execute(config, once_key), probe(config, once_key), revert(config, done, once_key)
    notifier    deliver(config, once_key)         the other side's name for the delivery, or None

Everything from outside comes through this package. A function that raises gives no answer, which is never
taken for *unmet*, *nobody* or *done*: raise `Permanent`, `Retryable`, `Refused` or `UnknownOutcome` where the
class matters; any other exception is permanent.
"""

from decimal import Decimal

from . import chance, clock, directory, files, http, log, notice, request, steps
from .answers import (
    Message, Money, Receipt, cannot_tell, did_not_happen, effect, happened, message, met, nominee, plan, problem,
    receipt, resolution, unmet,
)
from .data import look_up, secret
from .errors import Failure, HostError, Permanent, Refused, Retryable, UnknownOutcome
from .sql import Connection, Cursor, Planned, Transaction
from .values import attachment, choice, date, duration, group, node, resource, timestamp, user

__all__ = [
    "Connection", "Cursor", "Decimal", "Failure", "HostError", "Message", "Money", "Permanent", "Planned",
    "Receipt", "Refused", "Retryable", "Transaction", "UnknownOutcome", "attachment", "cannot_tell", "choice", "clock", "date", "did_not_happen", "directory",
    "duration", "effect", "files", "group", "happened", "http", "log", "look_up", "message", "met", "node",
    "nominee", "notice", "plan", "problem", "receipt", "request", "resolution", "resource", "secret", "steps",
    "timestamp", "unmet", "user",
]
