"""Today 今日: the figures a manager looks at first, each with the list behind it."""

from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock, db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import rules
from core.goods import places
from core.insight import warnings
from core.reports.library import joined
from core.selling import sales
from core.service import bookinglists, followups, ticketlists
from core.service.bookinglists import Coming


@dataclass(frozen=True)
class Today:
    """One day of the stores an asker may see. Amounts in cents; hours are local."""

    day: date
    takings_cents: int
    last_week_cents: int
    by_hour_cents: tuple[int, ...]
    sales: int
    member_sales: int
    new_members: int
    new_at_kiosk: int
    points_given: int
    points_used: int
    wallet_in_cents: int
    wallet_out_cents: int
    wallet_owed_cents: int
    messages_sent: int
    messages_failed: int
    messages_waiting: int
    warnings: int
    warnings_loss_cents: int
    birthdays: int
    tasks_due: int
    tasks_late: int
    tickets_open: int
    tickets_late: int
    bookings: Coming | None
    """What is left of today's bookings; None where nothing can be booked, or who asks may not see them."""
    goods_low: int
    stores: tuple[tuple[int, str], ...]

    @property
    def against_last_week_bp(self) -> int | None:
        """Change against the same weekday last week in basis points; None if nothing was taken then."""
        if not self.last_week_cents:
            return None
        return (self.takings_cents - self.last_week_cents) * 10_000 // self.last_week_cents

    @property
    def member_share_bp(self) -> int:
        """Share of sales with a member in basis points."""
        return self.member_sales * 10_000 // self.sales if self.sales else 0


def today(*, by: Actor, now: Millis, store_id: int | None = None) -> Today:
    """The figures of the business day a moment belongs to; takings are goods and services sold less refunds."""
    shop = rules.current(now=now)
    stores = _stores(by, store_id)
    with db.read():
        day = date.fromordinal(sales.business_day(stores[0][0], now)) if stores else clock.day_of(now, shop.zone)
        first, after = clock.start_of(day, shop.zone), clock.end_of(day, shop.zone)
        store_ids = [store for store, _ in stores]
        moved = _moves(first, after)
        open_count, loss = warnings.count_open()
        count, with_member = _counts(store_ids, day)
        tasks_due, tasks_late = followups.due(by=by, now=now)
        tickets_open, tickets_late = ticketlists.waiting(by=by, now=now)
        return Today(
            day=day,
            takings_cents=_takings(store_ids, day),
            last_week_cents=_takings(store_ids, day - timedelta(days=7), until=now - 7 * clock.DAY),
            by_hour_cents=_hours(store_ids, day),
            sales=count,
            member_sales=with_member,
            new_members=_joined(first, after, None),
            new_at_kiosk=_joined(first, after, "kiosk"),
            points_given=moved.get(("points", True), 0),
            points_used=-moved.get(("points", False), 0),
            wallet_in_cents=moved.get(("principal", True), 0),
            wallet_out_cents=-moved.get(("principal", False), 0) - moved.get(("bonus", False), 0),
            wallet_owed_cents=_owed(),
            **_messages(first, after),
            warnings=open_count,
            warnings_loss_cents=loss,
            birthdays=_greeted(first, after),
            tasks_due=tasks_due,
            tasks_late=tasks_late,
            tickets_open=tickets_open,
            tickets_late=tickets_late,
            bookings=bookinglists.coming(by=by, now=now) if _has_bookings(by) else None,
            goods_low=places.count_low(by=by) if by.may("goods") else 0,
            stores=tuple(stores),
        )


def _has_bookings(by: Actor) -> bool:
    return by.may("service") and db.value("SELECT 1 FROM service_time LIMIT 1") is not None


def _stores(by: Actor, store_id: int | None) -> list[tuple[int, str]]:
    found = db.rows("SELECT id, name FROM store WHERE closed_at IS NULL ORDER BY id")
    return [
        (one, name) for one, name in found
        if (not by.stores or one in by.stores) and (store_id is None or one == store_id)
    ]  # fmt: skip


def _marks(store_ids: list[int]) -> str:
    return ", ".join("?" * len(store_ids)) or "0"


GOODS = "l.kind IN ('goods', 'service')"


