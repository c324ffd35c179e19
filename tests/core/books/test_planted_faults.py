"""Faults planted in the books, one at a time: the machine that plays them against the pencil must see each."""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.mutants.__main__ import ROOT, SKIPPED


def _planted() -> dict[str, tuple[str, str, str]]:
    """The faults by name: the file, what stands there (-) and what is put there (+)."""
    found = {}
    for block in Path(__file__).with_name("planted.txt").read_text("utf-8").split("\n\n"):
        head, *lines = block.splitlines()
        name, path = head.removeprefix("= ").split(" | ")
        before, after = ("\n".join(line[2:] for line in lines if line[0] == sign) for sign in "-+")
        found[name] = (path, before, after)
    return found


PLANTED = _planted()


@pytest.mark.parametrize("name", PLANTED)
def test_a_fault_can_be_planted(name: str) -> None:
    path, before, after = PLANTED[name]
    whole = (ROOT / path).read_text("utf-8")
    assert whole.count(before) == 1
    assert before != after
    compile(whole.replace(before, after), path, "exec")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_machine_sees_every_planted_fault(tmp_path: Path) -> None:
    copies = [tmp_path / str(number) for number in range(2)]
    for copy in copies:
        shutil.copytree(ROOT, copy, ignore=SKIPPED)
        assert _passes(copy)
    with ThreadPoolExecutor(2) as pool:
        halves = [pool.submit(_unseen, copy, [*PLANTED][at::2]) for at, copy in enumerate(copies)]
        unseen = [name for half in halves for name in half.result()]
    print(f"{len(PLANTED)} planted, {len(PLANTED) - len(unseen)} seen")
    assert unseen == []


def _unseen(copy: Path, names: list[str]) -> list[str]:
    found = []
    for name in names:
        path, before, after = PLANTED[name]
        file = copy / path
        whole = file.read_text("utf-8")
        file.write_text(whole.replace(before, after), "utf-8")
        if _passes(copy):
            found.append(name)
        file.write_text(whole, "utf-8")
    return found


def _passes(copy: Path) -> bool:
    """Whether the machine finds nothing in a copy of the program."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-k", "on_sqlite"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([*command, "tests/core/books/test_books_machine.py"], cwd=copy, env=environment,
                          capture_output=True, text=True, timeout=600, check=False)  # fmt: skip
    assert done.returncode in (0, 1), done.stdout[-2000:]
    return done.returncode == 0
