"""Campaigns 营销活动: one message to one segment once; drafted, looked at, approved, steered, and what it brought."""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult

from core.base import clock
from core.base.i18n import N_, T, Text, scope
from core.outreach.campaigns import approving, channels, drafting, preview, result, steering, words
from core.outreach.campaigns import plan as plans
from core.outreach.campaigns.plan import Campaign
from core.outreach.campaigns.preview import Preview
from core.outreach.campaigns.result import Result
from tui.keymap import OPEN, Action
from tui.screens import campaignforms, campaignwords
from tui.screens.campaignwords import TONES
from tui.screens.fates import CHANNELS, label
from tui.screens.lists import ListPage, moment
from tui.widgets.columns import Column
from tui.widgets.crumbs import WhereLine
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import PageTable, Row, Wanted
from tui.widgets.row import Words


class CampaignsPage(ListPage):
    """The campaigns, the newest first."""

    NAME = N_("Campaigns")
    HELP = N_(
        "One message to one segment, once, with some held out to show what it brought. n drafts one; Enter opens it:"
        " there it is looked over, tried on your own phone, approved, paused and ended."
    )
    RIGHT = "marketing"
    EMPTY = N_("No campaign yet. n drafts one; it needs a segment (F5, s).")
    KEYS = (OPEN, Action("new", ("n",), N_("new"), N_("Draft a campaign."), right="marketing"))
    COLUMNS = (
        Column("name", N_("name"), 20, min_width=10, important=True, stretch=True),
        Column("segment", N_("segment"), 16, min_width=8),
        Column("begins", N_("begins"), 16, min_width=16),
        Column("channel", N_("channel"), 12, min_width=6),
        Column("state", N_("state"), 10, min_width=9),
    )

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """A page of campaigns."""
        before = wanted.after.id if isinstance(wanted.after, Known) else 2**53
        found = await self.gateway.read(plans.listing, by=self.actor, before_id=before, limit=wanted.limit)
        return [Row(Known(one), _cells(one), tone=TONES.get(one.state, "")) for one in found]

    def about(self, row: Row) -> Sequence[Words]:
        """What it says, and why it rests."""
        if not isinstance(row.key, Known):
            return ()
        one = row.key.campaign
        said = [written.body for written in one.plan.words.values()]
        return [*said, *([one.paused_reason] if one.paused_reason else [])]

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Known):
            self.app.push_screen(CampaignPage(message.row.key.campaign))

    async def do_new(self) -> None:
        """Ask for everything; what is written opens."""
        known = await self.gateway.read(campaignforms.choices, self.actor)
        if not known.segments:
            self.office.tell(T("There is no segment yet. F5, s writes one."), tone="warning")
            return

        async def write(answer: Answer) -> None:
            made = await self.gateway.write(
                drafting.draft,
                answer.text("name"),
                int(answer.text("segment")),
                campaignforms.plan_of(answer, None),
                by=self.actor,
                now=clock.now(),
            )
            self.overlay.close()
            self.app.push_screen(CampaignPage(made))

        await self.ask(campaignforms.form(known), write)


