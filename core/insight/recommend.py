"""What to offer: what a member usually takes, what they may like, and what goes with the open basket.

Read by index from what the night counted (`baskets`), so that a till never waits. What is drawn from a member's own
purchases is shown only to and about those who agreed to suggestions.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.base import db
from core.base.clock import HOUR, Millis
from core.base.i18n import N_, WEEKDAYS, T, Text, scope
from core.insight import slots
from core.people import consent

LEAST_TIMES = 2
"""What was taken once is not usual."""
MOST_USUAL = 3
MOST_LIKED = 3
MOST_BESIDE = 2
FROM_MOST = 20
"""So many of a member's products are asked for their neighbours, the most taken ones."""
FROM_LINES = 12
"""So many lines of an open basket are, the last ones."""
DAYPART_WORDS = (N_("before 11"), N_("11 to 14"), N_("14 to 18"), N_("after 18"))

KEPT = (
    "(s.refunds = 0 OR l.quantity_milli > coalesce((SELECT sum(r.quantity_milli) FROM refund_line r"
    " WHERE r.line_id = l.id), 0))"
)
"""Lines of sales that were not wholly returned."""
_RUN = "(SELECT id FROM basket_run WHERE in_force = 1)"
_OFFERED = "p.active = 1 AND (p.opens_at IS NULL OR p.opens_at <= ?)"


@dataclass(frozen=True)
class Usual:
    """A product a member took on so many visits."""

    product_id: int
    name: str
    times: int

    @property
    def reason(self) -> Text:
        """Why it is theirs."""
        return T("taken on {times} visits", times=self.times)


@dataclass(frozen=True)
class Suggestion:
    """A product to offer: in `together` of the `baskets` with `beside` it was too; '' for what is popular anyway."""

    product_id: int
    name: str
    beside: str
    together: int
    baskets: int

    @property
    def reason(self) -> Text:
        """Why it is offered, from counted baskets."""
        if not self.beside:
            return T("in {baskets} baskets of the last year", baskets=self.baskets)
        return T("bought together with {product} in {together} of {baskets} baskets", product=self.beside,
                 together=self.together, baskets=self.baskets)  # fmt: skip


@dataclass(frozen=True)
class Times:
    """When a member mostly comes, as slots; where they have no time of their own, when the shop is busiest."""

    daypart: int | None
    weekday: int | None
    shop_daypart: int | None
    shop_weekday: int | None


@dataclass(frozen=True)
class Taste:
    """What is known of a member who agreed to suggestions."""

    usual: tuple[Usual, ...]
    may_like: tuple[Suggestion, ...]
    times: Times


def of_member(member_id: int, *, now: Millis) -> Taste | None:
    """A member's own taste; None without their consent to suggestions."""
    with db.read():
        if not consent.holds(member_id, "profiling"):
            return None
        usual, may_like = _both(member_id, now)
        return Taste(usual, may_like, _times(member_id))


def in_short(member_id: int, *, now: Millis) -> tuple[str, str]:
    """Names for a line or a message: what a member takes mostly, what they may like; '' for what is not known."""
    with db.read():
        if not consent.holds(member_id, "profiling"):
            return "", ""
        usual, may_like = _both(member_id, now)
    return usual[0].name if usual else "", may_like[0].name if may_like else ""


def beside(product_ids: Iterable[int], *, now: Millis, most: int = MOST_BESIDE) -> tuple[Suggestion, ...]:
    """What goes with an open basket and is not in it, by the sum of cosines; one indexed query."""
    basket = tuple(dict.fromkeys(product_ids))
    return _nearest(basket[-FROM_LINES:], frozenset(basket), most, now)


def _both(member_id: int, now: Millis) -> tuple[tuple[Usual, ...], tuple[Suggestion, ...]]:
    bought = _bought(member_id)
    usual = tuple(Usual(id, name, times) for id, name, times, sold in bought if sold and times >= LEAST_TIMES)
    had = frozenset(id for id, *_ in bought)
    near = _nearest([id for id, *_ in bought[:FROM_MOST]], had, MOST_LIKED, now)
    missing = MOST_LIKED - len(near)
    return usual[:MOST_USUAL], near + (
        _popular(had | {one.product_id for one in near}, missing, now) if missing else ()
    )


