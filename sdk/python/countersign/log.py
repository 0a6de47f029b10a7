"""Words for the administrator; never a secret."""

from . import host
from .values import to_fields


def _line(level):
    def line(text, **fields):
        host.log.event(host.log.Level[level], str(text), to_fields(fields))

    return line


trace, debug, info, warn, error = _line("TRACE"), _line("DEBUG"), _line("INFO"), _line("WARN"), _line("ERROR")
