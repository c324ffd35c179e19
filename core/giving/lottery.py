"""Lotteries 积分抽奖: prizes with odds and stock, a cost in points, tries a day, and the list anyone can check.

Odds are parts per million; what they leave of 1,000,000 is "no prize". A lottery is fixed when it is made:
its prizes and days stay what was published. How it draws fairly is told in `fairness`, drawing is in `draws`.
"""

import secrets
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from core.base import clock, db, ids, text
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, NotFound
from core.base.i18n import N_, T, Text
from core.books import audit, rules
from core.giving import fairness
from core.giving.fairness import verify as verify
from core.goods import catalogue
from core.loyalty import coupons

MOST_DAYS = 366


@dataclass(frozen=True, kw_only=True)
class PrizeTerms:
    """One prize: its odds in parts per million, how many there are (None: any number), and what it gives.

    'points' gives `points`, 'coupon' one of a kind, 'product' waits at the till and may name a product.
    """

    name: str
    kind: Literal["points", "coupon", "product"]
    odds_ppm: int
    stock: int | None = None
    points: int = 0
    coupon_kind_id: int | None = None
    product_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class LotteryTerms:
    """What a draw costs, how often a member may draw a day (0: any number), and its days, both included."""

    cost_points: int
    tries_day: int
    first_on: date
    last_on: date


@dataclass(frozen=True)
class Prize:
    """A prize as it stands."""

    id: int
    terms: PrizeTerms
    given: int

    @property
    def left(self) -> int | None:
        """How many can still be won."""
        return None if self.terms.stock is None else self.terms.stock - self.given


@dataclass(frozen=True)
class Lottery:
    """A lottery as it stands; `commitment` binds its secret before the first draw."""

    id: int
    name: str
    terms: LotteryTerms
    commitment: str
    ended_at: Millis | None
    prizes: tuple[Prize, ...]

    def open_on(self, day: date) -> bool:
        """Whether it draws on a day."""
        return self.ended_at is None and self.terms.first_on <= day <= self.terms.last_on


class LotteryInvalid(Invalid):
    """A lottery cannot be right."""

    code = "lottery_invalid"
    text = N_("Lottery “{name}”: {field} does not fit. {wanted}")


class LotteryUnknown(NotFound):
    """No lottery has this id."""

    code = "lottery_unknown"
    text = N_("There is no lottery {what}. Look at the list again.")


def _wrong(name: str, terms: LotteryTerms, prizes: tuple[PrizeTerms, ...], today: date) -> tuple[str, Text] | None:
    if not name or len(name) > 80:
        return "name", T("A name has 1 to 80 characters.")
    if min(terms.cost_points, terms.tries_day) < 0:
        return "cost_points", T("Amounts are 0 or more.")
    if terms.first_on < today or not 0 <= (terms.last_on - terms.first_on).days < MOST_DAYS:
        return "last_on", T("It begins today or later and runs for 1 to {days} days.", days=MOST_DAYS)
    if not prizes or min(one.odds_ppm for one in prizes) < 1:
        return "prizes", T("At least one prize, each with odds of 1 or more.")
    odds = sum(one.odds_ppm for one in prizes)
    if odds > fairness.NUMBERS:
        return "odds_ppm", T("The odds add up to {odds}; 1,000,000 is everything.", odds=odds)
    return next((found for found in map(_wrong_prize, prizes) if found), None)


def _wrong_prize(one: PrizeTerms) -> tuple[str, Text] | None:
    if not text.clean(one.name) or (one.stock is not None and one.stock < 1):
        return "stock", T("A prize has a name, and a stock of 1 or more if it has one.")
    fits = (one.points > 0) == (one.kind == "points") and (one.coupon_kind_id is not None) == (one.kind == "coupon")
    if not fits or (one.product_id is not None and one.kind != "product"):
        return "prizes", T("A prize gives points, or a coupon of a kind, or something handed over.")
    if one.coupon_kind_id is not None and all(kind.id != one.coupon_kind_id for kind in coupons.kinds()):
        return "coupon_kind_id", T("Name a coupon kind that is in use.")
    return None


@db.atomic
def create(name: str, terms: LotteryTerms, prizes: tuple[PrizeTerms, ...], *, by: Actor, now: Millis) -> int:
    """Make a lottery and commit to its seeds; its id. The commitment stands in the audit log at once.

    Raises: NotAllowed, LotteryInvalid, ProductUnknown.
    """
    require(by, "marketing")
    name = text.clean(name)
    found = _wrong(name, terms, prizes, clock.day_of(now, rules.current(now=now).zone))
    if found is not None:
        raise LotteryInvalid(name=name, field=found[0], wanted=found[1])
    lottery_id, last_seed = ids.new(), secrets.token_bytes(32)
    commitment = fairness.hashed(last_seed, (terms.last_on - terms.first_on).days + 1).hex()
    db.add(
        "lottery",
        id=lottery_id,
        name=name,
        cost_points=terms.cost_points,
        tries_day=terms.tries_day,
        first_day=terms.first_on.toordinal(),
        last_day=terms.last_on.toordinal(),
        commitment=commitment,
        created_at=now,
    )
    db.add("lottery_seed", lottery_id=lottery_id, last_seed=last_seed.hex())
    db.add_many("lottery_prize", [_prize_row(lottery_id, place, one) for place, one in enumerate(prizes, 1)])
    audit.record(
        "lottery.created", "lottery", lottery_id, by=by, now=now, after={"name": name, "commitment": commitment}
    )
    return lottery_id


