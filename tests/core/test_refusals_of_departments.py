"""Refusals that no other test provokes, each with what it must name."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.base import db, settings
from core.base.errors import RegularsError
from core.base.settings import SettingInvalid
from core.books import locks
from core.books.locks import MemberErased, MemberMerged
from core.goods import catalogue
from core.goods.catalogue import ProductInvalid, ProductTaken
from core.keeping import showing
from core.keeping.showing import NotADemo
from core.loyalty import coupons
from core.loyalty.coupons import CouponGone
from core.people import birthdays
from core.people.birthdays import BirthdayUnreadable
from core.tables import schema
from core.tables.schema import DatabaseTooNew, MigrationChanged
from tests.shops import NOON, Shop


@db.atomic
def hold(member: int) -> None:
    locks.hold(member)


@pytest.mark.parametrize(("state", "refusal"), [("merged", MemberMerged), ("erased", MemberErased)])
def test_whoever_was_merged_or_forgotten_may_not_act(shop: Shop, state: str, refusal: type[RegularsError]) -> None:
    member = shop.member()
    db.run("UPDATE member SET state = ?, merged_into = 1 WHERE id = ?", (state, member))
    with pytest.raises(refusal):
        hold(member)


@pytest.mark.parametrize(("name", "cents"), [("", 100), ("x" * 81, 100), ("tea", -1), ("tea", 10**9)])
def test_a_product_that_cannot_be_right_is_refused(one_shop: Shop, name: str, cents: int) -> None:
    with pytest.raises(ProductInvalid):
        catalogue.create(name, cents, by=one_shop.owner, now=NOON)


def test_a_barcode_belongs_to_one_product_whose_name_is_told(one_shop: Shop) -> None:
    one_shop.product("tea", 1800, barcode="690")
    with pytest.raises(ProductTaken) as refusal:
        one_shop.product("cake", 3200, barcode="690")
    assert refusal.value.facts["other"] == "tea"


def test_a_coupon_used_meanwhile_cannot_be_used_again(shop: Shop) -> None:
    member = shop.member()
    shop.give_coupon(shop.coupon_kind("5", effect="amount", off_cents=500), member)
    (coupon,) = coupons.held_by(member, now=shop.now)
    db.run("UPDATE coupon SET state = 'cancelled'")
    with pytest.raises(CouponGone):
        coupons.use(replace(coupon), 1, now=shop.now)


@pytest.mark.parametrize("typed", ["tomorrow", "13", "8/15/1988", ""])
def test_a_birthday_that_cannot_be_read_is_told_how_to_write(typed: str) -> None:
    with pytest.raises(BirthdayUnreadable):
        birthdays.read(typed)


def test_a_database_of_a_younger_program_is_refused(sqlite: str) -> None:
    db.run("INSERT INTO migration (number, name, hash, at) VALUES (9999, 'later', 'x', 0)")
    with pytest.raises(DatabaseTooNew):
        schema.check()
    with pytest.raises(DatabaseTooNew):
        schema.migrate(now=NOON)


def test_a_migration_that_was_edited_afterwards_is_refused(sqlite: str) -> None:
    db.run("UPDATE migration SET hash = 'edited' WHERE number = 1")
    with pytest.raises(MigrationChanged):
        schema.migrate(now=NOON)


@pytest.mark.parametrize(
    ("text", "field"),
    [("colour = 'red'", "colour"), ("kiosk_port = 'http'", "kiosk_port"), ("database = ", "*")],
)
def test_a_setting_that_cannot_be_used_is_named_with_its_file(tmp_path: Path, text: str, field: str) -> None:
    (tmp_path / "regulars.toml").write_text(text)
    with pytest.raises(SettingInvalid) as refusal:
        settings.load(tmp_path, {})
    assert (refusal.value.field, refusal.value.facts["where"]) == (field, str(tmp_path / "regulars.toml"))


def test_a_secret_may_stand_in_a_file_and_the_environment_comes_first(tmp_path: Path) -> None:
    (tmp_path / "regulars.toml").write_text("kiosk_port = 1\nlog_file = 'x'")
    (tmp_path / "token").write_text("hidden\n")
    found = settings.load(
        tmp_path, {"REGULARS_KIOSK_PORT": "2", "REGULARS_TWILIO_AUTH_TOKEN_FILE": str(tmp_path / "token")}
    )
    assert (found.kiosk_port, found.log_file, found.twilio_auth_token) == (2, "x", "hidden")
    assert "hidden" not in repr(found)


def test_the_demo_never_opens_a_database_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "demo.db").write_text("somebody's shop")
    with pytest.raises(NotADemo), showing.running(tmp_path, fresh=False, say=print, todays_jobs=dict):
        raise AssertionError("it was opened")
    assert (tmp_path / "demo.db").read_text() == "somebody's shop"


def test_a_demo_of_another_version_is_made_anew_and_said_so(sqlite: str, tmp_path: Path) -> None:
    said: list[str] = []
    db.run("UPDATE migration SET hash = 'other' WHERE number = 1")
    chosen = settings.Settings(database=sqlite, secret="x", demo=True)
    assert not showing._opened(chosen, said.append)
    assert said == ["The demo shop was made by another version of the program."]


def test_the_demo_speaks_the_language_of_who_looks_at_it(shop: Shop, tmp_path: Path) -> None:
    shown = showing.Showing(settings.current(), tmp_path, "", "", {})
    assert (shown.owner().language, shown.owner("en").language) == ("zh", "en")
