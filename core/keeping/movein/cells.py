"""Cells of an old system's file as values of this shop, or what is wrong with them. Pure; nothing is guessed.

A cell comes as its file holds it: text, a number (Excel has no other than floats), a date, a truth. Each reader
takes a cell that is not empty and gives the value or a `Wrong`.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from core.base import codes, phones, text
from core.base.i18n import T
from core.base.phones import PhoneInvalid
from core.keeping.movein.faults import Wrong
from core.people import tags as tagwords
from core.people.tags import TagInvalid

MOST_CENTS, MOST_POINTS = 10**10, 10**9

SHORTENED = Wrong(
    T("Excel shortened this number, so its last digits are lost."),
    T("Export it again with the column as text; the figures that are left are not the number."),
)
LANDLINE = Wrong(
    T("This is a landline, which takes no messages."), T("Give a mobile number, or put this one into the note.")
)
NO_PHONE = Wrong(T("This is no phone number."), T("Correct it, or empty the cell if there is a card number."))
OWN_CODE = Wrong(T("This is a card of this program."), T("Hand such a card out at the till; give the old number here."))
TOO_LONG = Wrong(T("This is too long."), T("Shorten it."))
NO_CARD = Wrong(T("A card number has no spaces inside."), T("Correct it, or empty the cell if there is a phone."))
NO_AMOUNT = Wrong(T("This is no amount that can be read with certainty."), T("Write it as 1234.50."))
TOO_FINE = Wrong(T("This has more decimals than the currency."), T("Round it in the old system, then export again."))
NEGATIVE = Wrong(T("This is below zero."), T("Settle it in the old system first, or write 0."))
TOO_MUCH = Wrong(T("This is more than any member can have."), T("Correct it."))
NO_POINTS = Wrong(T("Points are whole numbers."), T("Round them in the old system, or correct the cell."))
NO_QUANTITY = Wrong(T("A quantity is above 0 and has at most three decimals."), T("Correct it."))
NO_GENDER = Wrong(T("This is no gender that is known."), T("Write 男 or 女, male or female, or empty the cell."))
NO_TRUTH = Wrong(T("This is neither yes nor no."), T("Write 是 or 否, yes or no, or empty the cell."))
NO_LANGUAGE = Wrong(T("Messages are written in Chinese or English."), T("Write zh or en, or empty the cell."))
NO_EMAIL = Wrong(T("This is no e-mail address."), T("Correct it, or empty the cell."))
NO_TAG = Wrong(T("A tag has 1 to 20 letters or digits, and a member at most 20 tags."), T("Correct them."))
NO_NAME = Wrong(T("A name has up to 40 letters, spaces, dots, dashes."), T("Correct it, or empty the cell."))

_POINT_NOUGHT = re.compile(r"(\d+)\.0+")
_POWER = re.compile(r"\d(\.\d+)?e\+?\d+", re.I)
_SPLIT = re.compile(r"[;,、;,/\n]+")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"(?:\+?86|0086)?0?(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}")
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_USUAL = re.compile(r"\d+\.\d\d", re.ASCII)
_BARE = re.compile(r"\d+(\.\d+)?")
_SIGNS = re.compile(r"^[¥$€£]|^(rmb|cny|usd|hk\$|nt\$)|(元|圆|块|rmb|cny|usd)$", re.I)
_EMAIL = re.compile(r"[^@\s<>\"']{1,64}@[^@\s<>\"']+\.[^@\s<>\"']{2,}")

GENDERS = dict.fromkeys(("男", "男士", "先生", "男性", "m", "male", "man", "mr", "mr."), "male")
GENDERS |= dict.fromkeys(("女", "女士", "小姐", "女性", "f", "female", "woman", "ms", "mrs", "ms.", "mrs."), "female")
NO_MATTER = frozenset({"未知", "保密", "不详", "unknown", "other", "-", "/", "无", "—"})
TRUTHS = dict.fromkeys(("是", "y", "yes", "true", "1", "同意", "√", "✓", "有", "接受", "on"), True)
TRUTHS |= dict.fromkeys(("否", "n", "no", "false", "0", "不同意", "×", "x", "不接受", "拒绝", "off"), False)
LANGUAGES = {"zh": "zh", "中文": "zh", "chinese": "zh", "汉语": "zh", "zh-cn": "zh", "zh_cn": "zh", "en": "en"} | {
    "英文": "en", "英语": "en", "english": "en"
}  # fmt: skip


def plain(cell: object) -> str:
    """A cell as text, half-width: whole numbers without '.0', truths as 1 and 0."""
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        return str(int(cell)) if cell == cell and abs(cell) < 1e18 and cell == int(cell) else repr(cell)
    given = str(cell).strip()
    return given if given.isascii() else unicodedata.normalize("NFKC", given).strip()


def words(cell: object, longest: int) -> str | Wrong:
    """Free text without control characters."""
    found = text.clean(plain(cell) if not isinstance(cell, str) else cell)
    return TOO_LONG if len(found) > longest else found


def phone(cell: object, region: str) -> tuple[str, ...] | Wrong:
    """The numbers in a cell as E.164, the first the one to write to."""
    given = plain(cell)
    if region == "CN" and _MOBILE.fullmatch(given):
        return (f"+86{given}",)
    if isinstance(cell, float) and abs(cell) >= 10**15:
        return SHORTENED
    found: dict[str, None] = {}
    for part in _SPLIT.split(given):
        if not part.strip():
            continue
        one = _phone(part.strip(), region)
        if isinstance(one, Wrong):
            return one
        found[one] = None
    return tuple(found) or NO_PHONE


def _phone(given: str, region: str) -> str | Wrong:
    if match := _POINT_NOUGHT.fullmatch(given):
        given = match[1]
    if _POWER.fullmatch(given):
        return SHORTENED
    digits = re.sub(r"[\s\-()+.]", "", given)
    if region == "CN" and _LANDLINE.fullmatch(digits) and not digits.startswith("1"):
        return LANDLINE
    try:
        found = phones.normal(given, region=region)
    except PhoneInvalid:
        return NO_PHONE
    return LANDLINE if not found.startswith("+861") and _is_landline(found) else found


def _is_landline(e164: str) -> bool:
    import phonenumbers

    kind = phonenumbers.number_type(phonenumbers.parse(e164))
    return bool(kind == phonenumbers.PhoneNumberType.FIXED_LINE)


def card(cell: object) -> str | Wrong:
    """The number of an old card, as a scanner reads it."""
    given = plain(cell)
    if match := _POINT_NOUGHT.fullmatch(given):
        given = match[1]
    if _POWER.fullmatch(given) or (isinstance(cell, float) and abs(cell) >= 10**15):
        return SHORTENED
    if len(given) > 16 and given.isdecimal() and not given[15:].strip("0"):
        return SHORTENED
    if len(given) > 40:
        return TOO_LONG
    if " " in text.clean(given):
        return NO_CARD
    return OWN_CODE if codes.parse(given) is not None else given


def money(cell: object) -> int | Wrong:
    """An amount in cents, 0 or more; what could be read in two ways is not read."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if 0 <= cell < MOST_CENTS and (cents := round(cell * 100)) / 100 == cell:
            return cents
        return _cents(_exact(cell))
    if isinstance(cell, str) and _USUAL.fullmatch(cell) and len(cell) < 12:
        return int(cell.replace(".", ""))
    given = re.sub(r"\s", "", plain(cell))
    negative = given.startswith(("-", "−", "(")) or given.endswith("-")
    bare = _SIGNS.sub("", _SIGNS.sub("", given.strip("-−()")))
    if not (_GROUPED.fullmatch(bare) or _BARE.fullmatch(bare)):
        return NO_AMOUNT
    amount = Decimal(bare.replace(",", ""))
    return NEGATIVE if negative and amount else _cents(amount)


