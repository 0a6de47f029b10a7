"""Values of properties, in Python and in the contract's words."""

import json
from decimal import Decimal

from . import host
from .answers import Receipt
from .errors import Permanent
from .money import Money


class Word:
    """A text that is more than text: an id, a day, a choice."""

    def __init__(self, kind, text):
        self.kind, self.text = kind, str(text)

    def __str__(self):
        return self.text


def _word(kind):
    return lambda text: Word(kind, text)


date, timestamp, duration, choice = _word("date"), _word("timestamp"), _word("duration"), _word("choice")
user, group, node, resource = _word("user"), _word("group"), _word("node"), _word("resource")
attachment = _word("attachment")

_LARGEST = 2**53 - 1


def to_scalar(value):
    types = host.types
    if isinstance(value, Word):
        return getattr(types, "Scalar_" + value.kind.capitalize())(value.text)
    if isinstance(value, bool):
        return types.Scalar_Boolean(value)
    if isinstance(value, int):
        if abs(value) > _LARGEST:
            return types.Scalar_Decimal(str(value))
        return types.Scalar_Number(value)
    if isinstance(value, Decimal):
        return types.Scalar_Decimal(format(value, "f"))
    if isinstance(value, Money):
        return types.Scalar_Money(value.to_wit())
    if isinstance(value, str):
        return types.Scalar_Text(value)
    raise TypeError(f"{type(value).__name__} is no value of a property")


def as_text(value):
    """A value of a property that JSON has no kind for, as documents write it."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, (Money, Word)):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no value of a property")


def to_value(value):
    if isinstance(value, (list, tuple)):
        return host.types.Value_Many([to_scalar(one) for one in value])
    return host.types.Value_One(to_scalar(value))


def to_fields(fields):
    return [host.types.Field(name, to_value(value)) for name, value in fields.items()]


def to_receipt(receipt):
    return host.types.Receipt(str(receipt.reference), to_fields(receipt.fields))


def parameters(values):
    return [None if value is None else to_value(value) for value in values]


def kind_of(scalar):
    return type(scalar).__name__.removeprefix("Scalar_").lower()


def from_scalar(scalar):
    match kind_of(scalar):
        case "decimal":
            return Decimal(scalar.value)
        case "money":
            return Money(Decimal(scalar.value.amount), scalar.value.currency)
        case _:
            return scalar.value


def from_cell(cell):
    return None if cell is None else from_scalar(cell)


def from_value(value):
    """A value in Python: ids, days and choices are strings, amounts are exact."""
    types = host.types
    if isinstance(value, types.Value_One):
        return from_scalar(value.value)
    if isinstance(value, types.Value_Many):
        return [from_scalar(one) for one in value.value]
    return json.loads(value.value.json)


def from_fields(fields):
    return {field.name: from_value(field.value) for field in fields}


def from_receipt(receipt):
    return Receipt(receipt.reference, from_fields(receipt.fields))


def typed(value, kind, what, optional=False):
    """A value of this kind; none is None or an error."""
    types = host.types
    if value is None:
        if optional:
            return None
        raise Permanent("property_missing", f"{what} is empty")
    if isinstance(value, types.Value_Other):
        found = value.value.kind
    else:
        scalars = value.value if isinstance(value, types.Value_Many) else [value.value]
        found = kind_of(scalars[0]) if scalars else kind
    if kind is not None and found != kind:
        raise Permanent("wrong_type", f"{what} is a {found}, not a {kind}")
    return from_value(value)
