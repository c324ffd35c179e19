"""`regulars report list|show|month|goal|mail`: every report of the shop, for a terminal, a file or a program."""

from datetime import date
from pathlib import Path

import click

from commands.frame import AS_JSON, open_shop, owner, say, say_json, typed_day, verb
from commands.reports import report
from core.base import i18n
from core.base.i18n import Text, _

EVERY_STORE = click.option("--store", type=int, help=_("Store id; all stores if left out."))


@verb(report, "list", _("Every report, and how it may be cut."), AS_JSON)
def report_list(folder: Path, as_json: bool) -> None:
    """The shelf."""
    from core.reports import shelf

    if as_json:
        say_json([{"id": one.id, "title": str(Text(one.title)), "steps": one.steps} for one in shelf.ENTRIES])
        return
    from core.base import text

    for one in shelf.ENTRIES:
        say(f"{one.id:<16}{text.fit(str(Text(one.title)), 24)}{Text(one.help)}")


@verb(
    report,
    "show",
    _("One report: a table, or a file under exports."),
    click.argument("report_id"),
    click.option("--span", help=_("today, week, last-month, quarter, 12-months, …; each report begins with its own.")),
    click.option("--since", help=_("First day, like 2026-10-01, instead of a span.")),
    click.option("--until", help=_("Last day; today if left out.")),
    click.option("--step", type=click.Choice(["day", "week", "month", "store"]), default="day", show_default=True),
    click.option("--compare", type=click.Choice(["period", "year"]), default=None, help=_("Beside an earlier time.")),
    EVERY_STORE,
    click.option("--format", "form", type=click.Choice(["table", "csv", "json", "xlsx"]), default="table"),
)
def report_show(folder: Path, report_id: str, form: str, **given: str) -> None:
    """Work it out and say it."""
    open_shop(folder)
    from core.base import clock
    from core.reports import asked as cut
    from core.reports import shelf

    by, now = owner(), clock.now()
    today = clock.day_of(now, i18n.scope().zone)
    first, last = cut.span(given["span"] or shelf.entry(report_id).span, today)
    if given["since"] or given["until"]:
        last = typed_day(given["until"]) if given["until"] else today
        first = typed_day(given["since"]) if given["since"] else last.replace(day=1)
    store = int(given["store"]) if given["store"] else None
    entry = shelf.entry(report_id)
    asked = cut.ask(first, last, step=given["step"], store_id=store, by=by, now=now)  # type: ignore[arg-type]
    found = shelf.show(report_id, asked, compare=given["compare"] or "", by=by)  # type: ignore[arg-type]
    if form in ("csv", "xlsx"):
        from core.keeping import reportfiles

        made = (
            reportfiles.write_csv(entry, found, by=by, now=now)
            if form == "csv"
            else reportfiles.write_workbook(entry, found, asked, by=by, now=now)
        )
        say(_("{path} is written.", path=str(made)))
    elif form == "json":
        _say_json(found)
    else:
        _say_table(found)


def _say_json(found: object) -> None:
    from core.reports import said
    from core.reports.report import Report

    assert isinstance(found, Report)  # noqa: S101 (for the type alone)
    rows = [[value if isinstance(value, int | None) else said.bare(value, column)
             for value, column in zip(row, found.columns, strict=True)] for row in said.rows(found)]  # fmt: skip
    columns = [{"name": str(Text(column.name)), "kind": column.kind} for column in found.columns]
    has_total = found.totals is not None and bool(found.rows)
    say_json({"columns": columns, "rows": rows[: len(found.rows)], "totals": rows[-1] if has_total else None,
              "notes": said.notes(found)})  # fmt: skip


def _say_table(found: object) -> None:
    from core.base import text
    from core.reports import said
    from core.reports.report import FIGURES, Report

    assert isinstance(found, Report)  # noqa: S101 (for the type alone)
    rows = enumerate(said.rows(found))
    lines = [[said.head(column) for column in found.columns]]
    lines += [said.line(row, found, total=at == len(found.rows)) for at, row in rows]
    widths = [max(text.width(line[at]) for line in lines) for at in range(len(found.columns))]
    for line in lines:
        cells = [
            " " * (widths[at] - text.width(one)) + one if found.columns[at].kind in FIGURES
            else one + " " * (widths[at] - text.width(one))
            for at, one in enumerate(line)
        ]  # fmt: skip
        say("  ".join(cells).rstrip())
    say("")
    for note in said.notes(found):
        say(note)