class Known:
    """A campaign as the key of a row: the same one as long as nothing changed."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.id = campaign.id

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Known) and other.campaign == self.campaign

    def __hash__(self) -> int:
        return hash((self.id, self.campaign.version))


BEFORE = (
    Column("what", N_("what"), 54, min_width=18, important=True),
    Column("count", N_("members"), 14, min_width=10, right=True),
)
AFTER = (
    Column("what", N_("what"), 30, min_width=18, important=True, stretch=True),
    Column("a", "A", 14, min_width=10, right=True),
    Column("b", "B", 14, min_width=10, right=True),
    Column("held", N_("held out"), 14, min_width=10, right=True),
)


class CampaignPage(ListPage):
    """One campaign: before it goes what it would do, then what it brought."""

    NAME = N_("Campaign")
    HELP = N_(
        "Before it is approved: whom it reaches, who is left out and why, what it costs, what it can prove. Approving"
        " freezes who gets it. Afterwards: what each half and those held out brought, with the bounds of chance."
    )
    RIGHT = "marketing"
    KEYS = (
        Action("approve", ("a",), N_("approve"), N_("Freeze its audience and let it go at its time."),
               right="marketing", danger=True),
        Action("pause", ("p",), N_("pause, go on"), N_("Let nothing more leave, or let it go on."), right="marketing"),
        Action("test", ("t",), N_("try"), N_("Send it to one number, as members will read it."), right="marketing"),
        Action("change", ("e",), N_("change"), N_("Change what the draft says, to whom, when and with which gift."),
               right="marketing"),
        Action("details", ("m",), N_("details"),
               N_("A second wording, where the link leads, budget, pace, and for how long."), right="marketing"),
        Action("channels", ("c",), N_("channels"), N_("What each channel brought."), right="marketing"),
        Action("cancel", ("x",), N_("end"), N_("End it for good; what has left stays."), right="marketing",
               danger=True),
    )  # fmt: skip

    def __init__(self, one: Campaign) -> None:
        super().__init__(name_of=one.name)
        self._campaign = one
        self._seen: Preview | None = None
        self._result: Result | None = None

    def lists(self) -> ComposeResult:
        """What it would do, and what it did; one of them is shown."""
        for id, columns in (("before", BEFORE), ("after", AFTER)):
            table = PageTable(columns, id=id)
            table.display = id == self._shown
            yield table

    @property
    def _shown(self) -> str:
        return "before" if self._campaign.state == "draft" else "after"

    @property
    def table(self) -> PageTable:
        """The list of its state."""
        return self.query_one(f"#{self._shown}", PageTable)

    def _show(self) -> None:
        """Show the list of its state, after it was approved."""
        for table in self.query(PageTable):
            table.display = table.id == self._shown
        if not self.is_covered:
            self.table.focus()

    async def load(self) -> None:
        """Read the campaign again, and what it would do or did."""
        self._campaign = one = await self.gateway.read(plans.get, self._campaign.id, by=self.actor)
        if self.crumb != one.name:
            self.crumb = one.name
            self.query_one(WhereLine).refresh()
        self._show()
        now = clock.now()
        if one.state == "draft":
            self._seen = await self.gateway.read(preview.preview, one.id, by=self.actor, now=now)
        else:
            self._result = await self.gateway.read(result.result, one.id, by=self.actor, now=now)
        self.select(" · ".join(map(str, (label(plans.STATES, one.state), one.segment.name, moment(one.plan.send_at)))))
        await super().load()
        self.refresh_keys()

    async def again(self) -> None:
        """Read the campaign again."""
        await self.load()

    def changed(self) -> None:
        """Read the campaign again after a write."""
        if self.is_there:
            self.reading(self.load)

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The figures."""
        if self._campaign.state == "draft" and self._seen is not None:
            rows = campaignwords.preview_rows(self._seen)
        else:
            rows = [] if self._result is None else campaignwords.result_rows(self._result)
        return rows[wanted.start : wanted.start + wanted.limit]

    def about(self, row: Row) -> Sequence[Words]:
        """What it says at its longest, or what is proved."""
        if self._campaign.state == "draft":
            return () if self._seen is None else campaignwords.preview_about(self._seen)
        said = [] if self._result is None else campaignwords.result_about(self._result, row.key)
        return [*([self._campaign.paused_reason] if self._campaign.paused_reason else []), *said]

    def refusal(self, action: Action) -> Text | None:
        """What its state allows."""
        state = self._campaign.state
        if action.id in ("approve", "change", "details") and state != "draft":
            return T("Only a draft is changed and approved.")
        if action.id == "channels" and state == "draft":
            return T("A draft has brought nothing yet.")
        if action.id == "pause" and state not in ("approved", "running", "paused"):
            return T("Only one that is approved or runs is paused.")
        if action.id == "cancel" and state in ("done", "cancelled"):
            return T("It is over already.")
        return super().refusal(action)

    async def do_approve(self) -> None:
        """Show once more what it will do; only y lets it go."""
        if (seen := self._seen) is None:
            return
        one = self._campaign
        lines: tuple[Words, ...] = (
            T("Messages: {written} · held out: {held} · cost: {cost}", written=seen.written, held=seen.held,
              cost=words.cost_said(seen)),
            words.proof_said(seen),
            T("It begins {moment}. Who gets it is fixed from now on.", moment=moment(one.plan.send_at)),
        )  # fmt: skip

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                approving.approve, one.id, version=seen.campaign.version, by=self.actor, now=clock.now()
            )
            self.changed()

        title = T("Approve “{name}”?", name=one.name)
        await self.ask(Form("approve", title, lines, done=N_("approve"), danger=True), write)

    async def do_pause(self) -> None:
        """Pause it with a reason, or let it go on."""
        one = self._campaign
        if one.state == "paused":
            lines = (one.paused_reason or "",)
            await self.sure(T("Let “{name}” go on?", name=one.name), lines, steering.resume, one.id, done=N_("go on"))
            return

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                steering.pause, one.id, reason=answer.text("reason"), by=self.actor, now=clock.now()
            )
            self.changed()

        await self.ask(Form("pause", T("Pause “{name}”?", name=one.name), (), (Field("reason", N_("reason")),)), write)

    async def do_test(self) -> None:
        """Ask where the test goes."""

        async def write(answer: Answer) -> None:
            to, language, arm = campaignforms.tried(answer)
            shown = await self.gateway.write(
                steering.test, self._campaign.id, to, language=language, arm=arm, by=self.actor, now=clock.now()
            )
            self.office.tell(T("A test goes to {to}.", to=shown))

        await self.ask(campaignforms.trial(self._campaign, scope().language), write)

    async def do_change(self) -> None:
        """Change the draft."""
        one = self._campaign
        known = await self.gateway.read(campaignforms.choices, self.actor)

        async def write(answer: Answer) -> None:
            await self.gateway.write(
                drafting.change,
                one.id,
                campaignforms.plan_of(answer, one.plan),
                name=answer.text("name"),
                segment_id=int(answer.text("segment")),
                by=self.actor,
                now=clock.now(),
            )
            self.changed()

        await self.ask(campaignforms.form(known, one), write)

    async def do_details(self) -> None:
        """Change what most campaigns leave as it is."""
        one = self._campaign

        async def write(answer: Answer) -> None:
            plan = campaignforms.detailed(answer, one.plan)
            await self.gateway.write(drafting.change, one.id, plan, by=self.actor, now=clock.now())
            self.changed()

        await self.ask(campaignforms.details(one), write)

    async def do_channels(self) -> None:
        """Open the channels beside each other."""
        self.app.push_screen(ChannelsPage(self._campaign))

    async def do_cancel(self) -> None:
        """Ask before it ends."""
        lines = (T("What has left stays, and its result too; what waits is withdrawn."),)
        title = T("End “{name}” for good?", name=self._campaign.name)
        await self.sure(title, lines, steering.cancel, self._campaign.id, done=N_("end"))


