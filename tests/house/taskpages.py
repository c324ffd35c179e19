"""Reads docs/*/tasks: one page a task, whose steps name a page of the back-office and the keys that are pressed there.

    1. **Till**: type the product; `ctrl+t` *pay*, then `Enter`.

A step begins with a page by its name, or with a place outside of the back-office. A key in backticks is bound on that
page or on all pages, and the word behind it is the one the screen shows. What stands in quotation marks, and every
line that begins with `>`, is said by the product, with … where a figure stands.
"""

import re
from dataclasses import dataclass
from functools import cache

from core.base.i18n import say, use
from core.locale import collect
from tests.house import keys
from tests.house.references import DOCS, ROOT
from tui import keymap
from tui.keymap import Action
from tui.sections import SECTIONS

STEP = re.compile(r"^\d+\. \*\*(.+?)\*\*(?:: |：)(.+)$", re.M)
SPAN = re.compile(r"`([^`\n]+)`(?: \*(.+?)\*)?")
KEY = re.compile(r"F\d+|Enter|Esc|Tab|Del|space|PgUp|PgDn|ctrl\+\w|\S")
SAID = re.compile(r"^> (.+)$", re.M)
QUOTED = re.compile("“([^”]+)”")
FIELD = re.compile(r"\{\w+\}")
PLACES = {
    "en": {"Anywhere", "Command line", "On the kiosk", "On the phone", "On the machine", "In a program"},
    "zh": {"任意页面", "命令行", "自助屏上", "手机", "服务器", "程序"},
}
"""Where a step may be done beside a page of the back-office; on the first, the keys of every page count."""
OF_A_SHEET = frozenset({"Enter", "Esc", "Tab", "space", "↑", "↓", "←", "→", "y"})
"""Keys that fill in, confirm and leave what opens above a page."""


@dataclass(frozen=True)
class Pressed:
    """A key a step names, and the word that stands behind it there."""

    key: str
    label: str


@dataclass(frozen=True)
class Step:
    """One step of a task: where, and what is pressed there."""

    place: str
    text: str

    @property
    def pressed(self) -> tuple[Pressed, ...]:
        """The keys in their order."""
        return pressed(self.text)


def pressed(text: str) -> tuple[Pressed, ...]:
    """The keys a text names, with the words behind them."""
    return tuple(Pressed(key, label) for key, label in SPAN.findall(text) if KEY.fullmatch(key))


def pages(language: str) -> dict[str, str]:
    """The pages of tasks, by name."""
    return {path.stem: path.read_text("utf-8") for path in sorted((DOCS / language / "tasks").glob("*.md"))}


def steps(text: str) -> list[Step]:
    """The steps of a page."""
    return [Step(place, rest) for place, rest in STEP.findall(text)]


@cache
def bound(language: str) -> dict[str, list[Action]]:
    """The actions of each page, by its name in a language."""
    found: dict[str, list[Action]] = {}
    with use(language):
        for page in keys.pages():
            found.setdefault(say(page.NAME), []).extend(page.KEYS)
    return found


@cache
def _words(language: str) -> dict[tuple[str, str], str]:
    """What is wanted of a key of all pages."""
    with use(language):
        actions = [*(section.action for section in SECTIONS), *keymap.OFFICE]
        return {(keymap.shown(key), say(action.label)): action.id for action in actions for key in action.keys}


def wrong(step: Step, language: str) -> list[str]:
    """What of a step is not so: a page that is not there, a key that is not bound on it, another word for it."""
    if step.place in PLACES[language]:
        actions: list[Action] = list(keymap.OFFICE)
    elif step.place in bound(language):
        actions = [*bound(language)[step.place], *keymap.OFFICE]
    else:
        return [f"no page {step.place}"]
    with use(language):
        known = {(keymap.shown(key), say(action.label)) for action in actions for key in action.keys}
        known |= {("ctrl+p", say(action.label)) for action in actions}
    known |= set(_words(language))
    missing = [one for one in step.pressed if one.label or one.key not in OF_A_SHEET]
    return [f"{step.place}: {one.key} {one.label}" for one in missing if (one.key, one.label) not in known]


@cache
def sentences(language: str) -> frozenset[str]:
    """All the product says in a language, with … for each figure."""
    with use(language):
        return frozenset(FIELD.sub("…", say(one)) for one in collect.sentences(ROOT))


def strange(text: str, language: str) -> list[str]:
    """What a page names outside of its steps that no page of the back-office has: a key with its word."""
    with use(language):
        actions = [action for page in bound(language).values() for action in page] + list(keymap.OFFICE)
        known = {(keymap.shown(key), say(action.label)) for action in actions for key in action.keys}
    known |= set(_words(language))
    rest = pressed(STEP.sub("", text))
    return [f"{one.key} {one.label}" for one in rest if (one.label or one.key not in OF_A_SHEET)
            and (one.key, one.label) not in known]  # fmt: skip


def unsaid(text: str, language: str) -> list[str]:
    """What a page lets the product say that it does not say."""
    quoted = [word for step in steps(text) for word in QUOTED.findall(step.text)]
    return [one for one in [*SAID.findall(text), *quoted] if one not in sentences(language)]
