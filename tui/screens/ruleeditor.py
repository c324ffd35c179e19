"""The rule editor: every condition of a promotion or a coupon kind, in words below, tried over past sales."""

import secrets
from collections.abc import Sequence
from typing import Any, Literal

from rich.text import Text as RichText
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.events import Key
from textual.timer import Timer
from textual.widgets import Input

from core.base import clock
from core.base.clock import DAY
from core.base.errors import RegularsError
from core.base.i18n import N_, T, Text, _, written
from core.loyalty import coupons
from core.loyalty.coupons import Terms
from core.people import members
from core.selling import promotions, replay
from core.selling.promotions import Promotion, PromotionTerms
from core.selling.replay import Replayed
from tui.keymap import Action
from tui.page import BEING_WRITTEN, Page
from tui.screens import rulefields, terms
from tui.screens.rulefields import Group, Known
from tui.widgets.choice import Choice
from tui.widgets.note import Paragraph
from tui.widgets.overlay import PREVIEW_S, Answer, FieldRow, Form, filled_in
from tui.widgets.progress import followed
from tui.widgets.row import Line, Rule, Words

REPLAY_DAYS = 30
SAVE = Action("save", ("ctrl+s",), N_("save"), N_("Check everything and save the rule."), right="marketing")


class EditorPage(Page):
    """Fields that scroll, and below them what they mean. Esc asks before anything typed is lost."""

    def __init__(self, groups: Sequence[Group]) -> None:
        super().__init__()
        self._groups = [(heading, [FieldRow(field) for field in fields]) for heading, fields in groups if fields]
        self._rows = [row for _heading, rows in self._groups for row in rows]
        self._key = secrets.token_hex(16)
        self._pause: Timer | None = None
        self._at_first: dict[str, str] = {}
        self._tried: Sequence[Words] = ()
        self._state: Literal["typed", "being written", "saved"] = "typed"

    def body(self) -> ComposeResult:
        """The fields, and what they mean."""
        with VerticalScroll(id="rule", can_focus=False):
            for heading, rows in self._groups:
                yield Line(Text(heading), classes="rule-head")
                yield from rows
        yield Rule()
        yield Paragraph(id="means")

    def on_mount(self) -> None:
        """Begin in the first field."""
        self._at_first = self._typed()
        self._rows[0].input.focus()
        self._soon()

    def meant(self, answer: Answer) -> Sequence[Words]:
        """What the fields mean, in sentences; runs beside the screen. Raises: what is wrong with them."""
        raise NotImplementedError

    async def write(self, answer: Answer) -> str:
        """Save; what is told then. Raises: what the verb raises."""
        raise NotImplementedError

    # --- typing --------------------------------------------------------------------------------------

    def on_key(self, event: Key) -> None:
        """Arrow keys go from field to field, PgUp and PgDn over several."""
        steps = {"up": -1, "down": 1, "pageup": -6, "pagedown": 6}
        if not self.is_covered and event.key in (*steps, "enter"):
            event.stop()
            self._step(steps.get(event.key, 1))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes to the next field."""
        event.stop()
        self._step(1)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say again what it means."""
        for row in self._rows:
            if row.input is event.input:
                row.note()
        self._soon()

    def on_choice_picked(self, event: Choice.Picked) -> None:
        """Say again what it means."""
        self._soon()

    def _step(self, by: int) -> None:
        at = next((at for at, row in enumerate(self._rows) if row.input is self.focused), 0)
        self._rows[min(max(0, at + by), len(self._rows) - 1)].input.focus()

    def _soon(self) -> None:
        self._tried = ()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PREVIEW_S, lambda: self.reading(self._say))

    async def _say(self) -> None:
        try:
            answer = self._answer(complain=False)
            lines = list(await self.gateway.latest("meaning", self.meant, answer))
        except RegularsError as error:
            tone = "quiet" if self._typed() == self._at_first else "warn"
            lines = [RichText(error.sentence(), tone, end="")]
        self._show([*lines, *self._tried])

    def _show(self, lines: Sequence[Words]) -> None:
        means = RichText(end="")
        for number, line in enumerate(lines):
            means.append("\n" if number else "")
            means.append_text(line if isinstance(line, RichText) else RichText(str(line), end=""))
        self.query_one("#means", Paragraph).say(means)

    def _typed(self) -> dict[str, str]:
        return {row.field.id: row.input.value for row in self._rows}

    def _answer(self, *, complain: bool) -> Answer:
        """What is filled in. Raises: the first field that cannot be read."""
        values, wrong = filled_in(self._rows, complain=complain)
        if wrong:
            raise wrong[0][1]
        return Answer(Form("rule", ""), values, self._key)

    # --- doing ---------------------------------------------------------------------------------------

    def do_save(self) -> None:
        """Save and go back, or show what is wrong at its field."""
        if self._state == "typed":
            self._state = "being written"
            self.writing(self._save)
        else:
            self.office.tell(BEING_WRITTEN)

    async def _save(self) -> None:
        try:
            told = await self.write(self._answer(complain=True))
        except RegularsError as error:
            self._state = "typed"
            self._refuse(error)
            return
        self._state = "saved"
        self.office.tell(told)
        self._go_if_saved()

    def on_screen_resume(self) -> None:
        """Coming back to what was saved while another page was looked at."""
        self._go_if_saved()

    def _go_if_saved(self) -> None:
        if self._state == "saved" and self.app.screen is self:
            self.dismiss(None)

    def _refuse(self, error: RegularsError) -> None:
        named = ALIASES.get(error.field or "", error.field)
        row = next((row for row in self._rows if row.field.id == named), None)
        if row is None:
            self.office.tell(error.as_text(), tone="warning")
            return
        row.complain(error.as_text())
        row.input.focus()

    def step_back(self) -> None:
        """Esc: ask before what was typed is lost; what is being written is not stopped."""
        if self._state != "typed":
            self.office.tell(BEING_WRITTEN)
            return
        if self.is_covered or self._typed() == self._at_first:
            super().step_back()
            return

        async def leave(answer: Answer) -> None:
            self.dismiss(None)

        lines = (T("ctrl+s saves it; Esc goes on with it."),)
        form = Form("leave", T("Leave without saving?"), lines, done=N_("leave"), danger=True)
        self.run_worker(self.ask(form, leave))


