"""The shelf 报表目录: every report, what it says, and how it may be cut. All doors list and run them from here."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from core.base import db
from core.base.access import Actor
from core.base.errors import NotFound
from core.base.i18n import N_
from core.reports import asked as cut
from core.reports.asked import STEPS, Asked, Step
from core.reports.library import (
    activity,
    againstothers,
    aims,
    booked,
    campaigns,
    categories,
    cohorts,
    commissions,
    compass,
    conducts,
    coupons,
    demographics,
    fourgroups,
    friends,
    fromwhere,
    gathered,
    hours,
    joined,
    leaving,
    owed,
    people,
    pointsflow,
    products,
    returning,
    rfmgrid,
    sales,
    satisfied,
    serviced,
    stocked,
    tiers,
    timesheets,
)
from core.reports.report import BEFORE, Report, against

Group = Literal["sales", "members", "loyalty", "shop"]
GROUPS: dict[Group, str] = {
    "sales": N_("Sales"), "members": N_("Members"), "loyalty": N_("Points, value, offers"), "shop": N_("Running it"),
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One report: `steps` are its cuts (none: its lines are what they are), `dated` whether days change it.

    `span` is what is shown first.
    """

    id: str
    group: Group
    title: str
    help: str
    make: Callable[..., Report]
    steps: tuple[Step, ...] = ()
    dated: bool = True
    span: str = "month"


ENTRIES = (
    Entry("sales", "sales", N_("Sales"), N_("Takings, sales, baskets, units, discounts and returns."), sales.make,
          STEPS),
    Entry("categories", "sales", N_("Sales by category"), N_("Takings and units of each category."), categories.make),
    Entry("products", "sales", N_("Sales by product"), N_("Takings and units of each product."), products.make),
    Entry("hours", "sales", N_("Sales by hour"), N_("Takings and sales of each hour of the day."), hours.make),
    Entry("week-hours", "sales", N_("Weekdays and hours"), N_("Takings of each hour of each weekday."), hours.weekdays),
    Entry("staff", "sales", N_("Staff"), N_("What each person sold, gave off and took back."), people.make),
    Entry("members", "members", N_("Members"), N_("Who joined, who came, how many there are."), joined.make, STEPS),
    Entry("sources", "members", N_("Sources"), N_("Where members joined from and what became of them."),
          fromwhere.make),
    Entry("demographics", "members", N_("Who they are"), N_("Members by age, gender, region and tier."),
          demographics.make),
    Entry("activity", "members", N_("Activity"), N_("Visits, check-ins, phone pages and kiosk look-ups."),
          activity.make, STEPS),
    Entry("against-others", "members", N_("Members against others"), N_("Members' share of takings, and the baskets."),
          againstothers.make, STEPS),
    Entry("return-rate", "members", N_("Return rate"), N_("Who came again within 30, 60 and 90 days."),
          returning.make, span="12-months"),
    Entry("churn-rate", "members", N_("Churn rate"), N_("Who fell silent, who came back."), leaving.make, STEPS),
    Entry("satisfaction", "members", N_("Satisfaction"), N_("Who would recommend the shop, who was satisfied."),
          satisfied.make, STEPS),
    Entry("cohorts", "members", N_("Cohorts"), N_("Who came in the months after the first visit."), cohorts.make,
          span="12-months"),
    Entry("rfm", "members", N_("RFM grid"), N_("Members by how lately and how often they came."), rfmgrid.make,
          dated=False),
    Entry("groups", "members", N_("Four groups"), N_("Members by how often they come and what they spend a visit."),
          fourgroups.make, dated=False),
    Entry("referral", "members", N_("Referral"), N_("Friends brought, what they cost and spent."), friends.make, STEPS),
    Entry("points", "loyalty", N_("Points"), N_("Points given and used, by what for."), pointsflow.make),
    Entry("owed", "loyalty", N_("Owed points and value"), N_("Points and stored value by month of expiry."), owed.make,
          dated=False),
    Entry("breakage", "loyalty", N_("Breakage"), N_("What lapses of points and stored value."), owed.breakage,
          dated=False),
    Entry("coupons", "loyalty", N_("Coupons"), N_("Issued, used, lapsed; cost and sales."), coupons.make),
    Entry("campaigns", "loyalty", N_("Campaigns"), N_("Cost, response, and what a hold-out proves."), campaigns.make),
    Entry("tiers", "loyalty", N_("Tiers"), N_("Members, moves and spend of each tier."), tiers.make),
    Entry("compass", "shop", N_("Store compass"), N_("Members × visits × basket, store against store."), compass.make),
    Entry("service", "shop", N_("Service"), N_("Tickets, how long they took, how satisfied members were."),
          serviced.make, STEPS),
    Entry("service-kinds", "shop", N_("Tickets by kind"), N_("Tickets opened, by kind and the state they are in."),
          serviced.kinds),
    Entry("bookings", "shop", N_("Bookings"), N_("What became of them and of the hours, by person."), booked.make),
    Entry("booking-days", "shop", N_("Bookings by weekday"), N_("What became of them and of the hours, by weekday."),
          booked.weekdays),
    Entry("events", "shop", N_("Events"), N_("Events held, who signed up and came, cost against budget, fees."),
          gathered.make, STEPS),
    Entry("stock", "shop", N_("Stock"), N_("What lies there, how long it lasts, what is low."), stocked.make),
    Entry("timesheet", "shop", N_("Timesheet"), N_("Who worked when, how long, and which punch is missing."),
          timesheets.make),
    Entry("commission", "shop", N_("Commission"), N_("What each person earned by selling, and what returns took back."),
          commissions.make),
    Entry("conduct", "shop", N_("Conduct at the till"), N_("Refunds, points by hand, look-ups, against the peers."),
          conducts.make),
    Entry("goals", "shop", N_("Goals"), N_("What months are meant to bring and how far they came."), aims.make),
)  # fmt: skip
BY_ID = {one.id: one for one in ENTRIES}
Against = Literal["", "period", "year"]


class ReportUnknown(NotFound):
    """No report has this name."""

    code = "report_unknown"
    text = N_("There is no report “{given}”. `regulars report list` names them all.")


def entry(report_id: str) -> Entry:
    """A report by its id. Raises: ReportUnknown."""
    if report_id not in BY_ID:
        raise ReportUnknown(given=report_id)
    return BY_ID[report_id]


def show(report_id: str, asked: Asked, *, compare: Against = "", by: Actor) -> Report:
    """Work a report out, in one view of the database; against an earlier time if wanted and it can be.

    Raises: ReportUnknown, NotAllowed.
    """
    one = entry(report_id)
    with db.read():
        report = one.make(asked, by=by)
        if not compare or report.compared is None:
            return report
        return against(report, one.make(cut.before(asked, compare), by=by), BEFORE[compare])
