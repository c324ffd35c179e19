"""How many parts a text message takes, as a provider bills it."""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")

ROOM = {"GSM-7": 160, "UCS-2": 70}
"""Units of a message that is one part."""
_JOINED = {"GSM-7": 153, "UCS-2": 67}
_JOINER = "\u200d"


@dataclass(frozen=True)
class Segments:
    """`units` are septets (GSM-7) or 16-bit units (UCS-2); `culprits` are what forces UCS-2, in order."""

    encoding: Literal["GSM-7", "UCS-2"]
    units: int
    parts: int
    culprits: tuple[str, ...]


def count(text: str) -> Segments:
    """Count the parts of a text message.

    One part holds 160 septets or 70 UCS-2 units; joined parts hold 153 or 67 each. An escape pair
    or an emoji is never split over two parts, so parts can exceed units divided by room. Empty text has 0
    parts.

    Source: 3GPP TS 23.038 section 6.2.1 (alphabet), TS 23.040 section 9.2.3.24.1 (joining header).
    """
    culprits = tuple(dict.fromkeys(char for char in text if char not in GSM7 and char not in GSM7_EXTENSION))
    encoding: Literal["GSM-7", "UCS-2"] = "UCS-2" if culprits else "GSM-7"
    sizes = list(_ucs2_sizes(text)) if culprits else [2 if char in GSM7_EXTENSION else 1 for char in text]
    units = sum(sizes)
    if units <= ROOM[encoding]:
        return Segments(encoding, units, 1 if text else 0, culprits)
    return Segments(encoding, units, _parts(sizes, room=_JOINED[encoding]), culprits)


def _parts(sizes: list[int], *, room: int) -> int:
    parts, used = 1, 0
    for size in sizes:
        if used + size > room:
            parts, used = parts + 1, 0
        used += size
    return parts


def _ucs2_sizes(text: str) -> Iterator[int]:
    """Yield the size of each visible character: a family emoji or a flag is one."""
    size, flag_half, before = 0, False, ""
    for char in text:
        width = 2 if ord(char) > 0xFFFF else 1
        closes_flag = flag_half and _is_flag_half(char)
        joined = before == _JOINER or _extends(char) or closes_flag
        # A pile of marks longer than a part has to be split somewhere.
        if size and joined and size + width <= _JOINED["UCS-2"]:
            size += width
        else:
            if size:
                yield size
            size = width
        flag_half = _is_flag_half(char) and not closes_flag
        before = char
    if size:
        yield size


def _extends(char: str) -> bool:
    """Whether a character belongs to the one before: joiner, mark, variation selector, skin tone, tag."""
    if char < "\u0300":
        return False
    is_skin_tone = "\U0001f3fb" <= char <= "\U0001f3ff"
    is_tag = "\U000e0020" <= char <= "\U000e007f"
    return char == _JOINER or is_skin_tone or is_tag or unicodedata.category(char) in ("Mn", "Me")


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"
