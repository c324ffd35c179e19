"""Members move in with all they have: every planted fault is found, nothing else; totals are equal; undo."""

import csv
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench import dirt
from bench.dirt import Dirt
from core.base import clock, db, settings
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books import audit
from core.keeping.movein import batches, lists, mapping, moving, reading, undoing
from core.keeping.movein.batches import BatchUnknown, ImportedAlready, ImportUnfinished
from core.keeping.movein.moving import ImportOther, ImportOver, TotalsDiffer
from core.keeping.movein.undoing import UndoneAlready
from core.loyalty import passes, tiers
from core.outreach import webhooks
from core.people import cards, consent, credentials, members, ownfields
from core.people.birthdays import Birthday
from core.reports import liability
from tests import movers, shops
from tests.movers import HEAD, balances, brought, looked, well
from tests.shops import Shop

WRITERS: dict[str, Callable[[Path, Dirt], Path]] = {"xlsx": dirt.write_xlsx, "csv": dirt.write_csv}


@pytest.fixture(scope="module")
def dirty() -> Dirt:
    """1,200 rows, 60 of them with a fault."""
    return dirt.made(1_200, share=20)


@pytest.fixture
def shop(shop: Shop) -> Shop:
    return movers.with_tiers(shop)


def ann(folder: Path, more: str = "", head: str = HEAD) -> Path:
    line = "V1,王小明,13800138000,120,2026-12-31,100.00,20\n"
    return movers.text(folder, head + (line if head is HEAD else "") + more)


# --- the whole file --------------------------------------------------------------------------------


def test_every_planted_fault_is_found_and_nothing_else(shop: Shop, dirty: Dirt, tmp_path: Path) -> None:
    form = "xlsx" if db.is_sqlite() else "csv"
    found = looked(shop, WRITERS[form](tmp_path / f"members.{form}", dirty))
    headers = {row: dirt.HEADERS[place] for row, (_, place) in dirty.faults.items()}
    assert {one.row: one.column for one in found.faults} == headers
    assert {one.row: one.like for one in found.doubles if not one.near} == dirty.doubles
    assert {one.row: one.like for one in found.doubles if one.near} == dirty.near
    assert found.rows == {"new": 1110, "faulty": 60, "double": 30}
    assert found.amounts == dirty.totals
    done = brought(shop, found)
    assert done.held == done.brought == dirty.totals
    assert done.rows == {"new": 1110, "faulty": 60, "double": 30}
    assert balances() == {
        "points": dirty.totals["points"],
        "principal": dirty.totals["principal_cents"],
        "bonus": dirty.totals["bonus_cents"],
    }
    assert well(shop)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("form", WRITERS)
def test_a_hundred_thousand_move_in(one_shop: Shop, tmp_path: Path, form: str) -> None:
    movers.with_tiers(one_shop)
    many = dirt.made(100_000, seed=7)
    found = looked(one_shop, WRITERS[form](tmp_path / f"members.{form}", many))
    assert {one.row for one in found.faults} == set(many.faults)
    assert {one.row: one.like for one in found.doubles if one.near} == many.near
    assert brought(one_shop, found).held == many.totals
    assert well(one_shop)


# --- one member ------------------------------------------------------------------------------------

ALL = (
    "卡号,姓名,手机,性别,农历生日,邮箱,地址,语言,标签,备注,门店,入会日期,等级,等级有效期,积分,积分到期日,储值余额,赠送金,"
    "赠送金到期日,次卡,优惠券,同意推广,同意日期,鞋码\n"
    "80012345,王小明,138 0013 8000;13900139000,男,八月十五,ming@example.cn,南京东路1号,中文,老客、靠窗,爱喝茶,"
    "南京东路店,2024/1/5,金卡,2026-12-31,120,2026-12-31,120.00,20,2026-08-31,洗剪吹:3:2026-12-31,五元券,是,2024/1/5,42\n"
)


