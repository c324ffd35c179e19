"""Reports by mail 邮件报表: which report goes to whom each week or month, and what became of each period.

A period is claimed by a row of its own before its mail leaves, so that it leaves at most once. Only what ended after
the mail was switched on goes out, and of what was missed only the last period.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from core.base import clock, db, ids
from core.base.access import Actor, require
from core.base.clock import MINUTE, Millis
from core.base.errors import Invalid, NotFound, RegularsError
from core.base.i18n import LANGUAGES, N_
from core.books import alerts, audit, rules
from core.people import staff
from core.reports import shelf

Every = Literal["week", "month"]
State = Literal["sending", "sent", "waiting", "refused", "unknown"]
EVERY: dict[Every, str] = {"week": N_("each week"), "month": N_("each month")}
STATES: dict[str, str] = {
    "": N_("not yet"), "sending": N_("on its way"), "sent": N_("sent"), "waiting": N_("waiting"),
    "refused": N_("did not leave"), "unknown": N_("may have left"),
}  # fmt: skip
MONTH_PAGE = "month-page"
"""The page of a month beside the reports of the shelf."""
TRIES, LOST = 5, 30 * MINUTE
"""So often one period is tried; a mail on its way for so long is one whose process ended."""
_ADDRESS = re.compile(r"[!-~]+@[0-9A-Za-z.-]+\.[0-9A-Za-z-]+")
_BARRED = set(',;:<>()"\\[]')


@dataclass(frozen=True)
class ReportMail:
    """One report to one person; `state`, `reason` and `period` are those of the last period tried."""

    id: int
    report: str
    every: Every
    staff_id: int
    name: str
    address: str
    language: str
    since_at: Millis
    state: str = ""
    reason: str = ""
    period: date | None = None


@dataclass(frozen=True)
class Due:
    """A period that is over and has not left: its first and last day, and which try it is."""

    mail: ReportMail
    first: date
    last: date
    tries: int


class MailAddressInvalid(Invalid):
    """Nothing can be sent to an address like this."""

    code = "mail_address_invalid"
    text = N_("“{given}” is no mail address. Write it like li.lei@example.com.")


class MailReaderMayNot(Invalid):
    """Reports go only to those who may read them."""

    code = "mail_reader_may_not"
    text = N_("{name} may not see reports. Give them the right first, or choose somebody else.")


class MonthPageWeekly(Invalid):
    """The page of a month each week."""

    code = "month_page_weekly"
    text = N_("The page of a month goes out each month. Choose month, or another report for the week.")


class ReportMailUnknown(NotFound):
    """No report goes out under this id."""

    code = "report_mail_unknown"
    text = N_("No report is mailed under {mail}. `regulars report mail list` names them all.")


# --- switching on and off --------------------------------------------------------------------------


@db.atomic
def add(report: str, every: Every, *, staff_id: int, address: str, language: str, by: Actor, now: Millis) -> int:
    """Mail a report each week or month to a member of staff; the id. It covers their stores.

    Raises: NotAllowed, ReportUnknown, MonthPageWeekly, MailAddressInvalid, MailReaderMayNot.
    """
    require(by, "settings")
    if report != MONTH_PAGE:
        shelf.entry(report)
    elif every != "month":
        raise MonthPageWeekly(field="every")
    typed = address.strip()
    if not _ADDRESS.fullmatch(typed) or _BARRED & set(typed) or typed.count("@") != 1 or len(typed) > 254:
        raise MailAddressInvalid(field="address", given=typed[:40])
    reader(staff_id)
    mail_id = ids.new()
    db.add("report_mail", id=mail_id, report=report, every=every, staff_id=staff_id, address=typed,
           language=language if language in LANGUAGES else "zh", at=now, actor=by.tag)  # fmt: skip
    after = {"report": report, "every": every, "staff": str(staff_id)}
    audit.record("report_mail.added", "report_mail", mail_id, by=by, now=now, after=after)
    return mail_id


def reader(staff_id: int) -> Actor:
    """Whose eyes a report is made for: their stores, and the one right to read it. Raises: MailReaderMayNot."""
    name = str(db.value("SELECT name FROM staff WHERE id = ?", (staff_id,)) or staff_id)
    try:
        whose = staff.actor_of(staff_id)
    except RegularsError as error:
        raise MailReaderMayNot(field="staff", name=name) from error
    if not whose.may("reports"):
        raise MailReaderMayNot(field="staff", name=name)
    rights = frozenset({"reports"})
    return Actor(kind="job", id=0, name="report-mail", door="scheduler", rights=rights, stores=whose.stores)


@db.atomic
def end(mail_id: int, *, by: Actor, now: Millis) -> None:
    """Mail it no more. Raises: NotAllowed, ReportMailUnknown."""
    require(by, "settings")
    if not db.change("UPDATE report_mail SET active = 0, address = '' WHERE id = ? AND active = 1", (mail_id,)):
        raise ReportMailUnknown(mail=str(mail_id))
    audit.record("report_mail.ended", "report_mail", mail_id, by=by, now=now)


_LISTED = (
    "SELECT r.id, r.report, r.every, r.staff_id, s.name, r.address, r.language, r.at, t.state, t.reason, t.period_day"
    " FROM report_mail r JOIN staff s ON s.id = r.staff_id LEFT JOIN report_mail_sent t ON t.mail_id = r.id"
    " AND t.period_day = (SELECT max(period_day) FROM report_mail_sent l WHERE l.mail_id = r.id)"
    " WHERE r.active = 1 ORDER BY r.id"
)


def listing(*, by: Actor) -> list[ReportMail]:
    """Every report that goes out, and what became of its last period. Raises: NotAllowed."""
    require(by, "settings")
    return _all()


def _all() -> list[ReportMail]:
    return [
        ReportMail(
            id, report, every, staff_id, name, address, language, since, state or "", reason or "",
            date.fromordinal(day) if day else None,
        )
        for id, report, every, staff_id, name, address, language, since, state, reason, day in db.rows(_LISTED)
    ]  # fmt: skip


# --- what is due -----------------------------------------------------------------------------------


def last_period(every: Every, today: date) -> tuple[date, date]:
    """First and last day of the last whole week (from Monday) or month before a day."""
    if every == "week":
        first = today - timedelta(days=today.weekday() + 7)
        return first, first + timedelta(days=6)
    this = today.replace(day=1)
    return clock.add_months(this, -1), this - timedelta(days=1)


def due(*, now: Millis) -> list[Due]:
    """Periods that are over and have not left, or may be tried again."""
    zone = rules.current(now=now).zone
    sql = "SELECT state, tries FROM report_mail_sent WHERE mail_id = ? AND period_day = ?"
    found = []
    for one in _all():
        first, last = last_period(one.every, clock.day_of(now, zone))
        state, tries = db.one(sql, (one.id, first.toordinal())) or ("", 0)
        if last >= clock.day_of(one.since_at, zone) and state in ("", "waiting"):
            found.append(Due(one, first, last, tries + 1))
    return found


@db.atomic
def begin(one: Due, *, now: Millis) -> int | None:
    """Claim a period before its mail leaves; the id of the mail, None if another has it."""
    again = "UPDATE report_mail_sent SET state = 'sending', tries = tries + 1, at = ? WHERE mail_id = ? AND" \
            " period_day = ? AND state = 'waiting'"  # fmt: skip
    new = (
        "INSERT INTO report_mail_sent (id, mail_id, period_day, state, tries, at) VALUES (?, ?, ?, 'sending', 1, ?)"
        " ON CONFLICT (mail_id, period_day) DO NOTHING"
    )
    key = one.mail.id, one.first.toordinal()
    if db.change(again, (now, *key)) or db.change(new, (ids.new(), *key, now)):
        return int(db.value("SELECT id FROM report_mail_sent WHERE mail_id = ? AND period_day = ?", key))
    return None


@db.atomic
def settle(sent_id: int, state: State, reason: str, *, by: Actor, now: Millis) -> None:
    """Note what became of a mail; staff are told of one that did not leave."""
    sql = (
        "SELECT t.tries, t.period_day, t.mail_id, r.report FROM report_mail_sent t"
        " JOIN report_mail r ON r.id = t.mail_id WHERE t.id = ? AND t.state = 'sending'"
    )
    found = db.one(sql, (sent_id,))
    if found is None:
        return
    tries, day, mail_id, report = found
    became = "refused" if state == "waiting" and tries >= TRIES else state
    sql = "UPDATE report_mail_sent SET state = ?, reason = ?, at = ? WHERE id = ?"
    db.run(sql, (became, reason[:80], now, sent_id))
    if became == "sent":
        after = {"report": report, "first": str(date.fromordinal(day))}
        audit.record("report_mail.sent", "report_mail", mail_id, by=by, now=now, after=after)
    else:
        alerts.note("report_mail", report, now=now, reason=reason[:80] or became)


def settle_lost(*, by: Actor, now: Millis) -> None:
    """What was on its way when its process ended may have left: it is not sent again."""
    sql = "SELECT id FROM report_mail_sent WHERE state = 'sending' AND at <= ?"
    for (sent_id,) in db.rows(sql, (now - LOST,)):
        settle(sent_id, "unknown", "broke off", by=by, now=now)
