"""The durable memory of one execution: a step that an earlier try has done is not done again."""

import json

from . import host
from .errors import UnknownOutcome, call


def begin(once_key, name):
    """Notes that a step begins; None, or how far an earlier try came: `("begun",)` or `("done", answer)`."""
    return _progress(call(host.steps.begin, once_key, name))


def finish(once_key, name, answer=None):
    """Notes that a step is done, with what a later try needs to know of it; never a secret."""
    call(host.steps.finish, once_key, name, json.dumps(answer).encode("utf-8"))


def look(once_key, name):
    """How far a step came; None where it was never begun. Notes nothing."""
    return _progress(call(host.steps.look, once_key, name))


def once(once_key, name, step):
    """Does a step, unless an earlier try has done it: then its answer is this one's."""
    found = begin(once_key, name)
    if found is None:
        answer = step()
        finish(once_key, name, answer)
        return answer
    if found[0] == "done":
        return found[1]
    raise UnknownOutcome("step_begun", f"an earlier try began the step `{name}` and did not note its end")


def _progress(found):
    if found is None:
        return None
    value = getattr(found, "value", None)
    return ("begun",) if value is None else ("done", json.loads(bytes(value)))