ALIASES = {
    "product_ids": "products", "category_ids": "categories", "tier_ids": "tiers", "store_ids": "stores",
    "from_minute": "hours", "until_at": "until_on", "effect": "off_cents",
}  # fmt: skip
"""The field in which what core refuses was typed."""


class PromotionPage(EditorPage):
    """A promotion: a new one, or another version of one that runs."""

    NAME = N_("Promotion")
    HELP = N_(
        "Fill in what counts; what stays empty is no condition. Below stands what it means. ctrl+r tries it over the"
        " sales of the last 30 days; nothing is written until ctrl+s."
    )
    KEYS = (
        SAVE,
        Action(
            "replay",
            ("ctrl+r",),
            N_("try it"),
            N_("What the sales of the last 30 days would have cost with it."),
            right="marketing",
        ),
    )

    def __init__(self, made_from: PromotionTerms, have: Known, one: Promotion | None = None) -> None:
        """`have` is what the fields offer; without `one` it is a new promotion of the kind of `made_from`."""
        super().__init__(rulefields.promotion_groups(made_from, have, one))
        self._one, self._terms = one, made_from
        if one is not None:
            self.crumb = one.name

    def meant(self, answer: Answer) -> Sequence[Words]:
        """The rule in a sentence, and when and for whom it holds."""
        made, (_first, until_at) = rulefields.promotion_terms(self._terms, answer), rulefields.moments(answer)
        promotions.check(self._called(answer), made)
        return terms.rule_in_words(made, until_at)

    def _called(self, answer: Answer) -> str:
        return self._one.name if self._one is not None else answer.text("name")

    async def write(self, answer: Answer) -> str:
        """A new promotion, or a new version from now on."""
        return await self.gateway.write(self._written, answer)

    def _written(self, answer: Answer) -> str:
        made, (first_at, until_at) = rulefields.promotion_terms(self._terms, answer), rulefields.moments(answer)
        now: Any = {"by": self.actor, "now": clock.now()}
        if self._one is None:
            promotions.create(answer.text("name"), made, from_at=first_at, until_at=until_at, **now)
            return _("“{name}” is saved.", name=answer.text("name"))
        promotions.change(self._one.promotion_id, made, until_at=until_at, **now)
        return _("“{name}” counts in its new form from now on; sales made stay as they are.", name=self._one.name)

    def do_replay(self) -> None:
        """Play it over the last days."""
        self.reading(self._replay)

    async def _replay(self) -> None:
        answer, now = self._answer(complain=True), clock.now()
        made = await self.gateway.read(rulefields.promotion_terms, self._terms, answer)
        instead = None if self._one is None else self._one.promotion_id
        name, found = self._called(answer), list[Replayed]()
        steps = followed(
            lambda report: self.gateway.read(
                replay.over, name, made, first_at=clock.Millis(now - REPLAY_DAYS * DAY), until_at=now, by=self.actor,
                instead_of=instead, progress=report,
            ),
            found.append,
        )  # fmt: skip
        if await self.work_sheet.show(T("Playing the sales of the last {days} days", days=REPLAY_DAYS), steps):
            self._tried = await self.gateway.read(_replay_said, found[0], self.actor)
            await self._say()


