"""Leaving for good: staff and members, what stands in the way, and that no book moves."""

import threading

import pytest

from core.base import db
from core.base.access import rights_of
from core.base.errors import NotAllowed
from core.keeping import doctor, erasure, merging, owncopy
from core.keeping.erasure import ErasureOvertaken, StoredValueLeft
from core.people import credentials, members
from core.people.credentials import FreshProofNeeded, Proof
from tests.shops import Shop


@pytest.fixture
def wang(shop: Shop) -> int:
    member = shop.member("13800138000", name="王伟芳")
    shop.give_points(member, 300)
    return member


def mark(shop: Shop, member: int) -> str:
    return erasure.preview(member, now=shop.now).mark


def proof(member: int, shop: Shop, kind: credentials.ProofKind = "fresh_code") -> Proof:
    return Proof(member, kind, shop.now)


def totals() -> list[tuple[object, ...]]:
    return db.rows("SELECT asset, sum(balance), sum(debt), count(*) FROM account GROUP BY asset ORDER BY asset")


def test_the_owner_erases_and_no_book_moves(shop: Shop, wang: int) -> None:
    before = totals()
    erasure.erase(wang, mark=mark(shop, wang), by=shop.owner, now=shop.now)
    assert db.value("SELECT state FROM member WHERE id = ?", (wang,)) == "erased"
    assert credentials.by_phone("13800138000", now=shop.now) is None
    assert (totals(), doctor.examine(now=shop.now)) == (before, [])


def test_the_number_can_join_again_as_somebody_new(shop: Shop, wang: int) -> None:
    erasure.erase(wang, mark=mark(shop, wang), by=shop.owner, now=shop.now)
    assert shop.member("13800138000") != wang


def test_a_clerk_may_not(shop: Shop, wang: int) -> None:
    with pytest.raises(NotAllowed):
        clerk = shop.owner_with(frozenset({"member.find", "sell"}))
        erasure.erase(wang, mark=mark(shop, wang), by=clerk, now=shop.now)


@pytest.mark.parametrize("kind", ["spoken", "card", "rotating", "code", "session"])
def test_a_member_needs_a_fresh_code(shop: Shop, wang: int, kind: credentials.ProofKind) -> None:
    by = members.themselves(wang)
    with pytest.raises(FreshProofNeeded):
        erasure.erase(wang, mark=mark(shop, wang), proof=proof(wang, shop, kind), by=by, now=shop.now)
    with pytest.raises(FreshProofNeeded):
        owncopy.of_member(wang, proof=proof(wang, shop, kind), now=shop.now)


def test_nobody_erases_another(shop: Shop, wang: int) -> None:
    li, marked = shop.member("13900139000"), mark(shop, wang)
    for by, given in ((members.themselves(li), proof(li, shop)), (members.themselves(wang), proof(li, shop))):
        with pytest.raises(FreshProofNeeded):
            erasure.erase(wang, mark=marked, proof=given, by=by, now=shop.now)


def test_points_that_came_in_between_stop_it(shop: Shop, wang: int) -> None:
    seen = mark(shop, wang)
    shop.give_points(wang, 1)
    with pytest.raises(ErasureOvertaken):
        erasure.erase(wang, mark=seen, by=shop.owner, now=shop.now)


def test_points_with_a_lower_id_stop_it_too(shop: Shop, wang: int) -> None:
    def elsewhere() -> None:
        db.attach()
        shop.give_points(wang, 1)  # ids of a block that was taken later
        db.detach()

    other = threading.Thread(target=elsewhere)
    other.start()
    other.join()
    seen = mark(shop, wang)
    shop.give_points(wang, 1)
    with pytest.raises(ErasureOvertaken):
        erasure.erase(wang, mark=seen, by=shop.owner, now=shop.now)


def test_stored_value_is_given_up_or_stays(shop: Shop, wang: int) -> None:
    shop.product("stored value", 0, kind="top_up")
    shop.top_up(wang, 10_000)
    with pytest.raises(StoredValueLeft) as refused:
        erasure.erase(wang, mark=mark(shop, wang), by=shop.owner, now=shop.now)
    assert refused.value.facts["stored_cents"] == 10_000
    erasure.erase(wang, mark=mark(shop, wang), give_up=True, by=shop.owner, now=shop.now)
    assert members.find("王伟芳", by=shop.owner) == []


def texts() -> str:
    """Every row of every table, as text."""
    names = (
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'member_search%'"
        if db.is_sqlite()
        else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    )
    with db.read():
        return "\n".join(repr(row) for (name,) in db.rows(names) for row in db.rows(f"SELECT * FROM {name}"))


def test_no_row_of_any_table_names_them_any_more_nor_who_was_merged_into_them(shop: Shop, wang: int) -> None:
    other = shop.member("13987651234", name="欧阳鸿渐", email="hongjian@example.org")
    seen = merging.preview(other, wang, choices={"name": "gone"}, by=shop.owner, now=shop.now)
    merging.merge(other, wang, mark=seen.mark, choices={"name": "gone"}, by=shop.owner, now=shop.now)
    words = ("13800138000", "13987651234", "王伟芳", "欧阳鸿渐", "hongjian", "wangweifang")
    assert [word for word in words if word in texts()] == list(words)
    erasure.erase(other, mark=mark(shop, other), by=shop.owner, now=shop.now)
    assert [word for word in words if word in texts()] == []
    assert doctor.examine(now=shop.now) == []


def test_a_manager_needs_the_right_of_its_own(shop: Shop, wang: int) -> None:
    manager = shop.owner_with(rights_of("manager", []))
    assert manager.may("member.merge")
    with pytest.raises(NotAllowed):
        erasure.erase(wang, mark=mark(shop, wang), by=manager, now=shop.now)
    granted = shop.owner_with(rights_of("manager", [("member.erase", True)]))
    erasure.erase(wang, mark=mark(shop, wang), by=granted, now=shop.now)
