"""Sharing: somebody new by a member's link gives points, once a visitor and so many a day."""

import pytest

from core.base.clock import DAY, Millis
from core.giving import sharing
from core.giving.sharing import ShareLinkUnknown
from core.loyalty import points
from core.people import members
from tests.shops import Shop

STRANGER = members.themselves(0)


@pytest.fixture
def sharer(shop: Shop) -> int:
    shop.rule("share_points", 10)
    shop.rule("share_cap_day", 2)
    return shop.member()


def visit(shop: Shop, sharer: int, visitor: str, *, member: int = 0, days: int = 0) -> int:
    now = Millis(shop.now + days * DAY)
    return sharing.visited(sharing.link_of(sharer), visitor, by=members.themselves(member), now=now)


def test_a_new_visitor_counts_once(shop: Shop, sharer: int) -> None:
    assert [visit(shop, sharer, "a"), visit(shop, sharer, "a"), visit(shop, sharer, "a", days=1)] == [10, 0, 0]
    assert points.state(sharer, now=shop.now).balance == 10


def test_a_visitor_counts_for_one_member_only(shop: Shop, sharer: int) -> None:
    visit(shop, sharer, "a")
    assert visit(shop, shop.member(), "a") == 0


def test_beyond_the_days_number_a_visitor_can_count_tomorrow(shop: Shop, sharer: int) -> None:
    assert [visit(shop, sharer, name) for name in "abc"] == [10, 10, 0]
    assert visit(shop, sharer, "c", days=1) == 10


def test_the_sharers_own_visit_counts_neither_signed_in_nor_afterwards(shop: Shop, sharer: int) -> None:
    assert [visit(shop, sharer, "own", member=sharer), visit(shop, sharer, "own")] == [0, 0]


def test_another_member_is_nobody_new(shop: Shop, sharer: int) -> None:
    assert visit(shop, sharer, "a", member=shop.member()) == 0


def test_a_shop_without_sharing_and_a_blocked_sharer_give_nothing(shop: Shop, sharer: int) -> None:
    members.set_state(sharer, "blocked", by=shop.owner, now=shop.now)
    assert visit(shop, sharer, "a") == 0
    shop.rule("share_points", 0)
    assert visit(shop, shop.member(), "a") == 0


@pytest.mark.parametrize(
    "harm", [lambda link: link[:-1] + ("0" if link[-1] != "0" else "1"), lambda _: "L1.0.X", str.lower]
)
def test_a_link_cannot_be_made_up(shop: Shop, sharer: int, harm: object) -> None:
    link = harm(sharing.link_of(sharer))  # type: ignore[operator]
    if link.upper() == sharing.link_of(sharer):  # a browser may write it small
        assert sharing.member_of(link) == sharer
        return
    with pytest.raises(ShareLinkUnknown):
        sharing.visited(link, "a", by=STRANGER, now=shop.now)
