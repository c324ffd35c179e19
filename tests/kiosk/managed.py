"""Chromium under the kiosk's policy, in a mount namespace of its own: this machine's browser never sees the file."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM, FLAGS

POLICY = Path(__file__).parents[2] / "deploy" / "kiosk" / "policies" / "managed" / "regulars-kiosk.json"
INSIDE = """#!/bin/sh
exec unshare --mount sh -c 'mount -t tmpfs tmpfs /etc/chromium && mkdir -p /etc/chromium/policies/managed &&
  cp {policy} /etc/chromium/policies/managed/ && exec {chromium} "$@"' sh "$@"
"""


def need_namespaces() -> None:
    """Skip by name where no private mounts can be made, unless nothing may be skipped."""
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/etc/chromium"]
    if Path(CHROMIUM).exists() and subprocess.run(tried, capture_output=True).returncode != 0:
        reason = "a private mount namespace needs root and unshare"
        if os.environ.get("REGULARS_NO_SKIPS"):
            pytest.fail(reason)
        pytest.skip(reason)


def chromium(folder: Path, *without: str) -> Path:
    """A program that starts Chromium under the policy as shipped, or without some of its keys."""
    need_namespaces()
    kept = {name: value for name, value in json.loads(POLICY.read_text("utf-8")).items() if name not in without}
    policy, program = folder / POLICY.name, folder / "chromium"
    policy.write_text(json.dumps(kept) if without else POLICY.read_text("utf-8"), "utf-8")
    program.write_text(INSIDE.format(policy=policy, chromium=CHROMIUM))
    program.chmod(0o755)
    return program


@dataclass(frozen=True)
class Debugged:
    """A running browser with an open debugging port."""

    url: str

    def targets(self) -> list[str]:
        """The addresses of everything it lists for a debugger."""
        with urllib.request.urlopen(f"{self.url}/json/list", timeout=10) as answer:
            return [str(one["url"]) for one in json.load(answer)]


@contextmanager
def running(program: Path, folder: Path, *more: str) -> Iterator[Debugged]:
    """Start a browser with a debugging port and no driver; it is killed at the end."""
    profile = folder / "profile"
    command = [str(program), "--headless=new", f"--user-data-dir={profile}", "--remote-debugging-port=0", *FLAGS, *more]
    environ = {**os.environ, "HOME": str(folder)}
    started = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield Debugged(f"http://127.0.0.1:{debugging_port(profile)}")
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def debugging_port(profile: Path) -> int:
    """The port a browser with this profile has opened for its debugger."""
    told = profile / "DevToolsActivePort"
    for _ in range(300):
        if told.exists() and told.read_text().strip():
            return int(told.read_text().split()[0])
        time.sleep(0.1)
    raise AssertionError("the browser opened no debugging port")
