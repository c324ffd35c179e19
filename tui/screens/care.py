"""Care 关怀: every message the shop wrote or wants to write, and what became of it."""

from collections.abc import Sequence

from core.base import clock, phones
from core.base.i18n import N_, T, Text
from core.loyalty import coupons
from core.outreach import care, delivery
from core.outreach.delivery import OutboxRow
from tui.keymap import Action
from tui.screens.fates import CATEGORIES, STATES, TEMPLATES, TONES, fate, label
from tui.screens.lists import YES_NO, ListPage, moment
from tui.screens.wordings import WordingsPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Row, Wanted
from tui.widgets.row import Words


class CarePage(ListPage):
    """The outbox, newest first; the text of the selected message and its fate stand below."""

    NAME = N_("Care")
    HELP = N_("Every message with what became of it and why. Only the scheduler sends.")
    RIGHT = "care"
    PERSONAL = True
    EMPTY = N_("No messages. Codes, notices and greetings appear here as they are written.")
    KEYS = (
        Action("filter", ("f",), N_("filter"), N_("Show only messages in one state."), right="care"),
        Action("wordings", ("w",), N_("wordings"), N_("Read and change what messages say."), right="care"),
        Action("birthday", ("b",), N_("birthdays"), N_("Switch birthday greetings and their gift."), right="care"),
    )
    COLUMNS = (
        Column("time", N_("time"), 16, min_width=16),
        Column("to", N_("to"), 14, min_width=8, important=True, stretch=True),
        Column("what", N_("message"), 20, min_width=10),
        Column("category", N_("kind"), 8, min_width=6),
        Column("state", N_("state"), 14, min_width=13),
    )

    def __init__(self) -> None:
        super().__init__()
        self._state = ""

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Messages of the chosen state."""
        last = wanted.after
        found = await self.gateway.read(
            delivery.listing,
            by=self.actor,
            state=self._state or None,
            before_id=last.id if isinstance(last, OutboxRow) else None,
            limit=wanted.limit,
        )
        return [Row(one, _cells(one), tone=TONES.get(one.state, "")) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """What it says and what became of it."""
        if not isinstance(row.key, OutboxRow):
            return ()
        return (row.key.body or _unsaid(row.key), *fate(row.key.state, row.key.reason))

    async def do_filter(self) -> None:
        """Ask for a state."""

        async def show(answer: Answer) -> None:
            self._state = answer.text("state")
            self.select(Text(STATES[self._state]) if self._state else "")
            await self.load()

        states: tuple[tuple[str, Words], ...] = (("", T("all")), *((id, Text(words)) for id, words in STATES.items()))
        field = Field("state", N_("state"), "choice", value=self._state, choices=states, required=False)
        await self.ask(Form("filter", T("Which messages?"), fields=(field,), done=N_("show")), show)

    def do_wordings(self) -> None:
        """Open the wordings."""
        self.app.push_screen(WordingsPage())

    async def do_birthday(self) -> None:
        """Ask whether birthdays are greeted, and with which coupon."""
        rule = await self.gateway.read(care.rule_of, "birthday")
        kinds = await self.gateway.read(coupons.kinds)

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                care.set_rule,
                "birthday",
                active=answer.text("active") == "yes",
                coupon_kind_id=int(answer.text("gift")) or None,
                by=self.actor,
                now=clock.now(),
            )
            self.office.tell(T("Saved. It counts from the next morning run."))

        named: tuple[tuple[str, Words], ...] = tuple((str(kind.id), kind.name) for kind in kinds)
        active = "yes" if rule.active else "no"
        lines = (T("Solar and lunar birthdays are greeted on their day, once a year."),)
        fields = (
            Field("active", N_("greet"), "choice", value=active, choices=YES_NO),
            Field(
                "gift", N_("gift"), "choice", value=str(rule.coupon_kind_id or 0), choices=(("0", T("no gift")), *named)
            ),
        )
        await self.ask(Form("birthday", T("Birthday greetings"), lines, fields), write)


def _unsaid(one: OutboxRow) -> Text:
    if one.template == "code":
        return T("The code itself is not kept.")
    return T("The text is made when it is sent, from the wording of that day.")


def _cells(one: OutboxRow) -> tuple[Words, ...]:
    to = one.name or phones.national(one.to) or T("no number")
    kind, what = label(CATEGORIES, one.category), label(TEMPLATES, one.template)
    return (moment(one.created_at), to, what, kind, label(STATES, one.state))
