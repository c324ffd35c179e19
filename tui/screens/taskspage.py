"""Tasks 待办: planned contacts with members: whom to call, what to say, and what came of it with one key."""

from collections.abc import Sequence
from datetime import date

from textual import on

from core.base import clock, phones
from core.base.i18n import N_, T, Text, _
from core.insight import warnings
from core.insight.warnings import REASONS
from core.service import answers, calls, followups
from core.service.calls import Call
from core.service.followups import OUTCOMES, WAY_WORDS, Outcome, Task
from tui import routes
from tui.keymap import OPEN, Action
from tui.screens.followrulespage import FollowRulesPage
from tui.screens.lists import CountedPage, cents, day, days
from tui.screens.member import MemberPage
from tui.widgets.columns import Column
from tui.widgets.dates import read_day
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words

KINDS: dict[str, str] = {
    "winback": N_("win-back"), "care": N_("care"), "survey": N_("survey"), "ticket": N_("ticket"),
    "after_sale": N_("sale"), "after_ticket": N_("complaint"), "after_warning": N_("churn"), "check_data": N_("data"),
}  # fmt: skip
"""What contacts are about; any other kind shows its own name."""
FIRST = (0, 0)


class TasksPage(CountedPage):
    """Open tasks by the day they are due; what to say to the member stands below."""

    NAME = N_("Tasks")
    HELP = N_(
        "Members to be called or visited, the one longest due first; below stands what to say. A figure notes what came"
        " of it: whoever was not reached comes again tomorrow, who will come after a week. Enter opens the ticket it is"
        " about, or the card. Without the right for churn you see what is given to you."
    )
    PERSONAL = True
    EMPTY = N_("Nothing is planned. Open a win-back case under Churn, and a call stands here.")
    KEYS = (
        OPEN,
        Action("reached", ("1",), N_("reached"), N_("The member was reached.")),
        Action("not_reached", ("2",), N_("not reached"), N_("Nobody answered; the call comes again tomorrow.")),
        Action("wrong_number", ("3",), N_("wrong number"), N_("The number is not theirs.")),
        Action("will_come", ("4",), N_("will come"), N_("The member says they will come; a call follows in a week.")),
        Action("wont_come", ("5",), N_("will not come"), N_("The member says they will not come.")),
        Action("complaint", ("6",), N_("complaint"), N_("The member complained; a call follows tomorrow.")),
        Action("right", ("7",), N_("all is right"), N_("Phone and birthday are still right.")),
        Action("member", ("m",), N_("member"), N_("Open the member's card."), right="member.find"),
        Action("more", ("e",), N_("with reason"), N_("Note what came of it with a reason and the next day.")),
        Action("assign", ("a",), N_("give to"), N_("Give the task to somebody, or put it off."), right="churn"),
        Action("drop", ("x",), N_("drop"), N_("Take the task off the list undone."), right="churn"),
        Action(
            "rules",
            ("f",),
            N_("rules"),
            N_("What is planned by itself: after sales, complaints, warnings."),
            right="churn",
        ),
    )
    COLUMNS = (
        Column("due", N_("due"), 12, min_width=11),
        Column("name", N_("name"), 10, min_width=8, important=True, stretch=True),
        Column("phone", N_("phone"), 14, min_width=11),
        Column("about", N_("occasion"), 10, min_width=8),
        Column("way", N_("how"), 8, min_width=4),
        Column("assigned", N_("given to"), 10, min_width=6),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """Tasks by day."""
        last = wanted.after
        after = (last.task.due_on.toordinal(), last.task.id) if isinstance(last, Call) else FIRST
        found = await self.gateway.read(
            calls.listing, by=self.actor, now=clock.now(), after=after, limit=wanted.limit
        )  # fmt: skip
        return [Row(one, _cells(one.task), tone="warn" if one.task.late_days else "") for one in found]

    async def count(self) -> Words:
        """How much of it is due."""
        due, late = await self.gateway.read(followups.due, by=self.actor, now=clock.now())
        return T("{due} due · {late} late", due=due, late=late)

    def about(self, row: Row) -> Sequence[Words]:
        """What to say."""
        return call_words(row.key) if isinstance(row.key, Call) else ()

    def refusal(self, action: Action) -> Text | None:
        """There must be one."""
        if action.id not in ("open", "export", "rules") and self.table.row is None:
            return T("The list is empty.")
        if action.id == "right" and (task := self._selected) is not None and task.kind != "check_data":
            return T("Only a task that checks phone and birthday ends so.")
        return super().refusal(action)

    @property
    def _selected(self) -> Task | None:
        row = self.table.row
        return row.key.task if row is not None and isinstance(row.key, Call) else None

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(call := message.row.key, Call):
            if call.ticket_id is not None and self.actor.may("service"):
                self.app.push_screen(routes.ticket(call.ticket_id))
            else:
                self.app.push_screen(MemberPage(call.task.member_id))

    def do_member(self) -> None:
        """Open the card."""
        if (task := self._selected) is not None:
            self.app.push_screen(MemberPage(task.member_id))

    def do_rules(self) -> None:
        """What is planned by itself."""
        self.app.push_screen(FollowRulesPage())

    async def do_reached(self) -> None:
        """Reached."""
        await self._note("reached")

    async def do_not_reached(self) -> None:
        """Nobody answered."""
        await self._note("not_reached")

    async def do_wrong_number(self) -> None:
        """Not theirs."""
        await self._note("wrong_number")

    async def do_will_come(self) -> None:
        """They say they will come."""
        await self._note("will_come")

    async def do_wont_come(self) -> None:
        """They say they will not."""
        await self._note("wont_come")

    async def do_complaint(self) -> None:
        """They complained."""
        await self._note("complaint")

    async def do_right(self) -> None:
        """Phone and birthday are right."""
        await self._note("right")

    async def _note(self, word: str) -> None:
        if (task := self._selected) is None:
            return
        next_id = await self.gateway.write(answers.note, task.id, Outcome(word), by=self.actor, now=clock.now())
        said = [T("{name}: {outcome}.", name=_named(task), outcome=Text(OUTCOMES[word]))]
        if next_id is not None:
            said.append(T("The next contact is planned."))
        self.office.tell(" ".join(str(one) for one in said))
        self._noted()

    def _noted(self) -> None:
        if self.is_there:
            self.reading(self._after)

    async def _after(self) -> None:
        await self._reread()
        await self._head()

    async def do_more(self) -> None:
        """Ask for outcome, reason and the next day."""
        if (task := self._selected) is None:
            return

        async def write(answer: Answer) -> None:
            typed = answer.text("next")
            next_on = read_day(typed, field="next") if typed else None
            came = Outcome(answer.text("outcome"), answer.text("reason") or None, next_on)
            await self.gateway.write(answers.note, task.id, came, by=self.actor, now=clock.now())
            self._noted()

        outcomes = tuple((id, Text(words)) for id, words in followups.outcomes_of(task.kind).items())
        reasons = (("", T("no reason given")), *((id, Text(words)) for id, words in REASONS.items()))
        fields = (
            Field("outcome", N_("outcome"), "choice", value="reached", choices=outcomes),
            Field("reason", N_("reason"), "choice", value="", choices=reasons, required=False),
            Field("next", N_("next contact"), "day", required=False),
        )
        await self.ask(Form("outcome", T("What came of it with {name}?", name=_named(task)), (), fields), write)

    async def do_assign(self) -> None:
        """Ask who, and for when."""
        if (task := self._selected) is None:
            return
        workers = await self.gateway.read(followups.workers)

        async def write(answer: Answer) -> None:
            who, due_on = read_assigned(answer)
            await self.gateway.write(followups.assign, task.id, who, due_on, by=self.actor, now=clock.now())
            self._noted()

        today = await self.gateway.read(followups.today_of, clock.now())
        fields = assigning(workers, task.assigned_to, max(task.due_on, today))
        await self.ask(Form("assign", T("Who calls {name}, and when?", name=_named(task)), (), fields), write)

    async def do_drop(self) -> None:
        """Ask before it goes."""
        if (task := self._selected) is not None:
            title = T("Take the task about {name} off the list?", name=_named(task))
            await self.sure(title, (T("Nobody is called then."),), followups.drop, task.id, done=N_("drop"))


def assigning(workers: Sequence[tuple[int, str]], now_of: int | None, due_on: date) -> tuple[Field, ...]:
    """Fields for who does something, and by when."""
    choices: tuple[tuple[str, Words], ...] = (("", T("nobody")), *((str(id), name) for id, name in workers))
    return (
        Field("who", N_("given to"), "choice", value=str(now_of or ""), choices=choices, required=False),
        Field("due", N_("due"), "day", value=f"{due_on:%Y-%m-%d}"),
    )


def read_assigned(answer: Answer) -> tuple[int | None, date]:
    """Who, and by when. Raises: DayUnreadable."""
    return (int(answer.text("who")) if answer.text("who") else None), read_day(answer.text("due"), field="due")


def call_words(call: Call) -> list[Words]:
    """What to say: what it is about, why the member is warned about, and what they bought last."""
    said: list[Words] = [*call.about, *(warnings.sentence(call.warning) if call.warning else ())]
    if call.visits:
        shown = " · ".join(f"{day(on)} {cents(amount)}" for on, amount in call.visits)
        said.append(T("Last visits: {visits}", visits=shown))
    return said


def _named(task: Task) -> str:
    return task.name or phones.national(task.phone) or _("without a name")


def _cells(one: Task) -> tuple[Words, ...]:
    due: Words = T("{days} late", days=days(one.late_days)) if one.late_days else day(one.due_on)
    return (
        due,
        one.name or Text(N_("without a name")),
        phones.national(one.phone),
        Text(KINDS[one.kind]) if one.kind in KINDS else one.kind,
        Text(WAY_WORDS[one.way]),
        one.assigned or "—",
    )
