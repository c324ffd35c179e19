"""The rest of deploy/kiosk as it is shipped: the units, the start of the browser, the watchdog."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page

from core.base import clock, settings
from core.people import devices
from kiosk import app as door
from tests import shops
from tests.kiosk.managed import POLICY, debugging_port
from tests.serving import served

DEPLOY = Path(__file__).parents[2] / "deploy" / "kiosk"
UNITS = {path.name: path for folder in (DEPLOY, DEPLOY.parent / "systemd") for path in sorted(folder.iterdir())
         if path.suffix in (".service", ".timer")}  # fmt: skip
INSTALLED = {"/usr/local/sbin": str(DEPLOY), "/opt/regulars/bin/regulars": "/bin/true"}
"""Where the units look for programs, and what stands there in a test."""

CAGE = """#!/bin/sh
echo "$@" >"$HOME/cage"
while [ "$1" != -- ]; do shift; done
shift
exec "$@"
"""
CHROMIUM = """#!/bin/sh
exec /usr/bin/chromium --headless=new --no-sandbox --disable-gpu --disable-quic --disable-background-networking \\
  --disable-sync --remote-debugging-port=0 "$@"
"""
SYSTEMCTL = """#!/bin/sh
case "$1" in
  show) echo {began_us} ;;
  *) echo "$@" >>{log} ;;
esac
"""


def need(tool: str) -> None:
    """Skip by name where a tool is missing, unless nothing may be skipped."""
    if shutil.which(tool) is None:
        reason = f"{tool} is not installed"
        if os.environ.get("REGULARS_NO_SKIPS"):
            pytest.fail(reason)
        pytest.skip(reason)


def program(path: Path, source: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(source)
    path.chmod(0o755)


@pytest.fixture
def app(one_shop: shops.Shop) -> Flask:
    """The kiosk's server as an application."""
    mine = settings.Settings(secret="test secret")
    settings.use(mine)
    return door.create_app(mine)


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The same, served; its address."""
    with served(door.server(app, host="127.0.0.1", port=0, threads=4)) as url:
        app.config["SETTINGS"] = settings.Settings(secret="test secret", public_url=url)
        yield url


# --- units -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_finds_nothing_wrong_with_a_unit(unit: str, tmp_path: Path) -> None:
    need("systemd-analyze")
    for name, path in UNITS.items():
        source = path.read_text("utf-8")
        for place, instead in INSTALLED.items():
            source = source.replace(place, instead)
        (tmp_path / name).write_text(source, "utf-8")
    done = subprocess.run(["systemd-analyze", "verify", str(tmp_path / unit)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


# --- the page that explains it ----------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_explains_every_key_of_the_policy_and_no_other(language: str) -> None:
    rows = re.findall(r"^\| (`[A-Z].*?) \|", _page(language), re.M)
    assert [name for row in rows for name in re.findall(r"`(\w+)`", row)] == list(json.loads(POLICY.read_text("utf-8")))


def test_both_languages_give_the_same_commands() -> None:
    english, chinese = (re.findall(r"^ *```\n(.*?)^ *```", _page(one), re.S | re.M) for one in ("en", "zh"))
    assert [_bare(block) for block in english] == [_bare(block) for block in chinese]
    assert len(english) == 5


def _page(language: str) -> str:
    return (DEPLOY.parents[1] / "docs" / language / "kiosk.md").read_text("utf-8")


def _bare(block: str) -> str:
    """Commands without what is said about them."""
    return re.sub(r" +# .*", "", block)


# --- the watchdog ----------------------------------------------------------------------------------


@dataclass
class Watchdog:
    """The shipped script with a systemctl that only writes down what it is asked."""

    folder: Path
    kiosk: str

    def looks(self, *, browser_runs_s: int = 3600) -> list[str]:
        """What it asks systemd for after one look."""
        log = self.folder / "asked"
        began_us = int((float(Path("/proc/uptime").read_text().split()[0]) - browser_runs_s) * 1_000_000)
        program(self.folder / "bin" / "systemctl", SYSTEMCTL.format(began_us=began_us, log=log))
        environ = os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "REGULARS_KIOSK": self.kiosk}
        subprocess.run([DEPLOY / "regulars-kiosk-watch"], env=environ, check=True, capture_output=True, timeout=30)
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def watchdog(tmp_path: Path, site: str) -> Watchdog:
    """A watchdog of this server's page."""
    need("curl")
    return Watchdog(tmp_path, site)