def test_a_member_brings_everything(shop: Shop, tmp_path: Path) -> None:
    cut = shop.product("剪发", 5800, kind="service")
    passes.create_kind("洗剪吹", None, uses=10, valid_days=365, service_ids=[cut], by=shop.owner, now=shop.now)
    shop.coupon_kind("五元券", effect="amount", off_cents=500)
    ownfields.create("鞋码", "number", by=shop.owner, now=shop.now)
    done = brought(shop, looked(shop, movers.text(tmp_path, ALL)))
    assert done.held == {
        "members": 1, "points": 120, "principal_cents": 10_000, "bonus_cents": 2_000, "pass_uses": 3, "coupons": 1,
    }  # fmt: skip
    member = credentials.by_phone("13800138000", now=shop.now)
    assert member is not None
    assert (
        credentials.by_phone("13900139000", now=shop.now) == member == credentials.member_with("old_card", "80012345")
    )
    card = cards.card(member, by=shop.owner, now=shop.now)
    assert (card.name, card.phone, card.birthday, card.note) == (
        "王小明", "+8613800138000", Birthday("lunar", 8, 15), "爱喝茶",
    )  # fmt: skip
    assert (card.tags, [value for _, value in card.own]) == (("老客", "靠窗"), ["42"])
    assert (card.standing.tier.name, card.standing.until_at) == ("金卡", shops.at(2027, 1, 1, 0))
    assert (card.points.balance, str(card.points.expires_on)) == (120, "2026-12-31")
    assert (card.wallet.principal_cents, card.wallet.bonus_cents) == (10_000, 2_000)
    assert [(one.left, one.until_at) for one in passes.held_by(member, now=shop.now)] == [(3, shops.at(2027, 1, 1, 0))]
    assert [one.kind.name for one in card.coupons] == ["五元券"]
    assert card.joined_at == shops.at(2024, 1, 5, 0)
    assert [(one.purpose, one.granted, one.source) for one in consent.states(member)] == [
        ("membership", True, "import"), ("marketing", True, "import"),
    ]  # fmt: skip
    assert [one.id for one in members.find("wxm", by=shop.owner)] == [member]
    assert well(shop)


def test_a_member_who_moved_in_buys_and_spends_like_any_other(shop: Shop, tmp_path: Path) -> None:
    shop.product("tea", 1800)
    brought(shop, looked(shop, ann(tmp_path)))
    member = credentials.by_phone("13800138000", now=shop.now)
    assert member is not None
    shop.sell(shop.basket(("tea", 2), member=member, points=100), ("wallet", 3500))
    assert balances() == {"points": 20 + 35, "principal": 10_000 - 3_500, "bonus": 2_000}
    assert well(shop)


def test_what_moved_in_is_owed_by_its_store_until_it_expires(shop: Shop, tmp_path: Path) -> None:
    brought(shop, looked(shop, ann(tmp_path)))
    owed = liability.of(by=shop.owner, now=shop.now)
    assert [(one.asset, str(one.month), one.store_id, one.amount) for one in owed.rows] == [
        ("points", "2026-12-01", shop.store, 120), ("principal", "None", shop.store, 10_000),
        ("bonus", "None", shop.store, 2_000),
    ]  # fmt: skip


def test_points_without_a_date_expire_by_the_rule_of_the_shop(one_shop: Shop, tmp_path: Path) -> None:
    one_shop.rule("points_expiry", "year_end")
    brought(one_shop, looked(one_shop, movers.text(tmp_path, "手机,积分\n13800138000,50\n")))
    assert db.rows("SELECT original, expires_at FROM lot") == [(50, shops.at(2027, 1, 1, 0))]


def test_the_first_of_several_tiers_holds_for_its_period(one_shop: Shop, tmp_path: Path) -> None:
    one_shop.tier("白金", 9, spend_cents=100_000, hold_months=6)
    brought(one_shop, looked(one_shop, movers.text(tmp_path, "手机,等级\n13800138000,白金\n")))
    member = credentials.by_phone("13800138000", now=one_shop.now) or 0
    held = tiers.standing(member, now=one_shop.now)
    assert (held.tier.name, held.until_at) == ("白金", shops.at(2026, 11, 29, 0))


