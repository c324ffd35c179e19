"""After somebody left, their name and number are in no byte of the shop's folder, nor in a backup made afterwards."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from core.base import db, text
from core.base.drivers import peewee
from core.books import outbox
from core.books.outbox import Letter
from core.keeping import doctor, erasure
from core.outreach import delivery
from core.people import members, reissue, tags, websessions
from core.selling import parking
from tests.kiosk.conftest import OURS, Screen, code_sent
from tests.shops import NOON, Shop

sqlite3 = peewee.sqlite3  # type: ignore[attr-defined]
"""The shop's own library: another one in the same process sees none of its locks."""
NAME, MAIDEN, NUMBER, BEFORE = "欧阳鸿渐", "欧阳鸿雁", "13987651234", "13876540321"
NEEDLES = (NAME, MAIDEN, NUMBER, BEFORE, "ouyanghongjian", "oyhj", "对花生过敏", "枇杷街")


@pytest.fixture
def lived(visitor: FlaskClient, screen: Screen, one_shop: Shop, key: Callable[..., dict[str, str]]) -> int:
    """Someone who joined by phone, bought over the API, was written to, changed name and number, and was served."""
    visitor.post("/join", data={"way": "phone", "phone": BEFORE}, headers=OURS)
    page = visitor.post("/join/code", data={"code": code_sent()}, headers=OURS).text
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    visitor.post(
        "/join/terms", data={"sealed": sealed[1], "purpose": ["membership", "service"], "age": "yes"}, headers=OURS
    )
    visitor.post("/me/profile", data={"name": MAIDEN, "month": "5", "day": "17"}, headers=OURS)
    member = int(db.value("SELECT max(id) FROM member"))
    members.rename(member, NAME, by=one_shop.owner, now=NOON)
    reissue.phone(member, NUMBER, by=one_shop.owner, now=NOON)
    members.set_note(member, note="对花生过敏", alert="枇杷街", by=one_shop.owner, now=NOON)
    tags.set_tags(member, ["vip"], by=one_shop.owner, now=NOON)
    tea = one_shop.product("tea", 1800)
    _by_the_api(visitor, key("members", "members.edit", "members.phone", "sales"), member, tea)
    parking.park(one_shop.basket(("tea", 1), member=member), f"{NAME} 女士", by=one_shop.owner, now=NOON)
    websessions.start_session("kiosk", now=NOON, member_id=member, device_id=screen.device_id)
    _written_to(member)
    return member


def _by_the_api(client: FlaskClient, mine: dict[str, str], member: int, tea: int) -> None:
    line, tender = {"product_id": str(tea), "quantity_milli": 1000}, {"kind": "cash", "cents": 1800}
    sale = {"member_id": str(member), "expected_cents": 1800, "lines": [line], "tenders": [tender]}
    for number in range(2):  # the second is the first again
        sold = client.post("/api/v1/sales", json=sale, headers=mine | {"Idempotency-Key": "till-1-42"})
        assert sold.status_code == 201, sold.text
        client.post("/api/v1/members/identify", json={"phone": NUMBER}, headers=mine)
        joining = {"phone": NUMBER, "name": NAME}
        client.post("/api/v1/members", json=joining, headers=mine | {"Idempotency-Key": f"j{number}"})


def _written_to(member: int) -> None:
    @db.atomic
    def put() -> None:
        facts: dict[str, str | int] = {"shop": "Regulars", "name": NAME, "stored": "1.00", "bonus": "0.00"}
        for number in range(3):
            outbox.put(
                Letter(f"t{number}", "wallet_balance", "service", "zh", facts, NOON + 10**8, member_id=member), now=NOON
            )  # type: ignore[arg-type]

    put()
    for outbox_id in delivery.due_ids(now=NOON):
        delivery.claim(outbox_id, owner="test", now=NOON)


def spoken_of(folder: Path) -> list[str]:
    """Which files hold which of the words."""
    found = []
    for path in sorted(folder.rglob("*")):
        held = path.read_bytes() if path.is_file() else b""
        found += [f"{path.name}: {word}" for word in NEEDLES if word.encode() in held]
    return found


def test_nothing_of_them_is_left(lived: int, one_shop: Shop, tmp_path: Path) -> None:
    assert f"shop.db-wal: {NAME}" in spoken_of(tmp_path)
    before = db.rows("SELECT asset, sum(balance), count(*) FROM account GROUP BY asset ORDER BY asset")
    seen = erasure.preview(lived, now=NOON)
    erasure.erase(lived, mark=seen.mark, by=one_shop.owner, now=NOON)
    backup = sqlite3.connect(tmp_path / "later.backup")
    with sqlite3.connect(tmp_path / "shop.db") as source:
        source.backup(backup)
    backup.close()
    assert spoken_of(tmp_path) == []
    assert text.masked_phone("+86" + NUMBER) in (tmp_path / "later.backup").read_text("utf-8", "ignore")
    assert db.rows("SELECT asset, sum(balance), count(*) FROM account GROUP BY asset ORDER BY asset") == before
    assert [one for one in doctor.examine(now=NOON) if one.check != "messages"] == []


def test_a_reader_keeps_the_log_and_the_next_run_empties_it(lived: int, one_shop: Shop, tmp_path: Path) -> None:
    reader = sqlite3.connect(tmp_path / "shop.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM member").fetchone()
    erasure.erase(lived, mark=erasure.preview(lived, now=NOON).mark, by=one_shop.owner, now=NOON)
    assert f"shop.db-wal: {NAME}" in spoken_of(tmp_path)
    assert db.take_up_log(wait_s=0.01) is False
    reader.execute("ROLLBACK")
    reader.close()
    assert db.take_up_log() is True
    assert spoken_of(tmp_path) == []


def test_the_request_answers_hold_ids_and_digests(lived: int) -> None:
    for scope, name, fingerprint, answer in db.rows("SELECT scope, key, fingerprint, answer FROM request"):
        assert re.fullmatch("[0-9a-f]{64}", fingerprint)
        assert re.fullmatch("-?[0-9]+", answer)
        assert json.dumps([scope, name]).count("1398") == 0
