"""One event: who signed up, what it takes, and what it brought; sign-up, check-in and its end by one key each."""

from collections.abc import Sequence

from core.base import clock
from core.base.i18n import N_, T, Text, _
from core.service import (
    followups,
    gatheringday,
    gatheringguests,
    gatheringinvites,
    gatheringkit,
    gatheringresult,
    gatherings,
    gatheringsignups,
    gatheringsurveys,
    surveys,
)
from core.service.gatheringguests import STATES, Guest
from core.service.gatheringkit import Cost, Hand, Supply
from core.service.gatherings import Gathering, GatheringOver
from tui.keymap import Action
from tui.screens.campaignspage import CampaignPage
from tui.screens.eventforms import ask_plan
from tui.screens.eventlines import add_line, change_places, guest_row, line_row, result_lines, sign_up
from tui.screens.lists import moment, whole
from tui.screens.tabbed import Tab, TabbedPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, Row
from tui.widgets.row import Words

TABS = (
    Tab("guests", "1", N_("guests"), N_("Show who signed up, the waiting list and who cancelled."), (
        Column("name", N_("name"), 12, min_width=8, important=True, stretch=True),
        Column("phone", N_("phone"), 14, min_width=11),
        Column("places", N_("places"), 7, min_width=6, right=True),
        Column("state", N_("state"), 16, min_width=10),
        Column("money", N_("at the till"), 18, min_width=8),
        Column("at", N_("signed up at"), 16, min_width=16),
    ), N_("Nobody signed up yet. s signs a member up."), own=("sign_up", "check_in", "cancel", "change_places")),
    Tab("supplies", "2", N_("supplies"), N_("Show what must be there on the day."), (
        Column("what", N_("what"), 24, min_width=10, important=True, stretch=True),
        Column("count", N_("quantity"), 9, min_width=8, right=True),
        Column("cost", N_("cost"), 12, min_width=9, right=True),
        Column("ready", N_("ready"), 8, min_width=6),
    ), N_("Nothing is needed yet. a adds a line."), own=("add", "ready", "drop")),
    Tab("costs", "3", N_("other costs"), N_("Show what else was paid."), (
        Column("what", N_("what"), 24, min_width=10, important=True, stretch=True),
        Column("cost", N_("cost"), 12, min_width=9, right=True),
        Column("at", N_("noted"), 16, min_width=16),
    ), N_("No other costs. a adds one."), own=("add", "drop")),
    Tab("hands", "4", N_("staff"), N_("Show who works at it."), (
        Column("name", N_("name"), 16, min_width=8, important=True, stretch=True),
        Column("task", N_("task"), 24, min_width=8),
    ), N_("Nobody works at it yet. a adds somebody."), own=("add", "drop")),
    Tab("result", "5", N_("result"), N_("Show what it brought."), (
        Column("what", N_("what"), 30, min_width=16, important=True, stretch=True),
        Column("figure", N_("figure"), 34, min_width=20),
    ), N_("Nothing yet."), own=("lessons", "survey", "invite")),
)  # fmt: skip

PLANNED = {"sign_up", "edit", "doors", "invite", "close", "call_off"}
"""What nobody does any more with an event that is over."""


