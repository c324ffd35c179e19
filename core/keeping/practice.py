"""Practice 练习: a copy of the shop beside its database, on which everything may be tried and nothing counts.

The copy knows by a line of its own audit log that it is one, and its settings say so too; where the two differ
nothing is opened. It sends to a file, tells no online shop, and is deleted when it is old or when a member whom it
holds has left for good.
"""

import contextlib
import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.base import clock, db, limits, settings
from core.base.access import Actor, require
from core.base.clock import DAY, Millis
from core.base.drivers import peewee
from core.base.errors import Refused
from core.base.i18n import N_, T, Text, _
from core.base.settings import Settings
from core.books import audit
from core.keeping import beside, copymark, opening
from core.keeping.copymark import NotTheRealShop
from core.outreach import delivery, webhooks
from core.people import devices, staff
from core.tables import schema

FOLDER, DATABASE, MARK, SECRET = ".practice", "practice.db", "practice.mark", "secret.key"
OLD, FORGOTTEN = 7 * DAY, 30 * DAY
"""After so long a new copy is offered; after so long nobody wants the old one."""


class PracticeNeedsSqlite(Refused):
    """A copy can be made of a database that is one file."""

    code = "practice_needs_sqlite"
    text = N_(
        "The shop's database is on a PostgreSQL server, and a copy to practise on is made of an SQLite file only."
        " Practise on the made-up shop: `regulars demo`."
    )


class NotACopy(Refused):
    """The folder for practice holds something else."""

    code = "not_a_copy"
    text = N_("{folder} holds something that is no copy to practise on. Look at it and move it away.")


class PracticeInUse(Refused):
    """Somebody practises just now."""

    code = "practice_in_use"
    text = N_("Somebody is practising in {folder} now. Do it again when that session has ended.")


@dataclass(frozen=True)
class Copy:
    """A copy that is there: when it was made, and at which step of the tables."""

    made_at: Millis
    step: int


@dataclass(frozen=True)
class Practising:
    """A copy that is open, with kiosk and scheduler beside it."""

    settings: Settings
    folder: Path
    copy: Copy
    pairing: str

    def lines(self) -> list[str]:
        """What runs where."""
        url = f"http://127.0.0.1:{self.settings.kiosk_port}/kiosk"
        return [
            "",
            _("PRACTICE: a copy of the shop, made at {made_at}. Nothing here counts.", made_at=self.copy.made_at),
            _("  back-office   sign in as in the shop"),
            _("  kiosk         {url}   pair it with {code}", url=url, code=self.pairing),
            _("  messages      only to {path}; nothing is really sent", path=self.settings.outbox_file),
            _("  at the end    `regulars practice --end` deletes it; --fresh makes a new one"),
            "",
        ]


def place_of(shop: Settings) -> Path:
    """The folder of a shop's copy, beside its database."""
    return Path(shop.database).parent / FOLDER


def copy_in(folder: Path) -> Copy | None:
    """The copy in a folder; None if there is none."""
    mark = folder / MARK
    return Copy(**json.loads(mark.read_text("ascii"))) if mark.exists() else None


def unfit(copy: Copy, *, step: int, erased_at: Millis | None) -> Text | None:
    """Why a copy must not be used any more; None if it may. `erased_at` is when a member last left for good."""
    if copy.step != step:
        return T("The copy was made by another version of the program.")
    if erased_at is not None and erased_at >= copy.made_at:
        return T("Somebody who is in the copy has left the shop for good since.")
    return None


def is_old(copy: Copy, *, now: Millis) -> bool:
    """Whether a new copy should be offered."""
    return now - copy.made_at >= OLD


def _days(copy: Copy, now: Millis) -> int:
    return (now - copy.made_at) // DAY


# --- practising ----------------------------------------------------------------------------------


@contextlib.contextmanager
def running(*, fresh: bool, say: Callable[[str], None], ask: Callable[[str], bool], by: Actor) -> Iterator[Practising]:
    """Practise on a copy of the shop that is open; it is made if there is none, and afterwards the shop is open again.

    `ask` answers whether a copy that is old is made anew. What was tried is noted in the shop.
    Raises: NotAllowed, PracticeNeedsSqlite, NotTheRealShop, NotACopy, PracticeInUse, StorageFull.
    """
    shop = settings.current()
    require(by, "settings")
    folder = _prepared(shop, fresh=fresh, say=say, ask=ask)
    with in_use(folder, fcntl.LOCK_SH):
        copy, began_at, tried = copy_in(folder), clock.now(), (0, 0)
        if copy is None:
            raise NotACopy(folder=str(folder))
        try:
            chosen = _opened(folder)
            with beside.running(folder, {"REGULARS_KIOSK_PORT": str(chosen.kiosk_port)}):
                try:
                    yield Practising(chosen, folder, copy, _pairing(chosen))
                finally:
                    tried = _tried(since=began_at)
        finally:
            _open(shop)
            if any(tried):
                note(*tried, by=staff.first_owner(), now=clock.now())


def _prepared(shop: Settings, *, fresh: bool, say: Callable[[str], None], ask: Callable[[str], bool]) -> Path:
    """The folder of a copy that may be used; made now if need be."""
    if not db.is_sqlite():
        raise PracticeNeedsSqlite()
    if shop.practice:
        raise NotTheRealShop(path=shop.database)
    folder, now = place_of(shop), clock.now()
    copy = _found(folder)
    if copy is not None and not fresh:
        reason = unfit(copy, step=schema.level(), erased_at=_erased_at())
        if reason is not None:
            say(str(reason))
        elif not is_old(copy, now=now) or not ask(_("The copy is {days} days old. Make a new one?",
                                                    days=_days(copy, now))):  # fmt: skip
            return folder
    say(_("Making a copy of the shop …"))
    make(folder, shop, now=now)
    return folder


