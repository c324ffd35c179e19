"""The doctor on the machine: a clock set back, a disk that fills, a silent scheduler, tables somebody changed."""

from pathlib import Path

import pytest

from core.base import db, i18n
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.base.settings import Settings
from core.keeping import channels, doctor, jobs, machine
from core.keeping.findings import Finding
from tests.shops import Shop


def told(found: list[Finding]) -> list[tuple[str, str]]:
    with i18n.use("en", zone="Asia/Shanghai"):
        return [(one.check, str(one.what)) for one in found]


def test_a_clock_that_stands_before_the_last_entry_is_named(shop: Shop) -> None:
    shop.give_points(shop.member(), 10)
    assert machine.findings(now=Millis(shop.now - HOUR)) == []
    ((check, what),) = told(machine.findings(now=Millis(shop.now - DAY)))
    assert check == "clock"
    assert "says 2026-05-28 12:00, but the last entry is of 2026-05-29 12:00" in what


def test_a_disk_that_fills_is_named_before_it_is_full(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 499_000_000}))
    ((check, what),) = told(machine.findings(now=shop.now))
    assert (check, what.startswith("The disk has 499 MB left; 500 MB are needed")) == ("disk", True)


def test_a_scheduler_that_was_at_work_and_is_not_is_named(shop: Shop) -> None:
    assert machine.findings(now=shop.now) == []
    jobs.beat("a", now=shop.now)
    assert machine.findings(now=Millis(shop.now + 9 * MINUTE)) == []
    later = Millis(shop.now + 25 * MINUTE)
    assert told(machine.findings(now=later)) == [("scheduler", "The scheduler was last seen at work 25 minutes ago.")]
    jobs.claim("churn", "2026-05-29", owner="a", now=Millis(shop.now + 5 * MINUTE))
    assert machine.findings(now=later) == []


def test_tables_changed_by_hand_are_named(shop: Shop) -> None:
    trigger = "entry_no_update" if db.is_sqlite() else "entry_append_only"
    change = db.atomic(lambda: [db.run("DROP INDEX sale_day"), db.run(f"DROP TRIGGER {trigger}{_on('entry')}"),
                                db.run("ALTER TABLE tag ADD COLUMN colour TEXT")])  # fmt: skip
    change()
    found = {what for check, what in told(doctor.examine(now=shop.now)) if check == "schema"}
    assert found >= {"index sale_day of the database is missing.", f"trigger {trigger} of the database is missing."}
    assert db.is_sqlite() is ("table tag of the database is not as this program makes it." in found)


def _on(table: str) -> str:
    return "" if db.is_sqlite() else f" ON {table}"


def test_what_others_add_beside_our_tables_is_theirs(shop: Shop) -> None:
    db.atomic(lambda: db.run("CREATE TABLE theirs (id INTEGER)"))()
    assert doctor.examine(now=shop.now) == []


@pytest.mark.parametrize(
    ("level", "step"), [(-1, "Install the newer program that made it"), (1, "Run `regulars upgrade`.")]
)
def test_a_database_of_another_version_is_named_with_what_to_do(one_shop: Shop, level: int, step: str) -> None:
    if level > 0:
        db.atomic(lambda: db.run("DELETE FROM migration WHERE number = (SELECT max(number) FROM migration)"))()
    else:
        db.atomic(lambda: db.add("migration", number=9999, name="later", hash="x", at=1))()
    found = [str(one.next_step) for one in doctor.examine(now=one_shop.now) if one.check == "schema"]
    assert [said.startswith(step) for said in found] == [True]


GATEWAY = str(Path(__file__).resolve().parents[3] / "docs" / "examples" / "gateway-form.toml")


@pytest.mark.parametrize(
    ("given", "begins"),
    [
        ({"channel": "twilio", "twilio_from": "+1"},
         ["Messages go by Twilio, but twilio_account_sid is empty.", "Messages go by Twilio, but twilio_auth_"]),
        ({"channel": "twilio", "twilio_account_sid": "AC1", "twilio_auth_token": "t"},
         ["Messages go by Twilio, but no sender is set."]),
        ({"public_url": "https://vip.example.cn"}, ["Phones can reach the shop, but messages go to the console"]),
        ({"public_url": "https://vip.example.cn", "channel": "file"}, []),
        ({"public_url": "https://vip.example.cn", "demo": True}, []),
        ({}, []),
        ({"channel": "twilio", "twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_from": "+1"}, []),
        ({"channel": "gateway", "gateway_file": "/nowhere/gateway.toml"},
         ["Messages go by a gateway, but its file /nowhere/gateway.toml cannot be read."]),
        ({"channel": "gateway", "gateway_file": GATEWAY},
         ["The gateway's file asks for {key}, but", "The gateway's file asks for {secret}, but"]),
        ({"channel": "gateway", "gateway_file": GATEWAY, "gateway_key": "k", "gateway_secret": "s"}, []),
        ({"channel": "gateway", "gateway_file": __file__},
         ["The gateway's file " + __file__ + " is not TOML: "]),
        ({"channel": "gateway", "gateway_file": GATEWAY, "gateway_key": "k", "gateway_secret": "s",
          "twilio_whatsapp_from": "+14155238886", "twilio_account_sid": "AC1"},
         ["Messages go by Twilio, but twilio_auth_token is empty."]),
        ({"channel": "gateway", "gateway_file": GATEWAY, "gateway_key": "k", "gateway_secret": "s",
          "smtp_url": "smtps://mail.example.com"}, ["Mail goes by smtp_url, but mail_from is empty."]),
    ],
)  # fmt: skip
def test_a_channel_that_reaches_nobody_is_named(given: dict[str, object], begins: list[str]) -> None:
    found = [what for _check, what in told(channels.findings(Settings(**given)))]  # type: ignore[arg-type]
    assert [one.startswith(begin) for one, begin in zip(found, begins, strict=True)] == [True] * len(begins)
