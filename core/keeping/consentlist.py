"""The list of consents as a file: who said yes or no to what, when, where and in which words."""

from pathlib import Path

from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.i18n import _, written
from core.keeping import exports
from core.reports import consents

NAME = "consents"


def export(*, by: Actor, now: Millis, zone: str) -> Path:
    """Write the last word of each member on each purpose as CSV; where it lies. People stand in it by number.

    Raises: NotAllowed, ExportFailed.
    """
    require(by, "export")
    head = (_("member"), _("purpose"), _("agreed"), _("when"), _("joined by"), _("store"), _("wording"), _("language"))
    file = exports.Writing(NAME, head, symbol="", now=now, zone=zone)
    try:
        for said in consents.last_words(by=by):
            file.add(
                (str(one.member_id), one.purpose, _("yes") if one.granted else _("no"), written("said_at", one.at),
                 one.source, str(one.store_id or ""), one.wording, one.language)
                for one in said
            )  # fmt: skip
        exports.record(NAME, file.rows, personal=True, by=by, now=now)
        return file.finish()
    finally:
        if not file.finished:
            file.give_up()
