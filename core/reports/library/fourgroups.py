"""Four groups 四类会员: by how often members come and what they spend a visit, split at the shop's lines.

The lines are those of the shop's rules (`group_visits`, `group_basket_cents`), or the medians where they are 0.
"""

from core.base import db
from core.base.access import Actor
from core.base.i18n import N_, T, Text
from core.books import rules
from core.insight import profiles
from core.reports import asked as cut
from core.reports.asked import Asked
from core.reports.report import Chart, Column, Report, Row, each, share_bp, summed

OFTEN, MUCH = ("good", "basket should rise"), ("good", "frequency should rise")
Sums = dict[str, tuple[int, int, int]]


def make(asked: Asked, *, by: Actor) -> Report:
    """As the last night judged them; worked out anew where no night has judged yet."""
    test, ids = cut.within(asked, "m.home_store_id")
    found = {
        row[0]: (row[1], row[2], row[3])
        for row in db.rows(
            f"SELECT i.grouping, count(*), {cut.cents('s.visits')}, {cut.cents('s.net_spend_cents')}"
            " FROM member_insight i JOIN member m ON m.id = i.member_id AND m.state = 'active'"
            f" JOIN member_stats s ON s.member_id = i.member_id WHERE {test} GROUP BY i.grouping",
            ids,
        )
    } or _anew(asked)
    whole = sum(members for members, _, _ in found.values())
    rows: list[Row] = []
    for name, words in profiles.GROUP_WORDS.items():
        members, visits, spent = found.get(name, (0, 0, 0))
        rows.append((Text(words), members, share_bp(members, whole), each(100 * visits, members), each(spent, visits),
                     spent))  # fmt: skip
    columns = (
        Column(N_("group"), "text"), Column(N_("members")), Column(N_("share"), "percent"),
        Column(N_("visits a member"), "hundredth"), Column(N_("spent a visit"), "cents"), Column(N_("spent"), "cents"),
    )  # fmt: skip
    judged = T("Active members who ever came, as the last night judged them; what they spent is net of returns.")
    notes = (judged, *_lines(asked))
    return Report(columns, tuple(rows), summed(rows, (1, 5), 6), Chart("bars"), notes=notes)


def _lines(asked: Asked) -> list[Text]:
    """Where the lines lie: the owner's own, or that they are medians."""
    shop = rules.current(now=asked.now)
    said = profiles.own_lines(now=asked.now)
    if not shop.group_visits:
        said.append(T("Often is from the median of visits on, at least 2."))
    if not shop.group_basket_cents:
        said.append(T("Much is from the median of what is spent a visit on."))
    return said


def _anew(asked: Asked) -> Sums:
    import numpy as np  # 100 ms

    from core.insight import rfm

    found = db.rows(
        "SELECT s.visits, s.net_spend_cents, s.first_day, m.home_store_id FROM member_stats s"
        " JOIN member m ON m.id = s.member_id WHERE m.state = 'active' AND s.visits > 0"
    )
    shop, mine = rules.current(now=asked.now), {id for id, _ in asked.stores}
    visits, cents, first = (np.array([row[at] for row in found], dtype=np.int64) for at in range(3))
    lines = rfm.shop_lines(visits, cents, rfm.Lines(shop.group_visits, shop.group_basket_cents))
    groups = rfm.groups(visits, cents, asked.today.toordinal() - first, lines=lines, new_days=shop.churn_horizon_days)
    sums: Sums = {}
    for at, (came, spent, _, store) in enumerate(found):
        if asked.every or store in mine:
            name = rfm.GROUPS[groups[at]]
            before = sums.get(name, (0, 0, 0))
            sums[name] = before[0] + 1, before[1] + came, before[2] + spent
    return sums
