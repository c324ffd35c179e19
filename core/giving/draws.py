"""Draws: a member's try in a lottery; its number cannot be chosen, its place in the day's row has no gaps."""

from dataclasses import dataclass
from datetime import date

from core.base import clock, db, ids, text
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_
from core.books import audit, locks, merges, requests, rules
from core.books.posting import Cause
from core.giving import fairness, handouts, lottery, spending
from core.giving.lottery import Lottery, Prize
from core.loyalty import coupons, points

WORD_LIMIT = 40


@dataclass(frozen=True)
class Draw:
    """One draw and what it brought; `fell` if its prize was used up. `mark` finds it in the published list."""

    id: int
    day: date
    n: int
    mark: str
    number: int
    prize: str | None
    fell: bool
    points: int
    coupon_code: str | None
    code: str | None


class LotteryClosed(Refused):
    """The lottery does not draw now."""

    code = "lottery_closed"
    text = N_("“{name}” draws from {first_on} to {last_on} and is not open now. No points were taken.")


class NoTriesLeft(Refused):
    """The member drew as often as a day allows."""

    code = "no_tries_left"
    text = N_("“{name}” allows {tries} tries a day, and they are used. Try again tomorrow.")


@db.atomic
def draw(
    member_id: int, lottery_id: int, word: str, *, proved: bool, by: Actor, now: Millis, key: str | None = None
) -> Draw:
    """Draw once for a member. The same key gives the same draw.

    `word` is the member's own (empty: the check character of their card); only its hash is kept and published.
    `proved`: the door has a proof of this member that allows 'spend'; a lottery that costs nothing needs none.
    Raises: NotAllowed, SpendProofNeeded, LotteryUnknown, LotteryClosed, NoTriesLeft, NotEnoughPoints, KeyReused,
    MemberUnknown, MemberBlocked …
    """
    spending.check_right(by, member_id)
    mark = fairness.mark_of(text.clean(word)[:WORD_LIMIT] or _card_check(member_id))
    asked = {"member": member_id, "lottery": lottery_id, "mark": mark}
    draw_id = requests.once(
        key,
        lambda: _draw(member_id, lottery_id, mark, proved, by, now),
        scope=f"{by.tag}/draw",
        request=asked,
        now=now,
    )
    return get(draw_id)


def _card_check(member_id: int) -> str:
    sql = "SELECT value FROM credential WHERE member_id = ? AND kind = 'card' AND state = 'active' ORDER BY id DESC"
    return str(db.value(sql, (member_id,)) or "")[-1:]


def _draw(member_id: int, lottery_id: int, mark: str, proved: bool, by: Actor, now: Millis) -> int:
    locks.hold(member_id)
    found, today = lottery.get(lottery_id), clock.day_of(now, rules.current(now=now).zone)
    _check_tries(found, member_id, today)
    draw_id, store_id = ids.new(), spending.store_of(by)
    paid, entry_id = Cause("lottery", "lottery_draw", draw_id, by, now, store_id), None
    if found.terms.cost_points:
        entry_id = spending.spend(member_id, found.terms.cost_points, paid, proved=proved)
    n = _next_number(found, today)
    number = fairness.number_of(lottery.seed_of(found, today), str(lottery_id), n, mark)
    place = fairness.place_of(number, [one.terms.odds_ppm for one in found.prizes])
    drawn = None if place is None else found.prizes[place]
    given = drawn if drawn is not None and _take_one(drawn) else None
    db.add(
        "lottery_draw",
        id=draw_id,
        lottery_id=lottery_id,
        day=today.toordinal(),
        n=n,
        member_id=member_id,
        mark=mark,
        number=number,
        drawn_prize_id=drawn.id if drawn else None,
        given_prize_id=given.id if given else None,
        entry_id=entry_id,
        at=now,
        actor=by.tag,
    )
    if given is not None:
        _give(given, member_id, Cause("lottery_prize", "lottery_draw", draw_id, by, now, store_id))
    after = {"day": str(today), "n": n, "number": number, "prize": given.terms.name if given else None}
    audit.record("lottery.drawn", "lottery", lottery_id, by=by, now=now, store_id=store_id, after=after)
    return draw_id


