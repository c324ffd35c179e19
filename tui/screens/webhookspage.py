"""Webhooks 事件推送: online shops that are told of sales, points and members, and what came back."""

from collections.abc import Sequence

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text
from core.books.events import KINDS, PING
from core.keeping import opening
from core.outreach import webhooks
from core.outreach.webhooks import Delivery, Webhook
from tui.keymap import OPEN, Action
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row, Wanted
from tui.widgets.row import Words

EVENTS = {
    "sale.completed": N_("sales"), "sale.refunded": N_("refunds"), "points.changed": N_("points"),
    "wallet.changed": N_("stored value"), "member.joined": N_("new members"), "member.changed": N_("changed members"),
    "tier.changed": N_("tiers"), "coupon.issued": N_("coupons given"), PING: N_("test"),
}  # fmt: skip
"""What each kind of event tells of."""
FATES = {"queued": N_("waiting"), "sent": N_("taken"), "failed": N_("failed"), "dropped": N_("dropped")}


class WebhooksPage(ListPage):
    """Every endpoint, those in use first."""

    NAME = N_("Webhooks")
    HELP = N_(
        "Addresses of online shops that are told what happens here. Enter shows what was told and what came back. t"
        " asks whether an address answers; it also wakes one that was paused."
    )
    RIGHT = "settings"
    ORDERED = True
    EMPTY = N_("No webhook yet. n adds the address of an online shop.")
    KEYS = (
        OPEN,
        Action("new", ("n",), N_("new"), N_("Tell an address of events from now on."), right="settings"),
        Action("test", ("t",), N_("test"), N_("Send an event that says nothing."), right="settings"),
        Action("secret", ("s",), N_("secret"), N_("Show the secret with which events are signed."), right="keys"),
        Action("rotate", ("r",), N_("rotate"), N_("Make a new secret; the old one signs too for a day."), right="keys"),
        Action("end", ("x",), N_("end"), N_("Tell the selected address nothing more."), right="settings", danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("host", N_("online shop"), 26, min_width=12, important=True),
        Column("store", N_("store"), 14, min_width=6),
        Column("kinds", N_("told of"), 30, min_width=12, stretch=True),
        Column("waiting", N_("waiting"), 8, min_width=7, right=True),
        Column("state", N_("state"), 10, min_width=6),
    )

    def __init__(self) -> None:
        super().__init__()
        self._stores: dict[int, str] = {}

    def source(self) -> Fetch:
        """The endpoints of one's stores."""
        return whole(self._read, lambda one: _webhook(one, self._stores))

    async def _read(self) -> list[Webhook]:
        self._stores = dict(await self.gateway.read(opening.stores))
        return await self.gateway.read(webhooks.all_webhooks, by=self.actor)

    def about(self, row: Row) -> Sequence[Words]:
        """The whole address, and since when it fails."""
        if not isinstance(row.key, Webhook):
            return ()
        one = row.key
        told: list[Words] = [one.url, T("told of: {kinds}", kinds=_kinds(one))]
        if one.failing_since is not None and one.ended_at is None:
            told.append(T("It has taken nothing since {since}. Repair the receiver, then t.",
                          since=moment(one.failing_since)))  # fmt: skip
        return told

    def refusal(self, action: Action) -> Text | None:
        """What ended cannot be asked, shown or ended again."""
        row = self.table.row
        living = row is not None and isinstance(row.key, Webhook) and row.key.ended_at is None
        if action.id in ("test", "secret", "rotate", "end") and not living:
            return T("Select a webhook that is in use.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Webhook):
            self.app.push_screen(DeliveriesPage(message.row.key))

    async def do_new(self) -> None:
        """Ask for the address and what it wants to hear, then show the secret."""
        found = await self.gateway.read(opening.stores_of, self.actor)

        async def make(answer: Answer) -> None:
            store_id = int(answer.text("store")) or None
            kinds = tuple(answer.text("kinds").split())
            url = answer.text("url")
            made = await self.gateway.write(webhooks.add, url, kinds, store_id=store_id, by=self.actor, now=clock.now())
            self.changed()
            await self._show(made[1])

        stores: tuple[tuple[str, Words], ...] = tuple((str(id), name) for id, name in found)
        if not self.actor.stores:
            stores = (("0", T("all stores")), *stores)
        kinds: tuple[tuple[str, Words], ...] = tuple((kind, Text(EVENTS[kind])) for kind in KINDS)
        fields = (
            Field("url", N_("address"), hint="https://"),
            Field("store", N_("sales of"), "choice", choices=stores),
            Field("kinds", N_("told of"), "several", value=" ".join(KINDS), choices=kinds),
        )
        await self.ask(Form("webhook", T("New webhook"), (), fields, done=N_("add")), make)

    async def _show(self, secret: str) -> None:
        async def copy(answer: Answer) -> None:
            self.app.copy_to_clipboard(secret)
            self.office.tell(T("The secret is in this terminal's clipboard."))

        lines: tuple[Words, ...] = (secret, T("The online shop checks with it that an event is ours; Enter copies it."))
        await self.ask(Form("secret", T("The secret"), lines, done=N_("copy")), copy)

    async def do_secret(self) -> None:
        """Show the secret again."""
        if (row := self.table.row) is not None and isinstance(row.key, Webhook):
            await self._show(await self.gateway.read(webhooks.secret_of, row.key.id, by=self.actor))

    async def do_rotate(self) -> None:
        """Make a new secret and show it."""
        if (row := self.table.row) is None or not isinstance(row.key, Webhook):
            return
        one = row.key

        async def make(answer: Answer) -> None:
            await self._show(await self.gateway.write(webhooks.rotate, one.id, by=self.actor, now=clock.now()))

        lines = (T("For a day the secret before signs too. Give the new one to {host} in that time.", host=one.host),)
        await self.ask(Form("rotate", T("Make a new secret?"), lines, done=N_("make")), make)

    async def do_test(self) -> None:
        """Queue an event that says nothing."""
        if (row := self.table.row) is None or not isinstance(row.key, Webhook):
            return
        await self.gateway.write(webhooks.test, row.key.id, by=self.actor, now=clock.now())
        self.office.tell(T("A test is on its way to {host}; Enter shows what came back.", host=row.key.host))
        self.changed()

    async def do_end(self) -> None:
        """Ask before an endpoint ends."""
        if (row := self.table.row) is None or not isinstance(row.key, Webhook):
            return
        one = row.key
        title = T("Tell {host} nothing more?", host=one.host)
        lines: tuple[Words, ...] = (T("{count} events that wait for it are dropped.", count=one.waiting),)
        await self.sure(title, lines, webhooks.end, one.id, done=N_("end"))


class DeliveriesPage(ListPage):
    """What one endpoint was told."""

    NAME = N_("What was told")
    HELP = N_("Every event for this address, the newest first, with what it answered. f sends again what failed.")
    NOTED = False
    EMPTY = N_("Nothing was told yet.")
    KEYS = (Action("resend", ("f",), N_("send again"), N_("Send again whatever failed."), right="settings"),)
    COLUMNS = (
        Column("at", N_("when"), 16, min_width=16),
        Column("kind", N_("event"), 18, min_width=10, important=True),
        Column("state", N_("state"), 9, min_width=8),
        Column("attempts", N_("attempts"), 8, min_width=8, right=True),
        Column("came", N_("answer"), 24, min_width=8, stretch=True),
        Column("next", N_("next try"), 16, min_width=16),
    )

    def __init__(self, webhook: Webhook) -> None:
        super().__init__(name_of=webhook.host)
        self._webhook = webhook

    async def fetch(self, wanted: Wanted) -> Sequence[Row]:
        """A page of the log."""
        before = wanted.after.event_id if isinstance(wanted.after, Delivery) else None
        found = await self.gateway.read(
            webhooks.deliveries, self._webhook.id, before_id=before, limit=wanted.limit, by=self.actor
        )
        return [_delivery(one) for one in found]

    async def do_resend(self) -> None:
        """Ask before what failed goes again."""

        async def send(answer: Answer) -> None:
            count = await self.gateway.write(
                webhooks.resend, self._webhook.id, since=clock.Millis(0), by=self.actor, now=clock.now()
            )
            self.office.tell(T("{count} events are on their way again.", count=count))
            self.changed()

        lines = (T("An online shop knows each event by its number, and takes none twice."),)
        await self.ask(Form("resend", T("Send again what failed?"), lines, done=N_("send again")), send)


def _webhook(one: Webhook, stores: dict[int, str]) -> Row:
    store: Words = T("all stores") if one.store_id is None else stores.get(one.store_id, "–")
    kinds: Words = T("everything") if set(one.kinds) >= set(KINDS) else _kinds(one)
    ended, paused = one.ended_at is not None, one.paused_at is not None
    state = T("ended") if ended else T("paused") if paused else T("in use")
    tone = "quiet" if ended else "bad" if paused else ""
    return Row(one, (one.host, store, kinds, str(one.waiting or ""), state), tone=tone)


def _kinds(one: Webhook) -> str:
    return " · ".join(str(Text(EVENTS[kind])) for kind in one.kinds if kind in EVENTS)


def _delivery(one: Delivery) -> Row:
    came = str(one.status) if one.status is not None else one.error or ""
    following = moment(one.next_at) if one.state == "queued" and one.next_at is not None and one.attempts else ""
    kind = Text(EVENTS[one.kind]) if one.kind in EVENTS else one.kind
    cells = (moment(one.at), kind, Text(FATES[one.state]), str(one.attempts), came, following)
    return Row(one, cells, tone={"failed": "bad", "dropped": "quiet"}.get(one.state, ""))
