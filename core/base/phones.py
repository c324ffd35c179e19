"""Phone numbers: one written form (E.164) for every way a person types one, and the masked form."""

import re
import unicodedata

from core.base.errors import Invalid
from core.base.i18n import N_

_NOISE = re.compile(r"[\s\-().·\u200e\u200f\u202a-\u202e]+")
_CHINA = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")


class PhoneInvalid(Invalid):
    """The digits are no phone number of the shop's country or of the country they name."""

    code = "phone_invalid"
    text = N_("“{typed}” is not a phone number. Type it with its area code, for example {example}.")


def normal(typed: str, *, region: str = "CN") -> str:
    """The number as E.164 ('+8613800138000').

    Full-width digits, spaces, dashes, 0086 and +1 forms are read; `region` is the shop's country.

    Raises: PhoneInvalid.
    """
    text = _NOISE.sub("", unicodedata.normalize("NFKC", typed))
    if region == "CN" and (match := _CHINA.fullmatch(text)):
        return "+86" + match[1]
    return _by_library(text, typed, region)


def is_region(given: str) -> bool:
    """Whether the numbers of a country can be read: its two letters as ISO 3166 has them (GB, not UK)."""
    import phonenumbers

    return given in phonenumbers.SUPPORTED_REGIONS


def region_of(number: str) -> str:
    """The country of a number as E.164 by its two letters; '' if it has none."""
    if _CHINA.fullmatch(number):
        return "CN"
    import phonenumbers

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or ""
    except phonenumbers.NumberParseException:
        return ""


def national(shown: str) -> str:
    """A number as people of the shop's country say it: '13800138000'; others and masked ones as they are."""
    return shown.removeprefix("+86")


def _by_library(text: str, typed: str, region: str) -> str:
    import phonenumbers  # metadata of all countries: only when the fast path does not fit

    if text.startswith("00"):
        text = "+" + text[2:]
    example = "138 0013 8000" if region == "CN" else "+1 415 555 0132"
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise PhoneInvalid(field="phone", typed=typed[:24], example=example) from error
    if not phonenumbers.is_valid_number(number):
        raise PhoneInvalid(field="phone", typed=typed[:24], example=example)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
