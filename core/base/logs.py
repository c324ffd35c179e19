"""What the program notes of its own running: a line of text on a terminal, JSON elsewhere, nothing personal.

One line is one fact with named figures: `note(log, "job", name=…, ms=…)`. Our own words and numbers go out as they
are; every other text is masked, an exception is its class and the places it passed, and of what a library says only
the first line stays, without what it filled in. Names follow no pattern, so nobody hands one to a log.
"""

import functools
import json
import logging
import os
import re
import secrets
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from core.base import clock

OURS = "regulars"
TALKATIVE = {"peewee": "WARNING", "twilio": "WARNING", "urllib3": "WARNING", "asyncio": "WARNING",
             "waitress": "WARNING", "apscheduler": "ERROR"}  # fmt: skip
"""Libraries that name numbers, addresses or statements below that, or say each second that a tick takes longer."""
HIDDEN = "…"
SHORT = 64
_PERSONAL = re.compile(
    r"[^\s@<>,;:'\"()=]+@[^\s@<>,;:'\"()=]+"  # an e-mail address
    r"|\b[CRKcrk]1\.[0-9A-Za-z.]+"  # a card, its rotating code, a coupon
    r"|(?=[A-Za-z_-]*\d)(?=[\d_-]*[A-Za-z])[A-Za-z0-9_-]{20,}"  # a key, a session, a provider's id
    r"|[+(]*\d(?:[ \-().]{0,2}\d){5,}"  # a phone number, a code by text, an address of the network
)
_DAY = re.compile(r"\d{4}-\d\d-\d\d( \d\d)?")
_RUN = re.compile(r"\d{6}")
_SOURCE = logging._srcfile


def mask(text: str) -> str:
    """A text without numbers of six digits and more, e-mail addresses, cards, codes and tokens; days stay."""
    return _PERSONAL.sub(lambda found: found[0] if _DAY.fullmatch(found[0]) else HIDDEN, text)


def get(name: str) -> logging.Logger:
    """The log of one part of the program."""
    return logging.getLogger(f"{OURS}.{name}")


def note(
    log: logging.Logger, what: str, *, level: int = logging.INFO, error: BaseException | None = None, **facts: object
) -> None:
    """Write one line: words of ours, named figures, and of an exception where it broke."""
    if log.isEnabledFor(level):
        broke = {} if error is None else {"error": type(error).__name__, "at": places(error)}
        log.log(level, what, extra={"facts": facts | broke})


def fresh_id() -> str:
    """Eight hexadecimal digits that name one error to people and in the log, where they are not taken for a number."""
    while _RUN.search(made := secrets.token_hex(4)):
        pass
    return made


def places(error: BaseException) -> list[str]:
    """Where an exception broke and what caused it: classes, files, lines; neither messages nor local variables."""
    return list(_places(error))


def _places(error: BaseException) -> Iterator[str]:
    seen: BaseException | None = error
    while seen is not None:
        yield f"{type(seen).__module__}.{type(seen).__qualname__}"
        for frame in traceback.extract_tb(seen.__traceback__):
            yield f"  {frame.filename}:{frame.lineno} {frame.name}"
        seen = seen.__cause__ or seen.__context__


