"""Source links: what a poster may do, what it brought, and how it is stopped."""

from dataclasses import replace

import pytest

from core.base import db
from core.base.clock import DAY, HOUR, MINUTE, Millis
from core.base.errors import NotAllowed
from core.base.limits import TooOften
from core.people import members, sources, verification
from core.people.members import Joining
from core.people.sources import (
    SourceBusy,
    SourceEarly,
    SourceInvalid,
    SourceLink,
    SourceOver,
    SourceSpent,
    SourceTerms,
    SourceUnknown,
)
from core.people.verification import CodeBudget, CodesStopped
from tests.shops import Shop


def poster(shop: Shop, **terms: object) -> SourceLink:
    given = {"kind": "poster", "store_id": shop.store} | terms
    return sources.create("窗口海报", SourceTerms(**given), by=shop.owner, now=shop.now)  # type: ignore[arg-type]


def arrive(shop: Shop, link: SourceLink, browser: str, *, now: int = 0, address: str = "") -> SourceLink:
    return sources.opened(link.code, browser=browser, address=address, now=Millis(now or shop.now))


def join(shop: Shop, link: SourceLink, phone: str | None = None, *, now: int = 0) -> int:
    newcomer = replace(shop.owner_with(frozenset({"member.join"})), kind="member", id=0)
    return members.join(Joining(phone=phone, link_id=link.id), by=newcomer, now=Millis(now or shop.now))


def counts(shop: Shop) -> tuple[int, int, int]:
    (one,) = sources.listing(by=shop.owner)
    return one.opened, one.codes, one.joined


def test_a_browser_counts_once_a_day(shop: Shop) -> None:
    link = poster(shop)
    for browser in ("a", "a", "b", "a"):
        arrive(shop, link, browser)
    assert counts(shop) == (2, 0, 0)
    arrive(shop, link, "a", now=shop.now + DAY)
    assert counts(shop) == (3, 0, 0)


def test_a_program_that_forgets_its_mark_counts_120_an_hour_at_most(shop: Shop) -> None:
    link = poster(shop)
    for number in range(120):
        arrive(shop, link, str(number), address="203.0.113.9")
    with pytest.raises(TooOften):
        arrive(shop, link, "121", address="203.0.113.9")
    arrive(shop, link, "122", address="203.0.113.10")
    assert counts(shop)[0] == 121


def test_a_code_is_read_as_people_type_it(shop: Shop) -> None:
    link = poster(shop)
    assert len(link.code) == 9
    assert sources.opened(f" {link.code.lower()} ", browser="a", address="", now=shop.now) == link


@pytest.mark.parametrize("typed", ["", "000000000", "ABCDEFGHJ", "C1.7K3M9QXV2B8DT", "海报"])
def test_a_code_nobody_made_is_told(shop: Shop, typed: str) -> None:
    with pytest.raises(SourceUnknown):
        sources.opened(typed, browser="a", address="", now=shop.now)


def test_who_joins_by_a_link_belongs_to_its_store_and_its_staff_member_is_credited(shop: Shop) -> None:
    link = poster(shop, kind="staff", staff_id=shop.owner.id)
    member = join(shop, link, "13800138000")
    sql = "SELECT source, home_store_id, source_link_id FROM member WHERE id = ?"
    assert db.one(sql, (member,)) == ("staff", shop.store, link.id)
    after = str(db.value("SELECT after FROM audit WHERE action = 'member.joined' AND entity_id = ?", (member,)))
    assert f'"link": "{link.id}"' in after
    assert f'"staff": "{shop.owner.id}"' in after
    assert sources.listing(by=shop.owner)[0].staff == "周丽"


def test_the_list_tells_who_bought_and_for_how_much(shop: Shop) -> None:
    shop.product("tea", 1800)
    link = poster(shop)
    buyer, _other = join(shop, link, "13800138000"), join(shop, link)
    shop.sell(shop.basket(("tea", 2), member=buyer))
    shop.sell(shop.basket(("tea", 1), member=shop.member("13900139000")))
    (one,) = sources.listing(by=shop.owner)
    assert (one.joined, one.bought, one.spent_cents, one.store) == (2, 1, 3600, "南京东路店")


def test_codes_stop_at_the_budget_of_the_day(shop: Shop) -> None:
    link = poster(shop, daily_budget=2)
    for number in ("13800138000", "13900139000"):
        verification.send_by_link(link.id, number, language="zh", now=shop.now)
    assert not sources.has_room(link.id, now=shop.now)
    for ask in (verification.admit, _send):
        with pytest.raises(SourceSpent):
            ask("13700137000", link_id=link.id, now=shop.now)
    _send("13700137000", link_id=link.id, now=Millis(shop.now + DAY))
    assert db.rows("SELECT codes FROM source_day ORDER BY day") == [(2,), (1,)]


