"""What messages say 文案: each in both languages and by each channel, looked over while it is typed; every version."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from textual import on

from core.base import clock, sms
from core.base.i18n import N_, T, Text
from core.outreach import costs, lint, templates
from core.outreach.lint import Look
from core.outreach.templates import Wording
from tui.keymap import Action
from tui.screens.fates import CHANNELS, TEMPLATES, label
from tui.screens.lists import LANGUAGES, ListPage, moment, whole
from tui.screens.tabbed import Tab, TabbedPage
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words

SPOKEN = dict(LANGUAGES)
MARKS = {"error": "✗", "warning": "!"}
COLUMNS = (
    Column("what", N_("message"), 22, min_width=12),
    Column("language", N_("language"), 8, min_width=7),
    Column("own", N_("whose"), 16, min_width=14),
    Column("body", N_("wording"), 30, min_width=16, important=True, stretch=True),
)
SHOWN = {
    "sms": N_("What goes out as a text message."),
    "whatsapp": N_("What goes out by WhatsApp."),
    "email": N_("What goes out as an e-mail."),
}


@dataclass(frozen=True)
class Seen:
    """A wording as it goes out by a channel, looked over."""

    wording: Wording
    look: Look


class WordingsPage(TabbedPage):
    """All wordings, by channel; how the selected one reads, and what is wrong with it, stands below."""

    NAME = N_("Wordings")
    HELP = N_(
        "What each message says. Fields in braces are filled in for the member it goes to. 1 to 3 change the channel;"
        " one without a wording of its own reads as the text message does. ✗ must be mended, ! is to be weighed."
    )
    RIGHT = "care"
    ORDERED = True
    KEYS = (
        Action("edit", ("enter", "e"), N_("change"), N_("Change a wording; it is shown filled in while you type.")),
        Action("versions", ("v",), N_("versions"), N_("Every version with who wrote it when; an old one comes back.")),
    )
    TABS = tuple(
        Tab(id, str(at), CHANNELS[id], help, COLUMNS, N_("There is nothing here."))
        for at, (id, help) in enumerate(SHOWN.items(), 1)
    )

    def source(self) -> Fetch:
        """Every wording in force for the channel that is shown."""
        return whole(lambda: self.gateway.read(_seen, self.shown), lambda one: _row(one, self.shown))

    def about(self, row: Row) -> Sequence[Words]:
        """The wording filled in, its length and cost, what is wrong with it, and its fields."""
        if not isinstance(one := row.key, Seen):
            return ()
        subject = [one.wording.subject] if self.shown == "email" and one.wording.subject else []
        return (*subject, *looked(one.look, self.shown, one.wording.language), _fields(one.wording.template))

    def _selected(self) -> Wording | None:
        row = self.table.row
        return row.key.wording if row is not None and isinstance(row.key, Seen) else None

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.act("edit")

    async def do_edit(self) -> None:
        """Ask for the new wording, with how it reads below."""
        if (one := self._selected()) is None:
            return
        channel = self.shown

        async def say(answer: Answer) -> Sequence[Words]:
            return looked(await self.gateway.read(_look, _typed(one, answer), channel), channel, one.language)

        async def write(answer: Answer) -> None:
            made = _typed(one, answer)
            seen = await self.gateway.read(_look, made, channel)
            if any(found.severity == "error" and found.code != "unknown_field" for found in seen.findings):
                await self._all_the_same(made, seen, channel)
            else:
                await self._write(made, channel)

        fields = _typing(one, channel)
        await self.ask(Form("wording", _title(one, channel), (_fields(one.template),), fields, preview=say), write)

    async def _all_the_same(self, made: Wording, seen: Look, channel: str) -> None:
        """Ask before a wording with an error counts."""

        async def write(answer: Answer) -> None:
            await self._write(made, channel)

        lines = tuple(_findings(seen))
        await self.ask(Form("sure", T("Use it all the same?"), lines, done=N_("use it"), danger=True), write)

    async def _write(self, made: Wording, channel: str) -> None:
        await self.gateway.write(
            templates.reword,
            made.template,
            made.language,
            made.body,
            channel=channel,
            subject=made.subject,
            provider_template=made.provider_template,
            by=self.actor,
            now=clock.now(),
        )
        self.changed()

    def do_versions(self) -> None:
        """Open the versions of the selected wording."""
        if (one := self._selected()) is not None:
            self.app.push_screen(VersionsPage(one, self.shown))


class VersionsPage(ListPage):
    """The versions of one wording, the one in force first; the last one is how it was delivered."""

    NAME = N_("Versions")
    HELP = N_("Nothing that was ever sent changes: an old version that comes back is written again as the newest.")
    RIGHT = "care"
    KEYS = (Action("back", ("enter", "b"), N_("bring back"), N_("Put the selected version in force again.")),)
    COLUMNS = (
        Column("time", N_("since"), 16, min_width=16),
        Column("who", N_("who"), 12, min_width=8),
        Column("body", N_("wording"), 40, min_width=16, important=True, stretch=True),
    )

    def __init__(self, one: Wording, channel: str) -> None:
        super().__init__(name_of=_title(one, channel))
        self._one, self._channel = one, channel

    def source(self) -> Fetch:
        """Every version of the channel; of text messages also the wording as delivered."""
        return whole(self._versions, _version)

    async def _versions(self) -> list[Wording]:
        one = self._one
        own = await self.gateway.read(templates.versions, one.template, one.language, channel=self._channel)
        return [*own, templates.as_delivered(one.template, one.language)]

    def about(self, row: Row) -> Sequence[Words]:
        """The whole wording."""
        if not isinstance(one := row.key, Wording):
            return ()
        number = T("registered as {number}", number=one.provider_template)
        return (*filter(None, (one.subject,)), one.body, *([number] if one.provider_template else []))

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.act("back")

    async def do_back(self) -> None:
        """Ask before an old version counts again."""
        row = self.table.row
        if row is None or not isinstance(one := row.key, Wording):
            return

        async def write(answer: Answer) -> None:
            given = {"subject": one.subject, "provider_template": one.provider_template, "channel": self._channel}
            await self.gateway.write(
                templates.reword, one.template, one.language, one.body, **given, by=self.actor, now=clock.now()
            )
            self.changed()

        await self.ask(Form("back", T("Put this version in force again?"), (one.body,), done=N_("bring back")), write)


def looked(seen: Look, channel: str, language: str) -> tuple[Words, ...]:
    """How a wording reads, how long it is, what it costs, and what is wrong with it."""
    return (seen.said, _measured(seen, channel, language), *_findings(seen))


def length(said: str, language: str) -> Text:
    """How long a message is and how many text messages it costs; in English also which sign makes it long."""
    return _long(sms.count(said), language)


def _long(counted: sms.Segments, language: str) -> Text:
    if language == "zh" or not counted.culprits:
        return T("{units} characters · text messages: {parts}", units=counted.units, parts=counted.parts)
    return T(
        "{units} characters · text messages: {parts}, because of “{sign}”",
        units=counted.units,
        parts=counted.parts,
        sign=counted.culprits[0],
    )


def _measured(seen: Look, channel: str, language: str) -> str:
    """Length and cost at the longest; only text messages have parts."""
    counted, cost = seen.counted, seen.cost
    said: list[object] = [
        _long(counted, language) if channel == "sms" else T("{units} characters", units=counted.units)
    ]
    if cost.micros is not None:
        said.append(T("costs {amounts} each", amounts=f"{costs.shown(cost.micros)} {cost.currency}"))
    return " · ".join(map(str, said))


def _findings(seen: Look) -> list[Words]:
    return [f"{MARKS[one.severity]} {one.said}" for one in seen.findings]


def _seen(channel: str) -> list[Seen]:
    return [Seen(*one) for one in lint.all_in_force(channel, now=clock.now())]


def _look(one: Wording, channel: str) -> Look:
    return lint.of_wording(one, channel, longest=lint.longest_name(), now=clock.now())


def _title(one: Wording, channel: str) -> Text:
    return T(
        "{message}, in {language}, {channel}",
        message=label(TEMPLATES, one.template),
        language=SPOKEN[one.language],
        channel=label(CHANNELS, channel),
    )


def _fields(template: str) -> Text:
    known = templates.known_fields(template) - templates.EVERYWHERE
    return T("Fields: {fields}", fields=" ".join(f"{{{name}}}" for name in sorted(known)))


def _typing(one: Wording, channel: str) -> tuple[Field, ...]:
    """What a channel asks for: an e-mail has a subject, the others may be registered with the provider."""
    own = one.channel == channel
    subject = Field("subject", N_("subject"), value=one.subject if own else "", required=False)
    number = Field("number", N_("registered as"), value=one.provider_template if own else "", required=False,
                   hint=N_("the provider's number of the text, if it wants one"))  # fmt: skip
    body = Field("body", N_("wording"), value=one.body)
    return (subject, body) if channel == "email" else (body, number)


def _typed(one: Wording, answer: Answer) -> Wording:
    """The wording as the form says."""
    subject = answer.text("subject") if "subject" in answer.values else ""
    number = answer.text("number") if "number" in answer.values else ""
    return replace(one, body=answer.text("body"), subject=subject, provider_template=number)


def _row(one: Seen, channel: str) -> Row:
    kept = one.wording
    own = T("as delivered")
    if kept.own:
        own = T("own") if kept.channel == channel else T("as text message")
    marks = [MARKS[found.severity] for found in one.look.findings if found.code != "subject"]
    mark = max(marks, default="")  # an error comes before a warning
    cells = (label(TEMPLATES, kept.template), SPOKEN[kept.language], own, f"{mark} {kept.body}".lstrip())
    return Row(one, cells, tone="bad" if mark == MARKS["error"] else "")


def _version(one: Wording) -> Row:
    when: Words = moment(one.at) if one.id else T("as delivered")
    return Row(one, (when, one.who, " · ".join(filter(None, (one.subject, one.body)))))