def typed_month(typed: str) -> date:
    """A month typed as 2026-10. Raises: UsageError."""
    try:
        return typed_day(f"{typed}-01")
    except click.UsageError:
        raise click.UsageError(_("Write a month like 2026-10, not “{given}”.", given=typed)) from None


@verb(
    report,
    "month",
    _("A month on one page: key figures beside earlier ones, and charts."),
    click.argument("month"),
    click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), required=True, help=_("The file to write.")),
    EVERY_STORE,
)
def report_month(folder: Path, month: str, pdf: Path, store: int | None) -> None:
    """Draw it."""
    open_shop(folder)
    from core.base import clock, files
    from core.keeping import monthpage, reportfiles

    first, by, now = typed_month(month), owner(), clock.now()
    page = monthpage.page(first, language=i18n.scope().language, store_id=store, by=by, now=now)
    reportfiles.note_page(first, by=by, now=now)
    files.write_bytes(pdf, page)
    say(_("{path} is written.", path=str(pdf)))


@verb(
    report,
    "goal",
    _("Set what a month is meant to bring; 0 drops the goal."),
    click.argument("month"),
    click.argument("what", type=click.Choice(["takings", "members", "sales", "points"])),
    click.argument("target"),
    EVERY_STORE,
)
def report_goal(folder: Path, month: str, what: str, target: str, store: int | None) -> None:
    """Takings in the currency, all else as a count."""
    open_shop(folder)
    from core.base import clock
    from core.reports import goals

    by, now, first = owner(), clock.now(), typed_month(month)
    if not target.isascii() or not target.isdigit() or len(target) > 10:
        raise click.UsageError(_("Write a whole number, not “{given}”.", given=target))
    figure = int(target) * (100 if what == "takings" else 1)
    if figure == 0:
        for one in goals.between(first, first):
            if (one.what, one.store_id) == (what, store):
                goals.end_goal(one.id, by=by, now=now)
        say(_("The goal is dropped."))
        return
    goals.set_goal(what, figure, month=first, store_id=store, by=by, now=now)
    say(_("The goal is set."))


@report.group("mail", help=_("Reports that go out by mail each week or month."))
def report_mail() -> None:
    """Group."""


@verb(report_mail, "list", _("Which report goes to whom, and what became of the last."), AS_JSON)
def report_mail_list(folder: Path, as_json: bool) -> None:
    """All that are switched on."""
    open_shop(folder)
    from dataclasses import asdict

    from core.reports import mailing

    found = mailing.listing(by=owner())
    if as_json:
        say_json([asdict(one) | {"id": str(one.id), "staff_id": str(one.staff_id), "period": one.period
                  and one.period.isoformat()} for one in found])  # fmt: skip
        return
    for one in found:
        state = f"{Text(mailing.STATES[one.state])} {one.period or ''} {one.reason}".strip()
        say(f"{one.id}  {one.report:<16}{Text(mailing.EVERY[one.every])}  {one.name} <{one.address}>  {state}")


@verb(
    report_mail,
    "add",
    _("Mail a report (or month-page) to a member of staff; it covers their stores."),
    click.argument("report_id"),
    click.argument("every", type=click.Choice(["week", "month"])),
    click.argument("login"),
    click.argument("address"),
    click.option("--language", type=click.Choice(["zh", "en"]), default=None, help=_("Of the mail.")),
)
def report_mail_add(folder: Path, report_id: str, every: str, login: str, address: str, language: str | None) -> None:
    """The first goes out when the week or month of now is over."""
    open_shop(folder)
    from core.base import clock
    from core.people import staff
    from core.reports import mailing

    mail_id = mailing.add(
        report_id, every, staff_id=staff.by_login(login), address=address,  # type: ignore[arg-type]
        language=language or i18n.scope().language, by=owner(), now=clock.now(),
    )  # fmt: skip
    say(_("Report {report} is mailed from now on, as {mail}.", report=report_id, mail=str(mail_id)))


@verb(report_mail, "end", _("Mail it no more."), click.argument("mail_id", type=int))
def report_mail_end(folder: Path, mail_id: int) -> None:
    """By the id that list shows."""
    open_shop(folder)
    from core.base import clock
    from core.reports import mailing

    mailing.end(mail_id, by=owner(), now=clock.now())
    say(_("It is mailed no more."))