def _takings(store_ids: list[int], day: date, until: int = 2**60) -> int:
    marks = _marks(store_ids)
    sold = db.value(
        "SELECT coalesce(CAST(sum(l.net_cents) AS BIGINT), 0) FROM sale s JOIN sale_line l ON l.sale_id = s.id"
        f" WHERE s.day = ? AND s.at <= ? AND s.store_id IN ({marks}) AND {GOODS}",
        (day.toordinal(), until, *store_ids),
    )
    back = db.value(
        "SELECT coalesce(CAST(sum(r.cents) AS BIGINT), 0) FROM refund f JOIN refund_line r ON r.refund_id = f.id"
        f" JOIN sale_line l ON l.id = r.line_id WHERE f.day = ? AND f.at <= ? AND f.store_id IN ({marks}) AND {GOODS}",
        (day.toordinal(), until, *store_ids),
    )
    return int(sold - back)


def _hours(store_ids: list[int], day: date) -> tuple[int, ...]:
    """Takings by the hour of each store's own clock."""
    hours = [0] * 24
    marks, given = _marks(store_ids), (day.toordinal(), *store_ids)
    found = db.rows(
        "SELECT s.at, z.zone, l.net_cents FROM sale s JOIN sale_line l ON l.sale_id = s.id"
        " JOIN store z ON z.id = s.store_id"
        f" WHERE s.day = ? AND s.store_id IN ({marks}) AND {GOODS}"
        " UNION ALL SELECT f.at, z.zone, -r.cents FROM refund f JOIN refund_line r ON r.refund_id = f.id"
        " JOIN store z ON z.id = f.store_id"
        f" JOIN sale_line l ON l.id = r.line_id WHERE f.day = ? AND f.store_id IN ({marks}) AND {GOODS}",
        (*given, *given),
    )
    for at, zone, cents in found:
        hours[clock.local(at, zone).hour] += cents
    return tuple(hours)


def _counts(store_ids: list[int], day: date) -> tuple[int, int]:
    row = db.one(
        f"SELECT count(*), count(s.member_id) FROM sale s WHERE s.day = ? AND s.store_id IN ({_marks(store_ids)})"
        f" AND EXISTS (SELECT 1 FROM sale_line l WHERE l.sale_id = s.id AND {GOODS})",
        (day.toordinal(), *store_ids),
    )
    return (row[0], row[1]) if row else (0, 0)


def _joined(first: int, after: int, source: str | None) -> int:
    test = "" if source is None else " AND source = ?"
    sql = f"SELECT count(*) FROM member m WHERE joined_at >= ? AND joined_at < ? AND {joined.LIVING}{test}"
    return int(db.value(sql, (first, after, *([source] if source else []))))


def _moves(first: int, after: int) -> dict[tuple[str, bool], int]:
    found = db.rows(
        "SELECT e.asset, CASE WHEN e.amount > 0 THEN 1 ELSE 0 END, CAST(sum(e.amount) AS BIGINT) FROM entry e"
        " WHERE e.at >= ? AND e.at < ? AND e.kind <> 'expire' GROUP BY 1, 2",
        (first, after),
    )
    return {(asset, bool(up)): total for asset, up, total in found}


def _owed() -> int:
    # The index account_stored holds these rows alone; members with nothing stored cost nothing.
    sql = (
        "SELECT coalesce(CAST(sum(balance) AS BIGINT), 0) FROM account"
        " WHERE asset IN ('principal', 'bonus') AND balance <> 0"
    )
    return int(db.value(sql))


def _messages(first: int, after: int) -> dict[str, int]:
    found: dict[str, int] = dict(
        db.rows(
            "SELECT state, count(*) FROM outbox WHERE created_at >= ? AND created_at < ? GROUP BY state", (first, after)
        )
    )
    sent = sum(found.get(state, 0) for state in ("accepted", "sent", "delivered"))
    failed = sum(found.get(state, 0) for state in ("failed", "undelivered", "refused", "dead", "review"))
    waiting = sum(found.get(state, 0) for state in ("queued", "sending", "unknown"))
    return {"messages_sent": sent, "messages_failed": failed, "messages_waiting": waiting}


def _greeted(first: int, after: int) -> int:
    sql = (
        "SELECT count(*) FROM outbox WHERE created_at >= ? AND created_at < ?"
        " AND template IN ('birthday', 'birthday_gift')"
    )
    return int(db.value(sql, (first, after)))
