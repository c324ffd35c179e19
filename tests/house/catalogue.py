"""Writes docs/errors.md from the error classes: `python -m tests.house.catalogue`."""

import importlib
import inspect
import pkgutil
from pathlib import Path

import core
import kiosk
import tui
from core.base.errors import Invalid, NotAllowed, NotFound, Refused, RegularsError
from core.base.i18n import say, use
from core.base.limits import TooOften
from core.people.devices import KeyRefused

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "errors.md"
KINDS = {NotFound: "404", Invalid: "422", Refused: "409", NotAllowed: "403"}
OWN = {TooOften: "429", KeyRefused: "401"}
"""Refusals with a status of their own."""
HEAD = """# Refusals

Everything the shop can refuse: a stable code, what it means, and the sentence people see in both languages. Names in
braces are figures of the case. A door tells four kinds apart: not found (404), invalid (422), refused now (409; too
often: 429), not allowed (403; no good API key: 401). Made by `python -m tests.house.catalogue` from the classes beside
their rules.

"""


def classes() -> list[type[RegularsError]]:
    """Every refusal of core and of the doors, by code."""
    for package in (core, tui, kiosk):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found: set[type[RegularsError]] = set()
    todo: list[type[RegularsError]] = [RegularsError]
    while todo:
        one = todo.pop()
        found.add(one)
        todo += one.__subclasses__()
    ours = (one for one in found - {RegularsError, *KINDS} if one.__module__.split(".")[0] in ("core", "tui", "kiosk"))
    return sorted(ours, key=lambda one: one.code)


def page() -> str:
    """The catalogue as it should stand in docs."""
    parts = [HEAD]
    for one in classes():
        kind = next(number for base, number in (OWN | KINDS).items() if issubclass(one, base))
        with use("zh"):
            chinese = say(one.text)
        place = one.__module__.replace(".", "/") + ".py"
        parts.append(f"## `{one.code}` · {kind}\n\n{inspect.getdoc(one)}\n\n- {one.text}\n- {chinese}\n- `{place}`\n\n")
    return "".join(parts).rstrip() + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
