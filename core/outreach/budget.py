"""Budgets: what messages may cost in a month and for a campaign, counted when a message is claimed.

The counters are rows raised by one guarded statement, so that racing senders cannot overspend together. Everything
that leaves counts; only offers and greetings with a gift are held.
"""

from core.base import clock, db
from core.base.access import Actor, require
from core.base.clock import HOUR, Millis
from core.books import alerts, audit, rules

HELD = frozenset({"marketing", "gift_greeting"})
CENT = 10_000
"""Micros of a cent."""
AGAIN = 6 * HOUR
"""A campaign whose budget is used up is looked at again so much later: it may have been raised."""


def month_of(at: Millis) -> str:
    """The month of the shop's zone a moment lies in: '2026-05'."""
    return f"{clock.day_of(at, rules.current(now=at).zone):%Y-%m}"


def next_month(now: Millis) -> Millis:
    """When the next month of the shop begins."""
    zone = rules.current(now=now).zone
    return clock.start_of(clock.add_months(clock.day_of(now, zone).replace(day=1), 1), zone)


def take(campaign_id: int | None, category: str, micros: int, *, now: Millis) -> str | None:
    """Count what a message will cost; None if it may leave, else which budget is used up: 'month' or 'campaign'.

    Inside the caller's transaction; what was counted before a refusal is taken back.
    """
    if micros == 0:
        return None
    bound = rules.current(now=now).budget_month_cents * CENT or None
    month = f"month:{month_of(now)}"
    if not _raise(month, micros, bound if category in HELD else None):
        alerts.note("budget", month, now=now, most=(bound or 0) // CENT)
        return "month"
    if campaign_id is not None and not _raise_campaign(campaign_id, micros):
        _raise(month, -micros, None)
        alerts.note("budget", f"campaign:{campaign_id}", now=now)
        return "campaign"
    return None


def _raise(scope: str, micros: int, most: int | None) -> bool:
    if most is not None and micros > most:
        return False
    bound = "" if most is None else " WHERE budget_use.used_micros + excluded.used_micros <= ?"
    sql = (
        "INSERT INTO budget_use (scope, used_micros) VALUES (?, ?) ON CONFLICT (scope)"
        f" DO UPDATE SET used_micros = budget_use.used_micros + excluded.used_micros{bound}"
    )
    return bool(db.change(sql, (scope, micros, *([] if most is None else [most]))))


def _raise_campaign(campaign_id: int, micros: int) -> bool:
    sql = (
        "INSERT INTO budget_use (scope, used_micros) VALUES (?, ?) ON CONFLICT (scope) DO UPDATE"
        " SET used_micros = budget_use.used_micros + excluded.used_micros WHERE budget_use.most_micros IS NULL"
        " OR budget_use.used_micros + excluded.used_micros <= budget_use.most_micros"
    )
    return bool(db.change(sql, (f"campaign:{campaign_id}", micros)))


def correct(campaign_id: int | None, micros: int, *, at: Millis) -> None:
    """Add a difference to the counters of a message claimed at a moment; inside the caller's transaction."""
    scopes = [f"month:{month_of(at)}"] + ([f"campaign:{campaign_id}"] if campaign_id is not None else [])
    for scope in scopes:
        db.run("UPDATE budget_use SET used_micros = used_micros + ? WHERE scope = ?", (micros, scope))


def give_back(outbox_id: int) -> None:
    """A message that surely never left costs nothing; inside the caller's transaction."""
    row = db.one("SELECT campaign_id, estimate_micros, claimed_at FROM outbox WHERE id = ?", (outbox_id,))
    if row is not None and row[1] and row[2] is not None:
        correct(row[0], -row[1], at=Millis(row[2]))
        db.run("UPDATE outbox SET estimate_micros = 0 WHERE id = ?", (outbox_id,))


@db.atomic
def set_campaign(campaign_id: int, most_micros: int | None, *, by: Actor, now: Millis) -> None:
    """Bound what a campaign may cost, in micros; None takes the bound away. Raises: NotAllowed."""
    require(by, "marketing")
    db.run(
        "INSERT INTO budget_use (scope, most_micros) VALUES (?, ?) ON CONFLICT (scope)"
        " DO UPDATE SET most_micros = excluded.most_micros",
        (f"campaign:{campaign_id}", most_micros),
    )
    audit.record("budget.set", "campaign", campaign_id, by=by, now=now, after={"most_micros": most_micros})


def used(scope: str) -> int:
    """What has been counted of a budget, 'month:2026-05' or 'campaign:1000012', in micros."""
    return int(db.value("SELECT used_micros FROM budget_use WHERE scope = ?", (scope,)) or 0)
