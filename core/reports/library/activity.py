"""Activity 活跃度: members' visits, check-ins, phone pages and kiosk look-ups, by day, week, month or store."""

from core.base.access import Actor
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, summed


def make(asked: Asked, *, by: Actor) -> Report:
    """What members did."""
    member = "JOIN member m ON m.id = d.member_id"
    came = cut.figures(
        asked, "count(*), count(DISTINCT d.member_id)",
        f"member_day d ON d.day BETWEEN p.first_day AND p.last_day AND d.net_cents > 0 {member}",
        store="m.home_store_id",
    )  # fmt: skip
    checked = cut.figures(
        asked, "count(*)", f"checkin d ON d.day BETWEEN p.first_day AND p.last_day {member}", store="m.home_store_id"
    )
    doors = {
        door: cut.figures(
            asked, cut.cents("d.times"),
            f"door_day d ON d.day BETWEEN p.first_day AND p.last_day AND d.door = '{door}'", store="d.store_id",
        )
        for door in ("phone", "kiosk")
    }  # fmt: skip
    rows = []
    for key, name in cut.lines(asked):
        visits, people = came.get(key, (0, 0))
        by_door = (doors[door].get(key, (0,))[0] for door in ("phone", "kiosk"))
        rows.append((name, visits, people, checked.get(key, (0,))[0], *by_door))
    columns = (
        cut.head(asked), Column(N_("visits")), Column(N_("who came")), Column(N_("check-ins")),
        Column(N_("phone pages")), Column(N_("kiosk look-ups")),
    )  # fmt: skip
    notes = (
        N_("A visit is a member's day with purchases above nothing; a store's are those of who joined there."),
        N_("Phone pages: members who signed in on their phone. Kiosk look-ups: members who showed their code or number"
           " at a kiosk. Both are counted by day, without saying who."),
    )  # fmt: skip
    return Report(columns, tuple(rows), summed(rows, (1, 3, 4, 5), 6), Chart("bars"), compared=1, notes=notes)