class EventPage(TabbedPage):
    """An event with its lists."""

    NAME = N_("Event")
    HELP = N_(
        "One event. Open its sign-up, and members see it on their phones and at the kiosk. Who cancels makes room for"
        " the first of the waiting list whose party fits. On the day check guests in; at the end close it, and whoever"
        " did not come was absent. 5 shows what it brought."
    )
    RIGHT = "service"
    PERSONAL = True
    KEYS = (
        Action("sign_up", ("s",), N_("sign up"), N_("Sign a member up, or put them on the waiting list.")),
        Action("check_in", ("i",), N_("check in"), N_("The selected guest came; once more takes it back.")),
        Action("cancel", ("c",), N_("cancel"), N_("Give the places of the selected guest back."), danger=True),
        Action("change_places", ("p",), N_("places"), N_("Change how many come with the selected guest.")),
        Action("add", ("a",), N_("add"), N_("Add a supply, a cost or somebody of the staff."), right="marketing"),
        Action("ready", ("space",), N_("ready"), N_("The selected supply is there, or not after all.")),
        Action("drop", ("delete",), N_("strike out"), N_("Strike out the selected line."), right="marketing"),
        Action("edit", ("e",), N_("edit"), N_("Change the plan; guests are told of another time or place."),
               right="marketing"),
        Action("invite", ("v",), N_("invite"), N_("Draft a campaign to who may sign up and never did."),
               right="marketing"),
        Action("doors", ("o",), N_("open / close sign-up"), N_("Let members sign up, or take no more sign-ups."),
               right="marketing"),
        Action("lessons", ("l",), N_("lessons"), N_("Write down what to do better next time."), right="marketing"),
        Action("survey", ("q",), N_("ask guests"), N_("Ask everyone who came by a survey, each once."),
               right="marketing"),
        Action("close", ("d",), N_("end"), N_("End it: whoever was not checked in did not come."), right="marketing",
               danger=True),
        Action("call_off", ("x",), N_("call off"), N_("Call it off: everyone is told, fees come back."),
               right="marketing", danger=True),
    )  # fmt: skip
    TABS = TABS

    def __init__(self, gathering_id: int) -> None:
        super().__init__()
        self.gathering_id = gathering_id
        self._event: Gathering | None = None

    async def load(self) -> None:
        """The event in the line above, and the list that is shown."""
        await self._title()
        await super().load()

    async def again(self) -> None:
        """The same after something changed."""
        await self._title()
        await super().again()

    async def _reread(self) -> None:
        await self._title()
        await super()._reread()

    async def _title(self) -> None:
        one = self._event = await self.gateway.read(gatherings.get, self.gathering_id)
        self.crumb = one.name
        facts = {"when": moment(one.plan.from_at), "state": Text(gatherings.STATES[one.state])}
        self.select(T("{when} · {state} · {left} of {places} left", left=one.left, places=one.plan.places, **facts))
        self.refresh_keys()

    def source(self) -> Fetch:
        """What the shown list holds."""
        if self.shown == "guests":
            return whole(
                lambda: self.gateway.read(gatheringguests.signups, self.gathering_id, by=self.actor), guest_row
            )
        if self.shown == "result":
            return whole(self._result, lambda line: Row(line, line))
        return whole(self._kit, line_row)

    async def _kit(self) -> Sequence[Supply | Cost | Hand]:
        kit = await self.gateway.read(gatheringkit.of, self.gathering_id)
        if self.shown == "supplies":
            return kit.supplies
        return kit.costs if self.shown == "costs" else kit.staff

    async def _result(self) -> Sequence[tuple[Words, Words]]:
        found = await self.gateway.read(gatheringresult.of, self.gathering_id, by=self.actor, now=clock.now())
        return result_lines(found)

    def refusal(self, action: Action) -> Text | None:
        """A key needs the line it is about."""
        wants: dict[str, type] = {"check_in": Guest, "cancel": Guest, "change_places": Guest, "ready": Supply}
        if action.id in wants and not isinstance(self._key, wants[action.id]):
            return T("Choose a line of the list first.")
        if action.id == "drop" and not isinstance(self._key, Supply | Cost | Hand):
            return T("Choose a line of the list first.")
        if action.id == "add" and self.shown in ("guests", "result"):
            return T("Supplies, costs and staff are added in their own lists: 2, 3 and 4.")
        if action.id in PLANNED and (one := self._event) is not None and one.ended_at is not None:
            return GatheringOver(event=one.name, state=Text(gatherings.STATES[one.state])).as_text()
        return super().refusal(action)

    @property
    def _key(self) -> object:
        row = self.table.row
        return None if row is None else row.key

    # --- guests --------------------------------------------------------------------------------------

    async def do_sign_up(self) -> None:
        """Ask for the member and how many come."""

        async def write(answer: Answer) -> None:
            done = await self.gateway.write(sign_up, self.gathering_id, answer, self.actor, clock.now())
            self.office.tell(Text(STATES[done.state]))
            self.changed()

        fields = (
            Field("member", N_("member"), hint=N_("phone, card or name")),
            Field("places", N_("places"), "number", value=1),
            Field("code", N_("code on the phone"), required=False, hint=N_("only where it costs points")),
        )
        await self.ask(Form("sign_up", T("Who comes?"), (), fields, done=N_("sign up")), write)

    async def do_check_in(self) -> None:
        """The guest came, or came not after all."""
        if not isinstance(self._key, Guest):
            return
        one = self._key.signup
        if one.state == "attended":
            await self.gateway.write(gatheringday.undo_check_in, one.id, by=self.actor, now=clock.now())
        else:
            await self.gateway.write(
                gatheringday.check_in, one.gathering_id, one.member_id, by=self.actor, now=clock.now()
            )  # fmt: skip
        self.changed()

    async def do_cancel(self) -> None:
        """Ask before places go."""
        if isinstance(self._key, Guest):
            title = T("Give the places of {name} back?", name=self._key.name or _("without a name"))
            lines = (T("The first of the waiting list that fits moves up and is told."),)
            await self.sure(title, lines, gatheringsignups.cancel_signup, self._key.signup.id, done=N_("cancel"))

    async def do_change_places(self) -> None:
        """Ask how many come."""
        if not isinstance(self._key, Guest):
            return
        one = self._key.signup

        async def write(answer: Answer) -> None:
            await self.gateway.write(change_places, one, answer, self.actor, clock.now())
            self.changed()

        fields = (
            Field("places", N_("places"), "number", value=one.places),
            Field("code", N_("code on the phone"), required=False, hint=N_("only where it costs points")),
        )
        await self.ask(Form("places", T("How many come?"), (), fields), write)

    # --- what it takes -------------------------------------------------------------------------------

    async def do_add(self) -> None:
        """Ask for a line of the list that is shown."""
        shown, workers = self.shown, await self.gateway.read(followups.workers)
        forms = {
            "supplies": (Field("what", N_("what")), Field("count", N_("quantity"), "number", value=1),
                         Field("cents", N_("cost"), "money", value=0)),
            "costs": (Field("what", N_("what")), Field("cents", N_("cost"), "money")),
            "hands": (Field("who", N_("name"), "choice", choices=tuple((str(id), name) for id, name in workers)),
                      Field("what", N_("task"), required=False)),
        }  # fmt: skip

        async def write(answer: Answer) -> None:
            await self.gateway.write(add_line, shown, self.gathering_id, answer, self.actor, clock.now())
            self.changed()

        if shown in forms:
            await self.ask(Form("add", T("Add a line"), (), forms[shown], done=N_("add")), write)

    async def do_ready(self) -> None:
        """The other way round."""
        if isinstance(self._key, Supply):
            await self.gateway.write(
                gatheringkit.set_ready, self._key.id, not self._key.ready, by=self.actor, now=clock.now()
            )
            self.changed()

    async def do_drop(self) -> None:
        """Strike the line out."""
        one = self._key
        if isinstance(one, Hand):
            await self.gateway.write(gatheringkit.free, self.gathering_id, one.staff_id, by=self.actor, now=clock.now())
        elif isinstance(one, Supply | Cost):
            await self.gateway.write(gatheringkit.drop, one.id, by=self.actor, now=clock.now())
        self.changed()

    # --- the event -----------------------------------------------------------------------------------

    async def do_edit(self) -> None:
        """Ask for the plan again."""
        if self._event is not None:
            await ask_plan(self, self._event.plan, self._change)

    async def _change(self, plan: gatherings.Plan) -> None:
        await self.gateway.write(gatheringsignups.change, self.gathering_id, plan, by=self.actor, now=clock.now())
        self.changed()

    async def do_doors(self) -> None:
        """Open the sign-up, or close it."""
        if self._event is not None:
            verb = gatherings.close_signup if self._event.state == "open" else gatherings.open_signup
            await self.gateway.write(verb, self.gathering_id, by=self.actor, now=clock.now())
            self.changed()

    async def do_invite(self) -> None:
        """Open the draft of an invitation, to be looked over and approved there."""
        drafted = await self.gateway.write(
            gatheringinvites.invite, self.gathering_id, by=self.actor, now=clock.now()
        )  # fmt: skip
        self.app.push_screen(CampaignPage(drafted))

    async def do_lessons(self) -> None:
        """Ask for the text."""

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                gatherings.learn, self.gathering_id, answer.text("lessons"), by=self.actor, now=clock.now()
            )  # fmt: skip
            self.changed()

        known = self._event.lessons if self._event else ""
        field = Field("lessons", N_("lessons"), value=known, required=False)
        await self.ask(Form("lessons", T("What is done better next time?"), (), (field,)), write)

    async def do_survey(self) -> None:
        """Ask which survey; the one that was asked before comes first."""
        if (event := self._event) is None:
            return
        runs = await self.gateway.read(surveys.running, store_id=event.plan.store_id, now=clock.now())
        if not runs:
            self.office.tell(T("No survey runs. Write one under F8, Surveys, and start it."), tone="warning")
            return
        before = await self.gateway.read(gatheringsurveys.survey_of, self.gathering_id)
        chosen = before if before in [one.id for one in runs] else runs[-1].id

        async def write(answer: Answer) -> None:
            asked = await self.gateway.write(
                gatheringsurveys.ask, self.gathering_id, int(answer.text("survey")), by=self.actor, now=clock.now()
            )
            self.office.tell(T("Invitations queued: {count}", count=asked))
            self.changed()

        choices = tuple((str(one.id), one.terms.name) for one in runs)
        lines = (
            T("Everyone who came is asked once, with a link of their own."),
            T("What the member agreed to, quiet hours and the gap between offers count as for any message."),
        )
        field = Field("survey", N_("survey"), "menu", value=str(chosen), choices=choices)
        await self.ask(Form("survey", T("What did the guests think?"), lines, (field,), done=N_("ask")), write)

    async def do_close(self) -> None:
        """Ask before it ends."""
        lines = (T("Whoever was not checked in counts as absent. Nothing changes afterwards."),)
        await self.sure(T("End this event?"), lines, gatheringday.close, self.gathering_id, done=N_("end"))

    async def do_call_off(self) -> None:
        """Ask before it falls through."""
        lines = (T("Everyone is told. Points come back; what was paid is given back at the till."),)
        await self.sure(
            T("Call this event off?"), lines, gatheringsignups.call_off, self.gathering_id, done=N_("call off")
        )
