"""What stays outside, as files any spreadsheet opens: rows with faults, and rows that stand for someone twice."""

from collections.abc import Sequence
from pathlib import Path

from core.base.access import Actor
from core.base.clock import Millis
from core.base.i18n import N_, T, Text, _
from core.books import rules
from core.keeping import exports
from core.keeping.exports import Writing
from core.keeping.movein.moving import Preview

WHYS: dict[str, Text] = {
    "phone": T("the same phone"),
    "card": T("the same card"),
    "near_name": T("the same name, and another number or barcode"),
    "near_phone": T("the same name, and a phone that differs by one slip"),
    "near_birthday": T("the same name and birthday"),
    "name": T("the same name"),
    "number": T("the same item number"),
    "barcode": T("the same barcode"),
    "receipt": T("the same receipt"),
}
LEFT_OUT, BROUGHT_IN = N_("left outside"), N_("brought in; look whether to merge them")


def write_faults(found: Preview, *, by: Actor, now: Millis) -> Path | None:
    """Write the rows with faults to the folder of exports, in the reader's language; None if there are none.

    What names a person is masked. Raises: ExportFailed.
    """
    if not found.faults:
        return None
    head = (_("row"), _("column"), _("what stands there"), _("what is wrong"), _("what to do"))
    rows = [(str(one.row), one.column, one.given, str(one.reason), str(one.step)) for one in found.faults]
    return _write(_("faults of {file}", file=found.table.file_name), head, rows, by=by, now=now)


def write_doubles(found: Preview, *, by: Actor, now: Millis) -> Path | None:
    """Write the rows that stand for someone twice, surely or perhaps; None if there are none. Raises: ExportFailed."""
    if not found.doubles:
        return None
    head = (_("row"), _("the same as"), _("why"), _("who"), _("what becomes of it"))
    rows = [
        (
            str(one.row),
            _("in the shop") if one.like is None else _("row {row}", row=str(one.like)),
            str(WHYS[one.why]),
            one.shown,
            _(BROUGHT_IN) if one.near else _(LEFT_OUT),
        )
        for one in found.doubles
    ]
    return _write(_("doubles in {file}", file=found.table.file_name), head, rows, by=by, now=now)


def _write(name: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, by: Actor, now: Millis) -> Path:
    writing = Writing(name, head, symbol="", now=now, zone=rules.current(now=now).zone)
    try:
        writing.add(rows)
        exports.record(name, len(rows), personal=False, by=by, now=now)
        return writing.finish()
    finally:
        if not writing.finished:
            writing.give_up()
