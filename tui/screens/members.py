"""Members 会员: search as you type over any number of them; filter, mark, and do something for many."""

from collections.abc import Sequence
from dataclasses import replace

from textual import on
from textual.app import ComposeResult

from core.base import clock, phones
from core.base.access import Actor
from core.base.errors import Invalid
from core.base.i18n import N_, T, Text, date_shown, scope
from core.loyalty import tiers
from core.loyalty.tiers import Tier
from core.people import birthdays, groups, members, tags
from core.people.consent import Purpose
from core.people.groups import Group
from core.people.members import Joining, MemberHit
from tui.keymap import FIND, OPEN, Action
from tui.screens import bulkforms, grouping
from tui.screens.lists import LANGUAGES, NO_YES
from tui.screens.member import MemberPage
from tui.screens.mergepage import MergePage
from tui.widgets.columns import Column
from tui.widgets.dates import today
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words
from tui.widgets.searchbox import SearchBox

STATES = {"active": "", "blocked": N_("blocked"), "merged": N_("merged"), "erased": N_("erased")}


class MembersPage(grouping.GroupPage):
    """A search box over a list."""

    NAME = N_("Members")
    HELP = N_(
        "Type a phone number or its last four digits, a card, a name, its pinyin or initials. ctrl+f narrows the list"
        " by tag, tier and more. Tab goes to the list: there space marks and b does something for all who are marked."
    )
    EMPTY = N_("Nobody found. Look for another part, or press ctrl+n to join.")
    RIGHT = "member.find"
    NOTED = False
    PERSONAL = True
    TYPING = True
    KEYS = (
        OPEN,
        FIND,
        Action("join", ("ctrl+n",), N_("join"), N_("Make someone a member."), right="member.join"),
        Action("filter", ("ctrl+f",), N_("filter"), N_("Show only members with a tag, of a tier, unseen for long …")),
        Action("mark", ("space",), N_("mark"), N_("Mark the row under the cursor, or take its mark away.")),
        Action("unmark", ("u",), N_("no marks"), N_("Take all marks away.")),
        Action("bulk", ("b",), N_("for all"),
               N_("Do something for all who are marked, or for the whole list as it is filtered."),
               right="member.edit"),
        Action("merge", ("m",), N_("merge"), N_("Show what merging the two who are marked would do."),
               right="member.merge"),
    )  # fmt: skip
    COLUMNS = (
        Column("name", N_("name"), 22, min_width=8, important=True, stretch=True),
        Column("phone", N_("phone"), 14, min_width=11),
        Column("tier", N_("tier"), 10, min_width=8),
        Column("points", N_("points"), 9, right=True),
        Column("last", N_("last visit"), 12, min_width=10),
        Column("state", N_("state"), 8),
    )

    def __init__(self) -> None:
        super().__init__()
        self._tiers: dict[int, Tier] = {}
        self.group = Group(on=today())
        self.found = 0

    def lists(self) -> ComposeResult:
        """Box and list."""
        yield SearchBox(hint=N_("phone, last four, card, name, pinyin …"), table="#list", id="search")
        yield PageTable(self.COLUMNS, empty=self.EMPTY, id="list", marking=True)

    def on_search_box_searched(self, message: SearchBox.Searched) -> None:
        """Search for what is typed."""
        self.group = replace(self.group, typed=message.value)
        self.reading(self.load)

    async def load(self) -> None:
        """Who is found, and how many."""
        if not self._tiers:
            self._tiers = {tier.id: tier for tier in await self.gateway.read(tiers.all_tiers)}
        group = self.group
        found = await self.gateway.latest("count", groups.count, group)
        self._count(found)
        await self.table.set_source(self.fetch_of(group), answers=group.typed)
        self.refresh_keys()

    def resay(self) -> None:
        """How many were found is said again in the language of now."""
        super().resay()
        self._count(self.found)

    def _count(self, found: int) -> None:
        said: list[Words] = [
            T("over {count} found", count=found - 1) if found > 1000 else T("{count} found", count=found)
        ]
        said += grouping.said(self.group, self._tiers)
        if self.table.marked:
            said.append(T("{count} marked", count=len(self.table.marked)))
        self.select(" · ".join(map(str, said)))
        self.found = found

    def fetch_of(self, group: Group) -> "_Found":
        """Where the rows of a group come from."""
        return _Found(self, group)

    def cells(self, hit: MemberHit) -> tuple[Words, ...]:
        """A member as cells."""
        tier = self._tiers.get(hit.tier_id)
        return (
            hit.name or "—",
            phones.national(hit.phone),
            f"{tier.mark} {tier.name}" if tier else "",
            f"{hit.points:,}",
            date_shown(hit.last_day) if hit.last_day else "",
            Text(STATES[hit.state]) if STATES[hit.state] else "",
        )

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, int):
            self.app.push_screen(MemberPage(message.row.key))

    @on(PageTable.MarksChanged)
    def _marked(self) -> None:
        self._count(self.found)
        self.refresh_keys()

    # --- keys ----------------------------------------------------------------------------------------

    def refusal(self, action: Action) -> Text | None:
        """There must be someone to do it for."""
        if action.id == "bulk" and not self.table.row_count:
            return T("The list is empty.")
        if action.id == "unmark" and not self.table.marked:
            return T("Nobody is marked.")
        if action.id == "merge" and len(self.table.marked) != 2:
            return T("Mark the two memberships of one person with space.")
        return super().refusal(action)

    async def do_join(self) -> None:
        """Ask for what is needed to join at the counter."""
        await self.ask(join_form(), self._join)

    async def _join(self, answer: Answer) -> None:
        member_id = await self.gateway.write(join_member, answer, self.actor)
        self.app.push_screen(MemberPage(member_id))
        self.reading(self.load)

    async def do_filter(self) -> None:
        """Ask who is to be shown."""
        known = await self.gateway.read(tags.all_tags)

        async def show(answer: Answer) -> None:
            self.group = grouping.from_answer(self.group, answer)
            self.table.unmark()
            await self.load()

        await self.ask(grouping.form(self.group, list(self._tiers.values()), known), show)

    def do_unmark(self) -> None:
        """Nobody is marked any more."""
        self.table.unmark()

    def do_merge(self) -> None:
        """Both beside each other; the one with the lower number stays, unless it is turned round there."""
        kept, gone = sorted(one for one in self.table.marked if isinstance(one, int))
        self.table.unmark()
        self.app.push_screen(MergePage(kept, gone))

    async def do_bulk(self) -> None:
        """Ask what is to be done for all."""
        await bulkforms.ask(self)


