"""Data quality 资料体检: who is there twice, birthdays and numbers that cannot be right; each with its key."""

from collections.abc import Sequence

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text
from core.keeping import quality
from core.keeping.quality import KINDS, WHYS, Finding, Kind
from core.keeping.qualityscan import Progress
from tui.keymap import OPEN, Action
from tui.screens.lists import ListPage
from tui.screens.member import MemberPage
from tui.screens.mergepage import MergePage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.progress import followed
from tui.widgets.row import Words

FIXES: dict[str, tuple[Kind, ...]] = {
    "merge": ("double",), "apart": ("double",), "birthday": ("birthday",), "number": ("number", "unreachable"),
}  # fmt: skip
SHOWN: tuple[Kind | None, ...] = (None, *KINDS)


class QualityPage(ListPage):
    """What was found in the night, one line each."""

    NAME = N_("Data quality")
    HELP = N_(
        "What the night found that cannot be right. Enter opens the member, m shows what merging a pair would do,"
        " x says that they are two people, b takes a birthday out, n gives a number or takes it away."
        " t shows one kind, l looks through all members now."
    )
    EMPTY = N_("Nothing was found that cannot be right. l looks through all members now.")
    RIGHT = "member.edit"
    PERSONAL = True
    NOTED = False
    KEYS = (
        OPEN,
        Action("merge", ("m",), N_("merge"), N_("Show what merging these two would do."), right="member.merge"),
        Action("apart", ("x",), N_("two people"), N_("Remember that these are two people; they are not shown again."),
               right="member.merge"),
        Action("birthday", ("b",), N_("no birthday"), N_("Take the birthday out; it can be typed in anew."),
               right="member.edit"),
        Action("number", ("n",), N_("number"), N_("Give another number, or none: it is no longer theirs."),
               right="member.edit"),
        Action("kind", ("t",), N_("kind"), N_("Show one kind of finding, then all again.")),
        Action("look", ("l",), N_("look now"), N_("Look through all members now."), right="member.edit"),
    )  # fmt: skip
    COLUMNS = (
        Column("kind", N_("finding"), 16, min_width=12),
        Column("who", N_("member"), 22, min_width=14, important=True),
        Column("other", N_("and"), 22, min_width=8),
        Column("why", N_("why"), 36, min_width=16, stretch=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._kind: Kind | None = None

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """A page of findings, after the last one that is known; how many there are is said with the first."""
        after = wanted.after if isinstance(wanted.after, Finding) else None
        if after is None:
            self._say(await self.gateway.read(quality.counts, by=self.actor))
        found = await self.gateway.read(quality.listing, self._kind, after=after, limit=wanted.limit, by=self.actor)
        return [Row(one, _cells(one)) for one in found]

    def _say(self, counts: dict[Kind, int]) -> None:
        said = [f"{Text(KINDS[kind])} {count:,}" for kind, count in counts.items() if self._kind in (None, kind)]
        self.select(" · ".join(said))

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Finding):
            self.app.push_screen(MemberPage(message.row.key.member_id))

    @property
    def _one(self) -> Finding | None:
        return self.chosen(Finding)

    def refusal(self, action: Action) -> Text | None:
        """Each key mends what it is for."""
        if action.id in FIXES:
            if self._one is None:
                return T("The list is empty.")
            if self._one.kind not in FIXES[action.id]:
                return T("This is for: {what}.", what=Text(KINDS[FIXES[action.id][0]]))
        return super().refusal(action)

    def do_merge(self) -> None:
        """Both beside each other; nothing is written before they were looked at."""
        if self._one is not None:
            self.app.push_screen(MergePage(self._one.member_id, self._one.other_id))

    def do_apart(self) -> None:
        """They are two people."""
        if (one := self._one) is not None:
            self.writing(self._apart, one)

    async def _apart(self, one: Finding) -> None:
        await self.gateway.write(
            quality.keep_apart, one.member_id, one.other_id, by=self.actor, now=clock.now()
        )  # fmt: skip
        self.office.tell(T("They stay two people."))
        self.changed()

    def do_birthday(self) -> None:
        """No birthday is better than one that cannot be."""
        if (one := self._one) is not None:
            self.writing(self._birthday, one)

    async def _birthday(self, one: Finding) -> None:
        await self.gateway.write(quality.clear_birthday, one.member_id, by=self.actor, now=clock.now())
        self.office.tell(T("The birthday of {name} is taken out. Ask for the right one.", name=one.name))
        self.changed()

    async def do_number(self) -> None:
        """Ask for another number."""
        if (one := self._one) is None:
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(quality.renumber, one.member_id, answer.text("phone"), by=self.actor,
                                     now=clock.now())  # fmt: skip
            self.changed()

        lines = (T("Leave it empty if the number is no longer theirs and no other is known."),)
        field = Field("phone", N_("phone"), required=False)
        await self.ask(Form("number", T("Another number of {name}?", name=one.name), lines, (field,),
                            done=N_("change")), write)  # fmt: skip

    def do_kind(self) -> None:
        """The next kind, and all after the last."""
        self._kind = SHOWN[(SHOWN.index(self._kind) + 1) % len(SHOWN)]
        self.reading(self.load)

    def do_look(self) -> None:
        """Look through all members."""
        self.writing(self._look)

    async def _look(self) -> None:
        """With a bar; stopped on the way, nothing is changed."""
        done = list[bool]()

        async def work(report: Progress) -> None:
            await self.gateway.write(quality.look, by=self.actor, now=clock.now(), progress=report)
            done.append(True)

        await self.work_sheet.show(T("Looking through all members"), followed(work, lambda _nothing: None))
        self.office.tell(T("All members were looked through.") if done else T("Stopped. Nothing was changed."))
        self.changed()


def _cells(one: Finding) -> tuple[Words, ...]:
    other = f"{one.other_name or '—'} {one.other_phone}".strip() if one.other_id else ""
    return Text(KINDS[one.kind]), f"{one.name} {one.phone}".strip(), other, Text(WHYS[one.why])
