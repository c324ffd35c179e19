"""Punch cards 集点卡: every n-th visit gives a coupon or points.

A visit is a local day with a purchase above 0, counted over the whole membership. A visit that a refund
undoes and that comes again does not fill the same card at the same number twice.
"""

from dataclasses import dataclass

from core.base import db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.books import audit, merges, stats
from core.books.posting import Cause
from core.loyalty import coupons
from core.loyalty import points as points_of


@dataclass(frozen=True)
class PunchCard:
    """Every n-th visit gives points, or a coupon of a kind."""

    id: int
    name: str
    every: int
    points: int
    coupon_kind_id: int | None
    active: bool


@dataclass(frozen=True)
class Progress:
    """How full a member's card is: stamps of `card.every`, and how many visits are missing."""

    card: PunchCard
    stamps: int
    missing: int


class PunchCardInvalid(Invalid):
    """A punch card cannot be right."""

    code = "punch_card_invalid"
    text = N_("Punch card “{name}”: {field} does not fit. {wanted}")


class PunchCardUnknown(NotFound):
    """No punch card in use has this id."""

    code = "punch_card_unknown"
    text = N_("There is no punch card {what} in use. Look at the list again.")


def _wrong(name: str, every: int, points: int, coupon_kind_id: int | None) -> tuple[str, Text] | None:
    if not name or len(name) > 80:
        return "name", T("A name has 1 to 80 characters.")
    if every < 2:
        return "every", T("From every 2nd visit on.")
    if points < 0 or (points > 0) == (coupon_kind_id is not None):
        return "points", T("Either points or a coupon, not both.")
    if coupon_kind_id is not None and all(kind.id != coupon_kind_id for kind in coupons.kinds()):
        return "coupon_kind_id", T("Name a coupon kind that is in use.")
    return None


@db.atomic
def create(name: str, every: int, *, points: int = 0, coupon_kind_id: int | None = None, by: Actor, now: Millis) -> int:
    """Add a punch card; its id. Raises: NotAllowed, PunchCardInvalid."""
    require(by, "marketing")
    name = text.clean(name)
    found = _wrong(name, every, points, coupon_kind_id)
    if found is not None:
        raise PunchCardInvalid(name=name, field=found[0], wanted=found[1])
    card_id = ids.new()
    row = {"name": name, "every": every, "points": points, "coupon_kind_id": coupon_kind_id}
    db.add("punch_card", id=card_id, **row, active=1, created_at=now)
    audit.record("punch_card.created", "punch_card", card_id, by=by, now=now, after={"name": name, "every": every})
    return card_id


@db.atomic
def retire(card_id: int, *, by: Actor, now: Millis) -> None:
    """Fill a card no more. Raises: NotAllowed, PunchCardUnknown."""
    require(by, "marketing")
    if not db.change("UPDATE punch_card SET active = 0 WHERE id = ? AND active = 1", (card_id,)):
        raise PunchCardUnknown(what=str(card_id))
    audit.record("punch_card.retired", "punch_card", card_id, by=by, now=now)


def cards(*, only_active: bool = True) -> list[PunchCard]:
    """The shop's punch cards, oldest first."""
    sql = "SELECT id, name, every, points, coupon_kind_id, active FROM punch_card ORDER BY id"
    found = [PunchCard(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in db.rows(sql)]
    return [card for card in found if card.active or not only_active]


def progress(member_id: int) -> list[Progress]:
    """How full a member's cards are."""
    visits = stats.of(member_id).visits
    return [Progress(card, visits % card.every, card.every - visits % card.every) for card in cards()]


def visited(member_id: int, visit: int, *, sale_id: int, by: Actor, now: Millis) -> None:
    """A member's n-th visit began with a sale: fill the cards that are full; inside the caller's transaction."""
    for card in cards():
        if visit % card.every == 0:
            _fill(card, member_id, visit, sale_id, by, now)


def _fill(card: PunchCard, member_id: int, visit: int, sale_id: int, by: Actor, now: Millis) -> None:
    had = f"SELECT 1 FROM punch_filled WHERE card_id = ? AND visit = ? AND member_id IN {merges.OVER_BOTH}"
    if db.value(had, (card.id, visit, member_id, member_id)):
        return
    row_id = ids.new()
    fresh = db.change(
        "INSERT INTO punch_filled (id, card_id, member_id, visit, sale_id, at, actor) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (card_id, member_id, visit) DO NOTHING",
        (row_id, card.id, member_id, visit, sale_id, now, by.tag),
    )
    if not fresh:
        return
    if card.coupon_kind_id is not None:
        coupons.issue(card.coupon_kind_id, member_id, ref_kind="punch", ref_id=row_id, now=now)
    else:
        points_of.earn(member_id, card.points, Cause("punch", "punch_filled", row_id, by, now))
    after = {"card": card.name, "visit": visit}
    audit.record("punch_card.filled", "member", member_id, by=by, now=now, after=after)
