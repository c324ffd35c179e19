"""When the program breaks: a number and a sentence, never what was in memory."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.tui.office import ListPage, office, running
from tui import crash

PHONE = "13800138000"


class Breaking(ListPage):
    def do_join(self) -> None:
        phone = PHONE
        raise KeyError(phone)

    def do_fifth(self) -> None:
        self.reading(self.read)

    async def read(self) -> None:
        phone = PHONE
        raise LookupError(phone)


@pytest.mark.parametrize(("key", "kind"), [("n", "KeyError"), ("f", "LookupError")])
def test_crash_shows_no_local_variable_and_logs_the_place(
    key: str, kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "crash.log"

    async def body() -> None:
        app = office(page=Breaking, log=log)
        with pytest.raises((KeyError, LookupError, Exception)):
            async with running(app) as (pilot, _page):
                await pilot.press(key)
                await pilot.pause()
        assert app.return_code == 1

    asyncio.run(body())
    shown = " ".join("".join(capfd.readouterr()).split())
    id = re.findall(r"error ([0-9A-F]{8})\.", shown)
    assert len(id) == 1 and f"错误号 {id[0]}" in shown and "Traceback" not in shown
    kept = log.read_text("utf-8")
    assert id[0] in kept and kind in kept and "test_crash.py" in kept
    assert PHONE not in shown + kept
    assert log.stat().st_mode & 0o777 == 0o600


def test_log_that_cannot_be_written_is_no_second_crash() -> None:
    assert re.fullmatch(r"[0-9A-F]{8}", crash.keep(ValueError(PHONE), Path("/nonexistent/crash.log")))
