"""What tests of the counter share: parts of a sale that come back, staff of one store, a clean bill of the books."""

from core.base import db
from core.base.access import Actor
from core.base.clock import Millis
from core.books import posting
from core.keeping import doctor, opening
from core.loyalty import wallet
from core.people import staff
from core.selling import receipts, refunds
from core.selling.refunds import AS_PAID, How, ReturnLine
from tests import ledgers
from tests.shops import Shop

DAY = 86_400_000


def part(sale_id: int, *pieces: int) -> tuple[ReturnLine, ...]:
    """So many pieces of the first line, of the second …; 0 leaves a line where it is."""
    lines = receipts.of(sale_id).lines
    return tuple(ReturnLine(line.id, count * 1000) for line, count in zip(lines, pieces, strict=False) if count)


def all_of(sale_id: int) -> tuple[ReturnLine, ...]:
    """Every line of a sale, as far as it did not come back yet."""
    left = ((line.id, line.quantity_milli - line.returned_milli) for line in receipts.of(sale_id).lines)
    return tuple(ReturnLine(line_id, milli) for line_id, milli in left if milli)


def give_back(shop: Shop, sale_id: int, *pieces: int, how: How = AS_PAID, now: Millis | None = None) -> int:
    """Refund pieces of a sale, or all that is left of it."""
    back = part(sale_id, *pieces) if pieces else all_of(sale_id)
    return refunds.refund(sale_id, back, how, by=shop.owner, now=now or shop.now)


def other_store(shop: Shop, name: str = "徐汇店", *, day_ends_hour: int = 0) -> int:
    """A second store of the shop."""
    return opening.add_store(name, zone="Asia/Shanghai", by=shop.owner, now=shop.now, day_ends_hour=day_ends_hour)


def hired(shop: Shop, role: str, *, store: int | None = None) -> Actor:
    """A new clerk or manager; with a store only for that one."""
    login = f"{role}-{db.value('SELECT count(*) FROM staff')}"
    stores = () if store is None else (store,)
    made = staff.create(login, role, role, password="long enough", by=shop.owner, now=shop.now, stores=stores)
    return staff.actor_of(made)


def stored(shop: Shop, member: int, *, now: Millis | None = None) -> tuple[int, int]:
    """Principal and bonus that can be spent."""
    found = wallet.state(member, now=now or shop.now)
    return found.principal_cents, found.bonus_cents


def points_of(member: int) -> int:
    """The balance of points; below 0 for a debt."""
    return posting.account(member, "points").balance


def paid_back(refund_id: int) -> dict[str, int]:
    """How a refund was paid: cents by way of paying."""
    return dict(
        db.rows(
            "SELECT t.kind, CAST(sum(r.cents) AS BIGINT) FROM refund_tender r JOIN tender t ON t.id = r.tender_id"
            " WHERE r.refund_id = ? GROUP BY t.kind",
            (refund_id,),
        )
    )


def tenders(sale_id: int) -> list[tuple[str, int]]:
    """How a sale was paid, in the order of its receipt."""
    return [(kind, cents) for kind, cents, _reference in receipts.of(sale_id).tenders]


def rows_of(*tables: str) -> list[int]:
    """How many rows stand in each table: what a refusal must not change."""
    return [int(db.value(f"SELECT count(*) FROM {table}")) for table in tables]


WRITTEN = ("sale", "refund", "entry", "lot", "lot_use", "stock_move", "coupon_use", "audit", "outbox", "request")
"""Tables a sale or a refund writes in."""


OF_THE_MACHINE = ("library", "clock", "disk")


def unsound(shop: Shop) -> list[object]:
    """What doctor and ledgers find wrong with the books; empty when all is well. A test sets its own clock."""
    found = [(one.check, str(one.what)) for one in doctor.examine(now=shop.now) if one.check not in OF_THE_MACHINE]
    return [*found, *ledgers.broken().items()]


BACK = "(SELECT coalesce(CAST(sum(r.{}) AS BIGINT), 0) FROM refund_line r WHERE r.line_id = l.id)"
_PAIRS = (("cents", "net_cents"), ("tax_cents", "tax_cents"), ("returned_points", "redeemed_points"),
          ("taken_points", "earned_points"), ("quantity_milli", "quantity_milli"))  # fmt: skip
OVER = " OR ".join(f"{BACK.format(back)} > l.{sold}" for back, sold in _PAIRS)
SHORT = " OR ".join(f"{BACK.format(back)} <> l.{sold}" for back, sold in _PAIRS)
UNEVEN_LINES = (
    f"SELECT l.id FROM sale_line l WHERE ({OVER}) OR ({BACK.format('quantity_milli')} = l.quantity_milli AND ({SHORT})"
    " AND l.kind <> 'top_up')"
)
"""Lines of which more came back than was sold, or that came back wholly and do not add up."""
UNEVEN_TENDERS = (
    "SELECT s.id FROM sale s WHERE s.total_cents = (SELECT sum(r.total_cents) FROM refund r WHERE r.sale_id = s.id)"
    " AND EXISTS (SELECT 1 FROM tender t WHERE t.sale_id = s.id AND t.cents <> (SELECT coalesce(sum(b.cents), 0)"
    " FROM refund_tender b WHERE b.tender_id = t.id))"
)
"""Sales that came back wholly, but not every way of paying."""