def _exact(number: float) -> Decimal:
    """A float as the figure that was typed; sums of floats carry dust beyond the ninth decimal."""
    if not math.isfinite(number):
        return Decimal(MOST_CENTS)
    try:
        return Decimal(repr(number)).quantize(Decimal("0.000000001")).normalize()
    except InvalidOperation:
        return Decimal(MOST_CENTS)


def _cents(amount: Decimal) -> int | Wrong:
    if amount < 0:
        return NEGATIVE
    if amount >= MOST_CENTS:
        return TOO_MUCH
    cents = amount * 100
    return int(cents) if cents == cents.to_integral_value() else TOO_FINE


def points(cell: object) -> int | Wrong:
    """A number of points, 0 or more."""
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        if 0 <= cell <= MOST_POINTS and cell == int(cell):
            return int(cell)
        amount = _exact(cell)
    else:
        given = re.sub(r"\s", "", plain(cell)).removesuffix("分")
        negative = given.startswith(("-", "−"))
        bare = given.lstrip("-−")
        if not (_GROUPED.fullmatch(bare) or _BARE.fullmatch(bare)):
            return NO_POINTS
        amount = Decimal(bare.replace(",", "")) * (-1 if negative else 1)
    if amount < 0:
        return NEGATIVE
    if amount > MOST_POINTS:
        return TOO_MUCH
    return int(amount) if amount == amount.to_integral_value() else NO_POINTS


