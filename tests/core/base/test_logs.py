"""The log: one line a fact, text or JSON, with nothing personal in it whoever wrote the line."""

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import logs, settings
from core.base.settings import SettingInvalid

log = logs.get("test")


@pytest.fixture
def kept() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    logs.begin(stream=stream)
    yield stream
    logs.end()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("+86 138-0013-8000 called", "… called"), ("１３８００１３８０００", "…"), ("(415) 555-2671", "…"),
        ("code 482913", "code …"), ("wang.wei+vip@example.cn", "…"), ("192.168.1.50", "…"),
        ("C1.8QK2M9D4XABCD", "…"), ("R1.8QK2M9D4XABCD.1780000000.12345678", "…"), ("K1.8QK2M9D4XAB", "…"),
        ("Bearer sk_7QK2M9D4_ABCDEFGHJKMNPQRSTVWXYZ0123456789", "Bearer …"),
        ("SM0123456789abcdef0123456789abcdef", "…"),
        ("2026-05-29", "2026-05-29"), ("by hand 2026-05-29T04:00:00.000", "by hand 2026-05-29T04:00:00.000"),
        ("points-expire", "points-expire"), ("/api/v1/members/<int:member_id>", "/api/v1/members/<int:member_id>"),
    ],
)  # fmt: skip
def test_what_is_personal_is_masked_and_the_rest_stays(given: str, left: str) -> None:
    assert logs.mask(given) == left


AROUND = st.text(alphabet="ab王 .:/@()?=é_", max_size=12)


@given(st.integers(13_000_000_000, 19_999_999_999), AROUND, AROUND, st.sampled_from(["", " ", "-", ") "]))
def test_no_number_survives_whatever_stands_around_it(number: int, before: str, after: str, between: str) -> None:
    typed = between.join([str(number)[:3], str(number)[3:7], str(number)[7:]])
    assert [char for char in logs.mask(f"{before}{typed}{after}") if char.isdigit()] == []


def test_a_line_has_its_figures_and_where_something_broke(kept: io.StringIO) -> None:
    def fail(phone: str) -> None:
        raise KeyError(f"王伟芳 {phone}")

    try:
        fail("13800138000")
    except KeyError as error:
        logs.note(log, "tick failed", level=logging.ERROR, error=error, outbox=1_000_000_123, to="13800138000")
    (line,) = lines(kept)
    assert (line["level"], line["log"], line["what"], line["outbox"], line["to"], line["error"]) == (
        "error", "test", "tick failed", 1_000_000_123, "…", "KeyError",
    )  # fmt: skip
    assert str(line["at"]).count("test_logs.py") == 2
    assert "13800138000" not in kept.getvalue() and "王伟芳" not in kept.getvalue()


def test_a_library_says_its_first_line_without_what_it_filled_in(kept: io.StringIO) -> None:
    strange = logging.getLogger("some.library")
    try:
        raise ValueError("王伟芳 13800138000")
    except ValueError:
        strange.exception("Exception while serving %s", "/me/王伟芳")
    strange.error("Task exception was never retrieved\nfuture: <Task exception=ValueError('王伟芳')>")
    strange.info("not written at all")
    first, second = lines(kept)
    assert (first["what"], first["error"]) == ("Exception while serving %s", "ValueError")
    assert second["what"] == "Task exception was never retrieved"
    assert "王伟芳" not in kept.getvalue()


def test_on_a_terminal_lines_are_for_readers() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    logs.begin(stream=stream)
    logs.note(log, "job", name="churn", ms=12)
    logs.end()
    assert stream.getvalue()[19:] == " info    test: job name=churn ms=12\n"


def test_below_its_level_nothing_is_written(tmp_path: Path) -> None:
    logs.begin(file=tmp_path / "regulars.log", level="warning")
    logs.note(log, "quiet")
    assert not (tmp_path / "regulars.log").exists()
    logs.note(log, "loud", level=logging.WARNING)
    logs.end()
    assert json.loads((tmp_path / "regulars.log").read_text("utf-8"))["what"] == "loud"
    assert (tmp_path / "regulars.log").stat().st_mode & 0o777 == 0o600


def test_a_log_that_cannot_be_written_breaks_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    logs.begin(file=Path("/nonexistent/regulars.log"))
    logs.note(log, "lost", to="13800138000")
    logs.end()
    assert capsys.readouterr() == ("", "")


def test_an_id_of_an_error_is_never_taken_for_a_number() -> None:
    assert [one for one in (logs.fresh_id() for _ in range(2000)) if logs.mask(one) != one or len(one) != 8] == []


def test_what_nobody_foresaw_ends_a_process_without_its_memory() -> None:
    program = (
        "from core.base import logs\nlogs.begin()\nphone = '13800138000'\n"
        "raise LookupError('王伟芳 ' + phone)\n"
    )  # fmt: skip
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    first, said = done.stderr.splitlines()
    assert done.returncode == 1
    assert (json.loads(first)["what"], json.loads(first)["error"]) == ("broke", "LookupError")
    assert said == f"LookupError at <string>:4; error {json.loads(first)['id']}."


@pytest.mark.parametrize(("name", "given"), [("log_format", "xml"), ("log_level", "loud")])
def test_a_setting_of_the_log_must_be_one_of_a_few(tmp_path: Path, name: str, given: str) -> None:
    (tmp_path / "regulars.toml").write_text(f'{name} = "{given}"')
    with pytest.raises(SettingInvalid, match="choose one of"):
        settings.load(tmp_path, {})
