"""The first day of a real shop: what ticks by itself, what is left as it is, and who may see it."""

import pytest

from core.base import db, settings
from core.base.access import CLERK
from core.base.clock import DAY, HOUR, Millis
from core.base.errors import NotAllowed
from core.books import audit, outbox
from core.books.outbox import Letter
from core.keeping import firstday, golive, jobs
from core.keeping.firstday import NothingToConfirm
from core.keeping.golive import Step
from core.people import devices, staff
from core.selling import shifts
from tests import counter
from tests.shops import Shop


def found(shop: Shop, *, after: int = HOUR) -> dict[str, Step]:
    return {one.id: one for one in firstday.checklist(by=shop.owner, now=Millis(shop.now + after))}


def done(shop: Shop) -> set[str]:
    return {id for id, one in found(shop).items() if one.done}


def test_a_shop_just_opened_has_nearly_everything_to_do(shop: Shop) -> None:
    assert done(shop) == {"stores", "doctor"}


def test_what_is_set_up_ticks_by_itself(shop: Shop) -> None:
    shop.rule("shop_name", "桂花里")
    shop.product("茶", 1800)
    shop.rule("cents_per_point", 200)
    shop.now = Millis(shop.now + 1)
    shop.tier("金卡", 1, spend_cents=300_000)
    assert done(shop) == {"stores", "doctor", "shop", "products", "points", "tiers"}
    assert str(found(shop)["products"].detail) == "1 for sale"


def test_people_and_machines_tick_by_themselves(shop: Shop) -> None:
    anna = staff.create("anna", "Anna", "clerk", password="long enough", by=shop.owner, now=shop.now)
    staff.set_pin("135790", by=staff.actor_of(anna), now=shop.now)
    code = devices.new_pairing(shop.store, "door", by=shop.owner, now=shop.now)
    devices.pair(code, now=shop.now)
    shifts.open_shift(shop.store, "1", opening_cents=0, by=shop.owner, now=shop.now)
    jobs.claim("sweep", "2026-05-29", owner="test", now=shop.now)
    assert done(shop) == {"stores", "doctor", "staff", "kiosk", "till", "scheduler"}
    assert not found(shop, after=2 * DAY)["kiosk"].done
    assert not found(shop, after=2 * DAY)["scheduler"].done


def test_trying_it_ticks_by_itself(shop: Shop) -> None:
    shop.product("茶", 1800)
    shop.member("13800138000")
    sale = shop.sell(shop.basket(("茶", 1)))
    counter.give_back(shop, sale)
    assert {"products", "phones", "sales", "refund"} <= done(shop)
    assert str(found(shop)["refund"].detail) == "in practice: 0, in the shop: 1"


def test_a_member_moved_in_is_none_who_joined(shop: Shop) -> None:
    shop.member("13800138000", source="import")
    assert (str(found(shop)["members"].detail), found(shop)["phones"].done) == ("1 moved in", False)


def test_a_message_counts_when_a_real_channel_delivered_it(shop: Shop) -> None:
    put_delivered(shop)
    assert str(found(shop)["messages"].detail) == "channel console: nothing leaves this machine"
    settings.use(settings.Settings(secret="test secret", channel="twilio", public_url="https://vip.example.cn"))
    assert {"messages", "address"} <= done(shop)


@db.atomic
def put_delivered(shop: Shop) -> None:
    letter = Letter("a", "code", "service", "zh", {}, Millis(shop.now + HOUR), address="+8613800138000")
    db.run("UPDATE outbox SET state = 'delivered' WHERE id = ?", (outbox.put(letter, now=shop.now),))


def test_an_address_that_only_this_machine_opens_is_none(shop: Shop) -> None:
    for url, said in (("http://127.0.0.1:8080", "not yet"), ("http://shop.example", "without HTTPS")):
        settings.use(settings.Settings(secret="test secret", public_url=url))
        assert not found(shop)["address"].done
        assert said in str(found(shop)["address"].detail)


def test_a_backup_ticks_by_its_line_in_the_log(shop: Shop) -> None:
    @db.atomic
    def take() -> None:
        audit.record("backup.taken", "backup", 0, by=shop.owner, now=shop.now)

    take()
    assert str(found(shop)["backup"].detail) == "taken at 2026-05-29 12:00"


def test_the_doctor_names_what_it_finds_first(shop: Shop) -> None:
    jobs.claim("churn", "2026-05-29", owner="test", now=shop.now)
    jobs.finish("churn", "2026-05-29", state="failed", result="disk", now=shop.now)
    assert str(found(shop)["doctor"].detail) == "Job churn of 2026-05-29 has failed."


def test_of_a_large_shop_the_doctor_is_asked_at_night(shop: Shop) -> None:
    def word() -> tuple[int | None, str]:
        count, said = firstday.doctors_word(is_small=False, now=shop.now)
        return count, str(said)

    assert word() == (None, "None")
    jobs.claim("doctor", "2026-05-29", owner="test", now=shop.now)
    jobs.finish("doctor", "2026-05-29", state="failed", result="RuntimeError: points: 3 differ", now=shop.now)
    assert word() == (1, "at night: RuntimeError: points: 3 differ")
    jobs.claim("doctor", "2026-05-30", owner="test", now=Millis(shop.now + 1))
    jobs.finish("doctor", "2026-05-30", state="done", result="all is well", now=shop.now)
    assert word() == (0, "None")


def test_a_shop_that_moved_many_members_in_is_large_from_its_first_day(one_shop: Shop) -> None:
    @db.atomic
    def move_in(count: int) -> None:
        db.add_many("member", [
            {"id": 5_000_000 + n, "state": "active", "source": "import", "language": "zh", "joined_at": one_shop.now}
            for n in range(count)
        ])  # fmt: skip

    move_in(1000)
    assert found(one_shop)["doctor"].detail != golive.NOT_YET
    one_shop.member("13800138000")
    assert found(one_shop)["doctor"].detail == golive.NOT_YET


def test_a_step_is_left_as_it_is_and_taken_up_again(shop: Shop) -> None:
    firstday.confirm("members", by=shop.owner, now=shop.now)
    assert (found(shop)["members"].confirmed, str(found(shop)["members"].detail)) == (True, "starts from zero")
    firstday.withdraw("members", by=shop.owner, now=shop.now)
    assert not found(shop)["members"].done
    lines = [row.action for row in audit.newest(by=shop.owner)][:2]
    assert lines == ["golive.withdrawn", "golive.confirmed"]


def test_a_step_that_ticks_itself_cannot_be_confirmed(shop: Shop) -> None:
    for id in ("sales", "nonsense"):
        with pytest.raises(NothingToConfirm, match="points, tiers, value, staff, kiosk, members"):
            firstday.confirm(id, by=shop.owner, now=shop.now)


def test_a_clerk_sees_no_checklist(shop: Shop) -> None:
    clerk = shop.owner_with(CLERK)
    for verb in (firstday.confirm, firstday.withdraw):
        with pytest.raises(NotAllowed):
            verb("members", by=clerk, now=shop.now)
    with pytest.raises(NotAllowed):
        firstday.checklist(by=clerk, now=shop.now)
    assert firstday.waiting(by=clerk, now=shop.now) is None


def test_the_first_page_forgets_the_checklist_of_a_shop_that_runs(shop: Shop) -> None:
    shop.product("茶", 1800)
    for _ in range(20):
        shop.sell(shop.basket(("茶", 1)))
    assert firstday.waiting(by=shop.owner, now=Millis(shop.now + 30 * DAY - 1)) is not None
    assert firstday.waiting(by=shop.owner, now=Millis(shop.now + 30 * DAY)) is None