def quantity(cell: object, *, least: int = 1) -> int | Wrong:
    """A quantity in thousandths, `least` or more."""
    given = re.sub(r"\s", "", plain(cell))
    try:
        amount = _exact(cell) if isinstance(cell, float) else Decimal(given.replace(",", ""))
    except InvalidOperation:
        return NO_QUANTITY
    milli = amount * 1000 if amount.is_finite() and abs(amount) < 10**9 else Decimal(-1)
    return int(milli) if milli == milli.to_integral_value() and milli >= least else NO_QUANTITY


def gender(cell: object) -> str | Wrong | None:
    """'male' or 'female'; None for what says that it is not known."""
    given = plain(cell).casefold()
    return None if given in NO_MATTER else GENDERS.get(given, NO_GENDER)


def truth(cell: object) -> bool | Wrong:
    """Yes or no."""
    return TRUTHS.get(plain(cell).casefold(), NO_TRUTH)


def language(cell: object) -> str | Wrong:
    """The language someone is written to in."""
    return LANGUAGES.get(plain(cell).casefold(), NO_LANGUAGE)


def email(cell: object) -> str | Wrong:
    """An address for e-mail."""
    given = plain(cell)
    return given if len(given) <= 120 and _EMAIL.fullmatch(given) else NO_EMAIL


def tags(cell: object) -> tuple[str, ...] | Wrong:
    """Tags, separated by spaces, commas, semicolons or strokes."""
    try:
        return tagwords.read(_SPLIT.sub(" ", plain(cell)).replace("|", " "))
    except TagInvalid:
        return NO_TAG


def name(cell: object) -> str | Wrong:
    """A person's name, by the rule of `members.clean_name`."""
    found = text.clean(cell if isinstance(cell, str) else plain(cell))
    fits = len(found) <= 40 and all(char.isalpha() or char in " .·'’-" or char.isdigit() for char in found)
    return found if fits else NO_NAME


def known(cell: object, by_name: Mapping[str, int]) -> int | Wrong:
    """The id behind a name of a list (tiers, stores, kinds of coupons), compared without regard to case."""
    found = by_name.get(text.folded(plain(cell)))
    if found is not None:
        return found
    said = ", ".join(by_name) or "—"
    return Wrong(T("This is not one of the shop's own."), T("Add it first, or write one of: {known}.", known=said))
