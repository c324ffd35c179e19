import io

import pytest

from notify.channel import Accepted, CannotTell, OutMessage, Retry
from notify.console import ConsoleChannel

HELLO = OutMessage(outbox_id=12, attempt=1, to="+8613800138000", body="生日快乐！", language="zh")


def test_console_prints_one_line_with_the_phone_masked() -> None:
    stream = io.StringIO()
    assert ConsoleChannel("sms", stream).send(HELLO) == Accepted("console-12-1")
    assert stream.getvalue() == "[sms] 138****8000 #12/1 zh: 生日快乐！\n"


def test_console_writes_to_stderr_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    ConsoleChannel().send(HELLO)
    assert capsys.readouterr().err == "[console] 138****8000 #12/1 zh: 生日快乐！\n"


def test_a_body_cannot_move_the_cursor() -> None:
    stream = io.StringIO()
    ConsoleChannel("sms", stream).send(OutMessage(1, 1, "+8613800138000", "a\x1b[2Jb\nc", subject="s\r"))
    assert stream.getvalue() == "[sms] 138****8000 #1/1 en: s  | a [2Jb c\n"


def test_a_broken_stream_is_a_retry() -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    assert ConsoleChannel("sms", Broken()).send(HELLO) == Retry("console: BrokenPipeError")


def test_console_cannot_tell_what_it_printed() -> None:
    with pytest.raises(CannotTell):
        ConsoleChannel().find(HELLO, since_ms=0, taken=())
