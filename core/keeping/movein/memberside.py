"""Members move in: rows are read, told apart from those who are there, written with all they bring, and undone."""

from collections.abc import Mapping, Sequence

from core.base import db, text
from core.books import locks, outbox
from core.books.accounts import Cause
from core.insight import warnings
from core.keeping.movein import doubles, memberrows
from core.keeping.movein.mapping import Mapping as Columns
from core.keeping.movein.reading import Table
from core.keeping.movein.sides import Double, Found, Item, Place, Progress, Side
from core.people import arriving, credentials
from core.people.arriving import Arrival
from core.service import carrying as served

STEP = 1_000
NAMES = {"points": "points", "principal": "principal_cents", "bonus": "bonus_cents"}


def look(table: Table, columns: Columns, place: Place, progress: Progress) -> Found:
    """Read every row; who is twice in the file stays outside the second time, who is in the shop always."""
    reader, found, first = memberrows.rows_of(columns, place), Found(), dict[tuple[str, str], int]()
    for start in range(0, len(table.rows), STEP):
        part: list[tuple[int, Arrival]] = []
        for number, row in table.rows[start : start + STEP]:
            read = reader.read(number, row)
            if isinstance(read, list):
                found.faults += read
                found.items.append(Item((number,), "faulty"))
            else:
                part.append((number, read))
        _sort_out(part, first, found)
        progress(min(start + STEP, len(table.rows)), len(table.rows))
    found.items.sort(key=lambda item: item.rows)
    found.doubles += doubles.near(found.items)
    found.doubles.sort(key=lambda one: one.row)
    return found


def _sort_out(part: Sequence[tuple[int, Arrival]], first: dict[tuple[str, str], int], found: Found) -> None:
    known = doubles.taken([proof for _, one in part for proof in doubles.credentials_of(one)])
    for number, one in part:
        proofs = doubles.credentials_of(one)
        there = next((proof for proof in proofs if proof in known), None)
        before = next((proof for proof in proofs if proof in first), None)
        outcome = "double" if before is not None else "there" if there is not None else "new"
        same = before or there
        if same is not None:
            why = "phone" if same[0] == "phone" else "card"
            found.doubles.append(Double(number, first.get(same), why, _shown(one)))
        for proof in proofs:
            first.setdefault(proof, number)
        found.items.append(Item((number,), outcome, one))


def _shown(one: Arrival) -> str:
    phone = text.masked_phone(one.phones[0]) if one.phones else ""
    return f"{text.masked_name(one.name)} {phone}".strip()


def there(values: Sequence[Arrival]) -> set[int]:
    """The places of those who became members meanwhile."""
    known = doubles.taken([proof for one in values for proof in doubles.credentials_of(one)])
    return {at for at, one in enumerate(values) if any(proof in known for proof in doubles.credentials_of(one))}


def amounts(one: Arrival) -> dict[str, int]:
    """What one member brings."""
    had = {NAMES[asset]: amount for asset, (amount, _) in (one.had or {}).items()}
    return had | {"members": 1, "pass_uses": sum(held.left for held in one.passes), "coupons": len(one.coupons)}


def held(batch_id: int) -> dict[str, int]:
    """What the shop holds from an import, read from ledgers, lots, passes and coupons."""
    ref = ("import", batch_id)
    sql = (
        "SELECT asset, CAST(sum(amount) AS BIGINT) FROM entry WHERE ref_kind = ? AND ref_id = ? AND kind = 'opening'"
        " GROUP BY asset"
    )
    found = {NAMES[asset]: int(total) for asset, total in db.rows(sql, ref)}
    new = "FROM import_row r JOIN {} ON {} WHERE r.batch_id = ? AND r.outcome = 'new'"
    asked = {
        "members": f"SELECT count(*) {new.format('member m', 'm.id = r.entity_id')}",
        "pass_uses": "SELECT coalesce(CAST(sum(e.uses) AS BIGINT), 0) "
        + new.format("pass p", "p.member_id = r.entity_id JOIN pass_entry e ON e.pass_id = p.id")
        + " AND e.kind = 'issue' AND e.ref_kind = 'import' AND e.ref_id = r.batch_id",
        "coupons": f"SELECT count(*) {new.format('coupon c', 'c.member_id = r.entity_id')} AND c.ref_kind = 'import'",
    }
    return found | {name: int(db.value(sql, (batch_id,))) for name, sql in asked.items()}


USES = (
    "SELECT a.member_id FROM account a JOIN entry e ON e.account_id = a.id WHERE a.member_id IN ({marks})"
    " AND e.kind <> 'expire' AND (e.ref_kind <> 'import' OR e.ref_id <> {batch})",
    "SELECT member_id FROM account WHERE member_id IN ({marks}) AND held > 0",
    "SELECT member_id FROM sale WHERE member_id IN ({marks})",
    "SELECT entity_id FROM audit WHERE entity = 'member' AND entity_id IN ({marks}) AND substr(actor, 1, 4) <> 'job:'",
    "SELECT p.member_id FROM pass p JOIN pass_entry e ON e.pass_id = p.id WHERE p.member_id IN ({marks})"
    " AND e.kind NOT IN ('issue', 'expire')",
    "SELECT member_id FROM coupon WHERE member_id IN ({marks}) AND (used > 0 OR ref_kind <> 'import')",
    "SELECT friend_id FROM referral WHERE friend_id IN ({marks})",
    "SELECT referrer_id FROM referral WHERE referrer_id IN ({marks})",
    "SELECT member_id FROM wallet_share WHERE member_id IN ({marks})",
    "SELECT payer_id FROM wallet_share WHERE payer_id IN ({marks})",
    "SELECT id FROM member WHERE id IN ({marks}) AND state <> 'active'",
    "SELECT member_id FROM lottery_draw WHERE member_id IN ({marks})",
)
"""What shows that a member was used: value moved, a sale, an edit by hand, and all that hangs on a person."""


def used(batch_id: int, member_ids: Sequence[int]) -> Mapping[int, str]:
    """Of members an import brought, those who bought, collected, spent or were edited since; by name, masked."""
    marks = ", ".join("?" * len(member_ids))
    found: set[int] = set()
    for sql in USES:
        found |= {id for (id,) in db.rows(sql.format(marks=marks, batch=int(batch_id)), tuple(member_ids))}
    if not found:
        return {}
    ids = sorted(found)
    sql = f"SELECT member_id, name, phone FROM member_person WHERE member_id IN ({', '.join('?' * len(ids))})"
    named = {id: (name, phone) for id, name, phone in db.rows(sql, tuple(ids))}
    return {id: _named(*named.get(id, (None, None))) for id in ids}


def _named(name: str | None, phone: str | None) -> str:
    return f"{text.masked_name(name)} {text.masked_phone(phone) if phone else ''}".strip()


def take_back(member_ids: Sequence[int], cause: Cause) -> None:
    """Undo arrivals nobody used: what waits to be sent to them is cancelled, their value taken, their names emptied."""
    locks.hold(beside=member_ids)
    for member_id in member_ids:
        outbox.cancel(member_id, categories=outbox.CATEGORIES, reason="erased", now=cause.now)
        outbox.forget(member_id, credentials.value_of(member_id, "phone"))
        warnings.close_all(member_id, now=cause.now)
        served.close_all(member_id, by=cause.by, now=cause.now)
    arriving.leave_again(member_ids, cause)


SIDE = Side(look, there, arriving.arrive, amounts, held, used, take_back)
