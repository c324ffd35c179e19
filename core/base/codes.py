"""Codes people scan: card numbers, rotating codes, coupons; upper-case so that QR stays small.

`C1.` + 12 + check: static card. `R1.<card>.<seconds>.<8 digits>`: rotating (RFC 6238, SHA-1, 15 s).
`K1.` + 10 + check: coupon. `B1.` + 12 + check: badge of one of the staff.
8 + check without a prefix: source link, in an address.
The alphabet is Crockford's base 32 (no I, L, O, U).
"""

import hmac
import secrets
from dataclasses import dataclass
from hashlib import sha1
from typing import Literal

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
STEP_S = 15
CARD_LENGTH, COUPON_LENGTH, SOURCE_LENGTH = 12, 10, 8
_READ_AS = str.maketrans("OIL", "011")


@dataclass(frozen=True)
class Code:
    """A code as scanned or typed: what kind it is and its parts."""

    kind: Literal["card", "rotating", "coupon", "badge"]
    body: str
    step: int = 0
    digits: str = ""


_PLAIN: dict[str, tuple[Literal["card", "coupon", "badge"], int]] = {
    "C1": ("card", CARD_LENGTH), "K1": ("coupon", COUPON_LENGTH), "B1": ("badge", CARD_LENGTH),
}  # fmt: skip


def check_char(body: str) -> str:
    """The check character of a body: it finds one wrong or any two swapped characters.

    A polynomial over the field of 32 elements (x^5 + x^2 + 1), one element a character.
    """
    total = 0
    for char in body:
        total = (total ^ ALPHABET.index(char)) << 1
        total ^= 0b100101 if total & 32 else 0
    return ALPHABET[total]


def new_card() -> str:
    """A fresh random card number, with its prefix and check character."""
    return _fresh("C1.", CARD_LENGTH)


def new_cards(count: int) -> list[str]:
    """So many fresh card numbers, no two alike."""
    found: set[str] = set()
    while len(found) < count:
        drawn = secrets.token_bytes(CARD_LENGTH)
        body = "".join([ALPHABET[byte & 31] for byte in drawn])
        found.add(f"C1.{body}{check_char(body)}")
    return list(found)


def new_coupon() -> str:
    """A fresh random coupon code, with its prefix and check character."""
    return _fresh("K1.", COUPON_LENGTH)


def new_badge() -> str:
    """A fresh random code of a staff member's badge, with its prefix and check character."""
    return _fresh("B1.", CARD_LENGTH)


def new_source() -> str:
    """A fresh random code of a source link, with its check character."""
    return _fresh("", SOURCE_LENGTH)


def source(typed: str) -> str | None:
    """Read the code of a source link; None if it cannot be one."""
    body = typed.strip().upper().translate(_READ_AS) if typed.isascii() else ""
    fits = len(body) == SOURCE_LENGTH + 1 and set(body) <= set(ALPHABET) and check_char(body[:-1]) == body[-1]
    return body if fits else None


def _fresh(prefix: str, length: int) -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(length))
    return prefix + body + check_char(body)


def parse(typed: str) -> Code | None:
    """Read a code; None if it is not one of ours or its check character is wrong."""
    parts = typed.strip().upper().split(".") if typed.isascii() else []
    if len(parts) == 2 and parts[0] in _PLAIN:
        body = parts[1].translate(_READ_AS)
        kind, length = _PLAIN[parts[0]]
        if len(body) == length + 1 and set(body) <= set(ALPHABET) and check_char(body[:-1]) == body[-1]:
            return Code(kind, f"{parts[0]}.{body}")
    if len(parts) == 4 and parts[0] == "R1" and parts[2].isdecimal() and parts[3].isdecimal():
        card = parse(f"C1.{parts[1]}")
        if card is not None and len(parts[3]) == 8 and len(parts[2]) < 12:
            return Code("rotating", card.body, int(parts[2]) // STEP_S, parts[3])
    return None


def rotating(card: str, key: bytes, seconds: int) -> str:
    """The rotating code of a card at a moment in seconds since 1970."""
    return f"R1.{card.removeprefix('C1.')}.{seconds}.{totp(key, seconds // STEP_S)}"


def totp(key: bytes, step: int, digits: int = 8) -> str:
    """A one-time password for a step. Source: RFC 6238 with SHA-1, RFC 4226 section 5.3."""
    digest = hmac.new(key, step.to_bytes(8, "big"), sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)
