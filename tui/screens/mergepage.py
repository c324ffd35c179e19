"""Merging 合并: two memberships of one person side by side, what moves and which value stays; and the way back."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on

from core.base import clock, text
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import RegularsError
from core.base.i18n import N_, T, Text
from core.books.accounts import ASSET_WORDS
from core.books.carrying import Return
from core.keeping import merging
from core.keeping.merging import KINDS, MergeOvertaken, MergePreview, UndoPreview
from core.people import members, picking
from core.people.carrying import FIELD_WORDS
from core.people.consent import PURPOSE_WORDS
from core.people.members import MemberCard, MemberSummary
from tui.keymap import OPEN, Action
from tui.screens.lists import ListPage, cents, moment, whole
from tui.screens.memberdeeds import WHO_HINT, OfMember
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.row import Words


async def ask(page: OfMember) -> None:
    """Ask for the other membership of this person, then show what merging would do."""

    async def hit(answer: Answer) -> int:
        return (await page.gateway.read(picking.one, answer.text("gone"), field="gone", by=page.actor)).id

    async def seen(answer: Answer) -> Sequence[Words]:
        if not answer.text("gone"):
            return ()
        found = await page.gateway.read(picking.one, answer.text("gone"), field="gone", by=page.actor)
        return (T("goes: {whom}", whom=picking.said(found)),)

    async def look(answer: Answer) -> None:
        gone_id, now = await hit(answer), clock.now()
        await page.gateway.read(merging.preview, page.member_id, gone_id, by=page.actor, now=now)
        page.app.push_screen(MergePage(page.member_id, gone_id))

    lines = (T("This membership stays, the other one goes into it. Next you see what moves; nothing is written yet."),)
    fields = (Field("gone", N_("the other one"), hint=WHO_HINT),)
    await page.ask(Form("merge", T("Merge another membership"), lines, fields, done=N_("next"), preview=seen), look)


@dataclass(frozen=True)
class Side:
    """A line of the comparison; `field` is one whose value can be chosen."""

    cells: tuple[Words, ...]
    about: tuple[Words, ...] = ()
    field: str = ""
    tone: str = ""


class MergePage(ListPage):
    """Both memberships and what comes of them; nothing is written before y."""

    NAME = N_("Merge")
    HELP = N_(
        "What would become of two memberships of one person. Space lets the other value of a field stay. y merges;"
        " the card of the membership that stays undoes it (z)."
    )
    RIGHT = "member.merge"
    EXPORTED = False
    KEYS = (
        Action("merge", ("y",), N_("merge"), N_("Let the one membership go into the other."), right="member.merge",
               danger=True),
        Action("choose", ("space",), N_("other value"), N_("Let the other value of the selected field stay."),
               right="member.merge"),
        Action("swap", ("x",), N_("the other way"), N_("Let the other one of the two stay."), right="member.merge"),
        Action("refresh", ("r",), N_("refresh"), N_("Look at both again.")),
    )  # fmt: skip
    COLUMNS = (
        Column("what", N_("what"), 24, min_width=20, important=True),
        Column("kept", N_("who stays"), 24, min_width=14, stretch=True),
        Column("gone", N_("who goes"), 24, min_width=14),
        Column("after", N_("afterwards"), 24, min_width=14),
    )

    def __init__(self, kept_id: int, gone_id: int) -> None:
        super().__init__()
        self._ids = kept_id, gone_id
        self._choices: dict[str, str] = {}
        self._seen: MergePreview | None = None
        self._doing = False

    def source(self) -> Fetch:
        """What the preview says, what stands in the way first."""
        return whole(self._read, lambda one: Row(one, one.cells, tone=one.tone))

    async def _read(self) -> list[Side]:
        self._seen = await self.gateway.read(
            merging.preview, *self._ids, choices=self._choices, by=self.actor, now=clock.now()
        )
        self.select(T("{gone} goes into {kept}", gone=named(self._seen.gone), kept=named(self._seen.kept)))
        return compared(self._seen)

    def about(self, row: Row) -> Sequence[Words]:
        """The whole of what is cut, and why."""
        return row.key.about if isinstance(row.key, Side) else ()

    def refusal(self, action: Action) -> Text | None:
        """What is known to stand in the way, and that only some lines can be chosen."""
        row = self.table.row
        if action.id == "merge" and self._seen is not None and self._seen.refusals:
            return self._seen.refusals[0].as_text()
        if action.id == "choose" and not (row is not None and isinstance(row.key, Side) and row.key.field):
            return T("Select a field in which both have something else.")
        return super().refusal(action)

    def do_refresh(self) -> None:
        """Look again."""
        self.changed()

    def do_choose(self) -> None:
        """The other value of the selected field."""
        if (row := self.table.row) is not None and isinstance(row.key, Side):
            name = row.key.field
            self._choices[name] = "kept" if self._choices.get(name) == "gone" else "gone"
            self.changed()

    def do_swap(self) -> None:
        """The other one stays; what was chosen meant the other way round."""
        self._ids, self._choices = self._ids[::-1], {}
        self.changed()

    def do_merge(self) -> None:
        """Merge as it is shown."""
        if self._seen is not None and not self._doing:
            self._doing = True
            self.writing(self._merge, self._seen)

    async def _merge(self, seen: MergePreview) -> None:
        try:
            await self.gateway.write(
                merging.merge, *self._ids, mark=seen.mark, choices=dict(self._choices), by=self.actor, now=clock.now()
            )
        except MergeOvertaken:
            self.changed()
            raise
        finally:
            self._doing = False
        self.office.tell(T("{gone} went into {kept}. z on the card undoes it.", gone=named(seen.gone),
                           kept=named(seen.kept)))  # fmt: skip
        if self.is_current:
            self.step_back()


def named(card: MemberSummary) -> str:
    """A member in a few words: '李雷 138****8001'."""
    return " ".join(part for part in (card.name, _masked(card.phone) or card.card) if part) or "—"


def _masked(phone: str) -> str:
    return phone if not phone or "*" in phone else text.masked_phone(phone)


def compared(seen: MergePreview) -> list[Side]:
    """A preview as lines: what stands in the way, fields, balances, tier, consents, and what moves."""
    return [
        *(_obstacle(one, 4) for one in seen.refusals),
        *(_field(one.name, one.kept, one.gone, one.stays == "gone") for one in seen.fields),
        *(
            Side((Text(ASSET_WORDS[one.asset]), *(_amount(one.asset, n) for n in (one.kept, one.gone, one.together))))
            for one in seen.sums
            if one.kept or one.gone
        ),
        Side((T("tier"), *(f"{one.mark} {one.name}" for one in (
            seen.kept.standing.tier, seen.gone.standing.tier, seen.tier))), (seen.tier_why,)),
        *_consents(seen),
        *(Side((Text(KINDS[kind]), "", f"{count:,}", T("comes over"))) for kind, count in seen.moves),
    ]  # fmt: skip


def _obstacle(error: RegularsError, columns: int) -> Side:
    cells: tuple[Words, ...] = (T("in the way"), error.as_text(), *[""] * (columns - 2))
    return Side(cells, (error.as_text(),), tone="bad")


def _field(name: str, kept: str, gone: str, taken: bool) -> Side:
    label = Text(FIELD_WORDS[name])
    if name == "phone":
        kept, gone = _masked(kept), _masked(gone)
    about: list[Words] = [T("stays: {value}", value=kept or "—"), T("goes: {value}", value=gone or "—")]
    about.append(T("Space lets the other value stay.") if kept else T("An empty field takes the other's value."))
    cells = (label, kept or "—", gone or "—", gone if taken else kept)
    return Side(cells, tuple(about), name if kept else "")


def _consents(seen: MergePreview) -> list[Side]:
    own, other = (_granted(one) for one in (seen.kept, seen.gone))
    found = []
    for one in seen.consents:
        marks = (own.get(one.purpose), other.get(one.purpose), one.granted)
        said = ("—" if mark is None else "✓" if mark else "✗" for mark in marks)
        label = T("consent: {purpose}", purpose=Text(PURPOSE_WORDS[one.purpose]))
        found.append(Side((label, *said), (T("The later word of the two holds."),)))
    return found


def _granted(card: MemberCard) -> dict[str, bool]:
    return {one.purpose: one.granted for one in card.consents}


def _amount(asset: str, amount: int) -> str:
    return f"{amount:,}".replace("-", "−") if asset == "points" else cents(amount)


# --- the way back ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Merged:
    """A merge that stands, with who went."""

    merge_id: int
    gone: MemberSummary
    at: Millis


def _merged_into(member_id: int, by: Actor) -> list[Merged]:
    now = clock.now()
    found = merging.of_member(member_id, by=by)
    return [Merged(merge_id, members.summary(gone_id, by=by, now=now), at) for merge_id, gone_id, at in found]


class MergesPage(ListPage):
    """What was merged into one membership and stands."""

    NAME = N_("Merges")
    HELP = N_("The memberships that went into this one, the newest first. Enter shows what undoing would do.")
    RIGHT = "member.merge"
    NOTED = False
    EXPORTED = False
    EMPTY = N_("No other membership went into this one.")
    KEYS = (OPEN,)
    COLUMNS = (
        Column("at", N_("when"), 16, min_width=16),
        Column("who", N_("went into this one"), 40, min_width=20, important=True, stretch=True),
    )

    def __init__(self, member_id: int) -> None:
        super().__init__()
        self._member_id = member_id

    def source(self) -> Fetch:
        """The merges that stand."""
        return whole(lambda: self.gateway.read(_merged_into, self._member_id, self.actor),
                     lambda one: Row(one, (moment(one.at), named(one.gone))))  # fmt: skip

    @on(PageTable.RowOpened)
    def _opened(self, message: PageTable.RowOpened) -> None:
        if isinstance(message.row.key, Merged):
            self.app.push_screen(UndoPage(message.row.key))


class UndoPage(ListPage):
    """What undoing a merge would do; nothing is written before y."""

    NAME = N_("Undo a merge")
    HELP = N_("What would go back, and what is not as it was before. y undoes the merge.")
    RIGHT = "member.merge"
    EXPORTED = False
    KEYS = (
        Action("undo", ("y",), N_("undo"), N_("Let the membership that went be one of its own again."),
               right="member.merge", danger=True),
        Action("refresh", ("r",), N_("refresh"), N_("Look at it again.")),
    )  # fmt: skip
    COLUMNS = (
        Column("what", N_("what"), 18, min_width=12, important=True),
        Column("fate", N_("what becomes of it"), 44, min_width=30, stretch=True),
        Column("amount", N_("amount"), 14, min_width=11, right=True),
    )

    def __init__(self, merged: Merged) -> None:
        super().__init__(name_of=named(merged.gone))
        self._merged = merged
        self._seen: UndoPreview | None = None
        self._doing = False

    def source(self) -> Fetch:
        """What the preview says, what stands in the way first."""
        return whole(self._read, lambda one: Row(one, one.cells, tone=one.tone))

    async def _read(self) -> list[Side]:
        self._seen = await self.gateway.read(
            merging.undo_preview, self._merged.merge_id, by=self.actor, now=clock.now()
        )  # fmt: skip
        self.select(T("merged {at}", at=moment(self._seen.merged_at)))
        return undone(self._seen)

    def about(self, row: Row) -> Sequence[Words]:
        """The whole of what is cut."""
        return row.key.about if isinstance(row.key, Side) else ()

    def refusal(self, action: Action) -> Text | None:
        """What is known to stand in the way."""
        if action.id == "undo" and self._seen is not None and self._seen.refusals:
            return self._seen.refusals[0].as_text()
        return super().refusal(action)

    def do_refresh(self) -> None:
        """Look again."""
        self.changed()

    def do_undo(self) -> None:
        """Undo it."""
        if self._seen is not None and not self._doing:
            self._doing = True
            self.writing(self._undo)

    async def _undo(self) -> None:
        try:
            await self.gateway.write(merging.undo, self._merged.merge_id, by=self.actor, now=clock.now())
        finally:
            self._doing = False
        self.office.tell(T("{gone} is a membership of its own again.", gone=named(self._merged.gone)))
        if self.is_current:
            self.step_back()


def undone(seen: UndoPreview) -> list[Side]:
    """A preview of undoing as lines."""
    rows = sum(count for place, count in seen.moves if place.endswith("_id"))
    back = Side((T("records"), T("go back: sales, coupons, numbers, cards and whatever else came over"), f"{rows:,}"))
    return [
        *(_obstacle(one, 3) for one in seen.refusals),
        *(line for one in seen.returns for line in _fates(one)),
        back,
    ]


def _fates(one: Return) -> list[Side]:
    said: tuple[tuple[Words, int], ...] = (
        (T("comes back"), one.returned),
        (T("of that charged to the one who stays"), one.charged + one.owed),
        (T("was spent and stays spent"), one.stays),
        (T("lapsed or was taken back by refunds"), one.lapsed),
        (T("is owed again"), one.debt),
    )
    label = Text(ASSET_WORDS[one.asset])
    return [Side((label, words, _amount(one.asset, amount)), (words,)) for words, amount in said if amount]
