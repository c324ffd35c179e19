"""What the rules of follow-ups plan in the night, a few questions a rule, however many members there are."""

from collections.abc import Iterable
from datetime import date, timedelta

from core.base import clock, db, ids
from core.base.access import Actor
from core.base.clock import Millis
from core.books import audit, rules
from core.loyalty import tiers
from core.service import winback
from core.service.followrules import Occasion, Terms
from core.service.followups import today_of

LATE_DAYS = 3
"""So many days later what was missed is still planned."""
KNOWN_DAYS = 365
"""Only members who were here within so many days are asked whether their data is right."""
KEPT_DAYS = 366 * 6
"""So long it is known what was planned for whom: longer than the longest pause and the longest time between checks."""
AT_ONCE = 500


def plan_due(*, by: Actor, now: Millis) -> int:
    """Plan what every rule in use asks for today; how many contacts."""
    in_use = [row[0] for row in db.rows("SELECT id FROM follow_rule WHERE active = 1 ORDER BY id")]
    return sum(_plan(rule_id, by=by, now=now) for rule_id in in_use)


@db.atomic
def _plan(rule_id: int, *, by: Actor, now: Millis) -> int:
    """One rule. Its row is locked first, so that of two runs at once the second finds everything planned."""
    today = today_of(now)
    sql = "UPDATE follow_rule SET planned_day = ? WHERE id = ? AND active = 1"
    if not db.change(sql, (today.toordinal(), rule_id)):
        return 0
    (row,) = db.rows(
        "SELECT kind, days, months, a_night, store_id, category_id, least_cents, given_to, staff_id, pause_days,"
        " from_day FROM follow_rule WHERE id = ?",
        (rule_id,),
    )
    terms = Terms(*row[:10])
    found = chosen(_found(rule_id, terms, window(terms, today, from_day=row[10]), now=now))
    if found:
        _put(rule_id, terms, found, by=by, now=now)
        audit.record("followrule.planned", "follow_rule", rule_id, by=by, now=now, after={"count": len(found)})
    return len(found)


# --- choosing --------------------------------------------------------------------------------------


def window(terms: Terms, today: date, *, from_day: int) -> tuple[int, int]:
    """First and last day of the occasions a contact is planned for today; none if the first is the later one.

    Of the last days, for a night may be missed, but none that was over before the rule was switched on.
    """
    last = today.toordinal() - terms.days
    return max(last - LATE_DAYS, from_day - terms.days), last


def chosen(found: Iterable[Occasion]) -> list[Occasion]:
    """One occasion a member, the latest, in the order in which the members were found."""
    best: dict[int, Occasion] = {}
    for one in found:
        known = best.get(one.member_id)
        if known is None or (one.day, one.ref_id) > (known.day, known.ref_id):
            best[one.member_id] = one
    return list(best.values())


# --- reading ---------------------------------------------------------------------------------------

_MEMBER = " JOIN member m ON m.id = x.member_id"
_FREE = (
    " AND m.state = 'active' AND EXISTS (SELECT 1 FROM member_person p WHERE p.member_id = m.id"
    " AND p.phone IS NOT NULL) AND NOT EXISTS (SELECT 1 FROM follow_planned f WHERE f.member_id = m.id AND f.day > ?)"
)
"""Who can be called, and for whom no rule planned anything within the pause."""
_NEW = " AND NOT EXISTS (SELECT 1 FROM follow_planned d WHERE d.rule_id = ? AND d.ref_id = x.id)"
_ONE_STORE = {
    "after_sale": " AND x.store_id = ?", "after_ticket": " AND x.store_id = ?",
    "after_warning": " AND m.home_store_id = ?", "check_data": " AND m.home_store_id = ?",
}  # fmt: skip


def _found(rule_id: int, terms: Terms, days: tuple[int, int], *, now: Millis) -> list[Occasion]:
    """The occasions of a rule that nothing was planned for; members are locked, so that none of them merges now."""
    first, last = days
    paused = today_of(now).toordinal() - terms.pause_days
    sql, values = _sources(terms, first, last, now=now)
    if terms.kind == "check_data":
        end, order = "", " ORDER BY 3, m.joined_at, m.id LIMIT ?"
        rest, most = [], [_left_tonight(rule_id, terms, now)]
    else:
        end, order = _NEW, " ORDER BY m.id, x.id"
        rest, most = [rule_id], []
    store, of_store = (_ONE_STORE[terms.kind], [terms.store_id]) if terms.store_id else ("", [])
    lock = "" if db.is_sqlite() else " FOR UPDATE OF m"
    given = (*values, paused, *rest, *of_store, *most)
    return [Occasion(*row) for row in db.rows(f"{sql}{_FREE}{end}{store}{order}{lock}", given)]


def _left_tonight(rule_id: int, terms: Terms, now: Millis) -> int:
    """How many more members may be asked tonight."""
    sql = "SELECT count(*) FROM follow_planned WHERE rule_id = ? AND day = ?"
    return max(0, terms.a_night - int(db.value(sql, (rule_id, today_of(now).toordinal()))))


def _sources(terms: Terms, first: int, last: int, *, now: Millis) -> tuple[str, tuple[object, ...]]:
    """Member, occasion and its day: a SELECT without its end, and its values."""
    if terms.kind == "after_sale":
        return _sales(terms, first, last)
    if terms.kind == "after_ticket":
        return _tickets(first, last, now=now)
    return _warnings(first, last, now=now) if terms.kind == "after_warning" else _unchecked(terms, now=now)


