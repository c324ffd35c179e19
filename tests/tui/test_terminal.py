"""On a real terminal: refused without one, silent when idle, small answers, clean end."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.tui import terminals
from tests.tui.terminals import ROOT, Terminal

PROGRAM = """
import sys
from pathlib import Path
from core.base import db, settings
settings.use(settings.Settings(secret="test secret"))
db.open_database(sys.argv[1], durable=False)
from core.tables import schema
schema.migrate(now=1_763_700_000_000)
from tui import start
start.prepare()
import tui.sections
from dataclasses import replace
page = tui.sections.lazy("tests.tui.office:ListPage")
tui.sections.SECTIONS = tuple(replace(section, page=page) for section in tui.sections.SECTIONS)
from tests.tui.office import clerk
sys.exit(start.run(clerk(sys.argv[2]), log=Path(sys.argv[3])))
"""


@contextmanager
def terminal(folder: Path, language: str) -> Iterator[Terminal]:
    environ = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
    arguments = [str(folder / "shop.db"), language, str(folder / "crash.log")]
    with terminals.running([sys.executable, "-c", PROGRAM, *arguments], environ) as shown:
        yield shown


def test_program_refuses_to_start_without_a_terminal() -> None:
    code = "import sys; from tui.start import run;code = run(None); assert 'textual' not in sys.modules; sys.exit(code)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert done.returncode == 2, done.stderr
    assert done.stderr == (
        "后台需要在终端里运行。用 SSH 时加上 -t。\nThe back-office needs a terminal. Over SSH, add -t.\n"
    )


@pytest.mark.parametrize("language", ["en", "zh"])
def test_session_on_a_terminal_is_quick_silent_and_ends_clean(tmp_path: Path, language: str) -> None:
    with terminal(tmp_path, language) as shop:
        first = shop.until("王伟芳 0")
        assert shop.lines[1].startswith(" F2 今日" if language == "zh" else " F2 Today")
        assert len(first) <= 60_000
        assert b"\x1b[>25u" not in first

        # Of five moves, because on a busy machine a late paint of the start may fall into one of them.
        moves = sorted(len(shop.press("\x1b[B")) for _ in range(5))
        assert moves[0] > 0
        assert moves[2] <= 2_000
        assert 0 < len(shop.press("x")) <= 30_000
        assert any("Sure?" in line for line in shop.lines)
        assert 0 < len(shop.press("\x1b")) <= 30_000
        assert 0 < len(shop.press("/")) <= 2_000
        shop.read(quiet_s=1)
        assert shop.read(quiet_s=5) == b""

        os.write(shop.file, b"\x0c")
        shop.until("F2 Today" if language == "zh" else "F2 今日")
        assert shop.lines[1].startswith(" F2 Today" if language == "zh" else " F2 今日")

        os.write(shop.file, b"\x11")
        shop.read(quiet_s=2)
        assert os.waitstatus_to_exitcode(os.waitpid(shop.pid, 0)[1]) == 0
    assert not (tmp_path / "crash.log").exists()


def test_a_terminal_that_is_gone_ends_the_session_though_no_signal_comes(tmp_path: Path) -> None:
    ignoring = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + PROGRAM
    environ = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
    arguments = [str(tmp_path / "shop.db"), "en", str(tmp_path / "crash.log")]
    with terminals.running([sys.executable, "-c", ignoring, *arguments], environ) as shop:
        shop.until("王伟芳 0")
        assert any("王伟芳 0" in line for line in shop.lines)
        with open(os.devnull, "rb") as nothing:
            os.dup2(nothing.fileno(), shop.file)  # which closes the only other end
        assert waited(shop.pid, limit_s=10)
    assert not (tmp_path / "crash.log").exists()


def waited(pid: int, *, limit_s: float) -> bool:
    """Whether a process ends by itself in time."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return True
        time.sleep(0.1)
    return False
