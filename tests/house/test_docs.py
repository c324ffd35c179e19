"""The docs and the product name the same things, in both languages: what is named exists, what exists is named."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

import scheduler
from core.base.access import RIGHTS
from kiosk.watching import PASSED_ON
from tests.house import catalogue, keys, references
from tests.house.references import DOCS, PAGES, ROOT
from tui import keymap
from tui.screens import jobs, staffforms
from tui.sections import SECTIONS

LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
FENCED = re.compile(r"^ *```[^\n]*\n(.*?)^ *```", re.S | re.M)
LINK = re.compile(r"\]\(([^)\s:]+)\)")
SNAKE = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
ASKED = re.compile(r"(GET|POST|PUT|DELETE) (/[\w/{}.-]*)")
ABROAD = ("POST", "/regulars")
"""What we send to an online shop; any other request is sent to us."""
CTRL = re.compile(r"`(ctrl\+\w)`|\b(F\d\d?)\b")
VARIABLE = re.compile(r"REGULARS_[A-Z_]+")
OTHERS = {"pg_basebackup", "client_max_body_size", "proxy_add_x_forwarded_for", "proxy_set_header", "reverse_proxy",
          "server_name"}  # fmt: skip
"""Words of other programs."""
ROOMS = ("core", "tui", "kiosk", "notify", "commands", "deploy")


@cache
def pages(language: str) -> dict[Path, str]:
    """Every page of a language with its words, the front page too."""
    front = ROOT / ("README.md" if language == "en" else "README.zh.md")
    return {path: path.read_text("utf-8") for path in [front, *sorted((DOCS / language).rglob("*.md"))]}


def named(language: str) -> Iterator[tuple[str, str]]:
    """What stands as code on the pages, with the page: spans, and the lines of blocks."""
    for path, text in pages(language).items():
        for block in FENCED.findall(text):
            yield from ((path.name, line.strip()) for line in block.splitlines())
        yield from ((path.name, span) for span in SPAN.findall(FENCED.sub("", text)))


@cache
def source() -> frozenset[str]:
    """Every word of the product's own files."""
    files = [*ROOT.glob("*.py"), *ROOT.glob("*.toml")]
    files += [path for room in ROOMS for path in (ROOT / room).rglob("*") if path.is_file()]
    files += [path for path in (DOCS / "examples").iterdir() if path.is_file()]
    kinds = {".py", ".sql", ".toml", ".html", ".js", ".json", ".yaml", ".service", ".timer", ".conf", ""}
    return frozenset(
        word for path in files if path.suffix in kinds for word in re.findall(r"\w+", path.read_text("utf-8"))
    )


# --- commands ------------------------------------------------------------------------------------


def _asks(line: str) -> list[tuple[str, bool, list[str]]]:
    """The commands a line of the docs asks for, alternatives one by one; whether words follow; the flags behind."""
    typed = re.sub(r"^(?:\$ )?(?:\S*/)?regulars (?:--folder \S+ )?", "", line.split("   ")[0].replace("\\|", "|"))
    flags = re.findall(r"(?<![\w-])--[a-z][\w-]*", typed)
    words = [word for word in re.sub(r"\[.*?\]|[“\"'].*", "", typed).split() if re.fullmatch(r"[a-z|-]+", word)]
    found: list[str] = []
    known = {" ".join(name.split()[:many]) for name in references.commands() for many in (1, 2, 3)}
    more = False
    for word in words[:3]:
        longer = [f"{before} {one}".strip() for before in found or [""] for one in word.split("|")]
        if more or (found and not all(name in known for name in longer)):
            more = True
        else:
            found = longer
    return [(name, more, flags) for name in found]


def _wrong(line: str) -> list[str]:
    commands = references.commands()
    wrong = []
    for name, more, flags in _asks(line):
        under = [one for one in commands if one == name or one.startswith(f"{name} ")]
        known = {flag for one in under for flag in references.flags(commands[one])} | {"--help"}
        takes_words = name in commands and any(isinstance(one, click.Argument) for one in commands[name].params)
        strange = not under or (more and len(under) > 1 and not takes_words)
        wrong += [line] * bool(strange) + [f"{name} {flag}" for flag in flags if flag not in known]
    return wrong


def test_a_command_that_is_not_there_is_noticed() -> None:
    wrong = ["sale refnd", "bogus", "rule set x --bogus", "webhook log|rotat ID", "backup verfy"]
    assert [name for name in wrong if not _wrong(f"regulars {name}")] == []
    assert _wrong("regulars webhook log|rotate ID") == _wrong("regulars job run churn") == []


@LANGUAGES
def test_every_command_and_flag_named_exists(language: str) -> None:
    asked = {
        line for _page, line in named(language) if re.match(r"(?:\$ )?(?:\S*/)?regulars (?:--folder \S+ )?[a-z]", line)
    }
    front = next(iter(pages(language).values()))
    table = {span for row in front.splitlines() if row.startswith("| `") for span in SPAN.findall(row.split(" | ")[0])}
    table = {span for span in table if not span.startswith("make ")}
    assert len(asked) > 80
    assert len(table) > 40
    assert sorted(one for line in asked | table for one in _wrong(line)) == []


