"""The only clock and dice: the same in every repetition of a call."""

from . import host
from .errors import call


def now():
    """The instant of the command, such as `2026-03-02T09:00:00Z`."""
    return host.determinism.now()


def local(at, zone=None):
    """With date, time, weekday and offset_minutes; in the organization's time zone where none is named."""
    return call(host.determinism.local_time, at, zone)


def random_bytes(length):
    """Dice; not for secrets."""
    return host.determinism.random_bytes(length)