def _replay_said(found: Replayed, by: Any) -> list[Words]:
    """What a replay came to: totals, and who would have won and lost most."""
    head = _(
        "Last {days} days: {used} of {sales} sales touched, {cheaper} cheaper, {dearer} dearer.",
        days=REPLAY_DAYS, used=found.used, sales=found.sales, cheaper=found.cheaper, dearer=found.dearer,
    )  # fmt: skip
    paid = _("{before_cents} became {after_cents}: {cost_cents} less.", before_cents=found.before_cents,
             after_cents=found.after_cents, cost_cents=found.cost_cents)  # fmt: skip
    points = found.points_after - found.points_before
    lines: list[Words] = [RichText(f"{head} {paid}", "accent", end="")]
    people = _("{better} members pay less, {worse} more.", better=found.members_better, worse=found.members_worse)
    if points:
        people += " " + _("Points {points}.", points=f"{points:+,}".replace("-", "−"))
    named = [
        f"{hit.name or '—'} {written('off_cents', change.cents)}"
        for change in (*found.winners[:3], *found.losers[:2])
        if (hit := members.by_id(change.member_id, by=by)) is not None
    ]
    lines.append(RichText(people + (" " + " · ".join(named) if named else ""), "quiet", end=""))
    return lines


class CouponKindPage(EditorPage):
    """A new coupon kind."""

    NAME = N_("Coupon kind")
    HELP = N_("Fill in what counts; what stays empty is no condition. Below stands what it means. ctrl+s saves.")
    KEYS = (SAVE,)

    def __init__(self, made_from: Terms, have: Known) -> None:
        super().__init__(rulefields.coupon_groups(made_from, have))
        self._terms = made_from

    def meant(self, answer: Answer) -> Sequence[Words]:
        """The coupon in a sentence."""
        made = rulefields.coupon_terms(self._terms, answer)
        coupons.check(answer.text("name"), made, answer.number("valid_days") or 0)
        return [terms.coupon_said(made)]

    async def write(self, answer: Answer) -> str:
        """Add the kind."""
        return await self.gateway.write(self._written, answer)

    def _written(self, answer: Answer) -> str:
        made, days = rulefields.coupon_terms(self._terms, answer), answer.number("valid_days") or 0
        coupons.create_kind(answer.text("name"), made, valid_days=days, by=self.actor, now=clock.now())
        return _("“{name}” is saved.", name=answer.text("name"))