def _bought(member_id: int) -> list[tuple[int, str, int, int]]:
    """Products a member ever bought, the most taken first: id, name, on how many visits, whether still sold.

    What was wholly returned counts for no visit, and is not offered again either.
    """
    sql = (
        f"SELECT l.product_id, p.name, count(DISTINCT CASE WHEN {KEPT} THEN s.id END) AS times, p.active"
        " FROM sale s JOIN sale_line l ON l.sale_id = s.id JOIN product p ON p.id = l.product_id"
        " WHERE s.member_id = ? AND p.kind IN ('goods', 'service') GROUP BY l.product_id, p.name, p.active"
        " ORDER BY times DESC, max(s.at) DESC, l.product_id"
    )
    return [(int(id), name, int(times), int(sold)) for id, name, times, sold in db.rows(sql, (member_id,))]


def _nearest(of: Sequence[int], without: frozenset[int], most: int, now: Millis) -> tuple[Suggestion, ...]:
    """The products with the largest sum of cosines to some; each with its nearest of them as the reason."""
    if not of:
        return ()
    sql = (
        "SELECT n.other_id, p.name, q.name, n.together, n.baskets, n.score_ppm FROM neighbour n"
        " JOIN product p ON p.id = n.other_id JOIN product q ON q.id = n.product_id"
        f" WHERE n.run_id = {_RUN} AND n.product_id IN ({', '.join('?' * len(of))}) AND {_OFFERED}"
        " ORDER BY n.score_ppm DESC, n.product_id"
    )
    best: dict[int, Suggestion] = {}
    scores: dict[int, int] = {}
    for other_id, name, near, together, baskets, score in db.rows(sql, (*of, now)):
        if other_id not in without:
            best.setdefault(other_id, Suggestion(other_id, name, near, together, baskets))
            scores[other_id] = scores.get(other_id, 0) + score
    order = sorted(best, key=lambda id: (-scores[id], id))
    return tuple(best[id] for id in order[:most])


def _popular(without: frozenset[int], most: int, now: Millis) -> tuple[Suggestion, ...]:
    sql = (
        "SELECT o.product_id, p.name, o.baskets FROM popular o JOIN product p ON p.id = o.product_id"
        f" WHERE o.run_id = {_RUN} AND {_OFFERED} ORDER BY o.place"
    )
    found = [Suggestion(id, name, "", 0, baskets) for id, name, baskets in db.rows(sql, (now,)) if id not in without]
    return tuple(found[:most])


# --- times ---------------------------------------------------------------------------------------


def _times(member_id: int) -> Times:
    sql = (
        f"SELECT s.at / {HOUR // 4}, p.zone, count(*) FROM sale s JOIN store p ON p.id = s.store_id"
        " WHERE s.member_id = ? GROUP BY 1, 2"
    )
    dayparts, weekdays = slots.counted(db.rows(sql, (member_id,)))
    shop_dayparts, shop_weekdays = _of_shop("daypart", dayparts), _of_shop("weekday", weekdays)
    return Times(
        slots.usual(dayparts, shop_dayparts), slots.usual(weekdays, shop_weekdays), _busiest(shop_dayparts),
        _busiest(shop_weekdays),
    )  # fmt: skip


def _of_shop(kind: str, own: list[int]) -> list[int]:
    counts = [0] * len(own)
    for slot, visits in db.rows(f"SELECT slot, visits FROM shop_slot WHERE run_id = {_RUN} AND kind = ?", (kind,)):
        counts[slot] = visits
    return counts


def _busiest(counts: Sequence[int]) -> int | None:
    return counts.index(max(counts)) if any(counts) else None


def times_said(times: Times) -> Text | None:
    """When a member comes, in words; the shop's own busiest time for who has no usual one. None if nothing is known."""
    weekdays = WEEKDAYS[scope().language]
    if times.daypart is not None and times.weekday is not None:
        return T("mostly {weekday}, {part}", weekday=weekdays[times.weekday], part=Text(DAYPART_WORDS[times.daypart]))
    if times.daypart is not None:
        return T("mostly {part}", part=Text(DAYPART_WORDS[times.daypart]))
    if times.weekday is not None:
        return T("mostly {part}", part=weekdays[times.weekday])
    if times.shop_daypart is None or times.shop_weekday is None:
        return None
    return T("no usual time; most members come {weekday}, {part}", weekday=weekdays[times.shop_weekday],
             part=Text(DAYPART_WORDS[times.shop_daypart]))  # fmt: skip