def _send(phone: str, *, link_id: int, now: Millis) -> int:
    return verification.send_by_link(link_id, phone, language="zh", now=now)


def test_a_code_that_is_not_sent_takes_nothing_from_the_budget(shop: Shop) -> None:
    link = poster(shop)
    _send("13800138000", link_id=link.id, now=shop.now)
    with pytest.raises(CodeBudget):
        _send("13800138000", link_id=link.id, now=Millis(shop.now + 1000))
    assert counts(shop) == (0, 1, 0)


def test_another_links_budget_is_its_own(shop: Shop) -> None:
    first, second = poster(shop, daily_budget=0), poster(shop)
    with pytest.raises(SourceSpent):
        _send("13800138000", link_id=first.id, now=shop.now)
    _send("13800138000", link_id=second.id, now=shop.now)


@pytest.mark.parametrize(("entered", "stopped"), [(5, True), (6, False)])
def test_codes_nobody_enters_stop_their_link_and_no_screen(shop: Shop, entered: int, stopped: bool) -> None:
    link, later = poster(shop, daily_budget=100), Millis(shop.now + 6 * MINUTE)
    for number in range(60):
        challenge = _send(f"138{number:02d}138000", link_id=link.id, now=Millis(shop.now + number))
        if number >= 60 - entered:
            db.run("UPDATE challenge SET used_at = ? WHERE id = ?", (shop.now, challenge))
    verification.admit("13900139000", device_id=1, now=later)
    if not stopped:
        verification.admit("13900139001", link_id=link.id, now=later)
        return
    with pytest.raises(CodesStopped):
        verification.admit("13900139001", link_id=link.id, now=later)


def test_a_link_makes_only_so_many_members_an_hour(shop: Shop) -> None:
    shop.rule("join_per_hour", 2)
    link = poster(shop)
    join(shop, link)
    join(shop, link, now=shop.now + MINUTE)
    with pytest.raises(SourceBusy):
        join(shop, link, now=shop.now + 2 * MINUTE)
    assert counts(shop)[2] == 2
    join(shop, link, now=shop.now + HOUR)
    assert counts(shop)[2] == 3


def test_an_ended_link_lets_nobody_in(shop: Shop) -> None:
    link = poster(shop)
    member = join(shop, link)
    sources.end(link.id, by=shop.owner, now=shop.now)
    tries = (
        lambda: arrive(shop, link, "a"),
        lambda: join(shop, link),
        lambda: _send("13800138000", link_id=link.id, now=shop.now),
        lambda: sources.end(link.id, by=shop.owner, now=shop.now),
    )
    for one in tries:
        with pytest.raises(SourceOver):
            one()
    assert db.value("SELECT state FROM member WHERE id = ?", (member,)) == "active"


def test_a_link_has_a_first_and_a_last_day(shop: Shop) -> None:
    link = poster(shop, from_at=Millis(shop.now + HOUR), until_at=Millis(shop.now + 2 * HOUR))
    with pytest.raises(SourceEarly):
        arrive(shop, link, "a")
    assert arrive(shop, link, "a", now=shop.now + HOUR) == link
    with pytest.raises(SourceOver):
        arrive(shop, link, "a", now=shop.now + 2 * HOUR)


BAD = (
    {"kind": "bus"}, {"daily_budget": -1}, {"daily_budget": 1001}, {"store_id": 1}, {"kind": "staff"},
    {"staff_id": 1}, {"kind": "staff", "staff_id": 1}, {"from_at": 2, "until_at": 2},
)  # fmt: skip


@pytest.mark.parametrize("terms", BAD)
def test_a_link_that_cannot_be_is_refused(shop: Shop, terms: dict[str, object]) -> None:
    with pytest.raises(SourceInvalid):
        poster(shop, **terms)
    assert sources.listing(by=shop.owner) == []


def test_links_are_marketings_and_of_ones_own_store(shop: Shop) -> None:
    link = poster(shop)
    clerk = shop.owner_with(frozenset({"sell"}))
    elsewhere = replace(shop.owner, stores=frozenset({shop.store + 1}))
    for by in (clerk, elsewhere):
        for ask in (sources.end, lambda one, **who: sources.set_budget(one, 1, **who)):
            with pytest.raises(NotAllowed):
                ask(link.id, by=by, now=shop.now)  # type: ignore[operator]
    assert sources.listing(by=elsewhere) == []


def test_a_budget_is_changed_with_a_line_in_the_log(shop: Shop) -> None:
    link = poster(shop)
    sources.set_budget(link.id, 5, by=shop.owner, now=shop.now)
    with pytest.raises(SourceInvalid):
        sources.set_budget(link.id, -5, by=shop.owner, now=shop.now)
    assert sources.get(link.id, by=shop.owner).daily_budget == 5
    found = db.rows("SELECT action FROM audit WHERE entity = 'source_link' ORDER BY id")
    assert found == [("source.created",), ("source.budget",)]
