"""A sheet over the page for a question or a small form; at most one, and it never leaves the page."""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input

from core.base.errors import Invalid, RegularsError
from core.base.i18n import N_, Text
from tui.widgets.choice import Choice, Menu, Several
from tui.widgets.dates import BirthdayInput, DateInput
from tui.widgets.money import MoneyInput, percent_typed, read_money, read_number, read_percent
from tui.widgets.note import Paragraph
from tui.widgets.row import KeyItem, KeyRow, Line, Words
from tui.widgets.searchbox import QuietInput

Kind = Literal[
    "text", "number", "quantity", "money", "choice", "menu", "several", "secret", "day", "birthday", "percent"
]
Preview = Callable[["Answer"], Awaitable[Sequence["Words"]]]
"""Says what a form would do as it is filled in now."""
PREVIEW_S = 0.15
"""Between the last key and the preview of what was typed."""


class FieldMissing(Invalid):
    """A field that must be filled in is empty."""

    code = "field_missing"
    text = N_("Fill in “{label}”.")


@dataclass(frozen=True)
class Field:
    """A field of a form; `label` and `hint` are msgids, money is in cents, a percentage in basis points.

    The value of 'several' is the ids marked, separated by spaces. A 'quantity' is read as it was typed: pieces or a
    weight; what stands in it goes with the first key, as in every box for a figure.
    """

    id: str
    label: str
    kind: Kind = "text"
    value: str | int | None = None
    choices: tuple[tuple[str, Words], ...] = ()
    required: bool = True
    hint: str = ""


@dataclass(frozen=True)
class Form:
    """A question: title, lines below it, fields, and the word on the key that does it (a msgid).

    `danger` asks for the key `y`, so that neither a habit nor a scanner's Enter does it. `quick` lets
    Enter do it from any field; Tab and the arrow keys go on. `preview` says what it would do.
    """

    id: str
    title: Words
    lines: tuple[Words, ...] = ()
    fields: tuple[Field, ...] = ()
    done: str = N_("save")
    danger: bool = False
    quick: bool = False
    preview: Preview | None = None


@dataclass(frozen=True)
class Answer:
    """What was filled in. `key` is the same for every try of one opened form (idempotency)."""

    form: Form
    values: Mapping[str, str | int | None]
    key: str

    def text(self, id: str) -> str:
        """A text or choice; '' if it was left empty."""
        return str(self.values[id] or "")

    def number(self, id: str) -> int | None:
        """A number, or an amount in cents; None if it was left empty."""
        value = self.values[id]
        return value if isinstance(value, int) else None


class FieldRow(Vertical):
    """A field with its label at the left and its error below."""

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self.input = _input(field)
        self._note = Paragraph(classes="field-note")
        self._error = Paragraph(classes="field-error")

    def compose(self) -> ComposeResult:
        """Label and input side by side."""
        with Horizontal(classes="field menu" if self.field.kind == "menu" else "field"):
            yield Line(Text(self.field.label), classes="field-label")
            yield self.input
        yield self._note
        yield self._error

    def on_mount(self) -> None:
        """What is filled in already is said at once."""
        self.note()

    def note(self) -> None:
        """Say below the field what was understood, where the field can."""
        if isinstance(self.input, DateInput | BirthdayInput):
            said = self.input.said()
            self._note.say(said)
            self._note.display = bool(str(said))

    def read(self) -> str | int | None:
        """The value typed; None for an empty field that may be empty.

        Raises: FieldMissing, MoneyUnreadable, NumberUnreadable, PercentUnreadable.
        """
        typed = self.input.value if self.field.kind == "secret" else self.input.value.strip()
        if not typed and self.field.required:
            raise FieldMissing(field=self.field.id, label=Text(self.field.label))
        if not typed:
            return None
        if self.field.kind == "money":
            return read_money(typed, field=self.field.id)
        if self.field.kind == "number":
            return read_number(typed, field=self.field.id)
        if self.field.kind == "percent":
            return read_percent(typed, field=self.field.id)
        return typed

    def complain(self, words: Words) -> None:
        """Show an error below the field, or take it away."""
        self._error.say(words)
        self._error.display = bool(str(words))


CHOICES: dict[str, type[Choice]] = {"choice": Choice, "menu": Menu, "several": Several}


