"""Letters with reports 邮件报表: a report of a week or month as a mail with its file.

Nothing that starts imports this file: its spreadsheets and pages cost 0.4 s.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from core.base import i18n
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import RegularsError
from core.base.i18n import Text, _
from core.books import rules
from core.keeping import monthpage, reportfiles
from core.reports import asked as cut
from core.reports import mailing, said, shelf
from core.reports.mailing import Due

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Letter:
    """One mail: whom, what, and its file. `id` is the same for every try."""

    id: int
    tries: int
    address: str
    language: str
    subject: str
    body: str
    file: str
    kind: str
    data: bytes = field(repr=False)
    at: Millis


def send_due(send: Callable[[Letter], tuple[str, str]], *, by: Actor, now: Millis) -> str:
    """Write and send what is due, each period claimed before it leaves; how many left of how many.

    `send` says what became of a letter: 'sent', 'waiting', 'refused' or 'unknown', and why.
    """
    mailing.settle_lost(by=by, now=now)
    waiting, left = mailing.due(now=now), 0
    for one in waiting:
        sent_id = mailing.begin(one, now=now)
        if sent_id is None:
            continue
        try:
            letter = write(one, sent_id=sent_id, now=now)
        except RegularsError as error:
            mailing.settle(sent_id, "refused", error.code, by=by, now=now)
            continue
        state, reason = send(letter)
        mailing.settle(sent_id, state, reason, by=by, now=now)  # type: ignore[arg-type]
        left += state == "sent"
    return f"{left} of {len(waiting)}"


def write(one: Due, *, sent_id: int, now: Millis) -> Letter:
    """The letter of a period, as its reader may see it. Raises: MailReaderMayNot, NotAllowed."""
    mail, shop, reader = one.mail, rules.current(now=now), mailing.reader(one.mail.staff_id)
    with i18n.use(mail.language, symbol=shop.symbol, zone=shop.zone):
        if mail.report == mailing.MONTH_PAGE:
            title, kind = _("The month {month}", month=f"{one.first:%Y-%m}"), "application/pdf"
            lines: list[str] = []
            data = monthpage.page(one.first, language=mail.language, by=reader, now=now)
        else:
            kind = XLSX
            title, lines, data = _report(mail.report, (one.first, one.last), reader, now)
        days = f"{one.first} – {one.last}"
        body = [title, days, "", *lines, *([""] if lines else []), _("The file is attached.")]
        body.append(_("Who is to get this no more is taken off in the back-office: F10, e."))
        file = f"{mail.report}-{one.first}.{'pdf' if mail.report == mailing.MONTH_PAGE else 'xlsx'}"
        subject = f"{shop.shop_name} · {title} · {days}"
    return Letter(
        sent_id, one.tries, mail.address, mail.language, subject, "\n".join(body) + "\n", file, kind, data, now
    )


def _report(report_id: str, days: tuple[date, date], reader: Actor, now: Millis) -> tuple[str, list[str], bytes]:
    """Title, totals one a line, and the workbook; beside the time before."""
    entry = shelf.entry(report_id)
    asked = cut.ask(*days, step="day", store_id=None, by=reader, now=now)
    found = shelf.show(report_id, asked, compare="period", by=reader)
    totals = zip(found.columns, found.totals, strict=True) if found.totals is not None and found.rows else ()
    lines = [
        _("{name}: {why}", name=said.head(column), why=said.cell(value, column))
        for column, value in totals
        if value is not None
    ]
    return str(Text(entry.title)), lines, reportfiles.workbook(entry, found, asked)
