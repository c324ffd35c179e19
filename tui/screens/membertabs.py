"""The lists below a member's card: visits, points, stored value, coupons, messages, service."""

from core.base.i18n import N_
from tui.screens.tabbed import Tab
from tui.widgets.columns import Column

MOVES = (
    Column("when", N_("when"), 16, min_width=11),
    Column("amount", N_("amount"), 11, right=True),
    Column("after", N_("left"), 11, right=True),
    Column("what", N_("what"), 18, min_width=8, important=True),
    Column("why", N_("why"), 20, min_width=6, stretch=True),
)
TABS = (
    Tab(
        "visits",
        "1",
        N_("visits"),
        N_("Show what the member bought."),
        (
            Column("when", N_("when"), 17, min_width=11, important=True),
            Column("number", N_("receipt"), 14),
            Column("store", N_("store"), 14, min_width=4, stretch=True),
            Column("total", N_("total"), 11, right=True),
            Column("back", N_("returned"), 11, right=True),
        ),
        N_("No purchase yet."),
    ),
    Tab("points", "2", N_("points"), N_("Show every move of points."), MOVES, N_("No points yet.")),
    Tab(
        "stored",
        "3",
        N_("stored value"),
        N_("Show every move of stored value."),
        MOVES,
        N_("Nothing was ever paid in."),
    ),
    Tab(
        "vouchers",
        "4",
        N_("coupons"),
        N_("Show the coupons the member holds."),
        (
            Column("name", N_("coupon"), 24, min_width=10, important=True, stretch=True),
            Column("code", N_("code"), 16),
            Column("left", N_("uses left"), 10, right=True),
            Column("until", N_("until"), 12, min_width=10),
        ),
        N_("No coupons. g gives one."),
    ),
    Tab(
        "messages",
        "5",
        N_("messages"),
        N_("Show what was written to the member."),
        (
            Column("when", N_("time"), 16, min_width=11),
            Column("what", N_("message"), 20, min_width=10, important=True, stretch=True),
            Column("category", N_("kind"), 10),
            Column("state", N_("state"), 14, min_width=8),
        ),
        N_("No message was ever written to this member."),
        right="care",
    ),
    Tab(
        "service",
        "6",
        N_("service"),
        N_("Show the member's tickets, contacts and returns."),
        (
            Column("when", N_("when"), 16, min_width=11),
            Column("what", N_("what"), 8, min_width=6),
            Column("kind", N_("kind"), 14, min_width=8, important=True),
            Column("state", N_("state"), 12, min_width=8),
            Column("about", N_("about"), 20, min_width=6, stretch=True),
        ),
        N_("Nothing yet. w opens a ticket."),
        right="service",
    ),
    Tab(
        "events",
        "7",
        N_("shop events"),
        N_("Show the events the member signed up for."),
        (
            Column("when", N_("begins"), 16, min_width=11),
            Column("name", N_("which event"), 20, min_width=10, important=True, stretch=True),
            Column("places", N_("places"), 8, min_width=6, right=True),
            Column("state", N_("state"), 16, min_width=10),
        ),
        N_("No events yet. Under Service, Events signs the member up."),
    ),
)
