"""The times of a job as a person sets them: an hour on some weekdays, or five fields for everything else."""

import re
import unicodedata
from datetime import datetime

from core.base.errors import Invalid
from core.base.i18n import N_, WEEKDAYS, T, Text, _, scope
from core.keeping import slots
from core.keeping.jobs import Job
from core.keeping.slots import CronInvalid, ZoneInvalid
from tui.screens.lists import day
from tui.widgets.overlay import Answer, Field, Form, Preview
from tui.widgets.row import Words

_AT = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|[a-z,]+)")
_TIME = re.compile(r"([01]?\d|2[0-3]):?([0-5]\d)")


class TimeUnreadable(Invalid):
    """What was typed is no time of the day."""

    code = "time_unreadable"
    text = N_("“{typed}” is no time of the day. Type it like 09:30.")


class TimesDoubled(Invalid):
    """A time and five fields are both given."""

    code = "times_doubled"
    text = N_("Either a time or five fields: empty one of the two.")


def at_an_hour(cron: str) -> tuple[str, tuple[str, ...]] | None:
    """The time and the weekdays of a job that runs at one hour; no weekdays mean every day; None for any other."""
    match = _AT.fullmatch(cron)
    if match is None:
        return None
    days = () if match[3] == "*" else tuple(match[3].split(","))
    return f"{int(match[2]):02d}:{int(match[1]):02d}", days


def said(cron: str) -> str:
    """'daily 03:10', 'Sun 05:00'; any other expression as it is."""
    simple = at_an_hour(cron)
    if simple is None or any(name not in slots.WEEKDAYS for name in simple[1]):
        return cron
    time, days = simple
    if not days:
        return _("daily {time}", time=time)
    names = WEEKDAYS[scope().language]
    return f"{' '.join(names[slots.WEEKDAYS.index(name)] for name in days)} {time}"


def moment(at: datetime) -> str:
    """A time a job comes, on its own clock: '11-21 Sat 04:30'."""
    return f"{day(at.date())} {at:%H:%M}"


def form(job: Job, preview: Preview) -> Form:
    """When? Filled in as it is now."""
    simple = at_an_hour(job.cron)
    time, days = simple if simple is not None else ("", ())
    names = WEEKDAYS[scope().language]
    short = [name[:2] if name.isascii() else name[1:] for name in names]
    weekdays: tuple[tuple[str, Words], ...] = tuple(zip(slots.WEEKDAYS, short, strict=True))
    fields = (
        Field("time", N_("at"), value=time, required=False, hint="04:30"),
        Field("days", N_("weekdays"), "several", value=" ".join(days), choices=weekdays, required=False),
        Field("cron", N_("five fields"), value="" if simple else job.cron, required=False,
              hint="*/10 8-20 * * mon-fri"),
        Field("zone", N_("time zone"), value=job.zone),
        Field("minutes", N_("late by, min"), "number", value=job.catch_up_s // 60),
    )  # fmt: skip
    lines = (T("No weekday marked means every day. Five fields are minute, hour, day, month, weekday by name."),)
    return Form("times", T("When does it run?"), lines, fields, preview=preview)


def cron_of(answer: Answer) -> str:
    """The five fields a filled-in form means. Raises: TimesDoubled, TimeUnreadable."""
    time, cron = answer.text("time"), answer.text("cron")
    if time and cron:
        raise TimesDoubled(field="cron")
    if cron:
        return " ".join(cron.lower().split())
    hour, minute = read_time(time)
    days = ",".join(answer.text("days").split())
    return f"{minute} {hour} * * {days or '*'}"


def read_time(typed: str) -> tuple[int, int]:
    """Hour and minute of a time as typed: '09:30', '930', full-width too. Raises: TimeUnreadable."""
    match = _TIME.fullmatch(unicodedata.normalize("NFKC", typed.strip()))
    if match is None:
        raise TimeUnreadable(field="time", typed=typed[:12])
    return int(match[1]), int(match[2])


def checked(answer: Answer) -> tuple[str, str]:
    """Five fields and zone of a filled-in form, whatever is wrong told at its field.

    Raises: TimesDoubled, TimeUnreadable, CronInvalid, ZoneInvalid.
    """
    cron, zone = cron_of(answer), answer.text("zone")
    try:
        slots.validate(cron, zone)
    except (CronInvalid, ZoneInvalid) as error:
        at = "zone" if isinstance(error, ZoneInvalid) else "cron" if answer.text("cron") else "time"
        raise type(error)(**{**error.facts, "field": at}) from error
    return cron, zone


def coming(times: list[datetime]) -> Text | str:
    """The next times in a line."""
    return T("next {times}", times=" · ".join(moment(at) for at in times)) if times else ""
