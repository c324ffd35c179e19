"""The page for who receives webhooks: its code is run, its tables are what the program does."""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from core.books.events import KINDS, PING
from core.outreach import telling, webhooks
from notify.webhook import Parcel
from tests.fakes.shop import online_shop

DOCS = Path(__file__).resolve().parents[2] / "docs"
LANGUAGES = pytest.mark.parametrize("language", ["en", "zh"])
SECONDS = {"s": 1, "min": 60, "h": 3600, "秒": 1, "分钟": 60, "小时": 3600}


def page(language: str) -> str:
    return (DOCS / language / "webhooks.md").read_text("utf-8")


def block(language: str, kind: str) -> str:
    return page(language).split(f"```{kind}\n")[1].split("```")[0]


def parcel(*keys: bytes, at_s: int | None = None, body: bytes = b'{"id":"7"}') -> Parcel:
    return Parcel("https://shop.example/", "7", int(time.time()) if at_s is None else at_s, body, keys)


@LANGUAGES
def test_its_ten_lines_tell_ours_from_others(language: str) -> None:
    space: dict[str, Any] = {}
    exec(block(language, "python"), space)
    verify, key = space["verify"], bytes(range(32))
    secret = webhooks.secret_text(key)
    good = parcel(b"another", key)
    assert verify(secret, good.headers, good.body)
    assert not verify(secret, good.headers, good.body + b" ")
    assert not verify(secret, parcel(b"another").headers, good.body)
    old = parcel(key, at_s=1_780_027_200)
    assert not verify(secret, old.headers, old.body)


@LANGUAGES
def test_its_lines_for_the_shell_post_what_we_would(language: str) -> None:
    missing = [tool for tool in ("openssl", "curl") if shutil.which(tool) is None]
    if missing:
        reason = f"{' and '.join(missing)} is missing"
        if os.environ.get("REGULARS_NO_SKIPS"):
            pytest.fail(reason)
        pytest.skip(reason)
    key = bytes(range(200, 232))
    ours = parcel(key, at_s=1_780_027_200)
    with online_shop() as online:
        given = {"SECRET": webhooks.secret_text(key), "URL": online.url, "ID": "7", "TIME": "1780027200",
                 "BODY": '{"id":"7"}'}  # fmt: skip
        subprocess.run(["sh", "-ec", block(language, "sh")], env=os.environ | given, check=True, capture_output=True)
    (taken,) = online.taken
    assert {name: taken.headers[name] for name in ours.headers if name.startswith("webhook-")} == {
        name: value for name, value in ours.headers.items() if name.startswith("webhook-")
    }


@LANGUAGES
def test_its_table_names_every_event(language: str) -> None:
    assert re.findall(r"^\| `([a-z.]+)` \|", page(language), re.M) == [*KINDS, PING]


@LANGUAGES
def test_its_pauses_are_ours(language: str) -> None:
    (row,) = [line for line in page(language).splitlines() if "12 h" in line or "12 小时" in line]
    pauses = [int(count) * SECONDS[unit] for count, unit in re.findall(r"(\d+) (s|min|h|秒|分钟|小时)", row)]
    assert pauses[-8:] == [one // 1000 for one in telling.PAUSES]
