"""Receipts 小票: a sale as it was made, read back, and as text for screen, printer and file."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.base import clock, db, settings, text
from core.base.clock import Millis
from core.base.i18n import _, written
from core.base.money import quantity_shown
from core.books import rules
from core.selling.refunds import SaleUnknown

PRACTICE = "*** PRACTICE 练习 ***"
"""The first line of a receipt that counts for nothing, the same in every language."""


@dataclass(frozen=True)
class ReceiptLine:
    """One sold line with its reductions by name."""

    id: int
    name: str
    quantity_milli: int
    unit_cents: int
    amount_cents: int
    net_cents: int
    redeemed_cents: int
    earned_points: int
    returned_milli: int
    tax_cents: int
    kind: str
    reasons: tuple[tuple[str, str, int], ...]

    @property
    def discounts(self) -> tuple[tuple[str, int], ...]:
        """The reductions by name."""
        return tuple((name, cents) for _kind, name, cents in self.reasons)


@dataclass(frozen=True)
class SaleReceipt:
    """A whole sale as recorded; tenders as (kind, cents, reference), the versions of rules that priced it."""

    id: int
    number: str
    store_id: int
    store: str
    at: Millis
    member_id: int | None
    member: str
    lines: tuple[ReceiptLine, ...]
    gross_cents: int
    tax_cents: int
    total_cents: int
    redeemed_points: int
    earned_points: int
    tenders: tuple[tuple[str, int, str | None], ...]
    refunded_cents: int
    points_after: int | None
    stored_after_cents: int | None
    versions: tuple[int, ...]


@dataclass(frozen=True)
class SaleHead:
    """One line of a list of sales."""

    id: int
    number: str
    at: Millis
    total_cents: int
    refunded_cents: int
    member_id: int | None
    member: str
    store: str


def of(sale_id: int) -> SaleReceipt:
    """A sale read back. Raises: SaleUnknown."""
    with db.read():
        row = db.one(
            "SELECT s.id, s.store_id, t.name, s.at, s.member_id, p.name, s.gross_cents, s.total_cents,"
            " s.redeemed_points, s.earned_points, s.day, s.receipt_no, s.tax_cents, s.versions"
            " FROM sale s JOIN store t ON t.id = s.store_id"
            " LEFT JOIN member_person p ON p.member_id = s.member_id WHERE s.id = ?",
            (sale_id,),
        )
        if row is None:
            raise SaleUnknown(what=str(sale_id))
        tenders = db.rows("SELECT kind, cents, reference FROM tender WHERE sale_id = ? ORDER BY position", (sale_id,))
        return SaleReceipt(
            id=row[0],
            number=text.number_shown(row[10], row[11]),
            store_id=row[1],
            store=row[2],
            at=row[3],
            member_id=row[4],
            member=row[5] or "",
            lines=_lines(sale_id),
            gross_cents=row[6],
            tax_cents=row[12],
            total_cents=row[7],
            redeemed_points=row[8],
            earned_points=row[9],
            tenders=tuple((kind, cents, reference) for kind, cents, reference in tenders),
            refunded_cents=_refunded(sale_id),
            points_after=_balance(row[4], "points"),
            stored_after_cents=_stored(row[4]),
            versions=tuple(json.loads(row[13])),
        )


def _lines(sale_id: int) -> tuple[ReceiptLine, ...]:
    offs: dict[int, list[tuple[str, str, int]]] = {}
    sql = "SELECT line_id, rule_kind, name, cents FROM sale_discount WHERE sale_id = ? ORDER BY step, id"
    for line_id, kind, name, cents in db.rows(sql, (sale_id,)):
        offs.setdefault(line_id, []).append((kind, name, cents))
    found = db.rows(
        "SELECT l.id, l.name, l.quantity_milli, l.unit_cents, l.amount_cents, l.net_cents, l.redeemed_cents,"
        " l.earned_points, (SELECT coalesce(CAST(sum(r.quantity_milli) AS BIGINT), 0) FROM refund_line r"
        " WHERE r.line_id = l.id), l.tax_cents, l.kind FROM sale_line l WHERE l.sale_id = ? ORDER BY l.position",
        (sale_id,),
    )
    return tuple(_line(row, tuple(offs.get(row[0], ()))) for row in found)


def _line(row: db.Row, reasons: tuple[tuple[str, str, int], ...]) -> ReceiptLine:
    values: list[Any] = [*row, reasons]
    return ReceiptLine(*values)


def _refunded(sale_id: int) -> int:
    return int(db.value("SELECT coalesce(sum(total_cents), 0) FROM refund WHERE sale_id = ?", (sale_id,)))


def _balance(member_id: int | None, asset: str) -> int | None:
    if member_id is None:
        return None
    found: int = db.value("SELECT balance FROM account WHERE member_id = ? AND asset = ?", (member_id, asset))
    return found


def _stored(member_id: int | None) -> int | None:
    if member_id is None:
        return None
    return (_balance(member_id, "principal") or 0) + (_balance(member_id, "bonus") or 0)


def by_number(typed: str, *, limit: int = 5) -> list[SaleHead]:
    """Sales with a receipt number, or an end of one, as it stands on the paper; the newest first.

    Numbers begin anew each day and in each store, so there may be several.
    """
    found = text.number_read(typed)
    if found is None:
        return []
    sql = "SELECT id FROM sale WHERE day = ? AND receipt_no = ? ORDER BY id DESC LIMIT ?"
    return [head for (id,) in db.rows(sql, (*found, limit)) if (head := head_of(id)) is not None]


def head_of(sale_id: int) -> SaleHead | None:
    """One sale as a line of a list."""
    row = db.one(f"{_HEAD} WHERE s.id = ?", (sale_id,))
    return None if row is None else _head(row)


_HEAD = (
    "SELECT s.id, s.day, s.receipt_no, s.at, s.total_cents,"
    " (SELECT coalesce(CAST(sum(r.total_cents) AS BIGINT), 0) FROM refund r WHERE r.sale_id = s.id),"
    " s.member_id, p.name, t.name FROM sale s"
    " JOIN store t ON t.id = s.store_id LEFT JOIN member_person p ON p.member_id = s.member_id"
)


def _head(row: db.Row) -> SaleHead:
    number = text.number_shown(row[1], row[2])
    return SaleHead(row[0], number, row[3], row[4], row[5], row[6], row[7] or "", row[8])


def recent(
    *,
    store_id: int | None = None,
    member_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[SaleHead]:
    """The newest sales of a store or a member, a keyset page at a time; `before_id` is the last one seen."""
    tests = {"s.store_id = ?": store_id, "s.member_id = ?": member_id}
    given = {test: value for test, value in tests.items() if value is not None}
    return heads(" AND ".join(given) or "1 = 1", tuple(given.values()), before_id=before_id, limit=limit)


def heads(where: str, given: Sequence[object], *, before_id: int | None = None, limit: int = 50) -> list[SaleHead]:
    """The newest sales that pass a test of ours on the table `s`, a keyset page at a time."""
    older = " AND (s.day, s.at, s.id) < (SELECT b.day, b.at, b.id FROM sale b WHERE b.id = ?)" if before_id else ""
    sql = f"{_HEAD} WHERE {where}{older} ORDER BY s.day DESC, s.at DESC, s.id DESC LIMIT ?"
    return [_head(row) for row in db.rows(sql, (*given, *((before_id,) if before_id else ()), limit))]


def as_text(receipt: SaleReceipt, *, columns: int = 32, copy: bool = False) -> str:
    """A receipt for a printer of so many columns, in the current language."""
    zone = rules.current(now=receipt.at).zone
    rule = "-" * columns
    rows = [PRACTICE.center(columns - 2).rstrip()] if settings.practising() else []
    rows += [text.fit(receipt.store, columns).rstrip(), f"{clock.local(receipt.at, zone):%Y-%m-%d %H:%M}"]
    rows += [_("No. {number}", number=receipt.number) + (" · " + _("copy") if copy else ""), rule]
    for line in receipt.lines:
        rows.append(text.fit(line.name, columns).rstrip())
        count = f"  {quantity_shown(line.quantity_milli)} × {written('u_cents', line.unit_cents)}"
        rows.append(_pair(count, written("a_cents", line.amount_cents), columns))
        for name, cents in line.discounts:
            rows.append(_pair("  " + (name or _("rounded off")), written("d_cents", -cents), columns))
        if line.redeemed_cents:
            rows.append(_pair("  " + _("points"), written("r_cents", -line.redeemed_cents), columns))
    rows += [rule, _pair(_("Total"), written("t_cents", receipt.total_cents), columns)]
    rows += [_pair(tender_name(kind), written("k_cents", cents), columns) for kind, cents, _ref in receipt.tenders]
    if receipt.refunded_cents:
        rows.append(_pair(_("Returned"), written("b_cents", -receipt.refunded_cents), columns))
    if receipt.member_id is not None:
        rows += [rule, _pair(_("Points earned"), f"+{receipt.earned_points:,}", columns)]
        rows.append(_pair(_("Points now"), f"{receipt.points_after or 0:,}", columns))
        if receipt.stored_after_cents:
            rows.append(_pair(_("Stored now"), written("s_cents", receipt.stored_after_cents), columns))
    return "\n".join(rows)


def _pair(left: str, right: str, columns: int) -> str:
    return text.fit(left, columns - text.width(right) - 1) + " " + right


def tender_name(kind: str) -> str:
    """A way of paying in the current language."""
    names = {
        "cash": _("Cash"),
        "card": _("Card"),
        "wechat": _("WeChat Pay"),
        "alipay": _("Alipay"),
        "voucher": _("Group-buying voucher"),
        "other": _("Other"),
        "wallet": _("Stored value"),
        "principal": _("Stored value (paid in)"),
        "bonus": _("Stored value (bonus)"),
        "gift_card": _("Gift card"),
        "family": _("Another's stored value"),
    }
    return names.get(kind, kind)
