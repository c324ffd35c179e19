"""Attendance 考勤: who is in now, the timesheet week by week, and corrections that wait for a yes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.base import clock
from core.base.clock import Millis
from core.base.errors import Refused
from core.base.i18n import N_, T, Text, _, scope
from core.keeping import opening
from core.people import attendance, corrections, worktime
from core.people.attendance import Present, Sheet
from core.people.corrections import Correction
from core.people.worktime import Punch, Way
from tui.keymap import Action
from tui.screens import clocking
from tui.screens.jobtimes import read_time
from tui.screens.lists import day, moment, whole
from tui.screens.tabbed import Tab, TabbedPage
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

WAYS = {"in": N_("coming in"), "out": N_("going")}
KINDS = {"add": N_("add"), "move": N_("other time"), "drop": N_("strike out")}
MISSING = {"in": N_("coming is missing"), "out": N_("going is missing")}
TABS = (
    Tab("now", "1", N_("in now"), N_("Show who is in now."),
        (Column("name", N_("name"), 20, min_width=8, important=True, stretch=True),
         Column("store", N_("store"), 20, min_width=8), Column("since", N_("since"), 16, min_width=11)),
        N_("Nobody is in. i comes in.")),
    Tab("sheet", "2", N_("timesheet"), N_("Show a week's hours."),
        (Column("day", N_("day"), 10, min_width=10), Column("name", N_("name"), 14, min_width=8, important=True,
                                                           stretch=True),
         Column("came", N_("from – to"), 24, min_width=13), Column("hours", N_("worked"), 7, min_width=6, right=True),
         Column("remark", N_("remark"), 22, min_width=12), Column("store", N_("store"), 14, min_width=6)),
        N_("Nobody worked in this week. b shows the week before.")),
    Tab("waiting", "3", N_("corrections"), N_("Show what waits for a yes."),
        (Column("name", N_("name"), 14, min_width=8, important=True, stretch=True),
         Column("what", N_("what"), 20, min_width=12), Column("moment", N_("it was"), 16, min_width=16),
         Column("before", N_("noted"), 16, min_width=6), Column("asked", N_("asked by"), 12, min_width=6)),
        N_("No correction waits.")),
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a form of a correction asks for."""

    what: str
    punch: Punch | None


class NothingToCorrect(Refused):
    """A day without a punch that could be put right."""

    code = "nothing_to_correct"
    text = N_("Choose what is to be put right, and the time it really was.")


