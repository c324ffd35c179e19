"""Typed amounts and numbers: read exactly or refused with a sentence."""

import re
import unicodedata

from core.base.errors import Invalid
from core.base.i18n import N_
from core.base.money import Cents, Milli, plain
from tui.widgets.searchbox import QuietInput

_MONEY = re.compile(r"(\d{1,9})(?:\.(\d{2}))?")
_NUMBER = re.compile(r"\d{1,9}")
_QUANTITY = re.compile(r"(\d{1,6})(?:\.(\d{1,3}))?")


class MoneyUnreadable(Invalid):
    """What was typed is no amount of money."""

    code = "money_unreadable"
    text = N_("“{typed}” is not an amount. Type it like 12 or 12.50.")


class NumberUnreadable(Invalid):
    """What was typed is no whole number."""

    code = "number_unreadable"
    text = N_("“{typed}” is not a whole number. Type digits only.")


class QuantityUnreadable(Invalid):
    """What was typed is no quantity."""

    code = "quantity_unreadable"
    text = N_("“{typed}” is not a quantity. Type it like 2 or 0.35.")


def read_money(typed: str, *, field: str = "amount") -> Cents:
    """The cents of '12.50' or '12'; full-width digits are read, signs, commas and one decimal are not.

    Raises: MoneyUnreadable.
    """
    if match := _MONEY.fullmatch(unicodedata.normalize("NFKC", typed).strip()):
        return Cents(int(match[1]) * 100 + int(match[2] or 0))
    raise MoneyUnreadable(field=field, typed=typed[:24])


def read_number(typed: str, *, field: str = "number") -> int:
    """The whole number typed, 0 or above.

    Raises: NumberUnreadable.
    """
    text = unicodedata.normalize("NFKC", typed).strip()
    if _NUMBER.fullmatch(text):
        return int(text)
    raise NumberUnreadable(field=field, typed=typed[:24])


class PercentUnreadable(Invalid):
    """What was typed is no percentage."""

    code = "percent_unreadable"
    text = N_("“{typed}” is not a percentage. Type it like 12 or 12.5.")


def read_percent(typed: str, *, digits: int = 2, field: str = "percent") -> int:
    """The percentage typed, as a whole number of its smallest part: '12.5' is 1250 with two digits (basis points).

    With four digits, parts per million. Raises: PercentUnreadable.
    """
    text = unicodedata.normalize("NFKC", typed).strip().removesuffix("%").strip()
    if match := re.fullmatch(rf"(\d{{1,3}})(?:\.(\d{{1,{digits}}}))?", text):
        return int(match[1] + (match[2] or "").ljust(digits, "0"))
    raise PercentUnreadable(field=field, typed=typed[:24])


def percent_typed(amount: int, *, digits: int = 2) -> str:
    """A percentage as it is typed: 1250 is '12.5'."""
    whole, rest = divmod(amount, 10**digits)
    return str(whole) + (f".{rest:0{digits}d}".rstrip("0") if rest else "")


def read_quantity(typed: str, *, field: str = "quantity") -> Milli:
    """The thousandths of '2' or '0.35'.

    Raises: QuantityUnreadable.
    """
    if match := _QUANTITY.fullmatch(unicodedata.normalize("NFKC", typed).strip()):
        return Milli(int(match[1]) * 1000 + int((match[2] or "").ljust(3, "0")))
    raise QuantityUnreadable(field=field, typed=typed[:24])


class MoneyInput(QuietInput):
    """A box for an amount; `cents` reads it."""

    def __init__(self, cents: int | None = None, *, hint: str = "", id: str | None = None) -> None:
        super().__init__("" if cents is None else plain(cents), hint=hint, id=id, replaced=True)

    @property
    def cents(self) -> Cents:
        """The amount typed.

        Raises: MoneyUnreadable.
        """
        return read_money(self.value, field=self.id or "amount")
