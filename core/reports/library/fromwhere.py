"""Sources 来源: where members joined from, and what became of those who joined in the days asked for."""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, Text
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.library import joined
from core.reports.report import Cell, Chart, Column, Report, share_bp, summed

WORDS = {
    "kiosk": N_("kiosk"), "phone": N_("phone page"), "till": N_("till"), "staff": N_("staff"), "import": N_("moved in"),
    "link": N_("source link"), "api": N_("online shop"), "referral": N_("a friend"), "back-office": N_("back-office"),
    "friend": N_("a friend"), "poster": N_("poster"), "advert": N_("advert"), "partner": N_("partner"),
    "online": N_("online shop"),
}  # fmt: skip


def make(asked: Asked, *, by: Actor) -> Report:
    """Joins by source, and who of them bought since."""
    test, ids = cut.within(asked, "m.home_store_id")
    found = db.rows(
        "SELECT m.source, k.name, count(*), coalesce(CAST(sum(CASE WHEN s.visits > 0 THEN 1 ELSE 0 END) AS BIGINT), 0),"
        f" {cut.cents('s.net_spend_cents')} FROM member m JOIN member_stats s ON s.member_id = m.id"
        " LEFT JOIN source_link k ON k.id = m.source_link_id"
        f" WHERE m.joined_at >= ? AND m.joined_at < ? AND {joined.LIVING} AND {test}"
        " GROUP BY m.source, k.name ORDER BY 3 DESC, 1, 2",
        (asked.from_at, asked.until_at, *ids),
    )
    rows = tuple(
        (_name(source, link), members, bought, share_bp(bought, members), spent)
        for source, link, members, bought, spent in found
    )
    columns = (
        Column(N_("source"), "text"), Column(N_("joined")), Column(N_("of them bought")),
        Column(N_("share"), "percent"), Column(N_("spent since"), "cents"),
    )  # fmt: skip
    notes = (joined.NOTES[0], N_("Spent since: everything they spent up to now, less returns; not only in these days."))
    return Report(columns, rows, summed(rows, (1, 2, 4), 5), Chart("bars"), compared=1, notes=notes)


def _name(source: str, link: str | None) -> Cell:
    if link:
        return link
    return Text(WORDS[source]) if source in WORDS else source
