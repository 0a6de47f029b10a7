"""Why a plugin gives no answer, and why a call of the host failed."""

from componentize_py_types import Err


class Failure(Exception):
    """The lack of an answer."""

    def __init__(self, code, text, **args):
        super().__init__(text)
        self.code, self.text, self.args_of_text = code, text, args


class Permanent(Failure):
    """This request or this configuration can never work."""


class Retryable(Failure):
    """It may work later, but not before so many milliseconds."""

    def __init__(self, code, text, after_ms=None, **args):
        super().__init__(code, text, **args)
        self.after_ms = after_ms


class Refused(Failure):
    """Understood, and refused as a matter of policy."""


class UnknownOutcome(Failure):
    """Executors and notifiers: the effect may have happened."""


class HostError(Exception):
    """A call of the host failed; where nobody catches it, its kind says what follows."""

    def __init__(self, kind, text, code):
        super().__init__(text)
        self.kind, self.text, self.code = kind, text, code

    def failure(self):
        classes = {
            "denied": Refused, "busy": Retryable, "unavailable": Retryable, "internal": Retryable,
            "unknown_outcome": UnknownOutcome,
        }
        return classes.get(self.kind, Permanent)(self.kind, self.text)


def call(function, *args):
    """Calls the host; what it answers as an error is raised as one."""
    try:
        return function(*args)
    except Err as error:
        found = error.value
        raise HostError(found.kind.name.lower(), found.message, found.code) from None