def test_a_page_that_asks_is_left_alone(watchdog: Watchdog) -> None:
    assert watchdog.looks() == []


def test_a_silent_page_is_started_anew(watchdog: Watchdog, app: Flask) -> None:
    app.config["PULSE"].asked_s -= 61
    assert watchdog.looks() == ["try-restart regulars-kiosk-browser.service"]


def test_a_browser_that_has_just_started_gets_its_minute(watchdog: Watchdog, app: Flask) -> None:
    app.config["PULSE"].asked_s -= 61
    assert watchdog.looks(browser_runs_s=50) == []


def test_a_server_that_does_not_answer_restarts_no_browser(tmp_path: Path) -> None:
    assert Watchdog(tmp_path, "http://127.0.0.1:9").looks() == []


# --- the start of the browser ----------------------------------------------------------------------


@dataclass
class Machine:
    """A kiosk's machine whose compositor shows nothing; its two folders are those that systemd makes."""

    folder: Path
    browser: Browser

    @contextmanager
    def started(self, kiosk: str) -> Iterator[Page]:
        """Run the shipped script as after a start of the unit; the page it opens. At the end all of it is killed."""
        runtime, state = self.folder / "run", self.folder / "state"
        shutil.rmtree(runtime, ignore_errors=True)
        for made in (runtime, state):
            made.mkdir(exist_ok=True)
        environ = os.environ | {
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}", "RUNTIME_DIRECTORY": str(runtime),
            "STATE_DIRECTORY": str(state), "REGULARS_KIOSK": kiosk, "REGULARS_KIOSK_CAGE": "-d -s",
            "REGULARS_KIOSK_BEFORE": "touch $HOME/before",
        }  # fmt: skip
        command = [DEPLOY / "regulars-kiosk-browser"]
        running = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            port = debugging_port(runtime / "profile")
            context = self.browser.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}").contexts[0]
            yield context.pages[0]
        finally:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()

    def cookies(self) -> list[str]:
        """The cookies that have reached the disk; the running browser keeps the file to itself."""
        file = self.folder / "state" / "Cookies"
        with closing(sqlite3.connect(f"file:{file}?immutable=1", uri=True)) as kept:
            return [str(name) for (name,) in kept.execute("SELECT name FROM cookies")]


@pytest.fixture
def machine(tmp_path: Path, browser: Browser) -> Machine:
    """A machine with Chromium on it."""
    need("curl")
    program(tmp_path / "bin" / "cage", CAGE)
    program(tmp_path / "bin" / "chromium", CHROMIUM)
    return Machine(tmp_path, browser)


@pytest.mark.browser
@pytest.mark.slow
def test_a_killed_browser_comes_back_paired(machine: Machine, site: str, one_shop: shops.Shop) -> None:
    code = devices.new_pairing(one_shop.store, "door", by=one_shop.owner, now=clock.now())
    with machine.started(site) as page:
        for char in code:
            page.locator(f'[data-key="{char}"]').click()
        page.locator('[data-send="pair"]').click()
        page.locator(".face-attract").wait_for()
        _until_kept(machine, "__Host-device")
    with machine.started(site) as page:
        page.locator(".face-attract").wait_for()
        assert page.url == f"{site}/kiosk"


def _until_kept(machine: Machine, cookie: str) -> None:
    """Chromium writes its cookies every half minute."""
    end = time.monotonic() + 60
    while cookie not in machine.cookies():
        assert time.monotonic() < end
        time.sleep(1)


@pytest.mark.browser
def test_the_compositor_gets_its_options_and_what_comes_before(machine: Machine, site: str) -> None:
    with machine.started(site):
        told = (machine.folder / "run" / "cage").read_text()
    assert told.startswith("-d -s -- sh -c touch $HOME/before; exec chromium")
    assert (machine.folder / "run" / "before").exists()


def test_nothing_is_opened_before_the_server_answers(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "cage", CAGE)
    environ = os.environ | {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}", "RUNTIME_DIRECTORY": str(tmp_path),
        "STATE_DIRECTORY": str(tmp_path), "REGULARS_KIOSK": "http://127.0.0.1:9",
    }  # fmt: skip
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([DEPLOY / "regulars-kiosk-browser"], env=environ, timeout=3)
    assert not (tmp_path / "cage").exists()