def _sales(terms: Terms, first: int, last: int) -> tuple[str, tuple[object, ...]]:
    """Sales of goods and services of which nothing came back."""
    of_category = " AND g.category_id = ?" if terms.category_id else ""
    sql = (
        f"SELECT m.id, x.id, x.day FROM sale x{_MEMBER} WHERE x.day BETWEEN ? AND ? AND x.refunds = 0"
        " AND x.total_cents >= ? AND EXISTS (SELECT 1 FROM sale_line l JOIN product g ON g.id = l.product_id"
        f" WHERE l.sale_id = x.id AND l.kind IN ('goods', 'service'){of_category})"
    )
    return sql, (first, last, terms.least_cents, *((terms.category_id,) if terms.category_id else ()))


def _tickets(first: int, last: int, *, now: Millis) -> tuple[str, tuple[object, ...]]:
    """Complaints dealt with on those days."""
    zone = rules.current(now=now).zone
    since, until = (clock.start_of(date.fromordinal(day), zone) for day in (first, last + 1))
    sql = (
        f"SELECT m.id, x.id, x.closed_at FROM ticket x{_MEMBER} WHERE x.kind = 'complaint' AND x.closed_at >= ?"
        " AND x.closed_at < ?"
    )
    return sql, (since, until)


def _warnings(first: int, last: int, *, now: Millis) -> tuple[str, tuple[object, ...]]:
    """Warnings that stand, of members nobody works on yet and who are not held out of an offer to compare with."""
    sql = (
        f"SELECT m.id, x.id, x.raised_day FROM churn_warning x{_MEMBER} WHERE x.state = 'open'"
        " AND x.raised_day BETWEEN ? AND ? AND NOT EXISTS (SELECT 1 FROM winback_case c WHERE c.member_id = m.id"
        f" AND (c.state IN {winback.OPEN} OR (c.arm = 'holdout' AND c.until_day >= ?)))"
    )
    return sql, (first, last, today_of(now).toordinal())


def _unchecked(terms: Terms, *, now: Millis) -> tuple[str, tuple[object, ...]]:
    """Members who come, with the day they were last asked: those never asked first, and of them the oldest."""
    today, zone = today_of(now), rules.current(now=now).zone
    before = clock.add_months(today, -terms.months)
    sql = (
        "SELECT m.id, 0, coalesce(c.day, 0) FROM member m JOIN member_stats s ON s.member_id = m.id"
        " LEFT JOIN (SELECT e.member_id, max(e.day) AS day FROM follow_planned e JOIN follow_rule r"
        " ON r.id = e.rule_id WHERE r.kind = 'check_data' GROUP BY e.member_id) c ON c.member_id = m.id"
        " WHERE s.last_day >= ? AND m.joined_at < ? AND coalesce(c.day, 0) <= ?"
    )
    known = (today - timedelta(days=KNOWN_DAYS)).toordinal()
    return sql, (known, clock.end_of(before, zone), before.toordinal())


def _advisers(now: Millis) -> dict[int, int]:
    """Who looks after whom, where the tier gives an adviser and the one named works here."""
    of_tiers = [one.id for one in tiers.all_tiers(now=now) if one.adviser]
    if not of_tiers:
        return {}
    marks = ", ".join("?" * len(of_tiers))
    sql = (
        "SELECT t.member_id, t.adviser_id FROM member_tier t JOIN staff s ON s.id = t.adviser_id"
        f" WHERE s.active = 1 AND t.tier_id IN ({marks})"
    )
    return dict(db.rows(sql, of_tiers))


# --- writing ---------------------------------------------------------------------------------------


def _put(rule_id: int, terms: Terms, found: list[Occasion], *, by: Actor, now: Millis) -> None:
    today, task_ids = today_of(now).toordinal(), ids.several(len(found))
    advisers = _advisers(now) if terms.given_to == "adviser" else {}
    person = _working(terms)
    db.add_many("follow_up", [
        {"id": task_id, "member_id": one.member_id, "kind": terms.kind, "ref_id": one.ref_id, "way": "call",
         "state": "open", "created_at": now, "created_by": by.tag, "due_day": today,
         "assigned_to": person if terms.given_to == "person" else advisers.get(one.member_id)}
        for task_id, one in zip(task_ids, found, strict=True)
    ])  # fmt: skip
    db.add_many("follow_planned", [
        {"task_id": task_id, "rule_id": rule_id, "member_id": one.member_id, "ref_id": one.ref_id or task_id,
         "day": today}
        for task_id, one in zip(task_ids, found, strict=True)
    ])  # fmt: skip


def _working(terms: Terms) -> int | None:
    """The person a rule names, while they work here."""
    sql = "SELECT id FROM staff WHERE id = ? AND active = 1"
    return None if terms.staff_id is None else db.value(sql, (terms.staff_id,))


@db.atomic
def forget_old(*, now: Millis) -> int:
    """Drop what rules planned so long ago that no rule asks for it; how many."""
    return db.change("DELETE FROM follow_planned WHERE day < ?", (today_of(now).toordinal() - KEPT_DAYS,))
