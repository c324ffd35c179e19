"""What is kept long enough is dropped, and who does not come any more is proposed, not erased."""

import pytest

from core.base import db
from core.base.access import scheduler
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books import outbox
from core.keeping import jobs, retention
from core.outreach import inbound
from core.people import members, verification
from core.people.members import Joining
from core.selling import parking
from tests.shops import Shop

JOB = scheduler("retention")


def sweep(shop: Shop, days: int) -> dict[str, int]:
    """What a sweep so many days later drops, without what is nothing."""
    counts = retention.sweep(by=JOB, now=Millis(shop.now + days * DAY + 1))
    return {name: count for name, count in counts.items() if count}


def test_each_kind_goes_after_its_days_and_not_before(shop: Shop) -> None:
    shop.product("tea", 1800)
    member = members.join(Joining("13800138000", browser="b", name="王"), by=shop.owner, now=shop.now)
    verification.send_code("13800138000", "join", language="zh", now=shop.now)
    db.atomic(lambda: outbox.cancel(member, categories=outbox.CATEGORIES, reason="test", now=shop.now))()
    db.run("UPDATE outbox SET state = 'sent', address = '+8613800138000', body = '王'")
    inbound.receive(sid="SM1", from_="+8613800138000", body="hello", opt_out_type=None, now=shop.now)
    parking.park(shop.basket(("tea", 1), member=member), "王女士", by=shop.owner, now=shop.now)
    from core.loyalty import points

    points.adjust(member, 5, reason="test", by=shop.owner, now=shop.now, key="k1")
    jobs.claim("churn", "2026-05-29", owner="test", now=shop.now)
    jobs.finish("churn", "2026-05-29", state="done", result="", now=shop.now)
    assert sweep(shop, 6) == {}
    assert sweep(shop, 7) == {"codes": 1}
    assert sweep(shop, 30) == {"parked": 1}
    assert sweep(shop, 90) == {"requests": 1}
    assert sweep(shop, 180) == {"messages": 1}
    assert db.rows("SELECT DISTINCT address, body, variables FROM outbox") == [(None, None, "{}")]
    assert sweep(shop, 365) == {"replies": 1, "joins": 1, "runs": 1}
    assert sweep(shop, 366) == {}


@pytest.mark.parametrize("state", ["accepted", "review"])
def test_a_message_of_which_nothing_more_is_heard_is_emptied_too(shop: Shop, state: str) -> None:
    shop.member("13800138000", purposes=("membership", "service"))
    db.atomic(lambda: db.run("UPDATE outbox SET state = ?, address = '+8613800138000'", (state,)))()
    assert sweep(shop, 200)["messages"] == db.value("SELECT count(*) FROM outbox") > 0


def test_a_message_that_is_not_settled_keeps_its_words(shop: Shop) -> None:
    shop.member("13800138000")
    assert "messages" not in sweep(shop, 200)


def test_zero_keeps_for_good(shop: Shop) -> None:
    verification.send_code("13800138000", "join", language="zh", now=shop.now)
    shop.rule("keep_codes_days", 0)
    assert "codes" not in sweep(shop, 4000)


def test_closed_warnings_go_and_open_ones_stay(shop: Shop) -> None:
    member = shop.member()
    for number, (state, closed) in enumerate((("open", None), ("closed", shop.now))):
        db.run(
            "INSERT INTO churn_warning (id, member_id, raised_day, state, kind, silent_days, usual_days, after_days,"
            " visits, loss_cents, last_visit_day, closed_at) VALUES (?, ?, 1, ?, 'warning', 1, 1, 1, 1, 1, ?, ?)",
            (number, member, state, number, closed),
        )
    assert sweep(shop, 729) == {}
    assert sweep(shop, 731) == {"warnings": 1}
    assert db.rows("SELECT state FROM churn_warning") == [("open",)]


def test_who_does_not_come_is_proposed_and_stays(shop: Shop) -> None:
    shop.product("tea", 1800)
    gone, buys, moves = shop.member("13800138000", name="王"), shop.member(), shop.member()
    later = Millis(shop.now + 3 * 366 * DAY)
    shop.top_up(gone, 5000)
    shop.sell(shop.basket(("tea", 1), member=buys), now=Millis(later - 10 * DAY))
    shop.give_points(moves, 5, now=Millis(later - 10 * DAY))
    (one,) = retention.inactive(by=shop.owner, now=later)
    assert (one.id, one.name, one.last_at, one.stored_cents) == (gone, "王", shop.now, 5000)
    assert retention.sweep(by=JOB, now=later)["inactive"] == 1
    assert members.is_active(gone)
    assert retention.inactive(by=shop.owner, now=Millis(shop.now + 3 * 364 * DAY)) == []
    shop.rule("inactive_years", 0)
    assert retention.inactive(by=shop.owner, now=later) == []


def test_the_list_needs_the_right_to_erase(shop: Shop) -> None:
    with pytest.raises(NotAllowed):
        retention.inactive(by=shop.owner_with(frozenset({"member.find"})), now=shop.now)


def test_a_run_says_what_it_did() -> None:
    assert retention.said({"messages": 3, "codes": 0, "inactive": 1}) == "messages 3, inactive 1"
    assert retention.said({"messages": 0}) == "nothing"
