"""Typed dates: a day with its weekday and lunar date beside it, and a birthday of either calendar."""

import re
import unicodedata
from datetime import date, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType

from core.base import clock, lunar
from core.base.errors import Invalid, RegularsError
from core.base.i18n import N_, WEEKDAYS, _, scope
from core.people import birthdays
from core.people.birthdays import Birthday
from tui.widgets.row import Words
from tui.widgets.searchbox import QuietInput

_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
FIRST, LAST = date(1901, 1, 1), date(2099, 12, 31)


class DayUnreadable(Invalid):
    """What was typed is no date."""

    code = "day_unreadable"
    text = N_("“{typed}” is no date. Type it like 2026-12-31.")


def read_day(typed: str, *, field: str) -> date:
    """The date typed, as year, month and day.

    Raises: DayUnreadable.
    """
    if match := _DAY.fullmatch(unicodedata.normalize("NFKC", typed).strip()):
        try:
            return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError as error:
            raise DayUnreadable(field=field, typed=typed[:24]) from error
    raise DayUnreadable(field=field, typed=typed[:24])


def today() -> date:
    """Today in the zone of the session."""
    return clock.day_of(clock.now(), scope().zone)


def day_said(day: date) -> str:
    """A day's weekday and lunar date: 'Fri · 农历四月十三'."""
    weekday = WEEKDAYS[scope().language][day.weekday()]
    if not FIRST <= day <= LAST:
        return weekday
    one = lunar.of(day)
    return f"{weekday} · 农历{lunar.shown(one.month, one.day, leap=one.leap)}"


def birthday_said(birthday: Birthday) -> str:
    """What was understood, and when it is kept next."""
    name = (
        f"农历{lunar.shown(birthday.month, birthday.day, leap=birthday.leap)}"
        if birthday.calendar == "lunar"
        else f"{birthday.month:02d}-{birthday.day:02d}"
    )
    kept = next_kept(birthday, today())
    return name if kept is None else f"{name} · " + _("next on {kept_on}", kept_on=kept)


def next_kept(birthday: Birthday, since: date) -> date | None:
    """The next day on which a birthday is kept, within two years."""
    for ahead in range(366 * 2):
        day = since + timedelta(days=ahead)
        if any((key.calendar, key.month, key.day) == (birthday.calendar, birthday.month, birthday.day)
               for key in lunar.kept_on(day)):  # fmt: skip
            return day
    return None


class DateInput(QuietInput):
    """A box for a day: ↑ ↓ go by days, PgUp and PgDn by months; an empty one starts today."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "shift(1)", show=False),
        Binding("down", "shift(-1)", show=False),
        Binding("pageup", "shift(30)", show=False),
        Binding("pagedown", "shift(-30)", show=False),
    ]

    def action_shift(self, by: int) -> None:
        """Go to another day; months keep the day of the month where they can."""
        try:
            day = read_day(self.value, field=self.id or "day")
        except DayUnreadable:
            if not self.value.strip():
                self._put(today())
            return
        self._put(day + timedelta(days=by) if abs(by) < 30 else month_later(day, 1 if by > 0 else -1))

    def _put(self, day: date) -> None:
        self.value = day.isoformat()
        self.cursor_position = len(self.value)

    def said(self) -> Words:
        """Weekday and lunar date of what is typed; nothing while it is no date."""
        try:
            return day_said(read_day(self.value, field=self.id or "day"))
        except DayUnreadable:
            return ""


class BirthdayInput(QuietInput):
    """A box for a birthday, solar or lunar; says what it understood and when it is next."""

    def said(self) -> Words:
        """What was understood of what is typed."""
        if not self.value.strip():
            return ""
        try:
            return birthday_said(birthdays.read(self.value))
        except RegularsError:
            return ""


def month_later(day: date, months: int) -> date:
    """The same day of another month, or its last one."""
    at = day.year * 12 + day.month - 1 + months
    year, month = divmod(at, 12)
    first = date(year, month + 1, 1)
    after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), after - timedelta(days=1))