def _prize_row(lottery_id: int, position: int, one: PrizeTerms) -> dict[str, object]:
    if one.product_id is not None:
        catalogue.get(one.product_id)
    row = {"id": ids.new(), "lottery_id": lottery_id, "position": position}
    return row | one.__dict__ | {"name": text.clean(one.name)}


@db.atomic
def end(lottery_id: int, *, by: Actor, now: Millis) -> None:
    """Draw no more; what was drawn stays published. Raises: NotAllowed, LotteryUnknown."""
    require(by, "marketing")
    if not db.change("UPDATE lottery SET ended_at = ? WHERE id = ? AND ended_at IS NULL", (now, lottery_id)):
        raise LotteryUnknown(what=str(lottery_id))
    audit.record("lottery.ended", "lottery", lottery_id, by=by, now=now)


# --- reads -----------------------------------------------------------------------------------------

_LOTTERY = "SELECT id, name, cost_points, tries_day, first_day, last_day, commitment, ended_at FROM lottery"
_PRIZE = "SELECT id, name, kind, odds_ppm, stock, points, coupon_kind_id, product_id, given FROM lottery_prize"
_PRIZE_FIELDS = ("name", "kind", "odds_ppm", "stock", "points", "coupon_kind_id", "product_id")


def _lottery(row: db.Row) -> Lottery:
    first, last = date.fromordinal(row[4]), date.fromordinal(row[5])
    terms = LotteryTerms(cost_points=row[2], tries_day=row[3], first_on=first, last_on=last)
    found = db.rows(_PRIZE + " WHERE lottery_id = ? ORDER BY position", (row[0],))
    prizes = (Prize(p[0], PrizeTerms(**dict(zip(_PRIZE_FIELDS, p[1:8], strict=True))), p[8]) for p in found)
    return Lottery(row[0], row[1], terms, row[6], row[7], tuple(prizes))


def get(lottery_id: int) -> Lottery:
    """One lottery. Raises: LotteryUnknown."""
    row = db.one(_LOTTERY + " WHERE id = ?", (lottery_id,))
    if row is None:
        raise LotteryUnknown(what=str(lottery_id))
    return _lottery(row)


def all_lotteries() -> list[Lottery]:
    """Every lottery there was, the newest first."""
    with db.read():
        return [_lottery(row) for row in db.rows(_LOTTERY + " ORDER BY id DESC")]


def running(*, now: Millis) -> list[Lottery]:
    """Lotteries that draw today."""
    today = clock.day_of(now, rules.current(now=now).zone)
    return [one for one in all_lotteries() if one.open_on(today)]


def seed_of(lottery: Lottery, day: date) -> bytes:
    """The secret of a day; for drawing, and for publishing when the day is over."""
    last = db.value("SELECT last_seed FROM lottery_seed WHERE lottery_id = ?", (lottery.id,))
    return fairness.hashed(bytes.fromhex(last), (lottery.terms.last_on - day).days)


def published(lottery_id: int, *, now: Millis) -> dict[str, Any]:
    """What anyone needs to check a lottery with `fairness.verify`, ready for JSON: no member, no word.

    Seeds of days that are over are shown, today's and later ones never. Raises: LotteryUnknown.
    """
    with db.read():
        lottery = get(lottery_id)
        terms = lottery.terms
        today = clock.day_of(now, rules.current(now=now).zone)
        over = range(terms.first_on.toordinal(), min(today.toordinal(), terms.last_on.toordinal() + 1))
        sql = "SELECT day, n, mark, number, drawn_prize_id, given_prize_id FROM lottery_draw WHERE lottery_id = ?"
        drawn = db.rows(sql + " ORDER BY day, n", (lottery_id,))
        return {
            "lottery": str(lottery_id),
            "name": lottery.name,
            "from": terms.first_on.isoformat(),
            "until": terms.last_on.isoformat(),
            "commitment": lottery.commitment,
            "prizes": [_prize_shown(one) for one in lottery.prizes],
            "seeds": {str(day): seed_of(lottery, day).hex() for day in map(date.fromordinal, over)},
            "draws": [_draw_shown(row) for row in drawn],
        }


def _prize_shown(one: Prize) -> dict[str, Any]:
    return {"id": str(one.id), "name": one.terms.name, "odds_ppm": one.terms.odds_ppm, "stock": one.terms.stock}


def _draw_shown(row: db.Row) -> dict[str, Any]:
    day, n, mark, number, drawn, given = row
    shown = {"day": str(date.fromordinal(day)), "n": n, "mark": mark, "number": number}
    return shown | {"drawn": str(drawn) if drawn else None, "given": str(given) if given else None}
