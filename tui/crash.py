"""What is said and kept when the program breaks: a number for people, the place for developers."""

import os
from pathlib import Path

from core.base import clock, i18n, logs
from core.base.i18n import N_, say

SENTENCE = N_("The back-office had to stop. Nothing half done was kept. Start it again; error {id}.")


def both(template: str, **facts: object) -> str:
    """A sentence in both languages, for moments when nobody's language is known."""
    said = []
    for language in i18n.LANGUAGES:
        with i18n.use(language):
            said.append(say(template, **facts))
    return "\n".join(said)


def keep(error: BaseException, log: Path) -> str:
    """Append where it broke to the log and return the id of the error ('7F3A19C2').

    Neither local variables nor messages are kept: both carry phones and tokens. A log that cannot be
    written is no reason to break again.
    """
    id = logs.fresh_id().upper()
    lines = [f"{clock.iso(clock.now())} {id}", *logs.places(error), ""]
    try:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, "\n".join(lines).encode("utf-8", "replace") + b"\n")
        finally:
            os.close(file)
    except OSError:
        return id
    return id
