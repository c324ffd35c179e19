"""Who they are 会员构成: members by age, gender, region and tier; a group of a few is not told apart."""

from collections import Counter

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, T, Text
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.library import joined
from core.reports.report import Cell, Chart, Column, Report, Row, share_bp

FEW = 5
"""A smaller group is shown as “few”: its members might be known by it."""
BANDS = ((0, 17), (18, 24), (25, 34), (35, 44), (45, 54), (55, 64), (65, 110))
GENDERS = {"female": N_("female"), "male": N_("male"), "f": N_("female"), "m": N_("male"), "other": N_("other")}


def band(birth_year: int | None, year: int) -> Cell:
    """The band of an age, by the year alone; what no person can be is unknown."""
    age = -1 if birth_year is None else year - birth_year
    for first, last in BANDS:
        if first <= age <= last:
            return f"{first}–{last}" if first and last < 110 else (f"< {last + 1}" if not first else f"{first}+")
    return T("unknown")


def make(asked: Asked, *, by: Actor) -> Report:
    """Members of now who joined up to the last day, in four ways."""
    test, ids = cut.within(asked, "m.home_store_id")
    rows: list[Row] = []
    for part, key, join in (
        (N_("age"), "p.birth_year", ""),
        (N_("gender"), "p.gender", ""),
        (N_("region"), "p.region", ""),
        (N_("tier"), "t.name", "JOIN member_tier h ON h.member_id = m.id JOIN tier t ON t.id = h.tier_id"),
    ):
        counts = Counter[Cell]()
        for value, count in db.rows(
            f"SELECT {key}, count(*) FROM member m LEFT JOIN member_person p ON p.member_id = m.id {join}"
            f" WHERE m.joined_at < ? AND {joined.LIVING} AND {test} GROUP BY 1 ORDER BY 1",
            (asked.until_at, *ids),
        ):
            counts[_named(part, value, asked.today.year)] += count
        rows += _rows(Text(part), counts)
    columns = (Column(N_("by"), "text"), Column(N_("group"), "text"), Column(N_("members")),
               Column(N_("share"), "percent"))  # fmt: skip
    notes = (joined.NOTES[0], N_("An age is this year less the year of birth. A group below five is shown as few."))
    return Report(columns, tuple(rows), None, Chart("bars", 2), notes=notes)


def _named(part: str, value: str | int | None, year: int) -> Cell:
    if part == "age":
        return band(int(value) if value else None, year)
    if not value:
        return T("unknown")
    return Text(GENDERS[str(value)]) if part == "gender" and value in GENDERS else str(value)


def _rows(part: Text, counts: Counter[Cell]) -> list[Row]:
    whole = counts.total()
    found: list[Row] = []
    for name, count in sorted(counts.items(), key=lambda one: (-one[1], str(one[0]))):
        small = count < FEW
        found.append((part, name, T("few") if small else count, None if small else share_bp(count, whole)))
    return found
