"""Writes docs/en/keys.md and docs/zh/keys.md from the tables of keys: `python -m tests.house.keys`."""

import importlib
from collections.abc import Sequence
from pathlib import Path

from core.base.i18n import say, use
from tui import keymap, screens
from tui.keymap import Action
from tui.page import Page
from tui.sections import SECTIONS

ROOT = Path(__file__).resolve().parents[2]
PAGES = {language: ROOT / "docs" / language / "keys.md" for language in ("en", "zh")}
WORDS = {
    "en": (
        "All keys",
        "Every key of the back-office, as `?` shows them on each page. F-keys go to a section from anywhere; what a"
        " person may not do is named with the reason. A command without a key is found with `ctrl+p`.",
        "On every page",
        "| key | | what it does |",
    ),
    "zh": (
        "全部按键",
        "后台的所有按键，与每页按 `?` 所示相同。功能键可从任意页面进入各版块；无权操作时会说明原因。"
        "没有按键的命令用 `ctrl+p` 查找。",
        "任意页面",
        "| 按键 | | 作用 |",
    ),
}
"""Title, introduction, the name of the first table, and the head of each."""


def pages() -> list[type[Page]]:
    """The pages with a name and keys of their own: those of the sections in their order, then the others by name."""
    for path in sorted(Path(screens.__path__[0]).glob("*.py")):
        importlib.import_module(f"tui.screens.{path.stem}")
    found, todo = set[type[Page]](), [Page]
    while todo:
        one = todo.pop()
        found.add(one)
        todo += one.__subclasses__()
    named = [one for one in found if one.__module__.startswith("tui.screens.") and one.NAME and one.KEYS]
    order = [section.label for section in SECTIONS]
    return sorted(named, key=lambda one: (order.index(one.NAME) if one.NAME in order else len(order), one.__name__))


def page(language: str) -> str:
    """The keys as they should stand in the docs of a language."""
    title, about, everywhere, head = WORDS[language]
    with use(language):
        parts = [f"# {title}\n\n{about}\n\n## {everywhere}\n\n"]
        parts.append(_table(head, [*(section.action for section in SECTIONS), *keymap.OFFICE]))
        parts += [f"\n## {say(one.NAME)}\n\n{say(one.HELP)}\n\n{_table(head, one.KEYS)}" for one in pages()]
    return "".join(parts)


def _table(head: str, actions: Sequence[Action]) -> str:
    rows = [head, "|---|---|---|"]
    for action in actions:
        keys = " ".join(f"`{keymap.shown(key)}`" for key in action.keys) or "`ctrl+p`"
        rows.append(f"| {keys} | {say(action.label)} | {say(action.help)} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), "utf-8")
