"""A bundle for whoever helps the shop: how the installation stands, with no secret and nothing personal in it.

Each part is made by itself, so that a broken database still leaves the rest; every text of it is masked again.
"""

import json
import platform
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from core.base import clock, db, i18n, logs
from core.base.clock import Millis
from core.base.drivers import peewee
from core.base.errors import RegularsError
from core.base.i18n import Text
from core.base.settings import Told
from core.keeping import doctor, jobs, vitals
from core.tables import fingerprint, schema

LAST_LINES = 500
LAST_BYTES = 400_000
RUNS = 200


def bundle(told: list[Told], *, version: str, log_files: Mapping[str, Path], now: Millis) -> dict[str, str]:
    """The parts by the name of their file; `log_files` are the logs to take the end of."""
    parts: dict[str, Callable[[], str]] = {
        "about.txt": lambda: _about(version, now),
        "settings.txt": lambda: "".join(f"{one.name} = {logs.mask(one.shown)}  [{one.where}]\n" for one in told),
        "doctor.txt": lambda: _findings(now),
        "schema.txt": _schema,
        "jobs.txt": _runs,
        "figures.txt": lambda: _figures(now),
        "rows.txt": _rows,
    } | {name: _reader(path) for name, path in log_files.items()}
    with i18n.use("en"):
        return {name: _made(make) for name, make in parts.items()}


def write(path: Path, parts: Mapping[str, str]) -> None:
    """Write a bundle as a ZIP file that only this account may read."""
    with path.open("xb") as file:
        path.chmod(0o600)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in parts.items():
                packed.writestr(name, text)


def _made(make: Callable[[], str]) -> str:
    try:
        return make()
    except (RegularsError, peewee.PeeweeException, OSError, AttributeError) as error:
        return f"could not be read: {type(error).__name__}\n"


def _about(version: str, now: Millis) -> str:
    facts = {"regulars": version, "python": platform.python_version(), "system": platform.system(),
             "kernel": platform.release(), "machine": platform.machine(), "made_at": clock.iso(now)}  # fmt: skip
    lines = [f"{name} = {value}\n" for name, value in facts.items()]
    try:
        made = db.value("SELECT sqlite_version()" if db.is_sqlite() else "SELECT version()")
    except (RegularsError, peewee.PeeweeException, AttributeError) as error:
        made = f"could not be read: {type(error).__name__}"
    return "".join([*lines, f"database = {made}\n"])


def _findings(now: Millis) -> str:
    found = [f"{one.check}: {_masked(one.what)}\n" for one in doctor.examine(now=now)]
    return "".join(found) or "nothing\n"


def _masked(text: Text) -> str:
    """A sentence with its figures; names of things may be names of people, so they are left out."""
    facts = tuple((name, _fact(name, value)) for name, value in text.facts)
    return str(Text(text.template, facts))


def _fact(name: str, value: object) -> object:
    if isinstance(value, Text):
        return Text(value.template, tuple((inner, _fact(inner, one)) for inner, one in value.facts))
    if isinstance(value, str):
        return logs.HIDDEN if name in ("name", "login", "label") else logs.mask(value)
    return value


def _schema() -> str:
    lines = [f"step {schema.level()} of {schema.steps()[-1][0]}\n", f"{fingerprint.digest(fingerprint.found())}\n"]
    return "".join([*lines, *(f"{name}: {how}\n" for name, how in fingerprint.differences())])


def _runs() -> str:
    return "".join(
        f"{clock.iso(one.started_at)} {one.job} {one.slot} {one.state} {_seconds(one)}\n"
        for one in jobs.runs(limit=RUNS)
    )


def _seconds(run: jobs.Run) -> str:
    return "-" if run.ended_at is None else f"{(run.ended_at - run.started_at) / 1000:.1f} s"


def _figures(now: Millis) -> str:
    return json.dumps(vars(vitals.vitals(now=now)), indent=1) + "\n"


def _rows() -> str:
    names = sorted(name.removeprefix("table ") for name in _tables())
    return "".join(f"{name} {db.value(f'SELECT count(*) FROM {name}')}\n" for name in names)


def _tables() -> Iterator[str]:
    made = fingerprint.found()
    if db.is_sqlite():
        yield from (name for name in made if name.startswith("table ") and not name.startswith("table member_search"))
    else:
        yield from {name.removeprefix("column ").partition(".")[0] for name in made if name.startswith("column ")}


def _reader(path: Path) -> Callable[[], str]:
    return lambda: _end_of(path)


def _end_of(path: Path) -> str:
    """The last lines of a log, masked again whoever wrote them."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - LAST_BYTES, 0))
        lines = file.read().decode("utf-8", "replace").splitlines()[-LAST_LINES:]
    return "".join(f"{_line(one)}\n" for one in lines)


def _line(line: str) -> str:
    try:
        found = json.loads(line)
    except ValueError:
        return logs.mask(line)
    return json.dumps(_again(found), ensure_ascii=False) if isinstance(found, dict) else logs.mask(line)


def _again(found: object) -> object:
    if isinstance(found, dict):
        return {logs.mask(str(name)): _again(value) for name, value in found.items()}
    if isinstance(found, list):
        return [_again(value) for value in found]
    return logs.mask(found) if isinstance(found, str) else found
