"""Keys as records: bindings, footer, help and palette are all made from them.

A page lists its own records; `OFFICE` holds the ones that work everywhere. Nothing here needs a screen,
so the documentation can be generated from the same tables.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from core.base.i18n import N_

FORBIDDEN = frozenset(
    {"ctrl+enter", "shift+enter", "ctrl+i", "ctrl+m", "ctrl+h", "ctrl+j", "ctrl+left_square_bracket"}
    | {"f11", "f12", "ctrl+z", "ctrl+a", "ctrl+b", "ctrl+w"}
)
"""Keys that terminals turn into others, keep for themselves, or that tmux and screen take."""

FOOTER = 5
"""Keys shown in the footer, the one for help included."""

_SHOWN = {
    "enter": "Enter", "escape": "Esc", "question_mark": "?", "slash": "/", "space": "space", "tab": "Tab",
    "delete": "Del", "plus": "+", "minus": "-", "up": "↑", "down": "↓", "left": "←", "right": "→",
    "pageup": "PgUp", "pagedown": "PgDn",
}  # fmt: skip


@dataclass(frozen=True)
class Action:
    """One thing that can be done here. `label` and `help` are msgids; no keys means palette only.

    `right` is the right it needs; `danger` marks what is hard to reverse. Without a method `do_<id>`
    on its page the record only describes a key of the focused widget (Enter on a list).
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    right: str | None = None
    danger: bool = False


OPEN = Action("open", ("enter",), N_("open"), N_("Open the row under the cursor."))
FIND = Action("find", ("slash",), N_("find"), N_("Go to the search box."))

OFFICE = (
    Action("back", ("escape",), N_("back"), N_("Step back, or close what is open.")),
    Action("help", ("question_mark", "f1"), N_("all keys"), N_("Show what this page does and every key.")),
    Action("palette", ("ctrl+p",), N_("commands"), N_("Find any command by a part of its name.")),
    Action("language", ("ctrl+l",), N_("中文 / English"), N_("Change the language of this session.")),
    Action("look", (), N_("colours"), N_("Change between light, dark, high contrast, and one drawn with ASCII alone.")),
    Action("clock", (), N_("come / go"), N_("Begin or end your work, whichever comes next.")),
    Action("pin", (), N_("your PIN"), N_("Give yourself the PIN with which you approve at a till.")),
    Action("till_card", (), N_("till card"), N_("Write a page with the keys of the till, to print."), "sell"),
    Action("switch", (), N_("switch user"), N_("Let someone else sign in here; what you have open is closed then.")),
    Action("lock", (), N_("lock"), N_("Lock this screen until someone signs in.")),
    Action("quit", ("ctrl+q",), N_("quit"), N_("End this session.")),
)


def shown(key: str) -> str:
    """A key as people read it: 'F2', 'ctrl+t', '?'."""
    if key in _SHOWN:
        return _SHOWN[key]
    return key.upper() if key[0] == "f" and key[1:].isdigit() else key


def shown_keys(action: Action) -> str:
    """All keys of an action: '? F1'; empty for one that only the palette knows."""
    return " ".join(shown(key) for key in action.keys)


def problems(actions: Iterable[Action], around: Iterable[Action] = OFFICE) -> list[str]:
    """What is wrong with a table of keys; empty when nothing is.

    Forbidden and doubled keys, keys that already mean something everywhere (`around`), missing words.
    """
    found: list[str] = []
    taken = {key: action.id for action in around for key in action.keys}
    ids: set[str] = set()
    for action in actions:
        if action.id in ids or not action.id.isidentifier():
            found.append(f"{action.id}: the id is doubled or no identifier")
        ids.add(action.id)
        if not (action.label and action.help):
            found.append(f"{action.id}: label or help is missing")
        for key in action.keys:
            if key in FORBIDDEN or key.startswith(("alt+", "super+")):
                found.append(f"{action.id}: {key} does not reach every program")
            if key in taken:
                found.append(f"{action.id}: {key} is taken by {taken[key]}")
            taken[key] = action.id
    return found
