"""Look-ups in databases, and secrets."""

from . import host
from .errors import call
from .values import from_scalar, parameters


def look_up(connection, statement, *values):
    """A look-up that the operator wrote; its rows as dictionaries."""
    found = call(host.named_statements.query, connection, statement, parameters(values))
    names = [column.name for column in found.columns]
    cells = ([None if cell is None else from_scalar(cell) for cell in row] for row in found.rows)
    return [dict(zip(names, row)) for row in cells]


def secret(name):
    """A granted secret, for a header of a call: `("Bearer ", secret("token"))`."""
    return call(host.secrets.get, name)