def _found(folder: Path) -> Copy | None:
    copy = copy_in(folder)
    if copy is None and (folder / DATABASE).exists() and not (folder / "building").exists():
        raise NotACopy(folder=str(folder))
    return copy


def _opened(folder: Path) -> Settings:
    """Open the copy in this process instead of the shop; no setting of the environment has a say."""
    chosen = replace(settings.load(folder, {}), kiosk_port=beside.free_port())
    _open(chosen)
    copymark.check(chosen)
    return chosen


def _open(chosen: Settings) -> None:
    db.close_database()
    limits.forget()
    settings.use(chosen)
    db.open_database(chosen.database)


def _pairing(chosen: Settings) -> str:
    name = _("practice")
    code = devices.new_pairing(opening.stores()[0][0], name, by=staff.first_owner(), now=clock.now())
    beside.wait_for(f"http://127.0.0.1:{chosen.kiosk_port}/health")
    return f"{code[:4]}-{code[4:]}"


def _tried(*, since: Millis) -> tuple[int, int]:
    """Sales and refunds made in the copy since a moment."""
    sales, refunds = (db.value(f"SELECT count(*) FROM {table} WHERE at >= ?", (since,)) for table in ("sale", "refund"))
    return sales, refunds


@db.atomic
def note(sales: int, refunds: int, *, by: Actor, now: Millis) -> None:
    """Keep in the shop that so much was tried. Raises: NotAllowed."""
    require(by, "settings")
    audit.record("practice.held", "practice", 0, by=by, now=now, after={"sales": sales, "refunds": refunds})


# --- the copy ------------------------------------------------------------------------------------


def make(folder: Path, shop: Settings, *, now: Millis) -> None:
    """Copy the shop that is open into a folder, in one view, while others go on selling; the shop stays open.

    An earlier copy is deleted. Raises: PracticeInUse, StorageFull.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    with in_use(folder, fcntl.LOCK_EX):
        step = schema.level()
        (folder / "building").touch()
        for old in folder.iterdir():
            if old.name not in ("building", ".in-use"):
                _deleted(old)
        copy_into(folder / DATABASE, shop)
        _settings_for(folder, shop)
        try:
            _open(settings.load(folder, {}))
            begin(by=staff.first_owner(), now=now)
        finally:
            _open(shop)
        (folder / MARK).write_text(json.dumps({"made_at": now, "step": step}), "ascii")
        (folder / "building").unlink()


def copy_into(target: Path, shop: Settings) -> None:
    """Copy the shop's file in one view, and nothing of what was deleted in it. Raises: StorageFull.

    That is what VACUUM INTO does; a copy page by page would bring along what lies in free pages.
    """
    if shutil.disk_usage(target.parent).free < 2 * Path(shop.database).stat().st_size:
        raise db.StorageFull()
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    sqlite = peewee.sqlite3  # type: ignore[attr-defined]
    with contextlib.closing(sqlite.connect(shop.database, isolation_level=None)) as source:
        source.execute("PRAGMA busy_timeout = 10000")
        source.execute("VACUUM INTO ?", (str(target),))


def _settings_for(folder: Path, shop: Settings) -> None:
    """Settings of its own; the shop's secret, without which no member's code would be read."""
    file = os.open(folder / SECRET, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.write(file, shop.secret.encode())
    os.close(file)
    lines = [
        f"database = {_quoted(DATABASE)}",
        'channel = "file"',
        f"outbox_file = {_quoted(str(folder / 'outbox.jsonl'))}",
        f"look = {_quoted(shop.look)}",
        f"printer = {_quoted(shop.printer)}",
        f"printer_columns = {shop.printer_columns}",
        "practice = true",
    ]
    (folder / "regulars.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return json.dumps(text, ensure_ascii=False)


@db.atomic
def begin(*, by: Actor, now: Millis) -> None:
    """Make the open database one to practise on, for good: nothing that waits leaves it, no online shop is told.

    Raises: NotAllowed.
    """
    require(by, "settings")
    audit.record("practice.begun", "practice", 0, by=by, now=now)
    delivery.cancel_all(reason="practice", now=now)
    for one in webhooks.all_webhooks(by=by):
        webhooks.end(one.id, by=by, now=now)


def end(folder: Path) -> bool:
    """Delete a copy; False if there is none. The shop loses nothing. Raises: NotACopy, PracticeInUse."""
    if not folder.exists():
        return False
    if _found(folder) is None and not (folder / "building").exists():
        raise NotACopy(folder=str(folder))
    with in_use(folder, fcntl.LOCK_EX):
        shutil.rmtree(folder)
    return True


def sweep(*, now: Millis) -> bool:
    """Delete a copy nobody wants any more, and one that holds somebody who has left; whether there was one."""
    if not db.is_sqlite() or settings.practising():
        return False
    folder = place_of(settings.current())
    copy = copy_in(folder)
    if copy is None:
        return False
    if now - copy.made_at < FORGOTTEN and unfit(copy, step=copy.step, erased_at=_erased_at()) is None:
        return False
    with contextlib.suppress(PracticeInUse):
        return end(folder)
    return False


def _erased_at() -> Millis | None:
    found: Millis | None = db.value("SELECT max(at) FROM audit WHERE entity = 'member' AND action = 'member.erased'")
    return found


def _deleted(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


@contextlib.contextmanager
def in_use(folder: Path, how: int) -> Iterator[None]:
    """Keep others from making or deleting the copy meanwhile; those who practise share it."""
    file = os.open(folder / ".in-use", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        raise PracticeInUse(folder=str(folder)) from None
    try:
        yield
    finally:
        os.close(file)