# --- how a line looks ------------------------------------------------------------------------------


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a record says, fit to be kept."""
    ours = record.name == OURS or record.name.startswith(f"{OURS}.")
    told: dict[str, Any] = {
        "time": clock.iso(int(record.created * 1000)),
        "level": record.levelname.lower(),
        "log": record.name.removeprefix(f"{OURS}."),
        "what": _said(record) if ours else _first_line(record),
    }
    for name, value in getattr(record, "facts", {}).items():
        told[name] = value if name == "at" else _fit(value)
    if record.exc_info and record.exc_info[1] is not None and "error" not in told:
        told |= {"error": type(record.exc_info[1]).__name__, "at": places(record.exc_info[1])}
    return told


def _fit(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    said = str(value)
    return _masked(said) if len(said) <= SHORT else mask(said)


@functools.lru_cache(1024)
def _masked(said: str) -> str:
    """The same for what comes again and again: routes, states, names of jobs."""
    return mask(said)


def _said(record: logging.LogRecord) -> str:
    args = record.args
    if not args:
        return str(_fit(str(record.msg)))
    given = {k: _fit(v) for k, v in args.items()} if isinstance(args, Mapping) else tuple(_fit(one) for one in args)
    return str(record.msg) % given


def _first_line(record: logging.LogRecord) -> str:
    return mask(str(record.msg).partition("\n")[0])


class AsJson(logging.Formatter):
    """One JSON object a line."""

    written = json.JSONEncoder(ensure_ascii=False)

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return self.written.encode(facts_of(record))


class AsText(logging.Formatter):
    """One line for a reader; where something broke stands below it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told = facts_of(record)
        at = told.pop("at", [])
        head = [told.pop(name) for name in ("time", "level", "log", "what")]
        head[0] = head[0][:19].replace("T", " ")
        line = "{} {:<7} {}: {}".format(*head) + "".join(f" {name}={value}" for name, value in told.items())
        return "\n".join([line, *(f"    {place}" for place in at)])


# --- where lines go --------------------------------------------------------------------------------


class _Quiet:
    """A log that cannot be written is no reason to break, nor to print what it was about."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Nothing."""


class _Stream(_Quiet, logging.StreamHandler[Any]):
    """Lines on standard error, where the service manager takes them."""


class _File(_Quiet, logging.Handler):
    """Lines appended to a file that may be moved away meanwhile and is for the shop's account only.

    Opened for each line, because several processes write it and seldom.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    def emit(self, record: logging.LogRecord) -> None:
        """Append the line in one write."""
        try:
            line = self.format(record).encode("utf-8", "replace") + b"\n"
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                os.write(file, line)
            finally:
                os.close(file)
        except OSError:
            self.handleError(record)


def begin(*, file: Path | None = None, form: str = "auto", level: str = "info", stream: IO[str] | None = None) -> None:
    """Let this process write its log from now on: to a file if one is named, else to standard error.

    `auto` is text on a terminal and JSON elsewhere.
    """
    target = sys.stderr if stream is None else stream
    handler: logging.Handler = _Stream(target) if file is None else _File(file)
    as_text = form == "text" or (form == "auto" and file is None and target.isatty())
    handler.setFormatter(AsText() if as_text else AsJson())
    end()
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level.upper())
    for name, least in TALKATIVE.items():
        logging.getLogger(name).setLevel(least)
    sys.excepthook, threading.excepthook = _broke, _broke_in_thread
    _look_up(False)


def end() -> None:
    """Take away what `begin` set up."""
    root = logging.getLogger()
    for handler in [one for one in root.handlers if isinstance(one, _Quiet)]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(logging.NOTSET)
    sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
    _look_up(True)


def _look_up(wanted: bool) -> None:
    """Whether each record looks up who wrote it, in which thread and process: half its cost, and none of it is kept."""
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = wanted
    logging._srcfile = _SOURCE if wanted else None  # as the manual of logging says


def _broke(_kind: type[BaseException], error: BaseException, _trace: TracebackType | None) -> None:
    """What nobody foresaw ends the process with a number for people, and never with what was in memory."""
    id = fresh_id()
    note(get("process"), "broke", level=logging.CRITICAL, error=error, id=id)
    place = traceback.extract_tb(error.__traceback__)[-1:]
    where = f"{Path(place[0].filename).name}:{place[0].lineno}" if place else "?"
    sys.stderr.write(f"{type(error).__name__} at {where}; error {id}.\n")


def _broke_in_thread(told: threading.ExceptHookArgs) -> None:
    if told.exc_value is not None and not isinstance(told.exc_value, SystemExit):
        note(get("process"), "a thread broke", level=logging.CRITICAL, error=told.exc_value, id=fresh_id())
