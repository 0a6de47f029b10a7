"""What stands between the contract and the functions of an author. A plugin does not import this."""

import importlib
import json
import traceback

from componentize_py_types import Err

from . import host
from .answers import Presence, Resolution
from .errors import Failure, HostError, Permanent, Refused, Retryable, UnknownOutcome
from .values import Word, as_text, from_receipt, to_fields, to_receipt


def _exports(name):
    return importlib.import_module("wit_world.exports." + name)


def _message(message):
    return host.types.Message(message.code, to_fields(message.args), message.text)


def _failure(error):
    types = host.types
    if isinstance(error, HostError):
        error = error.failure()
    if not isinstance(error, Failure):
        host.log.event(host.log.Level.ERROR, "".join(traceback.format_exception(error)), [])
        error = Permanent("failed", f"{type(error).__name__}: {error}")
    why = types.Message(error.code, to_fields(error.args_of_text), error.text)
    match error:
        case Retryable():
            return types.Failure_Retryable(types.Retry(why, error.after_ms))
        case Refused():
            return types.Failure_Refused(why)
        case UnknownOutcome():
            return types.Failure_UnknownOutcome(why)
        case _:
            return types.Failure_Permanent(why)


def _answer(ask, tell):
    """Reads the settings, asks, and says what came of it in the contract's words."""
    try:
        return tell(ask(json.loads(host.config.json())))
    except Exception as error:
        failure = _failure(error)
    raise Err(failure)


def _principal(who):
    if not isinstance(who, Word) or who.kind not in ("user", "group"):
        raise TypeError("expected `user(id)` or `group(id)` as the first argument of `nominee`")
    return getattr(host.types, "Principal_" + who.kind.capitalize())(who.text)


def _presence(presence: Presence):
    types = host.types
    match presence.kind:
        case "Happened":
            return types.Presence_Happened(to_receipt(presence.what))
        case "CannotTell":
            return types.Presence_CannotTell(_message(presence.what))
        case _:
            return types.Presence_DidNotHappen()


def _needs(author, *names):
    for name in names:
        if not callable(getattr(author, name, None)):
            raise TypeError(f"plugin.py does not define the function `{name}`")


def condition(author):
    _needs(author, "evaluate")
    out = _exports("condition")

    def tell(verdict):
        return out.Verdict_Met() if verdict.why is None else out.Verdict_Unmet(_message(verdict.why))

    class Condition:
        def evaluate(self):
            return _answer(author.evaluate, tell)

    return Condition


def approvers(author):
    _needs(author, "resolve")
    out = _exports("approvers")

    def tell(answer):
        if not isinstance(answer, Resolution):
            answer = Resolution(list(answer), [])
        nominees = [out.Nominee(_principal(one.who), _message(one.reason)) for one in answer.nominees]
        return out.Resolution(nominees, [_message(note) for note in answer.notes])

    class Approvers:
        def resolve(self):
            return _answer(author.resolve, tell)

    return Approvers


def validator(author):
    _needs(author, "validate")
    out = _exports("validator")

    def tell(problems):
        return [out.Problem(one.property, one.item, _message(one.why)) for one in problems]

    class Validator:
        def validate(self):
            return _answer(author.validate, tell)

    return Validator


def executor(author):
    _needs(author, "plan", "execute", "probe")
    out = _exports("executor")

    def plan(given):
        effects = [out.Effect(one.kind, one.target, _message(one.summary)) for one in given.effects]
        statements = [one.to_wit(out) for one in given.statements]
        binding = json.dumps(given.binding, default=as_text)
        return out.EffectPlan(effects, binding, to_fields(given.estimates), statements)

    def not_revertible(config, done, once_key):
        raise Permanent("not_revertible", "what this plugin does cannot be taken back")

    revert = getattr(author, "revert", not_revertible)

    class Executor:
        def plan(self):
            return _answer(author.plan, plan)

        def execute(self, once_key):
            return _answer(lambda config: author.execute(config, once_key), to_receipt)

        def probe(self, once_key):
            return _answer(lambda config: author.probe(config, once_key), _presence)

        def revert(self, done, once_key):
            return _answer(lambda config: revert(config, from_receipt(done), once_key), to_receipt)

    return Executor


def notifier(author):
    _needs(author, "deliver")

    class Notifier:
        def deliver(self, once_key):
            return _answer(lambda config: author.deliver(config, once_key), lambda name: name)

    return Notifier
