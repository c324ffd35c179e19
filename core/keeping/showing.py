"""Showing the demo: its own folder and database, kiosk and scheduler beside it, nothing real sent.

Settings of a real shop are not read, whatever the environment says; a database that is not the
demo's is never opened.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from core.base import clock, db, settings
from core.base.access import Actor
from core.base.errors import Refused
from core.base.i18n import N_, _, scope
from core.base.settings import Settings
from core.books import rules
from core.keeping import beside, demo, opening
from core.people import devices, staff
from core.tables import schema

MARK = "demo.mark"


class NotADemo(Refused):
    """The folder holds something that is not the demo's."""

    code = "not_a_demo"
    text = N_("{folder} holds a database that is not the demo's. Move it away, or run the demo elsewhere.")


@dataclass(frozen=True)
class Showing:
    """A demo that is running."""

    settings: Settings
    folder: Path
    pairing: str
    card: str
    done: dict[str, str]

    def lines(self) -> list[str]:
        """What runs where, for someone who sees it for the first time."""
        url = f"http://127.0.0.1:{self.settings.kiosk_port}"
        jobs = ", ".join(f"{name} {result}" for name, result in self.done.items()) or _("done before")
        return [
            "",
            _("Regulars demo: the tea shop 桂花里, two stores, 400 members, two years of sales."),
            _("  back-office   sign in as owner, manager, clerk or anna; password {password}", password=demo.PASSWORD),
            _(
                "  kiosk         {url}/kiosk   pair it with {code}; try scanning {card}",
                url=url,
                code=self.pairing,
                card=self.card,
            ),
            _("  API           {url}/api/v1/docs", url=url),
            _("  messages      only to {path}; nothing is really sent", path=str(self.folder / "scheduler.log")),
            _("  database      {path}", path=self.settings.database),
            _("  today's jobs  {jobs}", jobs=jobs),
            "",
        ]

    def owner(self, language: str | None = None) -> Actor:
        """The demo's owner, signed in; in the language of who looks at it, if that is known."""
        owner_id = db.value("SELECT id FROM staff WHERE login = 'owner'")
        found = staff.actor_of(int(owner_id))
        return replace(found, language=language or found.language)


@contextlib.contextmanager
def running(
    folder: Path, *, fresh: bool, say: Callable[[str], None], todays_jobs: Callable[[], dict[str, str]]
) -> Iterator[Showing]:
    """Make the demo if it is not there, run today's jobs, start kiosk and scheduler; all ends with the block.

    Raises: NotADemo.
    """
    chosen = _settings(folder)
    settings.use(chosen)
    _make(folder, chosen, fresh, say)
    done = todays_jobs()
    try:
        with beside.running(folder, _told(chosen)):
            yield _shown(folder, chosen, done)
    finally:
        db.close_database()


def _settings(folder: Path) -> Settings:
    base = settings.load(folder, {})
    path = folder / "demo.db"
    return Settings(
        database=str(path),
        secret=base.secret,
        kiosk_port=beside.free_port(),
        channel="console",
        outbox_file=str(folder / "outbox.jsonl"),
        demo=True,
    )


def _make(folder: Path, chosen: Settings, fresh: bool, say: Callable[[str], None]) -> None:
    path, mark = Path(chosen.database), folder / MARK
    if path.exists() and not mark.exists() and (folder / "building").exists():
        fresh = True  # an earlier first start was interrupted
    elif path.exists() and not mark.exists():
        raise NotADemo(folder=str(folder))
    if path.exists() and not fresh and _opened(chosen, say):
        _adopt_scope()
        return
    for old in folder.glob("demo.db*"):
        old.unlink()
    mark.unlink(missing_ok=True)
    (folder / "building").touch()
    say(_("Making the demo shop, once; about half a minute …"))
    db.open_database(chosen.database, durable=False)
    schema.migrate(now=clock.now())
    demo.build(now=clock.now(), progress=_progress if sys.stderr.isatty() else None)
    db.close_database()
    # So that `regulars --folder .demo …` finds the same shop, and can send nothing real either.
    (folder / "regulars.toml").write_text('database = "demo.db"\nchannel = "console"\ndemo = true\n', "utf-8")
    mark.touch()
    (folder / "building").unlink()
    db.open_database(chosen.database)
    _adopt_scope()


def _opened(chosen: Settings, say: Callable[[str], None]) -> bool:
    """Whether the demo made earlier fits this program; another one's is made anew, as nothing in it is anyone's."""
    db.open_database(chosen.database)
    try:
        schema.migrate(now=clock.now())
    except (schema.MigrationChanged, schema.DatabaseTooNew):
        db.close_database()
        say(_("The demo shop was made by another version of the program."))
        return False
    return True


def _adopt_scope() -> None:
    from core.base.i18n import set_scope

    shop = rules.current(now=clock.now())
    set_scope(scope().language, symbol=shop.symbol, zone=shop.zone)


def _progress(done: int, whole: int) -> None:
    width = 40
    filled = done * width // whole
    sys.stderr.write(
        f"\r  {'█' * filled}{'·' * (width - filled)} {done * 100 // whole:3d} %" + ("\n" if done == whole else "")
    )
    sys.stderr.flush()


def _told(chosen: Settings) -> dict[str, str]:
    """What the demo's other processes are told, by their environment alone."""
    return {
        "REGULARS_CONFIG": str(Path(chosen.database).parent / "none.toml"),
        "REGULARS_DATABASE": chosen.database,
        "REGULARS_SECRET": chosen.secret,
        "REGULARS_KIOSK_PORT": str(chosen.kiosk_port),
        "REGULARS_CHANNEL": chosen.channel,
        "REGULARS_DEMO": "1",
    }


def _shown(folder: Path, chosen: Settings, done: dict[str, str]) -> Showing:
    now = clock.now()
    owner_id = int(db.value("SELECT id FROM staff WHERE login = 'owner'"))
    owner = staff.actor_of(owner_id)
    code = devices.new_pairing(opening.stores()[0][0], "demo kiosk", by=owner, now=now)
    beside.wait_for(f"http://127.0.0.1:{chosen.kiosk_port}/health")
    return Showing(chosen, folder, f"{code[:4]}-{code[4:]}", demo.sign_in_hint(), done)
