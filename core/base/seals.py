"""Sealed codes: a number people may carry on paper, which nobody can make up without the shop's secret.

`<prefix>.<number in base 32>.<seal>`. Nothing is stored for them; they are worked out when shown.
"""

import hmac
from hashlib import sha256

from core.base import codes, settings

MOST_DIGITS = 11
"""Base-32 digits of a number below 2^53."""


def code_of(prefix: str, number: int, *, letters: int = 10) -> str:
    """The code of a number; five bits of seal a letter."""
    body = _base32(number)
    return f"{prefix}.{body}.{_seal(prefix, body, letters)}"


def number_of(prefix: str, code: str, *, letters: int = 10) -> int | None:
    """The number of a code, or None if it is not one of ours."""
    parts = code.strip().upper().split(".") if code.isascii() else []
    if len(parts) != 3 or parts[0] != prefix or not 0 < len(parts[1]) <= MOST_DIGITS:
        return None
    if not set(parts[1]) <= set(codes.ALPHABET) or not hmac.compare_digest(parts[2], _seal(prefix, parts[1], letters)):
        return None
    number = 0
    for letter in parts[1]:
        number = number * 32 + codes.ALPHABET.index(letter)
    return number


def _base32(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 32)
        digits = codes.ALPHABET[digit] + digits
    return digits or codes.ALPHABET[0]


def _seal(prefix: str, body: str, letters: int) -> str:
    key = settings.current().secret.encode()
    digest = hmac.new(key, f"{prefix} {body}".encode(), sha256).digest()
    return "".join(codes.ALPHABET[byte & 31] for byte in digest[:letters])
