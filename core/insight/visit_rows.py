"""Reading `member_id,date,amount` text fast: whole blocks at once with numpy, odd lines one by one."""

import csv
import math
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from core.insight.bfgs import Floats

Ints = NDArray[np.integer[Any]]
Keys = NDArray[np.uint64]

HEADER = ("member_id", "date", "amount")
_BLOCK_BYTES = 1 << 20
_THREADS = 2
_PAD = bytes(80)
_LONGEST_ID = 64
_LONGEST_AMOUNT = 16
_EPOCH = 719_163
_MONTHS = np.arange("0000-01", "10001-01", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64) + _EPOCH
_AMOUNT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ODD = np.zeros(256, dtype=bool)
# Blanks, quotes and non-ASCII need the careful reader; line ends are found before.
_ODD[:33] = _ODD[34] = _ODD[127:] = True
_ODD[10] = False
_KEEP = np.array([(1 << (8 * size)) - 1 for size in range(9)], dtype=np.uint64)


class NotAVisitsFile(ValueError):
    """The first line is neither the header `member_id,date,amount` nor a visit."""


@dataclass(frozen=True)
class BadRow:
    """A line that is no visit: its number in the file (the first is 1) and what is wrong with it."""

    line: int
    reason: str


@dataclass(frozen=True, eq=False)
class Block:
    """Visits of one stretch of the file: a key for each member id, the day (ordinal), the amount."""

    keys: Keys
    days: NDArray[np.int32]
    amounts: Floats
    bad: tuple[BadRow, ...]


@dataclass(frozen=True, eq=False)
class _Lines:
    """Places in a block's bytes: where each line starts and ends and where its two commas stand."""

    start: Ints
    first: Ints
    second: Ints
    end: Ints


