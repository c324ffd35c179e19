"""Text in cells and names in keys: widths for terminals and receipts, search keys, masks."""

import re
import unicodedata
from datetime import date
from functools import lru_cache

_SPACES = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u202a-\u202e\u2066-\u2069\ufeff]")
CLOSING = "，。；：、！？）”’》"
"""Never at the beginning of a line."""
_CJK = re.compile(r"[\u3400-\u9fff\U00020000-\U0003134f]")

# Surnames whose usual reading in a name is not the commonest reading of the character.
SURNAME_READINGS = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "区": "ou", "朴": "piao",
    "任": "ren", "盖": "ge", "尉": "wei", "冼": "xian", "翟": "zhai", "乐": "yue", "缪": "miao",
}  # fmt: skip


def folded(text: str) -> str:
    """A text as it is compared: half-width, without accents, in small letters."""
    plain = (char for char in unicodedata.normalize("NFKD", clean(text)) if unicodedata.category(char) != "Mn")
    return unicodedata.normalize("NFC", "".join(plain)).casefold()


@lru_cache(4096)
def width(text: str) -> int:
    """Cells a text takes in a terminal: wide and full-width characters take two, marks none."""
    cells = 0
    for char in text:
        if unicodedata.combining(char):
            continue
        cells += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return cells


def fit(text: str, cells: int, *, right: bool = False) -> str:
    """Pad or cut a text to exactly so many cells; a cut always shows an ellipsis."""
    room = cells - width(text)
    if room >= 0:
        return " " * room + text if right else text + " " * room
    kept, used = [], 0
    for char in text:
        step = width(char)
        if used + step > cells - 1:
            break
        kept.append(char)
        used += step
    return "".join(kept) + "…" + " " * (cells - used - 1)


def wrap(text: str, cells: int) -> list[str]:
    """A text as lines of at most so many cells; broken at spaces, between wide characters anywhere."""
    lines, line = [], ""
    for part in re.findall(r"[^\s\u2e80-\uffef]+\s*|\s+|[\u2e80-\uffef]", text):
        if line and width(line) + width(part.rstrip()) > cells and part not in CLOSING:
            lines.append(line.rstrip())
            line = ""
        line += part
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def clean(text: str) -> str:
    """A typed text without control characters and doubled spaces, in composed form."""
    return _SPACES.sub(" ", _CONTROL.sub("", unicodedata.normalize("NFC", text))).strip()


def masked_name(name: str | None) -> str:
    """A name for a screen others can see: '王**', 'A***'."""
    if not name:
        return "—"
    return name[0] + ("**" if _CJK.match(name[0]) else "***")


def masked_phone(e164: str) -> str:
    """A number as staff and strangers see it: '138****8000', '+1415****0132'."""
    national = e164.removeprefix("+86")
    if national != e164:
        return f"{national[:3]}****{national[-4:]}"
    return f"{e164[:5]}****{e164[-4:]}" if len(e164) > 9 else "****"


def search_keys(name: str | None, codes: tuple[str, ...]) -> str:
    """All keys one member is found by, separated by spaces, for prefix search on both engines.

    Codes (phones, last four digits, card numbers) come as they are; a name gives itself, each of
    its endings, its pinyin in every reading of the first character, and its initials.
    """
    keys = dict.fromkeys(code.lower() for code in codes if code)
    words = folded(name or "").split()
    joined = "".join(words)
    if words:
        keys.update(dict.fromkeys(joined[i:] for i in range(len(joined) if _CJK.search(joined) else 1)))
        keys.update(dict.fromkeys(words))
    if _CJK.search(joined):
        keys.update(dict.fromkeys(_pinyin_keys(joined)))
    return " ".join(keys)


@lru_cache(50_000)
def _pinyin_keys(name: str) -> tuple[str, ...]:
    from pypinyin import Style, pinyin  # 272 ms to import: only when a Chinese name is stored

    rows = pinyin(name, style=Style.NORMAL, heteronym=True, errors="default")
    firsts = list(dict.fromkeys([SURNAME_READINGS.get(name[0], rows[0][0]), *rows[0]]))
    rest = [readings[0] for readings in rows[1:]]
    keys = []
    for first in firsts:
        keys.append("".join([first, *rest]))
        keys.append("".join(part[0] for part in [first, *rest]))
    keys.append("".join(rest))
    return tuple(key for key in dict.fromkeys(keys) if key)


def sounded(text: str) -> str:
    """A text as it is put in order: Chinese by its sound, everything in small letters."""
    plain = folded(text)
    if not _CJK.search(plain):
        return plain
    from pypinyin import Style, pinyin

    rows = pinyin(plain, style=Style.TONE3, errors="default")
    return " ".join([SURNAME_READINGS.get(plain[0], rows[0][0]), *(row[0] for row in rows[1:])])


def search_words(typed: str) -> list[str]:
    """The words of a search as typed, ready for prefix matching; nothing that could be syntax."""
    plain = folded(typed)
    words = [word.removeprefix("c1.") for word in re.findall(r"[\w.]+", plain)]
    digits = re.sub(r"[\s\-()+.]", "", plain)
    if digits.isdigit() and len(digits) > 4:
        words = [digits.removeprefix("0086").removeprefix("86") if len(digits) > 11 else digits]
    return words[:6]


def number_shown(day: int, number: int) -> str:
    """A receipt's number for people: '20261121-0042'."""
    return f"{date.fromordinal(day):%Y%m%d}-{number:04d}"


_NUMBER = re.compile(r"(\d{8})-(\d{1,6})")


def number_read(typed: str) -> tuple[int, int] | None:
    """Day and number of a receipt's number as printed; None if it is no such number."""
    if not (match := _NUMBER.fullmatch(unicodedata.normalize("NFKC", typed).strip())):
        return None
    try:
        day = date.fromisoformat(f"{match[1][:4]}-{match[1][4:6]}-{match[1][6:]}")
    except ValueError:
        return None
    return day.toordinal(), int(match[2])