class _Found:
    """The rows of a group, a page at a time; what is overtaken by newer typing is given up."""

    def __init__(self, page: MembersPage, group: Group) -> None:
        self._page, self._group = page, group

    async def __call__(self, wanted: Wanted) -> Sequence[Row]:
        before = wanted.after if isinstance(wanted.after, int) else groups.END
        hits = await self._page.gateway.latest(
            "search", groups.page, self._group, by=self._page.actor, limit=wanted.limit, before_id=before
        )
        return [Row(hit.id, self._page.cells(hit), "" if hit.state == "active" else "quiet") for hit in hits]


def join_form() -> Form:
    """What is asked of someone who joins at the counter."""
    return Form(
        id="join",
        title=T("Join"),
        lines=(
            T("One of phone, name and printed card is enough."),
            T("Ask before ticking: each is for its own purpose and can be withdrawn."),
        ),
        fields=(
            Field("phone", N_("phone"), required=False),
            Field("name", N_("name"), required=False),
            Field("birthday", N_("birthday"), required=False, hint=N_("08-15, or 农历 08-15")),
            Field("language", N_("language"), "choice", scope().language, choices=LANGUAGES),
            Field("service", N_("text notices"), "choice", choices=NO_YES),
            Field("marketing", N_("text offers"), "choice", choices=NO_YES),
            Field("card", N_("printed card"), required=False, hint=N_("scan a blank one, or leave empty")),
        ),
        done=N_("join"),
    )


class NobodyNamed(Invalid):
    """At the counter a member has a phone number, a name or a printed card."""

    code = "nobody_named"
    text = N_("A phone number, a name or a printed card is needed to find this member again.")


def join_member(answer: Answer, by: "Actor") -> int:
    """Join from a filled-in form; the member's id."""
    if not any(answer.text(field) for field in ("phone", "name", "card")):
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
        card=answer.text("card") or None,
        birthday=birthdays.read(birthday) if birthday else None,
        language=answer.text("language"),
        source="till",
        store_id=min(by.stores, default=None),
        purposes=tuple(purposes),
    )
    return members.join(joining, by=by, now=clock.now())
