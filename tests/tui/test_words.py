"""Every sentence of the frame and its widgets is marked, said in Chinese, and safe in every terminal."""

import ast
from pathlib import Path

from core.base import i18n

TUI = Path(__file__).parents[2] / "tui"
WIDE_BY_SELECTOR = ("\ufe0f", "\u200d")


def marked() -> list[str]:
    found = []
    for path in (*TUI.glob("*.py"), *TUI.glob("widgets/*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "N_", "T"):
                found += [a.value for a in node.args[:1] if isinstance(a, ast.Constant)]
    return [str(text) for text in found]


def test_every_sentence_is_said_in_chinese() -> None:
    with i18n.use("zh"):
        left = {text for text in marked() if i18n.say(text) == text}
    assert left <= {"中文 / English"}


def test_fields_of_a_sentence_are_the_same_in_chinese() -> None:
    import string

    def fields(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}

    with i18n.use("zh"):
        assert [t for t in set(marked()) if fields(t) != fields(i18n.say(t))] == []


def test_no_emoji_whose_width_terminals_disagree_on() -> None:
    for path in TUI.rglob("*.py"):
        assert not any(mark in path.read_text("utf-8") for mark in WIDE_BY_SELECTOR), path
