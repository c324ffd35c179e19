"""Which encoding a text file from an old till is in.

A mark at its beginning decides; then UTF-8, which other encodings do not resemble; then GB18030 or Big5, whichever
reads as everyday Chinese; the guess of charset-normalizer comes last, for on files of a few lines it is wrong.
"""

from core.base.errors import Invalid
from core.base.i18n import N_

MARKS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
CHOICES = ("utf-8", "gb18030", "big5", "utf-16", "cp1252", "shift_jis", "euc-kr")
SAMPLE = 256 * 1024
"""So many bytes are looked at where a choice is by score; UTF-8 is tried on all."""


class EncodingUnknown(Invalid):
    """The bytes of a text file fit no encoding that is known here, or not the one that was named."""

    code = "encoding_unknown"
    text = N_("The text in {file} cannot be read as {encoding}. Save it as UTF-8, or name its encoding: {known}.")


def decoded(data: bytes, file: str, *, encoding: str = "") -> tuple[str, str]:
    """The text of a file and the encoding it was read in; a named encoding wins. Raises: EncodingUnknown."""
    found = encoding or guess(data)
    if found not in (*CHOICES, "utf-8-sig"):
        raise EncodingUnknown(field="encoding", file=file, encoding=found[:20] or "?", known=", ".join(CHOICES))
    try:
        return data.decode(found).removeprefix("\ufeff"), found
    except UnicodeDecodeError as error:
        known = ", ".join(CHOICES)
        raise EncodingUnknown(field="encoding", file=file, encoding=found, known=known) from error


def guess(data: bytes) -> str:
    """The encoding that fits best; '' if none does."""
    for mark, name in MARKS:
        if data.startswith(mark):
            return name
    if _fits(data, "utf-8"):
        return "utf-8"
    scores = {name: _score(data[:SAMPLE], name) for name in ("gb18030", "big5")}
    best = max(scores, key=lambda name: scores[name])
    return best if scores[best] >= 0.6 and _fits(data, best) else _by_statistics(data)


def _fits(data: bytes, name: str) -> bool:
    try:
        data.decode(name)
    except UnicodeDecodeError:
        return False
    return True


def _score(sample: bytes, name: str) -> float:
    """The share of everyday characters among those that are not ASCII; 0 where the bytes do not fit.

    GB18030 reads nearly everything as something, but what is not Chinese comes out as rare characters and as
    private ones. Everyday are the characters of GB 2312's first level, for Big5 those of its first plane.
    """
    text = _cut(sample, name)
    if text is None:
        return 0.0
    foreign = [char for char in text if char >= "\x80"]
    if not foreign:
        return 0.0
    common = sum(_everyday(char, name) for char in foreign)
    odd = sum("\ue000" <= char <= "\uf8ff" or "\u0370" <= char <= "\u05ff" or "\uff61" <= char <= "\uff9f" or
              "\uac00" <= char <= "\ud7af" for char in foreign)  # fmt: skip
    return (common - 4 * odd) / len(foreign)


def _everyday(char: str, name: str) -> float:
    """How usual a character is: 1 of the first level or plane, less of the second, 0 of neither."""
    if "\u3000" <= char <= "\u303f" or "\uff00" <= char <= "\uff5e" or char in "¥—…“”‘’·℃№":
        return 1
    if not "\u4e00" <= char <= "\u9fff":
        return 0
    try:
        first = char.encode("gb2312" if name == "gb18030" else "big5")[0]
    except UnicodeEncodeError:
        return 0
    if name == "gb18030":
        return 1 if first <= 0xD7 else 0.8
    return 1 if first <= 0xC6 else 0.2


def _cut(sample: bytes, name: str) -> str | None:
    """A sample as text; its end may have cut a character in two."""
    for short in range(4):
        try:
            return sample[: len(sample) - short].decode(name)
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 8:
                return None
    return None


def _by_statistics(data: bytes) -> str:
    from charset_normalizer import from_bytes  # only for what our own look does not settle

    best = from_bytes(data[:SAMPLE], cp_isolation=["gb18030", "big5", "cp1252", "shift_jis", "euc_kr"]).best()
    name = {"euc_kr": "euc-kr"}.get(best.encoding, best.encoding) if best is not None else ""
    return name if name in CHOICES and _fits(data, name) else ""
