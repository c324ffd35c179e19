"""Looking through the members: what is found, what mends it, and what is not shown again."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import db
from core.base.access import scheduler
from core.base.clock import DAY, Millis
from core.base.errors import NotAllowed
from core.books import outbox
from core.books.outbox import Letter
from core.keeping import merging, quality, qualityscan
from core.keeping.quality import Finding
from core.outreach import delivery
from core.people import credentials, members
from core.people.birthdays import Birthday
from tests.shops import Shop

JOB = scheduler("data-quality")


def seen(shop: Shop) -> list[tuple[str, int, int, str]]:
    """What stands on the page after a look."""
    quality.look(by=JOB, now=shop.now)
    return [(one.kind, one.member_id, one.other_id, one.why) for one in quality.listing(by=shop.owner)]


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ({"phone": "13800138000", "name": "王伟"}, {"phone": "13800138001", "name": "王伟"}, "near_phone"),
        ({"phone": "13800138000", "name": "Tom"}, {"phone": "13800183000", "name": "ＴＯＭ"}, "near_phone"),
        ({"phone": "13800138000", "name": "王伟"}, {"phone": "13912345678", "name": "李雷"}, None),
        ({"phone": "13800138000", "name": "王伟"}, {"phone": "13912345678", "name": "王伟"}, None),
        ({"name": "王伟", "birthday": Birthday("solar", 8, 15, 1988)},
         {"name": "王伟", "birthday": Birthday("solar", 8, 15, 1988)}, "near_birthday"),
        ({"name": "王伟", "birthday": Birthday("solar", 8, 15, 1988)},
         {"name": "王伟", "birthday": Birthday("lunar", 8, 15, 1988)}, None),
    ],
)  # fmt: skip
def test_two_who_may_be_one_are_found(
    shop: Shop, first: dict[str, object], second: dict[str, object], why: str | None
) -> None:
    low, high = (shop.member(**one) for one in (first, second))  # type: ignore[arg-type]
    assert seen(shop) == ([("double", low, high, why)] if why else [])


def test_the_same_mail_makes_a_pair_whatever_the_names(shop: Shop) -> None:
    low, high = shop.member("13800138000", name="王伟"), shop.member("13912345678", name="Wei")
    db.run("UPDATE member_person SET email = CASE member_id WHEN ? THEN 'Wei@b.cn' ELSE 'wei@B.cn' END", (low,))
    assert seen(shop) == [("double", low, high, "mail")]


def test_a_pair_said_to_be_two_people_is_not_shown_again(shop: Shop) -> None:
    low, high = shop.member("13800138000", name="王伟"), shop.member("13800138001", name="王伟")
    seen(shop)
    quality.keep_apart(high, low, by=shop.owner, now=shop.now)
    assert seen(shop) == []
    with pytest.raises(quality.PairUnknown):
        quality.keep_apart(low, low + 1, by=shop.owner, now=shop.now)


def test_merging_a_pair_takes_it_from_the_list(shop: Shop) -> None:
    low, high = shop.member("13800138000", name="王伟"), shop.member("13800138001", name="王伟")
    seen(shop)
    mark = merging.preview(low, high, by=shop.owner, now=shop.now).mark
    merging.merge(low, high, mark=mark, by=shop.owner, now=shop.now)
    assert quality.listing(by=shop.owner) == []
    assert quality.counts(by=shop.owner)["double"] == 0


@pytest.mark.parametrize(
    ("calendar", "year", "month", "day", "fault"),
    [
        ("solar", 1988, 2, 29, None),
        ("solar", 1987, 2, 29, "no_such_day"),
        ("solar", None, 2, 29, None),
        ("solar", None, 4, 31, "no_such_day"),
        ("lunar", None, 8, 31, "no_such_day"),
        ("lunar", None, 8, 30, None),
        ("solar", 2026, 5, 29, None),
        ("solar", 2026, 5, 30, "future"),
        ("solar", 1916, 5, 29, None),
        ("solar", 1915, 5, 29, "too_old"),
        ("solar", 1915, 5, 30, None),
        ("lunar", 2026, 4, 14, "future"),
        ("lunar", 2026, 4, 13, None),
    ],
)
def test_who_can_be_born_that_day(calendar: str, year: int | None, month: int, day: int, fault: str | None) -> None:
    assert qualityscan.birthday_fault(calendar, year, month, day, today=date(2026, 5, 29)) == fault


@given(days=st.integers(0, 110 * 365), today=st.dates(date(2015, 1, 1), date(2060, 1, 1)))
def test_every_day_of_a_life_is_possible(days: int, today: date) -> None:
    born = today - timedelta(days=days)
    assert qualityscan.birthday_fault("solar", born.year, born.month, born.day, today=today) is None


def test_a_birthday_that_cannot_be_is_taken_out(shop: Shop) -> None:
    member = shop.member("13800138000", name="王伟", birthday=Birthday("solar", 1, 1, 1901))
    assert seen(shop) == [("birthday", member, 0, "too_old")]
    quality.clear_birthday(member, by=shop.owner, now=shop.now)
    assert members.card(member, by=shop.owner, now=shop.now).birthday is None
    assert quality.listing(by=shop.owner) == seen(shop) == []
    members.set_birthday(member, Birthday("solar", 1, 1, 1991), by=shop.owner, now=shop.now)
    assert seen(shop) == []


def wrote(shop: Shop, member: int, *states: str) -> None:
    """Messages to a member on the way every message goes, each with what became of it."""
    words = {"shop": "店", "stored": "¥1.00", "bonus": "¥0.00"}
    for number, state in enumerate(states, 1):
        now = Millis(shop.now + number)
        letter = Letter(f"k{number}", "wallet_balance", "service", "zh", words, Millis(now + DAY), member_id=member)
        outbox_id = db.atomic(outbox.put)(letter, now=now)
        assert outbox_id is not None
        if state == "skipped":
            db.atomic(outbox.cancel)(member, categories=("service",), reason="test", now=now)
            continue
        assert delivery.claim(outbox_id, owner="a", now=now) is not None
        delivery.accepted(outbox_id, sid=f"SM{number}", now=now)
        assert delivery.note_status(sid=f"SM{number}", status=state, outbox_id=None, attempt=None, now=now)


@pytest.mark.parametrize(
    ("states", "dead"),
    [
        (("delivered", "undelivered", "failed", "undelivered"), True),
        (("failed", "failed", "failed", "delivered"), False),
        (("failed", "failed"), False),
        (("failed", "failed", "failed", "skipped"), True),
    ],
)
def test_a_number_is_dead_after_three_that_did_not_arrive(shop: Shop, states: tuple[str, ...], dead: bool) -> None:
    member = shop.member("13800138000", purposes=("membership", "service"))
    db.run("DELETE FROM outbox")
    wrote(shop, member, *states)
    assert seen(shop) == ([("number", member, 0, "not_delivered")] if dead else [])


def test_a_number_refused_as_none_is_replaced_or_taken_away(shop: Shop) -> None:
    from core.outreach import suppressions

    member = shop.member("13800138000")
    db.atomic(lambda: suppressions.put("+8613800138000", "all", reason="address", now=shop.now))()
    assert seen(shop) == [("number", member, 0, "bad_address")]
    quality.renumber(member, "13912345678", by=shop.owner, now=shop.now)
    assert quality.listing(by=shop.owner) == seen(shop) == []
    quality.renumber(member, "", by=shop.owner, now=shop.now)
    assert credentials.value_of(member, "phone") is None


def test_who_has_no_credential_left_is_named(shop: Shop) -> None:
    member = shop.member("13800138000")
    for kind in ("phone", "card"):
        db.atomic(lambda kind=kind: credentials.end(member, kind, now=shop.now))()  # type: ignore[misc]
    assert seen(shop) == [("unreachable", member, 0, "no_credential")]


def test_the_list_is_read_a_page_at_a_time_and_by_kind(shop: Shop) -> None:
    for at in range(7):
        shop.member(name="王伟", birthday=Birthday("solar", 1, 1, 1900 + at))
    shop.member("13800138000", name="李雷")
    shop.member("13800138001", name="李雷")
    quality.look(by=JOB, now=shop.now)
    read: list[Finding] = []
    while more := quality.listing(after=read[-1] if read else None, limit=3, by=shop.owner):
        read += more
    assert [one.kind for one in read] == ["birthday"] * 7 + ["double"]
    assert len(quality.listing("birthday", after=read[2], by=shop.owner)) == 4
    assert quality.counts(by=shop.owner) == {"double": 1, "birthday": 7, "number": 0, "unreachable": 0}


def test_a_clerk_who_may_not_edit_sees_none(shop: Shop) -> None:
    clerk = shop.owner_with(frozenset({"member.find"}))
    for verb in (quality.counts, quality.listing):
        with pytest.raises(NotAllowed):
            verb(by=clerk)
    with pytest.raises(NotAllowed):
        quality.look(by=clerk, now=shop.now)


SAID = st.tuples(st.sampled_from(["王伟", "李雷"]), st.sampled_from([f"+86138001380{n:02d}" for n in (0, 1, 11, 22)]))


@given(st.lists(SAID, max_size=12))
def test_everybody_with_a_like_before_them_is_paired_and_nobody_else(people: list[tuple[str, str]]) -> None:
    clues = {kind: qualityscan._Clues() for kind in qualityscan.CLUES}
    for at, (name, phone) in enumerate(people):
        qualityscan._note_clues(clues, at, (name, phone, ""), (None, None, None, None))

    def alike(a: int, b: int) -> bool:
        differ = sum(x != y for x, y in zip(people[a][1], people[b][1], strict=True))
        return people[a][0] == people[b][0] and differ <= 1

    pairs = qualityscan._pairs(clues)
    assert all(alike(*pair) for pair in pairs)
    assert {high for _, high in pairs} == {b for b in range(len(people)) if any(alike(a, b) for a in range(b))}