def blocks(file: BinaryIO, *, names: dict[int, str]) -> Iterator[Block]:
    """Read a file in blocks of about 1 MB, so memory does not grow with the text.

    names is filled with the id text of those keys that are not simply the id's own (at most eight) bytes. The
    header may be missing. Blank lines are passed over.
    Raises NotAVisitsFile.
    """
    waiting: deque[Future[Block]] = deque()
    # numpy lets go of the interpreter in its loops, so two threads read nearly twice as fast as one.
    with ThreadPoolExecutor(_THREADS) as pool:
        for text, line in _pieces(file):
            waiting.append(pool.submit(_block, text + _PAD, len(text), line, names))
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _pieces(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield whole lines, many at a time, with the number of the first."""
    rest, line = _after_header(file)
    more = True
    while more:
        data = file.read(_BLOCK_BYTES)
        more = bool(data)
        text = rest + data
        if not more and text and not text.endswith(b"\n"):
            text += b"\n"
        cut = text.rfind(b"\n") + 1
        rest = text[cut:]
        if cut:
            yield text[:cut], line
            line += text.count(b"\n", 0, cut)


def key_text(keys: Keys) -> list[str]:
    """Return the id texts of keys that are the ids' own bytes."""
    return [text.decode("utf-8") for text in keys.astype(">u8").view("S8").tolist()]


def _after_header(file: BinaryIO) -> tuple[bytes, int]:
    """Return the bytes to start with and the number of the first line in them."""
    first = file.readline()
    text = first.removeprefix(b"\xef\xbb\xbf")
    fields = tuple(part.strip().strip('"').lower() for part in text.decode("utf-8", "replace").split(","))
    if fields == HEADER:
        return b"", 2
    if text.strip() and isinstance(_visit(text), str):
        shown = text[:80].decode("utf-8", "replace").strip()
        raise NotAVisitsFile(f"line 1 should be {','.join(HEADER)}, but is {shown!r}")
    return text, 1


def _block(data: bytes, size: int, line: int, names: dict[int, str]) -> Block:
    buffer = np.frombuffer(data, dtype=np.uint8)
    ends = np.flatnonzero(buffer[:size] == 10)
    lines, plain = _split(buffer[:size], ends)
    # Any eight bytes of the text as one number: one look-up then fetches a whole field.
    words = np.ndarray((len(data) - 7,), dtype="<u8", buffer=data, strides=(1,))
    days, day_ok = _days(words, lines)
    amounts, amount_ok = _amounts(buffer, words, lines)
    length = lines.first - lines.start
    ok = day_ok & amount_ok & (length > 0) & (length <= _LONGEST_ID)
    start, length = lines.start[ok], length[ok]
    keys = _keys(words, start, length)
    long = length > 8
    if long.any():
        unique, place = np.unique(keys[long], return_index=True)
        spans = zip(unique.tolist(), start[long][place].tolist(), length[long][place].tolist(), strict=True)
        for key, at, width in spans:
            if key not in names:
                names[key] = data[at : at + width].decode("ascii")
    careful = np.ones(len(ends), dtype=bool)
    careful[plain[ok]] = False
    slow = _carefully(data, ends, np.flatnonzero(careful), line, names)
    return Block(
        np.concatenate((keys, slow.keys)),
        np.concatenate((days[ok], slow.days)),
        np.concatenate((amounts[ok], slow.amounts)),
        slow.bad,
    )


def _split(buffer: NDArray[np.uint8], ends: Ints) -> tuple[_Lines, Ints]:
    """Find the plain lines (two commas, no odd bytes) and their numbers in the block."""
    starts = np.concatenate((np.zeros(1, dtype=ends.dtype), ends[:-1] + 1))
    commas = np.flatnonzero(buffer == 44)
    first, second = commas[::2], commas[1::2]
    plain = np.ones(len(ends), dtype=bool)
    if len(first) != len(ends) or len(second) != len(ends) or bool(np.any((first < starts) | (second > ends))):
        line_of = np.searchsorted(ends, commas)
        plain = np.bincount(line_of, minlength=len(ends)) == 2
        commas = commas[plain[line_of]]
        first, second = np.zeros_like(ends), np.zeros_like(ends)
        first[plain], second[plain] = commas[::2], commas[1::2]
    stops = ends - (buffer[ends - 1] == 13)
    # Counting is far cheaper than looking, and hardly any file has odd bytes.
    low = np.count_nonzero(buffer < 33) - len(ends) - np.count_nonzero(stops != ends)
    if low or bool(np.any((buffer == 34) | (buffer > 126))):
        odd = np.flatnonzero(_ODD[buffer])
        at_end = (buffer[odd] == 13) & (buffer[np.minimum(odd + 1, len(buffer) - 1)] == 10)
        plain[np.searchsorted(ends, odd[~at_end])] = False
    which = np.flatnonzero(plain)
    return _Lines(starts[which], first[which], second[which], stops[which]), which


def _days(words: Keys, lines: _Lines) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Read YYYY-MM-DD; false where it is no day of the calendar."""
    year_month = words[lines.first + 1]
    day_text = words[lines.first + 9] & np.uint64(0xFFFF)
    shaped = (year_month & np.uint64(0xFFF0F0FFF0F0F0F0)) == np.uint64(0x2D30302D30303030)
    shaped &= (day_text & np.uint64(0xF0F0)) == np.uint64(0x3030)
    # Adding 6 to a half-byte above 9 spills into the upper half, so one sum checks all digits.
    shaped &= ((year_month + np.uint64(0x0006060006060606)) & np.uint64(0x00F0F000F0F0F0F0)) == np.uint64(
        0x0030300030303030
    )
    shaped &= ((day_text + np.uint64(0x0606)) & np.uint64(0xF0F0)) == np.uint64(0x3030)
    shaped &= lines.second - lines.first == 11
    pairs = _pairs(year_month & np.uint64(0x000F0F000F0F0F0F))
    year = (pairs & 255) * 100 + ((pairs >> 16) & 255)
    month, day = (pairs >> 40) & 255, _pairs(day_text & np.uint64(0x0F0F)) & 255
    shaped &= (month >= 1) & (month <= 12) & (year >= 1) & (day >= 1)
    place = np.where(shaped, year * 12 + month - 1, 0)
    ordinal = _MONTHS[place] + day - 1
    return ordinal.astype(np.int32), shaped & (ordinal < _MONTHS[place + 1])


def _pairs(digits: Keys) -> Ints:
    """Turn bytes of one digit into bytes that hold it and the next as a number below 100."""
    return (digits * np.uint64(10) + (digits >> np.uint64(8))).astype(np.int64)


def _amounts(buffer: NDArray[np.uint8], words: Keys, lines: _Lines) -> tuple[Floats, NDArray[np.bool_]]:
    """Read amounts; those like 12345.67, which most are, eight bytes at a time."""
    at = lines.second + 1
    length = lines.end - at
    # The eight bytes up to the line's end: a date stands before the amount, so they never reach before the
    # block.
    word = words[lines.end - 8]
    before = _KEEP[np.clip(8 - length, 0, 8)]
    word = (word & ~before) | (before & np.uint64(0x3030303030303030))
    dot = (word & np.uint64(0x0000FF0000000000)) == np.uint64(0x00002E0000000000)
    digits = (word & np.uint64(0xFFFF000000000000)) | ((word & np.uint64(0xFFFFFFFFFF)) << np.uint64(8))
    digits |= np.uint64(0x30)
    half = np.uint64(0xF0F0F0F0F0F0F0F0)
    zeros = np.uint64(0x3030303030303030)
    ok = dot & (length >= 4) & (length <= 8) & ((digits & half) == zeros)
    ok &= ((digits + np.uint64(0x0606060606060606)) & half) == zeros
    pairs = _pairs(digits & np.uint64(0x0F0F0F0F0F0F0F0F))
    hundredths = (pairs & 255) * 1_000_000 + ((pairs >> 16) & 255) * 10_000
    hundredths += ((pairs >> 32) & 255) * 100 + ((pairs >> 48) & 255)
    amounts = hundredths / 100.0
    other = np.flatnonzero(~ok)
    if len(other):
        amounts[other], ok[other] = _any_amounts(buffer, at[other], lines.end[other])
    return amounts, ok


def _any_amounts(buffer: NDArray[np.uint8], at: Ints, end: Ints) -> tuple[Floats, NDArray[np.bool_]]:
    """Read amounts of up to 15 digits, exactly as float() would; false where it takes the careful reader."""
    length = end - at
    minus = buffer[at] == 45
    at = at + minus
    length = length - minus
    ok = (length > 0) & (length <= _LONGEST_AMOUNT)
    value = np.zeros(len(at), dtype=np.int64)
    digits = np.zeros(len(at), dtype=np.int64)
    point = np.full(len(at), -1, dtype=np.int64)
    for place in range(int(length[ok].max()) if ok.any() else 0):
        byte = buffer[at + place].astype(np.int64) - 48
        inside = place < length
        digit = inside & (byte >= 0) & (byte <= 9)
        dot = inside & (byte == -2)
        value = np.where(digit, value * 10 + byte, value)
        digits += digit
        ok &= digit | (dot & (point < 0)) | ~inside
        point[dot] = place
    ok &= (digits > 0) & (digits <= 15)
    decimals = np.where(ok & (point >= 0), length - point - 1, 0)
    # Both whole numbers are exact below 2^53, so the quotient is the nearest float, as float() gives.
    amount = value / np.power(10.0, np.arange(_LONGEST_AMOUNT + 1))[decimals]
    return np.where(minus, -amount, amount), ok


def _keys(words: Keys, start: Ints, length: Ints) -> Keys:
    """Return a key an id: its own bytes up to eight (in text order), a 64-bit hash of longer ones.

    Two of a million longer ids share a hash with a chance below 1 in 30 million.
    """
    keys = (words[start] & _KEEP[np.minimum(length, 8)]).byteswap()
    for at in range(8, int(length.max()) if len(length) else 0, 8):
        longer = np.flatnonzero(length > at)
        word = words[start[longer] + at] & _KEEP[np.minimum(length[longer] - at, 8)]
        keys[longer] = _mixed(_mixed(keys[longer] + np.uint64(at)) ^ word)
    return keys


def _mixed(values: Keys) -> Keys:
    """Spread 64 bits over 64 bits (the finaliser of SplitMix64, Steele, Lea & Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Keys = values ^ (values >> np.uint64(31))
    return mixed


def _carefully(data: bytes, ends: Ints, which: Ints, line: int, names: dict[int, str]) -> Block:
    """Read lines one by one as the csv module would."""
    keys, days, amounts, bad = [], [], [], []
    for place in which.tolist():
        text = data[int(ends[place - 1]) + 1 if place else 0 : int(ends[place])]
        if not text.strip():
            continue
        visit = _visit(text)
        if isinstance(visit, str):
            bad.append(BadRow(line + place, visit))
            continue
        member, day, amount = visit
        raw = member.encode("utf-8")
        padded = np.frombuffer(raw + bytes(8), dtype=np.uint8)
        words = np.ndarray((len(raw) + 1,), dtype="<u8", buffer=padded, strides=(1,))
        key = int(_keys(words, np.zeros(1, dtype=np.int64), np.array([len(raw)]))[0])
        if len(raw) > 8:
            names[key] = member
        keys.append(key)
        days.append(day)
        amounts.append(amount)
    return Block(
        np.array(keys, dtype=np.uint64),
        np.array(days, dtype=np.int32),
        np.array(amounts, dtype=np.float64),
        tuple(bad),
    )


def _visit(line: bytes) -> tuple[str, int, float] | str:
    """Return member id, day and amount of a line, or what is wrong with it."""
    try:
        fields = [field.strip() for field in next(csv.reader([line.decode("utf-8").strip()], strict=True))]
    except (UnicodeDecodeError, csv.Error):
        return "not readable as UTF-8 comma-separated text"
    if len(fields) != len(HEADER):
        return f"{len(fields)} fields instead of {len(HEADER)}"
    member, day_text, amount_text = fields
    if not member or "\0" in member:
        return "no member_id"
    try:
        day = date.fromisoformat(day_text).toordinal() if _DATE.fullmatch(day_text) else 0
    except ValueError:
        day = 0
    if day == 0:
        return f"date {day_text[:40]!r} is not YYYY-MM-DD"
    if not _AMOUNT.fullmatch(amount_text) or not math.isfinite(float(amount_text)):
        return f"amount {amount_text[:40]!r} is not a number"
    return member, day, float(amount_text)
