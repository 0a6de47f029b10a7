"""What a plugin answers."""

from dataclasses import dataclass, field

from .money import Money

__all__ = [
    "Message", "Money", "Receipt", "cannot_tell", "did_not_happen", "effect", "happened", "message", "met",
    "nominee", "plan", "problem", "receipt", "resolution", "unmet",
]


@dataclass
class Message:
    """A sentence for a person: a code for translations, the sentence, and what it speaks of."""

    code: str
    text: str
    args: dict = field(default_factory=dict)


def message(code, text, **args):
    """A sentence with its arguments."""
    return Message(code, text, args)


@dataclass
class Verdict:
    why: Message | None


def met():
    """The condition holds."""
    return Verdict(None)


def unmet(code, text, **args):
    """The condition does not hold, and why."""
    return Verdict(Message(code, text, args))


@dataclass
class Nominee:
    who: object
    reason: Message


def nominee(who, reason):
    """Somebody who can approve (`user(id)` or `group(id)`), and why."""
    return Nominee(who, reason)


@dataclass
class Resolution:
    nominees: list
    notes: list


def resolution(nominees, notes=()):
    """Who can approve, and what else people should know. Nobody is an answer."""
    return Resolution(list(nominees), list(notes))


@dataclass
class Problem:
    property: str | None
    why: Message
    item: str | None = None


def problem(property, code, text, item=None, **args):
    """What is wrong with a property of the request; with the request as a whole where it is None."""
    return Problem(property, Message(code, text, args), item)


@dataclass
class Effect:
    kind: str
    target: str
    summary: Message


def effect(kind, target, summary):
    """One line of a plan."""
    return Effect(kind, target, summary)


@dataclass
class Plan:
    effects: list
    binding: object
    estimates: dict
    statements: list


def plan(effects, binding, estimates=None, statements=()):
    """What `execute` would do, what the approval binds, and the statements that will be sent (`Planned`)."""
    return Plan(list(effects), binding, estimates or {}, list(statements))


@dataclass
class Receipt:
    """What an executor did."""

    reference: str
    fields: dict = field(default_factory=dict)


def receipt(reference, **fields):
    """What an executor did; handed back to `revert`."""
    return Receipt(reference, fields)


@dataclass
class Presence:
    kind: str
    what: object = None


def happened(done):
    """It happened, and this was its receipt."""
    return Presence("Happened", done)


def did_not_happen():
    """It did not, and will not unless it is run again."""
    return Presence("DidNotHappen")


def cannot_tell(why):
    """A person must look; the sentence says where."""
    return Presence("CannotTell", why)
