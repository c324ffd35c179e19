import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from notify.channel import Accepted, CannotTell, OutMessage, Retry
from notify.file import FileChannel

HELLO = OutMessage(outbox_id=12, attempt=1, to="+8613800138000", body="生日快乐！", language="zh")


def test_file_gets_one_json_line_a_message(tmp_path: Path) -> None:
    path = tmp_path / "sent.jsonl"
    assert FileChannel(path, "sms").send(HELLO) == Accepted("file-12-1")
    row = json.loads(path.read_text(encoding="utf-8"))
    assert (row["sid"], row["channel"], row["to"], row["body"]) == (
        "file-12-1",
        "sms",
        "+8613800138000",
        "生日快乐！",
    )


def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sent.jsonl"
    FileChannel(path).send(HELLO)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_find_settles_an_accepted_message(tmp_path: Path) -> None:
    FileChannel(tmp_path / "sent.jsonl").send(HELLO)
    again = FileChannel(tmp_path / "sent.jsonl")
    assert again.find(HELLO, since_ms=0, taken=()) == "file-12-1"


@pytest.mark.parametrize(
    "other",
    [
        OutMessage(13, 1, "+8613800138000", "生日快乐！"),
        OutMessage(12, 1, "+8613800138001", "生日快乐！"),
        OutMessage(12, 1, "+8613800138000", "别的"),
    ],
)
def test_find_says_no_for_another_message(tmp_path: Path, other: OutMessage) -> None:
    channel = FileChannel(tmp_path / "sent.jsonl")
    channel.send(HELLO)
    assert channel.find(other, since_ms=0, taken=()) is None


def test_find_skips_sids_that_are_taken(tmp_path: Path) -> None:
    channel = FileChannel(tmp_path / "sent.jsonl")
    channel.send(HELLO)
    assert channel.find(HELLO, since_ms=0, taken={"file-12-1"}) is None


def test_find_says_no_before_the_first_message(tmp_path: Path) -> None:
    assert FileChannel(tmp_path / "sent.jsonl").find(HELLO, since_ms=0, taken=()) is None


def test_find_cannot_tell_when_the_file_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(CannotTell):
        FileChannel(tmp_path).find(HELLO, since_ms=0, taken=())


def test_half_a_line_left_by_a_crash_spoils_nothing(tmp_path: Path) -> None:
    path = tmp_path / "sent.jsonl"
    path.write_text('{"sid": "file-11-1", "bo', encoding="utf-8")
    channel = FileChannel(path)
    channel.send(HELLO)
    assert channel.find(HELLO, since_ms=0, taken=()) == "file-12-1"


def test_a_file_that_cannot_be_opened_is_a_retry(tmp_path: Path) -> None:
    assert FileChannel(tmp_path).send(HELLO) == Retry("open: IsADirectoryError")


def test_threads_do_not_mix_lines(tmp_path: Path) -> None:
    path = tmp_path / "sent.jsonl"
    channel = FileChannel(path)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(channel.send, [OutMessage(n, 1, "+8613800138000", "字" * 500) for n in range(40)]))
    ids = [json.loads(line)["outbox_id"] for line in path.read_text(encoding="utf-8").splitlines()]
    assert sorted(ids) == list(range(40))
