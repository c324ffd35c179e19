"""The questions of `regulars init`, each with a default that fits most shops."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from zoneinfo import ZoneInfoNotFoundError

import tzlocal

from core.base import clock, phones
from core.base.errors import Invalid
from core.base.i18n import N_, _, scope, use
from core.keeping.opening import Opening
from core.people.staff import MIN_PASSWORD


class Prompt(Protocol):
    """How the front door asks and tells; a hidden answer is asked for twice."""

    def ask(self, question: str, default: str | None, *, hidden: bool = False) -> str:
        """The answer, or the default."""

    def tell(self, sentence: str) -> None:
        """Say something."""


class PriceInvalid(Invalid):
    """A price that cannot be read."""

    code = "price_invalid"
    text = N_("price: “{given}” is no amount. Write it like 18 or 18.50.")


class NameMissing(Invalid):
    """A product needs a name."""

    code = "name_missing"
    text = N_("“{given}” has no name. Write it like Milk tea=18.00.")


class ZoneUnknown(Invalid):
    """A time zone that does not exist."""

    code = "zone_unknown"
    text = N_("There is no time zone “{given}”. Write it like Asia/Shanghai or Europe/London.")


class RegionUnknown(Invalid):
    """There is no such country."""

    code = "region_unknown"
    text = N_("There is no country “{given}”. Write its two letters, like CN, US or GB.")


class AnswerMissing(Invalid):
    """A flag is missing and nobody can be asked."""

    code = "answer_missing"
    text = N_("{field} is missing. Give it with {flag}, or run `regulars init` in a terminal to be asked.")


_AMOUNT = re.compile(r"(\d{1,3}(?:,\d{3})+|\d{1,8})(?:\.(\d{1,2}))?")


def cents_of(typed: str) -> int:
    """An amount as typed ('18', '18.5', '¥1,800.00', '１８元') in cents; a comma only groups thousands.

    Raises: PriceInvalid.
    """
    plain = unicodedata.normalize("NFKC", typed).strip().strip("¥$€£元").strip()
    match = _AMOUNT.fullmatch(plain)
    if match is None:
        raise PriceInvalid(field="price", given=typed[:20])
    return int(match[1].replace(",", "")) * 100 + int((match[2] or "0").ljust(2, "0"))


def product_of(typed: str) -> tuple[str, int, str]:
    """A product as typed: 'name=price' or 'name=price=barcode'. Raises: PriceInvalid, NameMissing."""
    name, _equals, rest = typed.replace("＝", "=").partition("=")
    if not name.strip():
        raise NameMissing(field="product", given=typed[:20])
    price, _equals, barcode = rest.partition("=")
    return name.strip(), cents_of(price), barcode.strip()


def answers(flags: Mapping[str, Any], prompt: Prompt | None) -> Opening:
    """Everything an opening needs, from flags and, where one is missing, from the owner if there is a prompt.

    Raises: AnswerMissing, PriceInvalid.
    """
    language = flags["language"] or (_choose_language(prompt) if prompt else scope().language)
    with use(language):
        return _answers(flags, language, prompt)


def _choose_language(prompt: Prompt) -> str:
    while (picked := prompt.ask("语言 / Language (zh, en)", scope().language)) not in ("zh", "en"):
        prompt.tell("zh, en?")
    return picked


def _answers(flags: Mapping[str, Any], language: str, prompt: Prompt | None) -> Opening:
    def get(flag: str, question: str, default: str) -> str:
        if flags[flag]:
            return str(flags[flag])
        return prompt.ask(question, default) if prompt else default

    china = language == "zh"
    return Opening(
        language=language,
        shop_name=get("shop", _("Name of the shop"), "熟客小店" if china else "My shop"),
        store_name=get("store", _("Name of the first store"), "总店" if china else "Main store"),
        owner_name=get("owner", _("Your name"), "店主" if china else "Owner"),
        login=get("login", _("Your sign-in name (small letters)"), "owner"),
        password=_password(flags, prompt),
        zone=_zone(get, prompt, "Asia/Shanghai" if china else tzlocal.get_localzone_name()),
        region=_region(get, prompt, "CN" if china else "US"),
        symbol=get("symbol", _("The currency's sign"), "¥" if china else "$"),
        products=tuple(product_of(one) for one in flags["products"]) or (_products(prompt) if prompt else ()),
    )


def _region(get: Callable[[str, str, str], str], prompt: Prompt | None, default: str) -> str:
    """A country that has phone numbers. Raises: RegionUnknown."""
    while True:
        typed = get("region", _("Country of your customers' phone numbers (CN, US, GB …)"), default).strip().upper()
        if phones.is_region(typed):
            return typed
        refusal = RegionUnknown(field="region", given=typed[:20])
        if prompt is None:
            raise refusal
        prompt.tell(refusal.sentence())


def _zone(get: Callable[[str, str, str], str], prompt: Prompt | None, default: str) -> str:
    """A time zone that exists. Raises: ZoneUnknown."""
    while True:
        typed = get("zone", _("Time zone"), default)
        try:
            clock.zone_of(typed)
        except (ZoneInfoNotFoundError, ValueError) as error:
            refusal = ZoneUnknown(field="zone", given=typed[:40])
            if prompt is None:
                raise refusal from error
            prompt.tell(refusal.sentence())
        else:
            return typed


def _password(flags: Mapping[str, Any], prompt: Prompt | None) -> str:
    if flags["password_file"]:
        return str(flags["password_file"].read()).strip()
    if prompt is None:
        raise AnswerMissing(field="password", flag="--password-file")
    while len(typed := prompt.ask(_("Your password (8 characters or more)"), None, hidden=True)) < MIN_PASSWORD:
        prompt.tell(_("That is too short; take 8 characters or more."))
    return typed


def _products(prompt: Prompt) -> tuple[tuple[str, int, str], ...]:
    """The first products, one a line, until an empty one."""
    prompt.tell(_("Your first products, one a line, like: Milk tea=18.00  An empty line ends the list."))
    found = []
    while typed := prompt.ask(_("Product"), "").strip():
        try:
            found.append(product_of(typed))
        except (PriceInvalid, NameMissing) as error:
            prompt.tell(error.sentence())
    return tuple(found)
