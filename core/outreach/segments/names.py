"""Names in a rule: which rows of the shop they mean today."""

from core.base import db
from core.base.i18n import T
from core.outreach.segments import tree
from core.outreach.segments.tree import Is

MOST_SAID = 8
_TABLES = {
    "store": ("store", "closed_at IS NULL"),
    "tier": ("tier", "1 = 1"),
    "plan": ("plan", "1 = 1"),
    "coupon": ("coupon_kind", "1 = 1"),
    "used": ("coupon_kind", "1 = 1"),
    "pass": ("pass_kind", "1 = 1"),
    "tag": ("tag", "1 = 1"),
    "link": ("source_link", "1 = 1"),
    "sent": ("campaign", "state <> 'draft'"),
    "clicked": ("campaign", "state <> 'draft'"),
    "redeemed": ("campaign", "state <> 'draft'"),
    "came": ("campaign", "state <> 'draft'"),
}


def ids(one: Is, path: str) -> list[int]:
    """The rows a name means; several where a name was used again. Raises: SegmentRuleInvalid."""
    if one.fact == "bought":
        return _products(str(one.value), path)
    if one.fact in ("event", "attended"):
        return _events(str(one.value), path, coming_first=one.fact == "event")
    table, living = _TABLES[one.fact]
    found = [id for (id,) in db.rows(f"SELECT id FROM {table} WHERE name = ? ORDER BY id", (one.value,))]
    if not found:
        known = db.rows(f"SELECT name FROM {table} WHERE {living} GROUP BY name ORDER BY max(id) DESC LIMIT ?", (9,))
        raise tree.wrong(path, T("nothing is called “{name}”. There are: {known}.", name=str(one.value),
                                 known=_said([name for (name,) in known])))  # fmt: skip
    return found


def _products(name: str, path: str) -> list[int]:
    """A product by its name, or every product of a category."""
    sql = (
        "SELECT id FROM product WHERE name = ? UNION SELECT p.id FROM product p JOIN category c"
        " ON c.id = p.category_id WHERE c.name = ? ORDER BY 1"
    )
    found = [id for (id,) in db.rows(sql, (name, name))]
    if not found and db.value("SELECT 1 FROM category WHERE name = ?", (name,)):
        return [0]  # a category without products: nobody bought of it
    if not found:
        raise tree.wrong(path, T("no product and no category is called “{name}”.", name=name))
    return found


def _events(name: str, path: str, *, coming_first: bool) -> list[int]:
    """Events by their name in either language; of those to sign up for the coming ones, while there are any."""
    sql = "SELECT id, ended_at FROM gathering WHERE name_en = ? OR name_zh = ? ORDER BY id"
    found = db.rows(sql, (name, name))
    if not found:
        raise tree.wrong(path, T("no event is called “{name}”.", name=name))
    coming = [id for id, ended_at in found if ended_at is None] if coming_first else []
    return coming or [id for id, _ in found]


def own_field(one: Is, path: str) -> tuple[int, str]:
    """The shop's own field of that name: its id and kind. Raises: SegmentRuleInvalid."""
    row = db.one("SELECT id, kind FROM own_field WHERE name = ? AND active = 1", (one.of,))
    if row is None:
        known = [name for (name,) in db.rows("SELECT name FROM own_field WHERE active = 1 ORDER BY id LIMIT ?", (9,))]
        raise tree.wrong(path, T("nothing is called “{name}”. There are: {known}.", name=one.of, known=_said(known)))
    return row[0], row[1]


def _said(found: list[str]) -> str:
    return ", ".join(found[:MOST_SAID]) + (" …" if len(found) > MOST_SAID else "") or "—"
