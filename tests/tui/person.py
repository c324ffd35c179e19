"""A person at a terminal: presses keys, types, and reads what stands on the screen in either language."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from core.base import i18n

KEYS = {
    "Enter": "\r", "Esc": "\x1b", "Tab": "\t", "shift+Tab": "\x1b[Z", "space": " ", "Backspace": "\x7f",
    "Up": "\x1b[A", "Down": "\x1b[B", "Right": "\x1b[C", "Left": "\x1b[D", "Home": "\x1b[H", "End": "\x1b[F",
    "PgUp": "\x1b[5~", "PgDn": "\x1b[6~", "Del": "\x1b[3~",
    "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~", "F6": "\x1b[17~",
    "F7": "\x1b[18~", "F8": "\x1b[19~", "F9": "\x1b[20~", "F10": "\x1b[21~",
    **{f"ctrl+{letter}": chr(ord(letter) - 96) for letter in "abcdefghijklmnopqrstuvwxyz"},
}  # fmt: skip
"""What a terminal sends for a key; any other key is the letter itself."""
PATIENCE_S = 20
SENTENCE = 20
"""So many characters or more may be broken into lines."""


class NotThere(AssertionError):
    """What should stand on the screen does not; the message shows the screen."""


class Seen(Protocol):
    """A program on something like a terminal."""

    sent: bytes

    @property
    def lines(self) -> list[str]: ...
    @property
    def grounds(self) -> list[list[str]]: ...
    @property
    def sleeps(self) -> bool: ...
    def send(self, keys: bytes) -> None: ...
    def read(self, *, quiet_s: float = 0.4, limit_s: float = 15) -> bytes: ...
    def resize(self, columns: int, lines: int) -> None: ...
    def ended(self, *, limit_s: float = 10) -> int: ...


class Person:
    """Whoever sits at the terminal. `sees` and its kin wait until the screen says so, or show it and fail."""

    def __init__(self, terminal: Seen, language: str) -> None:
        self.terminal = terminal
        self.language = language

    # --- hands -----------------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Press keys, each when the one before it has been answered."""
        for key in keys:
            self._send(KEYS.get(key, key))
            if key == "Esc":  # which begins the codes of other keys, so the program waits for the rest of one
                self.terminal.read(quiet_s=0.08)
                self._answered()

    def type(self, text: str) -> None:
        """Type a text in one go, as a scanner and an input method do."""
        self._send(text)

    def paste(self, text: str) -> None:
        """Paste a text as terminals do."""
        self._send(f"\x1b[200~{text}\x1b[201~")

    def resize(self, columns: int, lines: int) -> None:
        """Pull at the window."""
        self.terminal.resize(columns, lines)
        self._answered()

    def select_row(self, text: str) -> None:
        """Bring the cursor of a list to the row with a text, by the arrow keys."""
        self.shows(text)
        for key in ("Down",) * 30 + ("Up",) * 60:
            if any(text in line and self._is_marked(at) for at, line in enumerate(self.lines)):
                return
            self.press(key)
        raise NotThere(f"the cursor does not come to {text!r}\n{self.screen}")

    def _send(self, keys: str) -> None:
        self.terminal.send(keys.encode())
        self._answered()

    def _answered(self) -> None:
        """Wait until the program has drawn what it has to say and sleeps, however busy the machine is."""
        end, still = time.monotonic() + PATIENCE_S, 0
        while still < 2 and time.monotonic() < end:
            still = 0 if self.terminal.read(quiet_s=0.015) or not self.terminal.sleeps else still + 1

    # --- eyes ------------------------------------------------------------------------------------------

    @property
    def lines(self) -> list[str]:
        """The lines of the screen."""
        return self.terminal.lines

    @property
    def screen(self) -> str:
        """The screen as a person would copy it."""
        return "\n".join(f"│{line.rstrip()}" for line in self.lines)

    def said(self, sentence: str, **facts: object) -> str:
        """A sentence in the language of the session."""
        with i18n.use(self.language):
            return i18n.say(sentence, **facts)

    def sees(self, sentence: str, **facts: object) -> None:
        """Wait for a sentence, given by its msgid."""
        self.shows(self.said(sentence, **facts))

    def sees_no(self, sentence: str, **facts: object) -> None:
        """Wait until a sentence is gone."""
        self.shows_no(self.said(sentence, **facts))

    def shows(self, text: str) -> None:
        """Wait for a text that is the same in all languages: a name, a figure."""
        self._until(lambda: self.has(text), f"not on the screen: {text!r}")

    def shows_no(self, text: str) -> None:
        """Wait until a text is gone."""
        self._until(lambda: not self.has(text), f"still on the screen: {text!r}")

    def has(self, text: str) -> bool:
        """Whether a text stands on the screen now; a sentence may go over several lines."""
        wanted, lines = "".join(text.split()), ["".join(line.split()) for line in self.lines]
        return any(wanted in line for line in lines) or (len(wanted) >= SENTENCE and wanted in "".join(lines))

    def _until(self, true: Callable[[], bool], problem: str) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true():
            if time.monotonic() > end:
                raise NotThere(f"{problem}\n{self.screen}")
            self.terminal.read(quiet_s=0.05, limit_s=0.3)

    def _is_marked(self, line: int) -> bool:
        grounds = self.terminal.grounds
        usual = Counter(ground for row in grounds for ground in row).most_common(1)[0][0]
        return grounds[line][1] != usual

    # --- the whole program -----------------------------------------------------------------------------

    def signs_in(self, login: str, password: str) -> None:
        """Come in through the sign-in."""
        self.sees("Regulars · sign in")
        self.press(login, "Enter", password, "Enter")
        self.sees_no("Regulars · sign in")
        self.sees("Today")