class ChannelsPage(ListPage):
    """Message, posters and social media of one campaign beside each other, and the messages of all campaigns."""

    NAME = N_("Channels")
    HELP = N_(
        "What each channel of the campaign brought, and the messages of all campaigns in the last 90 days. Came:"
        " everyone written to who came, also those who would have come anyway; only the hold-out tells them apart."
    )
    RIGHT = "marketing"
    COLUMNS = (
        Column("channel", N_("channel"), 24, min_width=14, important=True, stretch=True),
        Column("sent", N_("sent"), 9, min_width=6, right=True),
        Column("delivered", N_("arrived"), 9, min_width=7, right=True),
        Column("opened", N_("opened"), 9, min_width=6, right=True),
        Column("joined", N_("joined"), 8, min_width=6, right=True),
        Column("came", N_("came"), 8, min_width=5, right=True),
        Column("spent", N_("spent"), 13, min_width=9, right=True),
        Column("cost", N_("cost"), 11, min_width=8, right=True),
    )

    def __init__(self, one: Campaign) -> None:
        super().__init__(name_of=one.name)
        self._campaign = one

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """The channels."""
        found = await self.gateway.read(channels.beside, self._campaign.id, by=self.actor, now=clock.now())
        return campaignwords.channel_rows(found)[wanted.start : wanted.start + wanted.limit]


def _cells(one: Campaign) -> tuple[Words, ...]:
    channel, state = label(CHANNELS, one.plan.channel), label(plans.STATES, one.state)
    return (one.name, one.segment.name, moment(one.plan.send_at), channel, state)
