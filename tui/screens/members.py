"""Members 会员: search as you type over any number of them; Enter opens the card."""

from collections.abc import Sequence

from textual.app import ComposeResult

from core.base import clock, phones
from core.base.access import Actor
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text, date_shown, scope
from core.loyalty import tiers
from core.loyalty.tiers import Tier
from core.people import birthdays, members
from core.people.consent import Purpose
from core.people.members import Joining, MemberHit
from tui.keymap import FIND, OPEN, Action
from tui.page import Page
from tui.screens.member import MemberPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row, Wanted
from tui.widgets.row import Words
from tui.widgets.searchbox import SearchBox

COLUMNS = (
    Column("name", N_("name"), 22, min_width=8, important=True, stretch=True),
    Column("phone", N_("phone"), 14, min_width=11),
    Column("tier", N_("tier"), 10, min_width=2),
    Column("points", N_("points"), 9, right=True),
    Column("last", N_("last visit"), 12, min_width=10),
    Column("state", N_("state"), 8),
)
STATES = {"active": "", "blocked": N_("blocked"), "merged": N_("merged"), "erased": N_("erased")}


class MembersPage(Page):
    """A search box over a list."""

    NAME = N_("Members")
    HELP = N_("Type a phone number or its last four digits, a card, a name, its pinyin or initials.")
    KEYS = (
        OPEN,
        FIND,
        Action("join", ("ctrl+n",), N_("join"), N_("Make someone a member."), right="member.join"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._tiers: dict[int, Tier] = {}

    def body(self) -> ComposeResult:
        """Box and list."""
        yield SearchBox(hint=N_("phone, last four, card, name, pinyin …"), table="#list", id="search")
        yield PageTable(COLUMNS, empty=N_("Nobody found. Look for another part, or press ctrl+n to join."), id="list")

    def on_mount(self) -> None:
        """The newest members first."""
        self.query_one(SearchBox).focus()
        self.reading(self._search, "")

    def on_search_box_searched(self, message: SearchBox.Searched) -> None:
        """Search for what is typed."""
        self.reading(self._search, message.value)

    async def _search(self, typed: str) -> None:
        if not self._tiers:
            self._tiers = {tier.id: tier for tier in await self.gateway.read(tiers.all_tiers)}
        found = await self.gateway.latest("count", members.count_found, typed)
        shown = T("over {count} found", count=found - 1) if found > 1000 else T("{count} found", count=found)
        self.select(shown)
        await self.query_one(PageTable).set_source(self._source(typed), answers=typed)

    def _source(self, typed: str) -> Fetch:
        async def fetch(wanted: Wanted) -> Sequence[Row]:
            before = wanted.after if isinstance(wanted.after, int) else 2**53
            hits = await self.gateway.latest(
                "search", members.find, typed, by=self.actor, limit=wanted.limit, before_id=before
            )
            return [Row(hit.id, self._cells(hit), "" if hit.state == "active" else "quiet") for hit in hits]

        return fetch

    def _cells(self, hit: MemberHit) -> tuple[Words, ...]:
        tier = self._tiers.get(hit.tier_id)
        return (
            hit.name or "—",
            phones.national(hit.phone),
            f"{tier.mark} {tier.name}" if tier else "",
            f"{hit.points:,}",
            date_shown(hit.last_day) if hit.last_day else "",
            Text(STATES[hit.state]) if STATES[hit.state] else "",
        )

    def on_page_table_row_opened(self, message: PageTable.RowOpened) -> None:
        """Open the card."""
        if isinstance(message.row.key, int):
            self.app.push_screen(MemberPage(message.row.key))

    async def do_join(self) -> None:
        """Ask for what is needed to join at the counter."""
        await self.ask(join_form(), self._join)

    async def _join(self, answer: Answer) -> None:
        member_id = await self.gateway.write(join_member, answer, self.actor)
        self.app.push_screen(MemberPage(member_id))
        self.reading(self._search, self.query_one(SearchBox).value)


def join_form() -> Form:
    """What is asked of someone who joins at the counter."""
    return Form(
        id="join",
        title=T("Join"),
        lines=(
            T("Everything but one of phone and name may be left empty."),
            T("Ask before ticking: each is for its own purpose and can be withdrawn."),
        ),
        fields=(
            Field("phone", N_("phone"), required=False),
            Field("name", N_("name"), required=False),
            Field("birthday", N_("birthday"), required=False, hint=N_("08-15, or 农历 08-15")),
            Field("language", N_("language"), "choice", scope().language, choices=(("zh", "中文"), ("en", "English"))),
            Field("service", N_("text notices"), "choice", choices=(("no", T("no")), ("yes", T("yes")))),
            Field("marketing", N_("text offers"), "choice", choices=(("no", T("no")), ("yes", T("yes")))),
        ),
        done=N_("join"),
    )


class NobodyNamed(Invalid):
    """At the counter a member has a phone number or a name."""

    code = "nobody_named"
    text = N_("A phone number or a name is needed to find this member again.")


def join_member(answer: Answer, by: "Actor") -> int:
    """Join from a filled-in form; the member's id."""
    if not answer.text("phone") and not answer.text("name"):
        raise NobodyNamed(field="phone")
    purposes: list[Purpose] = ["membership"]
    if answer.text("service") == "yes":
        purposes.append("service")
    if answer.text("marketing") == "yes":
        purposes.append("marketing")
    birthday = answer.text("birthday")
    joining = Joining(
        phone=answer.text("phone") or None,
        name=answer.text("name") or None,
        birthday=birthdays.read(birthday) if birthday else None,
        language=answer.text("language"),
        source="till",
        store_id=min(by.stores, default=None),
        purposes=tuple(purposes),
    )
    return members.join(joining, by=by, now=clock.now())
