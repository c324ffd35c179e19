"""Collect marked sentences into the Chinese catalogue: `make po`. New ones wait there untranslated."""

from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po

KEYWORDS: dict[str, None] = {"_": None, "N_": None, "T": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
FIXED = datetime(2026, 1, 1, tzinfo=UTC)
"""The header's date: the file's history is in version control."""
ROOMS, FILES = (
    ("core", "tui", "kiosk", "notify", "commands"),
    ("regulars.py", "scheduler.py", "sending.py", "mailing.py", "printing.py"),
)


def sentences(root: Path) -> dict[str, list[str]]:
    """Every marked sentence and the files it stands in."""
    found: dict[str, list[str]] = {}

    def keep(message: object, place: str) -> None:
        text = message if isinstance(message, str) else message[0]  # type: ignore[index]
        if text:
            found.setdefault(str(text), []).append(place)

    for room in ROOMS:
        for name, _line, message, _comments, _context in extract_from_dir(root / room, METHODS, keywords=KEYWORDS):
            keep(message, f"{room}/{name}")
    for file in FILES:
        for _line, message, _comments, _context in extract_from_file("python", root / file, keywords=KEYWORDS):
            keep(message, file)
    return found


def main() -> None:
    """Rewrite the catalogue: known translations kept, new sentences added, lost ones dropped."""
    root = Path(__file__).resolve().parents[2]
    path = root / "core" / "locale" / "zh_CN" / "regulars.po"
    with path.open("rb") as file:
        known = {message.id: message.string for message in read_po(file) if message.id}
    fresh = Catalog(locale="zh_CN", charset="utf-8", header_comment="# The Chinese sentences of Regulars.", fuzzy=False,
                    creation_date=FIXED, revision_date=FIXED, project="Regulars", version="1",
                    last_translator="", language_team="zh_CN", msgid_bugs_address="")  # fmt: skip
    for text, places in sorted(sentences(root).items(), key=lambda item: (min(item[1]), item[0])):
        fresh.add(text, known.get(text, ""), locations=[(place, 0) for place in sorted(set(places))])
    with path.open("wb") as file:
        write_po(file, fresh, omit_header=False, width=110, include_lineno=False)
    waiting = [message.id for message in fresh if message.id and not message.string]
    print(f"{len(fresh)} sentences, {len(waiting)} without a translation")  # noqa: T201


if __name__ == "__main__":
    main()
