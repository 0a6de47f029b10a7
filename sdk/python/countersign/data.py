"""Look-ups in databases, and secrets."""

from . import host
from .errors import call
from .values import from_cell, parameters


def look_up(connection, statement, *values):
    """A look-up that the operator wrote; its rows as dictionaries."""
    found = call(host.named_statements.query, connection, statement, parameters(values))
    names = [column.name for column in found.columns]
    return [dict(zip(names, map(from_cell, row))) for row in found.rows]


def secret(name):
    """A granted secret, for a connection or a header of a call: `("Bearer ", secret("token"))`."""
    return call(host.secrets.get, name)