def _closed(found: Lottery) -> LotteryClosed:
    return LotteryClosed(name=found.name, first_on=found.terms.first_on, last_on=found.terms.last_on)


def _check_tries(found: Lottery, member_id: int, today: date) -> None:
    if not found.open_on(today):
        raise _closed(found)
    sql = f"SELECT count(*) FROM lottery_draw WHERE member_id IN {merges.OVER_BOTH} AND lottery_id = ? AND day = ?"
    tries = found.terms.tries_day
    if tries and db.value(sql, (member_id, member_id, found.id, today.toordinal())) >= tries:
        raise NoTriesLeft(name=found.name, tries=tries)


def _next_number(found: Lottery, today: date) -> int:
    """The next place in the day's row; its row keeps others waiting until this draw is written.

    A clock that went back draws nothing: the seed of a day that is over may be known.
    Raises: LotteryClosed.
    """
    day = today.toordinal()
    n = db.value(
        "UPDATE lottery SET draws = CASE WHEN draw_day = ? THEN draws + 1 ELSE 1 END, draw_day = ?"
        " WHERE id = ? AND draw_day <= ? AND ended_at IS NULL RETURNING draws",
        (day, day, found.id, day),
    )
    if n is None:
        raise _closed(found)
    return int(n)


def _take_one(prize: Prize) -> bool:
    sql = "UPDATE lottery_prize SET given = given + 1 WHERE id = ? AND (stock IS NULL OR given < stock)"
    return db.change(sql, (prize.id,)) == 1


def _give(prize: Prize, member_id: int, cause: Cause) -> None:
    terms = prize.terms
    if terms.kind == "points":
        points.earn(member_id, terms.points, cause)
        return
    kind_id, issued = terms.coupon_kind_id, None
    if kind_id is not None:
        issued = coupons.issue(kind_id, member_id, ref_kind="lottery", ref_id=cause.ref_id, now=cause.now)
    if issued is None:  # something to be fetched, or a coupon whose kind was retired: the shop still owes it
        handouts.promise(member_id, terms.name, terms.product_id, cause)


# --- reads -----------------------------------------------------------------------------------------

_SELECT = (
    "SELECT d.id, d.day, d.n, d.mark, d.number, p.name, d.drawn_prize_id, p.points, c.code, h.id FROM lottery_draw d"
    " LEFT JOIN lottery_prize p ON p.id = d.given_prize_id"
    " LEFT JOIN coupon c ON c.ref_kind = 'lottery' AND c.ref_id = d.id"
    " LEFT JOIN handout h ON h.ref_kind = 'lottery_draw' AND h.ref_id = d.id WHERE "
)


def _drawn(row: db.Row) -> Draw:
    draw_id, day, n, mark, number, prize, drawn, given_points, coupon_code, handout_id = row
    code = handouts.code_of(handout_id) if handout_id else None
    fell = drawn is not None and prize is None
    return Draw(draw_id, date.fromordinal(day), n, mark, number, prize, fell, given_points or 0, coupon_code, code)


def get(draw_id: int) -> Draw:
    """One draw."""
    row = db.one(_SELECT + "d.id = ?", (draw_id,))
    if row is None:
        raise LookupError(f"no draw {draw_id}")
    return _drawn(row)


def of_member(member_id: int, lottery_id: int, *, limit: int = 50) -> list[Draw]:
    """A member's draws in a lottery, the newest first."""
    where = "d.member_id = ? AND d.lottery_id = ? ORDER BY d.day DESC, d.n DESC LIMIT ?"
    return [_drawn(row) for row in db.rows(_SELECT + where, (member_id, lottery_id, limit))]


def tries_left(member_id: int, found: Lottery, *, now: Millis) -> int | None:
    """How often a member may still draw today; None for any number."""
    if not found.terms.tries_day:
        return None
    today = clock.day_of(now, rules.current(now=now).zone).toordinal()
    sql = f"SELECT count(*) FROM lottery_draw WHERE member_id IN {merges.OVER_BOTH} AND lottery_id = ? AND day = ?"
    return max(found.terms.tries_day - int(db.value(sql, (member_id, member_id, found.id, today))), 0)