def _input(field: Field) -> Choice | QuietInput:
    if field.kind in CHOICES:
        return CHOICES[field.kind](field.choices, str(field.value or ""), id=field.id)
    if field.kind in ("day", "birthday"):
        box = DateInput if field.kind == "day" else BirthdayInput
        return box(str(field.value or ""), hint=field.hint, id=field.id)
    if field.kind == "money":
        return MoneyInput(field.value if isinstance(field.value, int) else None, hint=field.hint, id=field.id)
    value = "" if field.value is None else str(field.value)
    if field.kind == "percent" and isinstance(field.value, int):
        value = percent_typed(field.value)
    figure = field.kind in ("number", "quantity", "percent")
    return QuietInput(value, hint=field.hint, id=field.id, password=field.kind == "secret", replaced=figure)


Values = dict[str, str | int | None]


def filled_in(
    rows: Iterable[FieldRow], *, complain: bool = True
) -> tuple[Values, list[tuple[FieldRow, RegularsError]]]:
    """What is typed into fields, and those that cannot be read, each told below its field unless one only looks."""
    values: Values = {}
    wrong: list[tuple[FieldRow, RegularsError]] = []
    for row in rows:
        if complain:
            row.complain("")
        try:
            values[row.field.id] = row.read()
        except RegularsError as error:
            wrong.append((row, error))
            if complain:
                row.complain(error.as_text())
    return values, wrong


class Confirm(KeyRow):
    """The keys of the sheet."""

    can_focus = True


