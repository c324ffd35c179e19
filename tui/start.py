"""Starts the back-office: the terminal is made ready before Textual is imported."""

import os
import sys
from io import TextIOWrapper
from pathlib import Path

from core.base import clock, settings
from core.base.access import Actor
from core.base.i18n import N_
from core.books import rules
from core.people import sshkeys
from tui import hangup
from tui.crash import both

NO_TERMINAL = N_("The back-office needs a terminal. Over SSH, add -t.")


def run(actor: Actor | None, *, log: Path = Path("crash.log")) -> int:
    """Run the back-office until it is left; the database must be open. The exit code: 0, 1 or 2.

    Without an actor the sign-in comes first. `log` takes the details of a crash.
    """
    prepare()
    return _shown(actor, by_key=False, log=log) if _is_terminal() else _refused(NO_TERMINAL)


def run_by_key(key_id: int, *, log: Path = Path("crash.log")) -> int:
    """The same for an SSH key, which has proved who it is; left alone, such a session ends.

    Raises: SshKeyRefused.
    """
    prepare()
    if not _is_terminal():
        return _refused(NO_TERMINAL)
    return _shown(sshkeys.enter(key_id, now=clock.now()), by_key=True, log=log)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _shown(actor: Actor | None, *, by_key: bool, log: Path) -> int:
    from tui.app import BackOffice  # Textual reads the environment while it is imported
    from tui.gateway import Gateway
    from tui.screens import signin

    shop = rules.current(now=clock.now())
    gateway, app = Gateway(), None
    gateway.start()
    try:
        asked = signin.key_session() if by_key else signin.sign_in()
        app = BackOffice(actor, gateway, log=log, sign_in=asked, look=settings.current().look)
        app.shop_name = shop.shop_name
        app.run()
    finally:
        gateway.close()
        hangup.let_go(app)
    return app.return_code or 0


def prepare() -> None:
    """Set what Textual must find.

    Terminals lose what an input method commits under the Kitty protocol. PYTHONUTF8 comes too late for
    this process, so its streams are changed by hand: a GBK locale would break the screen.
    """
    os.environ.setdefault("TEXTUAL_DISABLE_KITTY_KEY", "1")
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ["PYTHONUTF8"] = "1"
    for pinned in ("COLUMNS", "LINES"):  # exported by a shell they would hold for every later size of the window
        os.environ.pop(pinned, None)
    for stream in (sys.__stdout__, sys.__stderr__):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _refused(template: str) -> int:
    sys.stderr.write(both(template) + "\n")
    return 2