class AttendancePage(TabbedPage):
    """Hours of the staff: one's own, and for who approves everybody's of their stores."""

    NAME = N_("Attendance")
    HELP = N_(
        "i comes and goes. 2 shows the hours of a week, b and n go a week back and on; c asks that a punch be put"
        " right: a manager of that store says yes (a) or no (x) under 3, and nobody to their own, but for an owner."
        " A missing punch is named and counts nothing."
    )
    PERSONAL = True
    TABS = TABS
    KEYS = (
        Action("clock", ("i",), N_("come / go"), N_("Begin or end your work, whichever comes next.")),
        Action("correct", ("c",), N_("correct"), N_("Ask that a punch be added, moved or taken away.")),
        Action("approve", ("a",), N_("agree"), N_("Agree to the correction under the cursor."), right="approve"),
        Action("decline", ("x",), N_("refuse"), N_("Leave the hours as they are, or take your own wish back.")),
        Action("before", ("b",), N_("week before"), N_("Show the week before.")),
        Action("after", ("n",), N_("next week"), N_("Show the next week.")),
    )

    def __init__(self) -> None:
        super().__init__()
        self._week: date | None = None
        self._minutes = Counter[int]()

    @property
    def _monday(self) -> date:
        if self._week is None:
            today = clock.local(clock.now(), scope().zone).date()
            self._week = today - timedelta(days=today.weekday())
        return self._week

    def source(self) -> Fetch:
        """The rows of the list that is shown."""
        if self.shown == "now":
            return whole(lambda: self.gateway.read(attendance.present, by=self.actor, now=clock.now()), _present)
        if self.shown == "sheet":
            return whole(self._sheets, _sheet)
        return whole(lambda: self.gateway.read(corrections.waiting, by=self.actor), _waiting)

    async def load(self) -> None:
        """The list, and which week it is of."""
        await super().load()
        monday = self._monday
        self.select(f"{monday} – {monday + timedelta(days=6)}" if self.shown == "sheet" else "")

    async def _sheets(self) -> list[Sheet]:
        first = self._monday
        found = await self.gateway.read(
            attendance.timesheet, first, first + timedelta(days=6), by=self.actor, now=clock.now()
        )
        self._minutes = Counter[int]()
        for one in found:
            self._minutes[one.staff_id] += one.workday.minutes
        return found

    def about(self, row: Row) -> Sequence[Words]:
        """Each stretch of a day, or why a correction is asked for."""
        if isinstance(row.key, Correction):
            return (T("Why: {reason}", reason=row.key.reason), T("Asked {when}", when=moment(row.key.asked_at)))
        if isinstance(row.key, Sheet):
            off = row.key.workday.break_minutes
            taken = [T("{minutes} minutes of break taken off", minutes=off)] if off else []
            hours = worktime.shown(self._minutes[row.key.staff_id])
            return (_times(row.key), *taken, T("{name} in this week: {hours}", name=row.key.name, hours=hours))
        return ()

    def refusal(self, action: Action) -> Text | None:
        """Weeks are turned on the timesheet, corrections decided on their list."""
        if action.id in ("before", "after") and self.shown != "sheet":
            return T("Show the timesheet first (2).")
        if action.id in ("approve", "decline") and self._correction is None:
            return T("Select a correction first (3).")
        return super().refusal(action)

    @property
    def _correction(self) -> Correction | None:
        return self.chosen(Correction)

    async def on_page_table_row_opened(self, message: PageTable.RowOpened) -> None:
        """Enter on a day puts it right."""
        message.stop()
        if isinstance(message.row.key, Sheet):
            await self.act("correct")

    def do_clock(self) -> None:
        """Come or go."""
        self.writing(self._clock)

    async def _clock(self) -> None:
        await clocking.clock_me(self)
        self.changed()

    def do_before(self) -> None:
        """The week before."""
        self._turn(-7)

    def do_after(self) -> None:
        """The next week."""
        self._turn(7)

    def _turn(self, by: int) -> None:
        self._week = self._monday + timedelta(days=by)
        self.reading(self.load)

    async def do_correct(self) -> None:
        """Ask what is to be put right: of the day under the cursor, else a forgotten punch of one's own."""
        row = self.table.row
        sheet = row.key if row is not None and isinstance(row.key, Sheet) else None
        stores = await self.gateway.read(opening.stores_of, self.actor)
        wishes = _wishes(sheet)

        async def write(answer: Answer) -> None:
            await self._ask_for(wishes[answer.text("what")], sheet, answer)
            self.changed()
            self.office.tell(T("It waits for a manager's yes."))

        today = clock.local(clock.now(), scope().zone).date()
        missing = sheet.workday.missing if sheet is not None else ()
        fields = (
            Field("what", N_("what"), "menu", value=f"add {missing[0]}" if missing else None,
                  choices=tuple((id, _wish(one)) for id, one in wishes.items())),
            Field("day", N_("day"), "day", value=f"{sheet.workday.day if sheet else today}"),
            Field("time", N_("time"), hint=N_("09:30"), required=False),
            Field("store", N_("store"), "choice", choices=tuple((str(id), name) for id, name in stores)),
            Field("reason", N_("reason"), hint=N_("a few words why")),
        )  # fmt: skip
        name = sheet.name if sheet is not None else self.actor.name
        await self.ask(Form("correct", T("Put right hours of {name}", name=name), (), fields, N_("ask for it")), write)

    async def _ask_for(self, wish: Wish, sheet: Sheet | None, answer: Answer) -> None:
        now, reason = clock.now(), answer.text("reason")
        if wish.what == "drop" and wish.punch is not None:
            await self.gateway.write(corrections.ask_drop, wish.punch.id, reason=reason, by=self.actor, now=now)
            return
        if not answer.text("time"):
            raise NothingToCorrect(field="time")
        hour, minute = read_time(answer.text("time"))
        when = clock.at_time(read_day(answer.text("day"), field="day"), hour, minute, scope().zone)
        if wish.punch is not None:
            await self.gateway.write(corrections.ask_move, wish.punch.id, when, reason=reason, by=self.actor, now=now)
            return
        whose = sheet.staff_id if sheet is not None else self.actor.id
        way: Way = "in" if wish.what == "add in" else "out"
        await self.gateway.write(
            corrections.ask_add, whose, int(answer.text("store")), way, when, reason=reason, by=self.actor, now=now
        )

    def do_approve(self) -> None:
        """Agree."""
        if (one := self._correction) is not None:
            self.writing(self._approve, one.id)

    async def _approve(self, correction_id: int) -> None:
        await self.gateway.write(corrections.approve, correction_id, by=self.actor, now=clock.now())
        self.changed()

    async def do_decline(self) -> None:
        """Ask before it is left as it is."""
        if (one := self._correction) is not None:
            title = T("Leave the hours of {name} as they are?", name=one.name)
            await self.sure(title, (), corrections.decline, one.id, done=N_("refuse"))


def _wishes(sheet: Sheet | None) -> dict[str, Wish]:
    """What can be put right of a day: a punch more, or each there is moved or taken away."""
    found = {"add in": Wish("add in", None), "add out": Wish("add out", None)}
    for stretch in sheet.workday.stretches if sheet is not None else ():
        for punch in (stretch.began, stretch.ended):
            if punch is not None:
                found[f"move {punch.id}"] = Wish("move", punch)
                found[f"drop {punch.id}"] = Wish("drop", punch)
    return found


def _wish(one: Wish) -> Text:
    if one.punch is None:
        return T("add a forgotten coming") if one.what == "add in" else T("add a forgotten going")
    way, at = _(WAYS[one.punch.way]), _time(one.punch.at)
    if one.what == "move":
        return T("{way} at {time}: another time", way=way, time=at)
    return T("{way} at {time}: take it away", way=way, time=at)


def _time(at: Millis) -> str:
    return f"{clock.local(at, scope().zone):%H:%M}"


def _times(sheet: Sheet) -> str:
    """'09:00–12:30 13:00–17:12', '09:00–?' where the going is missing."""
    return " ".join(
        f"{_time(one.began.at) if one.began else '?'}–"
        f"{_time(one.ended.at) if one.ended else '…' if one.runs(clock.now()) else '?'}"
        for one in sheet.workday.stretches
    )


def _present(one: Present) -> Row:
    return Row(one, (one.name, one.store, moment(one.since_at)))


def _sheet(one: Sheet) -> Row:
    missing = one.workday.missing
    remark: Words = Text(MISSING[missing[0]]) if missing else T("is in") if one.workday.running else ""
    cells = (day(one.workday.day), one.name, _times(one), worktime.shown(one.workday.minutes), remark,
             " · ".join(one.stores))  # fmt: skip
    return Row(one, cells, tone="warn" if missing else "")


def _waiting(one: Correction) -> Row:
    what = _("{name}: {why}", name=_(WAYS[one.way]), why=_(KINDS[one.kind]))
    before = moment(one.before) if one.before is not None and one.kind == "move" else "—"
    return Row(one, (one.name, what, moment(one.moment), before, one.asked_by))