class Overlay(Vertical):
    """Opens a form, reads it, and stays locked from `Submitted` until `close` or `refuse`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "step(1)", show=False),
        Binding("shift+tab", "step(-1)", show=False),
        Binding("down", "step(1)", show=False),
        Binding("up", "step(-1)", show=False),
        Binding("enter", "advance", show=False),
        Binding("y", "confirm", show=False),
    ]

    class Submitted(Message):
        """A form was filled in; the sheet is locked until it is closed or refused."""

        def __init__(self, answer: Answer) -> None:
            super().__init__()
            self.answer = answer

    class Cancelled(Message):
        """A form was left."""

        def __init__(self, form: Form) -> None:
            super().__init__()
            self.form = form

    def __init__(self, *, id: str = "overlay") -> None:
        super().__init__(id=id)
        self.display = False
        self.busy = False
        self._form = Form("", "")
        self._key = ""
        self._rows: list[FieldRow] = []
        self._problem = Paragraph(classes="field-error")
        self._confirm = Confirm(self._items)
        self._previewed = Paragraph(classes="sheet-preview")
        self._pause: Timer | None = None
        self._before: Widget | None = None

    @property
    def is_open(self) -> bool:
        """Whether a form is on the screen."""
        return bool(self.display)

    def is_answered(self, answer: Answer) -> bool:
        """Whether the form on the screen is the one with this answer, not one that followed it."""
        return answer.key == self._key

    async def open(self, form: Form) -> None:
        """Show a form; the focus goes to its first field, or to its keys."""
        if not self.is_open:  # a form that follows another gives the focus back to the same place
            self._before = self.screen.focused
        self._form, self._key, self.busy = form, secrets.token_hex(16), False
        self._rows = [FieldRow(field) for field in form.fields]
        self._problem, self._confirm = Paragraph(classes="field-error"), Confirm(self._items)
        self._previewed = Paragraph(classes="sheet-preview")
        self._previewed.display = False
        with self.app.batch_update():
            await self.remove_children()
            lines = [Paragraph(words, classes="sheet-line") for words in form.lines]
            for last in lines[-1:] if form.fields else ():
                last.add_class("-last")
            title = Line(form.title, classes="sheet-title")
            await self.mount(title, *lines, *self._rows, self._previewed, self._problem, self._confirm)
            self.set_class(form.danger, "-danger")
            self.display = True
        self._stops[0].focus()
        self._preview_soon()

    def close(self) -> None:
        """Take the sheet away; the focus goes back to where it was."""
        self.busy = self.display = False
        if self._before is not None and self._before.is_attached:
            self._before.focus()

    def refuse(self, error: RegularsError) -> None:
        """Unlock the sheet and show the sentence at its field, or above the keys."""
        self._lock(False)
        row = next((row for row in self._rows if row.field.id == error.field), None)
        if row is not None:
            row.complain(error.as_text())
            row.input.focus()
            return
        self._problem.say(error.as_text())
        self._problem.display = True
        hidden = [row.input for row in self._rows if row.field.kind == "secret" and isinstance(row.input, QuietInput)]
        for secret in hidden:  # what nobody can read is typed again as a whole
            secret.value = ""
        (hidden[0] if hidden else self._stops[0]).focus()

    def cancel(self) -> bool:
        """Leave the form; False while it is being written, which nothing stops."""
        if self.busy:
            return False
        self.close()
        self.post_message(self.Cancelled(self._form))
        return True

    def keep_focus(self, focused: Widget) -> None:
        """Bring the focus back when the mouse took it to the page below."""
        if self.is_open and self not in focused.ancestors_with_self:
            self._stops[0].focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in a field."""
        event.stop()
        self.action_advance()

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed is said again below its field, and the preview with it."""
        event.stop()
        for row in self._rows:
            if row.input is event.input:
                row.note()
        self._preview_soon()

    def on_choice_picked(self, event: Choice.Picked) -> None:
        """Another choice changes the preview."""
        event.stop()
        self._preview_soon()

    def _preview_soon(self) -> None:
        if self._form.preview is None:
            return
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(PREVIEW_S, self._preview)

    def _preview(self) -> None:
        form = self._form
        if form.preview is None or not self.is_open or self.busy:
            return
        values, wrong = filled_in(self._rows, complain=False)
        values |= {row.field.id: None for row, _error in wrong}
        self.run_worker(self._said(form, Answer(form, values, self._key)), group="preview", exclusive=True)

    async def _said(self, form: Form, answer: Answer) -> None:
        """Show what a preview says; what it refuses is told when the form is done."""
        if form.preview is None:
            return
        try:
            lines = list(await form.preview(answer))
        except RegularsError as error:
            lines = [error.as_text()]
        if form is self._form and self.is_open:
            self._previewed.say("\n".join(str(line) for line in lines))
            self._previewed.display = bool(lines)

    def on_key_row_chosen(self, event: KeyRow.Chosen) -> None:
        """A click on the keys."""
        event.stop()
        self._submit() if event.id == "submit" else self.cancel()

    def action_step(self, by: int) -> None:
        """Go around the fields and the keys; never out of the sheet."""
        stops, focused = self._stops, self.screen.focused
        at = next((i for i, stop in enumerate(stops) if stop is focused), 0)
        stops[(at + by) % len(stops)].focus()

    def action_advance(self) -> None:
        """Enter: the next field; after the last one it is done, unless it is dangerous."""
        stops, focused = self._stops, self.screen.focused
        at = next((i for i, stop in enumerate(stops) if stop is focused), 0)
        if self._form.quick and not self._form.danger:
            self._submit()
        elif at < len(self._rows) - 1 or (at < len(self._rows) and self._form.danger):
            stops[at + 1].focus()
        elif not self._form.danger:
            self._submit()

    def action_confirm(self) -> None:
        """The key of dangerous forms."""
        if self._form.danger and self.screen.focused is self._confirm:
            self._submit()

    @property
    def _stops(self) -> list[Widget]:
        return [*(row.input for row in self._rows if not row.disabled), self._confirm]

    def _items(self) -> list[KeyItem]:
        key = "y" if self._form.danger else "Enter"
        done = KeyItem("submit", key, self._form.done, off=self.busy)
        return [done, KeyItem("cancel", "Esc", N_("back"), off=self.busy)]

    def _submit(self) -> None:
        if self.busy or (values := self._read()) is None:
            return
        self._lock(True)
        self.post_message(self.Submitted(Answer(self._form, values, self._key)))

    def _read(self) -> Values | None:
        values, wrong = filled_in(self._rows)
        if wrong:
            wrong[0][0].input.focus()
        return None if wrong else values

    def _lock(self, busy: bool) -> None:
        self.busy = busy
        self._problem.display = False
        if busy:
            self._confirm.focus()
        for row in self._rows:
            row.disabled = busy
        self._confirm.refresh()
