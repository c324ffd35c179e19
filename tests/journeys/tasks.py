"""Tasks as key scripts: read from `tasks/`, done by a person at the terminal. `tasks/README.md` says what a line is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.tui.person import Person

FOLDER = Path(__file__).with_name("tasks")
DOING = ("press", "type", "row", "sees", "shows")
MARKS = ("half", "holds", "asks", "keeps", "again")


@dataclass(frozen=True)
class Step:
    """One line of a script."""

    verb: str
    said: str
    facts: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True)
class Task:
    """A script: what comes before and `after` half of it, what holds there …, the `rest` from `again` on."""

    name: str
    before: tuple[Step, ...]
    after: tuple[Step, ...]
    holds: tuple[str, ...]
    asks: str
    keeps: tuple[str, ...]
    rest: tuple[Step, ...]


def every_task() -> list[str]:
    """The names of the tasks."""
    return sorted(path.stem for path in FOLDER.glob("*.txt"))


def read(name: str) -> Task:
    """A task by its name."""
    steps = list(_steps((FOLDER / f"{name}.txt").read_text("utf-8")))
    verbs = [step.verb for step in steps]
    half, again = verbs.index("half"), verbs.index("again")
    return Task(
        name,
        before=tuple(step for step in steps[:half] if step.verb in DOING),
        after=tuple(step for step in steps[half:] if step.verb in DOING),
        holds=tuple(step.said for step in steps if step.verb == "holds"),
        asks=next((step.said for step in steps if step.verb == "asks"), ""),
        keeps=tuple(step.said for step in steps if step.verb == "keeps"),
        rest=tuple(step for step in steps[again:] if step.verb in DOING),
    )


def do(person: Person, steps: tuple[Step, ...]) -> None:
    """Do the steps one by one."""
    for step in steps:
        if step.verb == "press":
            person.press(*step.said.split())
        elif step.verb == "type":
            person.type(step.said)
        elif step.verb == "row":
            person.select_row(step.said)
        elif step.verb == "sees":
            person.sees(step.said, **dict(step.facts))
        else:
            person.shows(step.said)


def _steps(text: str) -> Iterator[Step]:
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        verb, _, rest = line.strip().partition(" ")
        if verb not in DOING + MARKS:
            raise ValueError(line)
        said, _, facts = rest.strip().partition(" | ")
        yield Step(verb, said, tuple(_facts(facts)))


def _facts(text: str) -> Iterator[tuple[str, str | int]]:
    for fact in text.split():
        name, _, value = fact.partition("=")
        yield name, int(value) if value.removeprefix("-").isdigit() else value