def test_a_tier_is_known_with_and_without_the_word_member(one_shop: Shop, tmp_path: Path) -> None:
    for rank, name in enumerate(("普通", "钻石会员", "黑金", "黑金会员"), 11):
        one_shop.tier(name, rank)
    lines = "手机,等级\n13800138000,普通会员\n13800138001,钻石\n13800138002,黑金\n13800138003,白金会员\n"
    found = looked(one_shop, movers.text(tmp_path, lines))
    assert [item.value and item.value.rank.tier_id for item in found.items] == [
        one_shop.tiers["普通"], one_shop.tiers["钻石会员"], one_shop.tiers["黑金"], None,
    ]  # fmt: skip


# --- what belongs together -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "line", "column", "reason"),
    [
        ("手机,卡号,姓名", ",,王小明", "手机", "There is neither a phone nor a card number."),
        ("手机,储值余额,本金,赠送金", "13800138000,100,90,20", "储值余额",
         "Principal and bonus do not add up to what is stored in all."),
        ("手机,余额,赠送金", "13800138000,10,20", "赠送金", "The bonus is more than what is stored in all."),
        ("手机,赠送金,赠送金到期日", "13800138000,10,2020-01-01", "赠送金到期日", "This has expired already."),
        ("手机,次卡", "13800138000,洗剪吹", "次卡", "Passes are written as kind:uses left:last day."),
        ("手机,次卡", "13800138000,洗剪吹:3", "次卡", "This is not one of the shop's own."),
        ("手机,优惠券", "13800138000,a:b:c", "优惠券", "Coupons are written as kind:last day."),
    ],
)  # fmt: skip
def test_cells_that_do_not_fit_together_are_faults(
    one_shop: Shop, tmp_path: Path, head: str, line: str, column: str, reason: str
) -> None:
    found = looked(one_shop, movers.text(tmp_path, f"{head}\n{line}\n"))
    assert [(one.row, one.column, str(one.reason)) for one in found.faults] == [(2, column, reason)]


def test_a_bonus_expiry_without_a_bonus_and_empty_words_are_no_faults(one_shop: Shop, tmp_path: Path) -> None:
    lines = "手机,积分,积分到期日,备注,生日\n13800138000,0,2020-01-01,NULL,-\n"
    assert looked(one_shop, movers.text(tmp_path, lines)).rows == {"new": 1}


def test_who_is_there_already_stays_as_they_are(shop: Shop, tmp_path: Path) -> None:
    shop.member("13800138000", name="王小明")
    found = looked(shop, ann(tmp_path, "V2,王小明,13800138001,5,,,\n"))
    assert found.rows == {"there": 1, "new": 1}
    assert [(one.row, one.like, one.why) for one in found.doubles] == [(2, None, "phone"), (3, None, "near_phone")]
    assert brought(shop, found).rows == {"there": 1, "new": 1}
    assert balances()["points"] == 5


def test_who_joined_between_looking_and_bringing_in_stays_outside(shop: Shop, tmp_path: Path) -> None:
    found = looked(shop, ann(tmp_path))
    shop.member("13800138000")
    assert brought(shop, found).rows == {"there": 1}
    assert balances()["points"] == 0


def test_who_joins_at_the_very_moment_stays_outside(shop: Shop, tmp_path: Path) -> None:
    found, joined = looked(shop, ann(tmp_path)), threading.Event()

    @db.atomic
    def join() -> None:
        shop.member("13800138000")
        joined.set()
        time.sleep(0.5)

    def beside() -> None:
        db.attach()
        join()
        db.detach()

    other = threading.Thread(target=beside)
    other.start()
    assert joined.wait(10)
    assert brought(shop, found).rows == {"there": 1}
    other.join()
    assert balances()["points"] == 0
    assert well(shop)


