"""Amounts are exact, and of one currency."""

from dataclasses import dataclass
from decimal import Decimal

from . import host


@dataclass(frozen=True)
class Money:
    """An amount of one currency. Two currencies are compared by `request.compare` alone."""

    amount: Decimal
    currency: str

    @classmethod
    def of(cls, text):
        """From text such as "12.50 EUR", as it stands in settings."""
        if isinstance(text, cls):
            return text
        amount, space, currency = str(text).partition(" ")
        capitals = len(currency) == 3 and currency.isascii() and currency.isupper() and currency.isalpha()
        if not space or not capitals:
            raise ValueError(f'expected money such as "12.50 EUR", found {text!r}')
        return cls(Decimal(amount), currency)

    def __str__(self):
        return f"{self.amount:f} {self.currency}"

    def to_wit(self):
        return host.types.Money(format(self.amount, "f"), self.currency)
