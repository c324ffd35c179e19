"""The bundle for whoever helps: how the shop stands, shown first, and nobody's name, number or secret in it."""

import zipfile
from pathlib import Path

import pytest

from core.base import db, i18n, settings
from core.base.clock import HOUR, Millis
from core.keeping import jobs, support
from core.people import devices
from tests.faults import doors
from tests.shops import Shop

NAME, PHONE, MAIL, SECRET = "欧阳青岚", "13987654321", "qinglan.ouyang@example.cn", "0123456789abcdef0123456789abcdef"
PARTS = {"about.txt", "settings.txt", "doctor.txt", "schema.txt", "jobs.txt", "figures.txt", "rows.txt"}


def made(folder: Path, now: int, *logs: Path) -> dict[str, str]:
    told = settings.told(folder, {"REGULARS_TWILIO_AUTH_TOKEN": SECRET})
    return support.bundle(told, version="0.1.0", log_files={one.name: one for one in logs}, now=Millis(now))


def test_it_says_how_the_installation_stands(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "regulars.toml").write_text("kiosk_port = 8081\ndatabase = 'postgresql://regulars:pw@10.0.0.2/shop'")
    shop.member(PHONE, name=NAME)
    jobs.claim("churn", "2026-05-29", owner="a", now=shop.now)
    jobs.finish("churn", "2026-05-29", state="failed", result=f"KeyError: {NAME}", now=Millis(shop.now + 1500))
    parts = made(tmp_path, shop.now)
    assert set(parts) == PARTS
    assert f"kiosk_port = 8081  [{tmp_path / 'regulars.toml'}]" in parts["settings.txt"]
    assert "twilio_auth_token = set  [REGULARS_TWILIO_AUTH_TOKEN]" in parts["settings.txt"]
    assert "channel = console  [default]" in parts["settings.txt"] and "regulars:pw" not in parts["settings.txt"]
    assert "jobs: Job churn of 2026-05-29 has failed." in parts["doctor.txt"]
    assert "churn 2026-05-29 failed 1.5 s" in parts["jobs.txt"]
    assert "member 1\n" in parts["rows.txt"] and "sale 0\n" in parts["rows.txt"]
    assert '"members": 1' in parts["figures.txt"]


def test_nobody_is_in_it(one_shop: Shop, tmp_path: Path) -> None:
    """Not even what an older program wrote into its log, or the names of keys that the doctor speaks of."""
    log, crash = tmp_path / "regulars.log", tmp_path / "crash.log"
    log.write_text(f'{{"what": "sent to {PHONE}", "to": "{MAIL}", "id": 1000012}}\nplain line for {PHONE} {MAIL}\n')
    crash.write_text("2026-05-29T04:00:00.000+00:00 7F3A19C2\nbuiltins.KeyError\n  /opt/regulars/tui/app.py:12 act\n")
    (tmp_path / "regulars.toml").write_text(f"twilio_from = '+86{PHONE}'")
    one_shop.member(PHONE, name=NAME, email=MAIL)
    ends = Millis(one_shop.now + HOUR)
    key = devices.new_key(NAME, one_shop.store, ("sales",), by=one_shop.owner, now=one_shop.now, expires_at=ends)
    parts = made(tmp_path, one_shop.now, log, crash)
    whole = "".join(parts.values())
    assert [one for one in (NAME, PHONE, MAIL, SECRET, key.split("_")[2], "test secret") if one in whole] == []
    assert '"id": 1000012' in parts["regulars.log"] and "app.py:12 act" in parts["crash.log"]
    assert "The API key" in parts["doctor.txt"]


def test_what_cannot_be_read_is_said_and_the_rest_is_there(one_shop: Shop, tmp_path: Path) -> None:
    db.atomic(lambda: db.run("DROP TABLE job_run"))()
    parts = made(tmp_path, one_shop.now)
    assert parts["jobs.txt"] == "could not be read: OperationalError\n"
    assert "member 0\n" in parts["rows.txt"] and "table job_run: missing" in parts["schema.txt"]


def test_the_command_shows_it_first_and_writes_it_for_this_account(
    tmp_path: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = doors.open_folder(tmp_path / "shop", empty_sqlite)
    told = doors.command(folder, "support", str(tmp_path / "help.zip"), "--yes", monkeypatch=monkeypatch)
    assert (told.code, "settings.txt: " in told.said, "help.zip is written" in told.said) == (0, True, True)
    with zipfile.ZipFile(tmp_path / "help.zip") as packed:
        assert set(packed.namelist()) >= PARTS
    assert (tmp_path / "help.zip").stat().st_mode & 0o777 == 0o600


def test_a_shop_whose_database_is_damaged_gets_one_too(
    tmp_path: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = doors.open_folder(tmp_path / "shop", empty_sqlite)
    (folder / "regulars.db").write_bytes(b"not a database at all " * 1000)
    with i18n.use("en"):
        told = doors.command(folder, "support", str(tmp_path / "help.zip"), "--yes", monkeypatch=monkeypatch)
    assert told.code == 0
    with zipfile.ZipFile(tmp_path / "help.zip") as packed:
        assert "could not be read" in packed.read("doctor.txt").decode()
        assert "kiosk_port" in packed.read("settings.txt").decode()