def test_lists_of_faults_and_doubles_are_masked_and_harmless(one_shop: Shop, tmp_path: Path) -> None:
    settings.use(settings.Settings(secret="test", exports=str(tmp_path / "out")))
    found = looked(
        one_shop, ann(tmp_path, "V2,=1+1,1380013,5,,,\nV3,李雷,13800138000,,,,\nV4,李雷,13900139000,=1,,,\n")
    )
    faults = lists.write_faults(found, by=one_shop.owner, now=one_shop.now)
    doubles = lists.write_doubles(found, by=one_shop.owner, now=one_shop.now)
    assert faults is not None and doubles is not None
    rows = list(csv.reader(faults.read_text("utf-8-sig").splitlines()))
    assert [row[:3] for row in rows] == [
        ["row", "column", "what stands there"], ["3", "姓名", "'=***"], ["3", "手机号", "1****3"], ["5", "积分", "'=1"],
    ]  # fmt: skip
    assert list(csv.reader(doubles.read_text("utf-8-sig").splitlines()))[1] == [
        "4", "row 2", "the same phone", "李** 138****8000", "left outside",
    ]  # fmt: skip


# --- an import is noted, and goes on ---------------------------------------------------------------


def test_the_same_file_is_not_brought_in_twice(one_shop: Shop, tmp_path: Path) -> None:
    found = looked(one_shop, ann(tmp_path))
    moving.begin(found, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(ImportUnfinished):
        moving.begin(found, by=one_shop.owner, now=one_shop.now)
    batch = batches.of_file("members", found.table.hash, by=one_shop.owner)
    assert batch is not None
    moving.go_on(batch.id, found, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(ImportedAlready):
        moving.begin(found, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(ImportOver):
        moving.go_on(batch.id, found, by=one_shop.owner, now=one_shop.now)
    with pytest.raises(BatchUnknown):
        batches.get(batch.id + 1, by=one_shop.owner)


def test_an_import_goes_on_with_its_own_file_only(one_shop: Shop, tmp_path: Path) -> None:
    batch = moving.begin(looked(one_shop, ann(tmp_path)), by=one_shop.owner, now=one_shop.now)
    other = looked(one_shop, ann(tmp_path, "V2,李雷,13900139000,5,,,\n"))
    with pytest.raises(ImportOther):
        moving.go_on(batch, other, by=one_shop.owner, now=one_shop.now)


def test_an_import_goes_on_with_its_columns_as_they_were(one_shop: Shop, tmp_path: Path) -> None:
    path = ann(tmp_path)
    batch = moving.begin(looked(one_shop, path), by=one_shop.owner, now=one_shop.now)
    with pytest.raises(ImportOther):
        moving.go_on(batch, looked(one_shop, path, 积分="note"), by=one_shop.owner, now=one_shop.now)


def test_an_import_that_was_broken_off_doubles_nothing(one_shop: Shop, tmp_path: Path, dirty: Dirt) -> None:
    movers.with_tiers(one_shop)
    path = dirt.write_csv(tmp_path / "members.csv", dirty)
    found = looked(one_shop, path)
    batch = moving.begin(found, by=one_shop.owner, now=one_shop.now)

    def stop(done: int, _of: int) -> None:
        if done == 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        moving.go_on(batch, found, by=one_shop.owner, now=one_shop.now, progress=stop)
    again = looked(one_shop, path)
    assert again.rows["there"] > 450
    done = moving.go_on(batch, again, by=one_shop.owner, now=one_shop.now)
    assert done.held == dirty.totals
    assert done.rows == {"new": 1110, "faulty": 60, "double": 30}
    assert well(one_shop)


def test_an_import_whose_totals_differ_is_not_done(shop: Shop, tmp_path: Path) -> None:
    found = looked(shop, ann(tmp_path))
    batch = moving.begin(found, by=shop.owner, now=shop.now)

    @db.atomic
    def claim_it_is_there() -> None:
        batches.mark(batch, {2: ("new", None)})

    claim_it_is_there()
    with pytest.raises(TotalsDiffer, match="the file brought 2,000, the shop holds 0"):
        moving.go_on(batch, found, by=shop.owner, now=shop.now)
    assert batches.get(batch, by=shop.owner).state == "running"


def test_only_who_may_take_people_out_brings_them_in(one_shop: Shop, tmp_path: Path) -> None:
    manager = replace(one_shop.owner, rights=one_shop.owner.rights - {"export"})
    table = reading.read(ann(tmp_path), "members")
    with pytest.raises(NotAllowed):
        moving.preview(
            table, mapping.guess(table, "members"), store_id=one_shop.store, by=manager, now=one_shop.now
        )  # fmt: skip
    for ask in (batches.listing, lambda by: undoing.undo(1, by=by, now=one_shop.now)):
        with pytest.raises(NotAllowed):
            ask(by=manager)


# --- undone ----------------------------------------------------------------------------------------


def test_an_import_undone_leaves_totals_as_before(shop: Shop, tmp_path: Path) -> None:
    shop.give_points(shop.member("13700137000", name="Ann"), 300)
    before = balances()
    done = brought(shop, looked(shop, ann(tmp_path, "V2,李雷,13900139000,,,8.50,\n")))
    undone = undoing.undo(done.batch_id, by=shop.owner, now=shop.now)
    assert (undone.undone, undone.kept, balances()) == (2, (), before)
    assert [one.name for one in members.find("", by=shop.owner)] == ["Ann"]
    assert credentials.by_phone("13800138000", now=shop.now) is None
    assert batches.listing(by=shop.owner)[0].outcomes == {"undone": 2}
    assert well(shop)
    with pytest.raises(UndoneAlready):
        undoing.undo(done.batch_id, by=shop.owner, now=shop.now)
    assert brought(shop, looked(shop, ann(tmp_path))).rows == {"new": 1}


def test_who_was_used_since_stays_and_is_named(shop: Shop, tmp_path: Path) -> None:
    shop.product("tea", 1800)
    lines = "".join(f"V{at},李雷,1390013900{at},10,,5,\n" for at in range(2, 7))
    done = brought(shop, looked(shop, ann(tmp_path, lines)))
    bought, moved, renamed = (credentials.by_phone(f"1390013900{at}", now=shop.now) or 0 for at in (2, 3, 4))
    shop.sell(shop.basket(("tea", 1), member=bought))
    shop.give_points(moved, 1)
    members.rename(renamed, "韩梅梅", by=shop.owner, now=shop.now)
    undone = undoing.undo(done.batch_id, by=shop.owner, now=shop.now)
    assert undone.undone == 3
    assert [(one.row, one.entity_id, one.shown) for one in undone.kept] == [
        (3, bought, "李** 139****9002"), (4, moved, "李** 139****9003"), (5, renamed, "韩** 139****9004"),
    ]  # fmt: skip
    assert balances() == {"points": 10 + 18 + 10 + 1 + 10, "principal": 1500, "bonus": 0}
    assert well(shop)


def test_points_that_expired_meanwhile_are_no_use(shop: Shop, tmp_path: Path) -> None:
    from core.loyalty import points

    done = brought(shop, looked(shop, ann(tmp_path)))
    member = credentials.by_phone("13800138000", now=shop.now) or 0
    later = clock.Millis(shop.now + 300 * DAY)
    points.expire(member, by=replace(shop.owner, kind="job", id=0), now=later)
    assert undoing.undo(done.batch_id, by=shop.owner, now=later).undone == 1
    assert balances() == {"points": 0, "principal": 0, "bonus": 0}
    shop.now = Millis(later)
    assert well(shop)


def test_an_import_leaves_lines_in_the_log(one_shop: Shop, tmp_path: Path) -> None:
    done = brought(one_shop, looked(one_shop, ann(tmp_path)))
    undoing.undo(done.batch_id, by=one_shop.owner, now=one_shop.now)
    sought = audit.Sought(kinds=("import",))
    assert [one.action for one in audit.newest(by=one_shop.owner, sought=sought)] == [
        "import.undone", "import.undoing", "import.done", "import.begun",
    ]  # fmt: skip


def test_whoever_subscribed_is_told_of_each_who_moved_in(shop: Shop, tmp_path: Path) -> None:
    kinds = ("member.joined", "points.changed", "wallet.changed")
    webhooks.add("https://shop.example/hook", kinds, store_id=None, by=shop.owner, now=shop.now)
    brought(shop, looked(shop, ann(tmp_path)))
    assert db.rows("SELECT kind, count(*) FROM event GROUP BY kind ORDER BY kind") == [
        ("member.joined", 1), ("points.changed", 1), ("wallet.changed", 2),
    ]  # fmt: skip
