"""Statements as text, for executors.

The host refuses what the grant does not allow and what the approved plan does not cover.
"""

from dataclasses import dataclass, replace

from . import host
from .answers import Message, Receipt, cannot_tell, did_not_happen, happened
from .errors import HostError, call
from .values import from_cell, from_fields, from_receipt, parameters, to_receipt

_MODES = ("read-only", "atomic", "steps")


@dataclass
class Statement:
    """What the classifier knows about a statement; `details` are further facts, by name."""

    text: str
    kind: str
    reads: list
    writes: list
    transactional: bool
    details: dict


@dataclass
class Marker:
    """What a database knows of an effect: `absent`, or `begun` or `done` with its receipt."""

    kind: str
    receipt: Receipt | None = None

    def presence(self):
        """What `probe` answers where it has nothing but the marker."""
        if self.kind == "absent":
            return did_not_happen()
        if self.kind == "done":
            return happened(self.receipt)
        return cannot_tell(Message("begun", "the execution was begun, and some, all or none of it is there"))


class Connection:
    """A connection that was granted."""

    def __init__(self, name, inner):
        self.name, self._inner = name, inner

    @classmethod
    def open(cls, name):
        """Opens a connection by name."""
        return cls(name, call(host.statements.Connection.open, name))

    @classmethod
    def open_as(cls, name, password):
        """The same with a secret (`secret("name")`) in place of the password that the operator configured."""
        return cls(name, call(host.statements.Connection.open_as, name, password))

    @property
    def database(self):
        """`postgresql`, `mariadb`, `mysql` or `sqlite`."""
        return self._inner.kind()

    def classify(self, text):
        """Splits a text into its statements, and says of each what it is."""
        return [
            Statement(one.text, one.kind, one.reads, one.writes, one.transactional, from_fields(one.details))
            for one in call(self._inner.classify, text)
        ]

    def quote(self, name):
        """A name as this database quotes it."""
        return call(self._inner.quote_identifier, name)

    def estimate(self, text, values=()):
        """How many rows one statement would touch or give; None where the database cannot tell."""
        return call(self._inner.estimate, text, parameters(values))

    def describe(self, text):
        """The columns that one query would give, each with name and kind."""
        return call(self._inner.describe, text)

    def begin(self, mode):
        """Begins a transaction, `read-only`, `atomic` or `steps`: `with connection.begin("atomic") as transaction`."""
        if mode not in _MODES:
            raise ValueError(f"expected one of {', '.join(_MODES)}, found {mode!r}")
        word = host.statements.Mode[mode.replace("-", "_").upper()]
        return Transaction(call(self._inner.begin, word))

    def marker_of(self, once_key):
        """What the database knows of an effect."""
        found = call(self._inner.marker_of, once_key)
        kind, receipt = type(found).__name__.removeprefix("Marker_").lower(), getattr(found, "value", None)
        return Marker(kind, None if receipt is None else from_receipt(receipt))


class _Closing:
    """Something of the host that is given back at the end of a `with`."""

    _what = ""

    def __init__(self, inner):
        self._inner = inner

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def close(self):
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.__exit__(None, None, None)

    def _call(self, name, *args):
        # What was closed is asked no more: the host would end the call.
        if self._inner is None:
            raise HostError("invalid", f"the {self._what} is over", None)
        return call(getattr(self._inner, name), *args)


class Transaction(_Closing):
    """A transaction; closed without a commit, it is rolled back."""

    _what = "transaction"

    def execute(self, text, values=(), max_rows=None):
        """Runs one statement and answers the affected rows; above `max_rows`, nothing is changed."""
        return self._call("execute", text, parameters(values), max_rows)

    def query(self, text, values=()):
        """Starts a query; one at a time, and read to its end before anything else."""
        return Cursor(self._call("query", text, parameters(values)))

    def query_to_file(self, text, values=(), *, name, max_rows, once_key, format="csv"):
        """Sends the answer of a query into a file, past the plugin: with id, name, size, sha256, rows and so on."""
        return self._call("query_to_file", text, parameters(values), max_rows, format, name, once_key)

    def mark(self, once_key, receipt):
        """Marks the effect before it is done; the receipt of an earlier try that did it, or None."""
        earlier = self._call("mark", once_key, to_receipt(receipt))
        return None if earlier is None else from_receipt(earlier)

    def commit(self, once_key, receipt):
        """Commits, with the receipt under the key; answers that of an earlier try where one did it."""
        with self:
            return from_receipt(self._call("commit", once_key, to_receipt(receipt)))


class Cursor(_Closing):
    """The answer of a query: one dictionary for each row, or `next_batch` of columns.

    Left before the end, it cancels the query, and the transaction can only be closed.
    """

    _what = "query"

    def __init__(self, inner):
        super().__init__(inner)
        self.columns = inner.columns()

    def next_batch(self, max_rows):
        """The next rows, at most so many, column by column; None at the end."""
        batch = self._call("next", max_rows)
        return None if batch is None else [[from_cell(cell) for cell in column] for column in batch]

    def __iter__(self):
        names = [column.name for column in self.columns]
        with self:
            while (batch := self.next_batch(1000)) is not None:
                yield from (dict(zip(names, row)) for row in zip(*batch))


@dataclass(frozen=True)
class Exact:
    text: str
    parameters: list | None


@dataclass(frozen=True)
class Shape:
    kind: str
    reads: list
    writes: list
    functions: list


@dataclass(frozen=True)
class Planned:
    """What an execution will send, for the `statements` of a plan; the host refuses everything else."""

    connection: str
    what: Exact | Shape
    during: str = "execute"

    @classmethod
    def exact(cls, connection, text, values=()):
        """One statement with these parameters."""
        return cls(connection.name, Exact(text, list(values)))

    @classmethod
    def text(cls, connection, text):
        """One statement, whatever its parameters are."""
        return cls(connection.name, Exact(text, None))

    @classmethod
    def like(cls, connection, statement):
        """Every statement of the same kind that stays within the tables and functions of this one."""
        functions = statement.details.get("functions", [])
        return cls(connection.name, Shape(statement.kind, statement.reads, statement.writes, functions))

    def on_revert(self):
        """The same, sent when the effect is taken back."""
        return replace(self, during="revert")

    def to_wit(self, out):
        stage = out.Stage[self.during.upper()]
        if isinstance(self.what, Exact):
            bound = None if self.what.parameters is None else parameters(self.what.parameters)
            what = out.Coverage_Exact(out.ExactStatement(self.what.text, bound))
        else:
            shape = self.what
            what = out.Coverage_Shape(out.StatementShape(shape.kind, shape.reads, shape.writes, shape.functions))
        return out.PlannedStatement(stage, self.connection, what)