@LANGUAGES
@pytest.mark.parametrize("name", PAGES)
def test_the_pages_that_list_all_of_a_kind_are_up_to_date(name: str, language: str) -> None:
    path = DOCS / language / f"{name}.md"
    assert path.read_text("utf-8") == references.page(name, language), "python -m tests.house.references"


@LANGUAGES
def test_every_key_with_ctrl_and_every_key_of_a_function_is_bound_somewhere(language: str) -> None:
    bound = {keymap.shown(key) for page in keys.pages() for action in page.KEYS for key in action.keys}
    bound |= {keymap.shown(key) for action in keymap.OFFICE for key in action.keys}
    bound |= {keymap.shown(section.key) for section in SECTIONS}
    seen = {
        (path.name, key)
        for path, text in pages(language).items()
        for found in CTRL.findall(text)
        for key in found
        if key
    }
    assert len(seen) > 100
    assert sorted((page, key) for page, key in seen if key not in bound) == []


# --- names ---------------------------------------------------------------------------------------


@LANGUAGES
def test_every_name_in_small_letters_exists(language: str) -> None:
    figures = {f"regulars_{figure}{end}" for figure in source() for end in ("", "_total")}
    known = source() | figures | OTHERS
    spans = {(page, name) for page, code in named(language) for name in SNAKE.findall(code) if "/" not in code}
    assert len(spans) > 300
    assert sorted((page, name) for page, name in spans if name not in known) == []


@LANGUAGES
def test_every_variable_of_the_environment_exists_and_is_documented(language: str) -> None:
    text = "\n".join(pages(language).values())
    docs = set(VARIABLE.findall(text))
    settings = {f"REGULARS_{one.name.upper()}" for one in references.fields(references.Settings)}
    settings |= {f"{one}_FILE" for one in settings}
    read = {one for word in source() for one in VARIABLE.findall(word)} - settings - {PASSED_ON}
    assert sorted(docs - read - settings - {"REGULARS_"}) == []
    assert sorted(one for one in read - docs if not one.endswith("_")) == []


@LANGUAGES
def test_every_code_in_an_answer_is_one_of_the_catalogue(language: str) -> None:
    codes = {one.code for one in catalogue.classes()} | {"body_invalid"}
    shown = {code for text in pages(language).values() for code in re.findall(r'"code": ?"(\w+)"', text)}
    assert shown
    assert shown - codes == set()


@LANGUAGES
def test_every_operation_named_exists(language: str) -> None:
    rules = references.routes()
    shown = {match for _page, code in named(language) for match in ASKED.findall(code)} - {ABROAD}
    assert len(shown) > 100
    assert sorted(f"{way} {path}" for way, path in shown if (way, _blank(path)) not in rules) == []


def _blank(path: str) -> str:
    return re.sub(r"\{\w+\}|/\d+(?=/|$)", lambda found: "{}" if found[0][0] == "{" else "/{}", path).rstrip("/.")


@LANGUAGES
def test_every_job_named_exists(language: str) -> None:
    shown = {name for text in pages(language).values() for name in re.findall(r"(?:job|任务) `([a-z-]+)`", text)}
    shown |= {name for text in pages(language).values() for name in re.findall(r"job run ([a-z-]+)", text)}
    assert shown
    assert shown - set(scheduler.BY_NAME) == set()


def test_every_job_has_words_and_every_right_can_be_given() -> None:
    assert set(jobs.NAMES) == set(scheduler.BY_NAME)
    given = [right for _label, group in staffforms.RIGHTS.values() for right in group]
    assert sorted(given) == sorted(RIGHTS)


# --- pages and links -----------------------------------------------------------------------------


def test_both_languages_have_the_same_pages_and_pictures() -> None:
    english, chinese = (
        {str(path.relative_to(DOCS / language)) for path in (DOCS / language).rglob("*.*")} for language in ("en", "zh")
    )
    assert english == chinese


@LANGUAGES
def test_every_link_leads_to_a_page_and_a_heading_that_are_there(language: str) -> None:
    broken = []
    others = [ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md"] if language == "en" else []
    for page, text in (pages(language) | {path: path.read_text("utf-8") for path in others}).items():
        for link in LINK.findall(FENCED.sub("", text)):
            name, _, heading = link.partition("#")
            target = (page.parent / name) if name else page
            if not target.exists() or (heading and heading not in _headings(target)):
                broken.append(f"{page.name}: {link}")
    assert broken == []


@cache
def _headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


@LANGUAGES
def test_every_page_is_reached_from_the_front_page(language: str) -> None:
    todo = [next(iter(pages(language)))]
    seen = set(todo)
    while todo:
        page = todo.pop()
        for link in LINK.findall(page.read_text("utf-8")):
            target = (page.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target not in seen and target.is_relative_to(DOCS):
                seen.add(target)
                todo.append(target)
    assert sorted(path.name for path in pages(language) if path not in seen) == []
