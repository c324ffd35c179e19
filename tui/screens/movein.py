"""Moving in 迁入: every file that was brought in, and the way of the next one: choose, columns, look, bring in."""

from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Mapping as Pairs

from textual import on

from core.base import clock
from core.base.i18n import N_, T, Text, written
from core.keeping import opening
from core.keeping.movein import batches, files, lists, mapping, moving, reading, undoing, words
from core.keeping.movein.batches import Batch
from core.keeping.movein.fields import KINDS, Kind
from core.keeping.movein.mapping import Mapping
from core.keeping.movein.moving import Moved, Preview
from core.keeping.movein.reading import Table
from core.keeping.movein.undoing import Undone
from tui.keymap import Action
from tui.screens.lists import ListPage, moment, whole
from tui.widgets.columns import Column
from tui.widgets.overlay import Answer, Field, Form
from tui.widgets.pagetable import Fetch, PageTable, Row
from tui.widgets.progress import followed
from tui.widgets.row import Words

NAMES = {"members": N_("members"), "products": N_("products"), "sales": N_("past sales")}
ORDERS = (("", T("not at all")), ("dmy", T("day, month, year")), ("mdy", T("month, day, year")))
EXAMPLES = 3


class MoveInPage(ListPage):
    """Every import, the newest first."""

    NAME = N_("Moving in")
    HELP = N_(
        "Members with their balances, products and past sales from the old system. Lay the file into the folder of"
        " imports on the shop's machine, then n: first you see what each column is taken for, then what would happen;"
        " only then is anything written. u takes a whole import back."
    )
    RIGHT = batches.RIGHT
    EMPTY = N_("Nothing was moved in yet. n begins.")
    KEYS = (
        Action("new", ("n",), N_("move in"), N_("Choose a file and look at it."), right=batches.RIGHT),
        Action("go_on", ("enter", "g"), N_("go on"), N_("Go on with an import that was broken off."),
               right=batches.RIGHT),
        Action("undo", ("u",), N_("undo"), N_("Take back what the selected import brought."), right=batches.RIGHT,
               danger=True),
    )  # fmt: skip
    COLUMNS = (
        Column("started", N_("begun"), 16, min_width=16),
        Column("kind", N_("what"), 10, min_width=8),
        Column("file", N_("file"), 26, min_width=10, important=True, stretch=True),
        Column("new", N_("brought in"), 10, min_width=8, right=True),
        Column("rest", N_("left out"), 9, min_width=8, right=True),
        Column("state", N_("state"), 12, min_width=10),
    )

    def __init__(self) -> None:
        super().__init__()
        self._imports: dict[int, Batch] = {}

    def source(self) -> Fetch:
        """The imports."""
        return whole(self._read, _batch)

    async def _read(self) -> Sequence[Batch]:
        found = await self.gateway.read(batches.listing, by=self.actor)
        self._imports = {one.id: one for one in found}
        return found

    def about(self, row: Row) -> Sequence[Words]:
        """What it brought, by what it is, and what became of its rows."""
        one = self._imports.get(row.key) if isinstance(row.key, int) else None
        if one is None:
            return ()
        return [
            _amounts(one.figures),
            " · ".join(f"{T(words.OUTCOMES[name])} {n:,}" for name, n in one.outcomes.items()),
        ]

    def refusal(self, action: Action) -> Text | None:
        """What is done does not go on; what was undone is not undone again."""
        one = self._selected()
        if action.id == "go_on" and (one is None or one.state != "running"):
            return T("Select an import that is not finished.")
        if action.id == "undo" and (one is None or one.state == "undone"):
            return T("Select an import that was not undone.")
        return super().refusal(action)

    def _selected(self) -> Batch | None:
        row = self.table.row
        return self._imports.get(row.key) if row is not None and isinstance(row.key, int) else None

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.act("go_on")

    async def do_new(self) -> None:
        """Ask which file, and what is in it."""
        await self._choose(None)

    async def do_go_on(self) -> None:
        """Ask for the same file again."""
        if (one := self._selected()) is not None:
            await self._choose(one)

    async def _choose(self, begun: Batch | None) -> None:
        found = await self.gateway.read(files.waiting, by=self.actor)
        if not found:
            self.office.tell(T("No file lies in {folder}. Put a CSV, XLS, XLSX or ODS there, then n again.",
                               folder=str(files.folder())), long=True)  # fmt: skip
            return
        stores = await self.gateway.read(opening.stores_of, self.actor)

        async def read(answer: Answer) -> None:
            kind: Kind = begun.kind if begun else next(one for one in KINDS if one == answer.text("kind"))
            path = await self.gateway.read(files.path_of, answer.text("file"), by=self.actor)
            table = await self.gateway.read(reading.read, path, kind, encoding=answer.text("encoding"))
            store_id = begun.store_id if begun else int(answer.text("store"))
            columns = await self.gateway.read(_columns, table, kind, begun)
            self.overlay.close()
            self.app.push_screen(ColumnsPage(table, columns, store_id, begun))

        listed: tuple[tuple[str, Words], ...] = tuple(
            (one.name, f"{one.name}   {moment(one.changed_at)}   {_size(one.size)}") for one in found
        )
        what: tuple[tuple[str, Words], ...] = tuple((kind, Text(NAMES[kind])) for kind in KINDS)
        file = Field("file", N_("file"), "menu", choices=listed)
        encoding = Field("encoding", N_("encoding"), required=False, hint=N_("found out by itself; or gb18030, big5 …"))
        if begun is not None:
            lines = (T("It was begun with {file}: choose that one.", file=begun.file_name),)
            await self.ask(Form("file", T("Go on"), lines, (file, encoding), done=N_("read")), read)
            return
        fields = (
            file,
            Field("kind", N_("what is in it"), "choice", choices=what),
            Field("store", N_("store"), "choice", choices=tuple((str(id), name) for id, name in stores)),
            encoding,
        )
        lines = (T("Nothing is written yet."),)
        await self.ask(Form("file", T("Move in from a file"), lines, fields, done=N_("read")), read)

    async def do_undo(self) -> None:
        """Ask, then take back part by part."""
        if (one := self._selected()) is None:
            return
        done: list[Undone] = []

        async def undo(answer: Answer) -> None:
            self.overlay.close()
            steps = followed(
                lambda report: self.gateway.write(
                    undoing.undo, one.id, by=self.actor, now=clock.now(), progress=report
                ),
                done.append,
            )
            await self.work_sheet.show(T("Taking back {file}", file=one.file_name), steps)
            self.changed()
            self.office.tell(_undone_said(done), long=True)

        lines = (
            T("{count} rows were brought in. Whoever bought, collected or was changed since stays, and is named.",
              count=one.outcomes.get("new", 0)),
            _amounts(one.figures),
        )  # fmt: skip
        title = T("Take back what {file} brought?", file=one.file_name)
        await self.ask(Form("undo", title, lines, done=N_("take back"), danger=True), undo)


class ColumnsPage(ListPage):
    """What each column of a file is taken for."""

    NAME = N_("Columns")
    HELP = N_(
        "Each column of the file, what stands in it, and what it is taken for. Enter changes that; leave aside what the"
        " shop does not want. l looks through the whole file: nothing is written by it."
    )
    EXPORTED = False
    KEYS = (
        Action("change", ("enter", "e"), N_("change"), N_("Take the selected column for something else.")),
        Action("days", ("d",), N_("days"), N_("Say how 03/04/2024 is meant.")),
        Action("look", ("l",), N_("look"), N_("Look through the file: what would be brought in, and what is wrong.")),
    )
    COLUMNS = (
        Column("header", N_("column"), 20, min_width=10, important=True),
        Column("field", N_("taken for"), 18, min_width=12),
        Column("first", N_("what stands there"), 34, min_width=12, stretch=True),
    )

    def __init__(self, table: Table, columns: Mapping, store_id: int, begun: Batch | None) -> None:
        super().__init__(name_of=table.file_name)
        self._file, self._columns, self._store_id, self._begun = table, columns, store_id, begun

    def source(self) -> Fetch:
        """The columns that have a header."""

        async def read() -> Sequence[int]:
            return [at for at, header in enumerate(self._file.headers) if header]

        return whole(read, lambda at: _column(self._file, self._columns, at))

    async def again(self) -> None:
        """Coming back, what was changed stands there."""
        await self.load()

    async def load(self) -> None:
        """Show the columns, and how the file was read."""
        await super().load()
        how = self._file.encoding or self._file.sheet
        self.select(T("{count} rows · {how}", count=len(self._file.rows), how=how))

    def about(self, row: Row) -> Sequence[Words]:
        """How ambiguous days are meant."""
        order = next(said for id, said in ORDERS if id == self._columns.day_order)
        return (T("A day like 03/04/2024 is taken as: {order}.", order=order),)

    def refusal(self, action: Action) -> Text | None:
        """An import that was begun goes on with the columns it was begun with."""
        if action.id in ("change", "days") and self._begun is not None:
            return T("An import goes on with the columns it was begun with.")
        return super().refusal(action)

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.act("change")

    async def do_change(self) -> None:
        """Go to what it can be."""
        if (row := self.table.row) is None or not isinstance(row.key, int):
            return
        at = row.key
        options = await self.gateway.read(mapping.options, self._columns.kind)

        async def taken(name: str) -> None:
            self._columns = await self.gateway.read(mapping.changed, self._columns, str(at + 1), name)

        self.app.push_screen(FieldsPage(self._columns, at, options, taken))

    async def do_days(self) -> None:
        """Ask how ambiguous days are meant."""

        async def write(answer: Answer) -> None:
            chosen = next(id for id, _said in ORDERS if id == answer.text("order"))
            self._columns = mapping.ordered(self._columns, chosen)  # type: ignore[arg-type]  # one of ORDERS
            self.overlay.close()
            self.reading(self.load)

        field = Field("order", N_("03/04/2024 is"), "choice", value=self._columns.day_order, choices=ORDERS,
                      required=False)  # fmt: skip
        lines = (T("Only days that could be read in two ways ask for this; without it they count as faults."),)
        await self.ask(Form("order", T("Days"), lines, (field,)), write)

    async def do_look(self) -> None:
        """Look through the file with its progress, then show what was found."""
        found: list[Preview] = []
        await self.gateway.read(mapping.check, self._columns)
        steps = followed(
            lambda report: self.gateway.read(
                moving.preview, self._file, self._columns, store_id=self._store_id, by=self.actor, now=clock.now(),
                progress=report,
            ),
            found.append,
        )  # fmt: skip
        if await self.work_sheet.show(T("Looking through {file}", file=self._file.file_name), steps) and found:
            self.app.push_screen(PreviewPage(found[0], self._begun))


class FieldsPage(ListPage):
    """All that one column can be taken for."""

    NAME = N_("Taken for")
    HELP = N_("Everything a column can be. Enter chooses; one column stands for each.")
    EXPORTED = False
    NOTED = False
    KEYS = (Action("choose", ("enter",), N_("choose"), N_("Take the column for this.")),)
    COLUMNS = (
        Column("field", N_("taken for"), 30, min_width=16, important=True),
        Column("now", N_("column"), 30, min_width=10, stretch=True),
    )

    def __init__(
        self, columns: Mapping, at: int, options: Sequence[tuple[str, Words]], taken: Callable[[str], Awaitable[None]]
    ) -> None:
        super().__init__(name_of=columns.headers[at])
        self._columns, self._at, self._taken = columns, at, taken
        self._options: list[tuple[str, Words]] = [("", T("left aside")), *options]

    def source(self) -> Fetch:
        """The fields, and which column stands for each now."""

        async def read() -> Sequence[tuple[str, Words]]:
            return self._options

        return whole(read, self._row)

    def _row(self, one: tuple[str, Words]) -> Row:
        at = self._columns.place(one[0]) if one[0] else None
        return Row(one[0], (one[1], "" if at is None else self._columns.headers[at]))

    @on(PageTable.RowOpened)
    async def _opened(self, message: PageTable.RowOpened) -> None:
        message.stop()
        await self.act("choose")

    async def do_choose(self) -> None:
        """Take the column for it, and go back."""
        if (row := self.table.row) is not None and isinstance(row.key, str):
            await self._taken(row.key)
            self.app.pop_screen()


class PreviewPage(ListPage):
    """What an import would do."""

    NAME = N_("What would happen")
    HELP = N_(
        "How many rows are new, twice in the file, in the shop already or wrong, what the new ones bring, and what is"
        " wrong with the others. w writes the wrong and doubled rows to files; b brings the new ones in."
    )
    EXPORTED = False
    KEYS = (
        Action("bring", ("b",), N_("bring in"), N_("Write the new rows to the shop."), right=batches.RIGHT),
        Action("write", ("w",), N_("lists"), N_("Write the wrong rows, and the doubled ones, to files.")),
    )
    COLUMNS = (
        Column("what", N_("what"), 50, min_width=24, important=True, stretch=True),
        Column("count", N_("how many"), 16, min_width=10, right=True),
    )

    def __init__(self, found: Preview, begun: Batch | None) -> None:
        super().__init__(name_of=T("what would happen"))
        self._found, self._begun = found, begun

    def source(self) -> Fetch:
        """Rows by outcome, amounts, and what is wrong."""

        async def read() -> Sequence[Row]:
            return _said(self._found)

        return whole(read, lambda row: row)

    def about(self, row: Row) -> Sequence[Words]:
        """What to do about what is wrong, and where it stands first."""
        if not isinstance(row.key, moving.Reason):
            return ()
        first = row.key.examples[0]
        where = T("row {row}, {column}: “{given}”", row=str(first.row), column=first.column, given=first.given)
        return (row.key.step, where)

    def refusal(self, action: Action) -> Text | None:
        """Something new must be there to be brought in."""
        if action.id == "bring" and not self._found.rows.get("new") and self._begun is None:
            return T("Nothing in the file is new.")
        if action.id == "write" and not (self._found.faults or self._found.doubles):
            return T("Nothing is wrong or doubled.")
        return super().refusal(action)

    async def do_write(self) -> None:
        """Write both lists."""
        made = [
            path
            for write in (lists.write_faults, lists.write_doubles)
            if (path := await self.gateway.write(write, self._found, by=self.actor, now=clock.now())) is not None
        ]
        self.office.tell(T("{files} are written.", files=", ".join(str(one) for one in made)), long=True)

    async def do_bring(self) -> None:
        """Ask, then write part by part."""
        moved: list[Moved] = []

        async def bring(answer: Answer) -> None:
            self.overlay.close()
            batch_id = self._begun.id if self._begun is not None else await self.gateway.write(
                moving.begin, self._found, by=self.actor, now=clock.now()
            )  # fmt: skip
            steps = followed(
                lambda report: self.gateway.write(
                    moving.go_on, batch_id, self._found, by=self.actor, now=clock.now(), progress=report
                ),
                moved.append,
            )
            await self.work_sheet.show(T("Bringing in {file}", file=self._found.table.file_name), steps)
            if not moved:
                self.office.tell(T("Stopped. What is in stays; go on with it later, or undo it."), long=True)
                return
            await self.ask(_done_form(moved[0]), self._leave)

        lines: tuple[Words, ...] = (_amounts(self._found.amounts), T("It can be stopped on the way, and undone."))
        title = T("Bring in {count} rows now?", count=self._found.rows.get("new", 0))
        await self.ask(Form("bring", title, lines, done=N_("bring in"), danger=True), bring)

    async def _leave(self, answer: Answer) -> None:
        self.overlay.close()
        office = self.app
        while len(office.screen_stack) > 1 and not isinstance(office.screen, MoveInPage):
            office.pop_screen()


def _columns(table: Table, kind: Kind, begun: Batch | None) -> Mapping:
    return mapping.guess(table, kind) if begun is None else mapping.restored(table, kind, begun.mapping)


def _column(table: Table, columns: Mapping, at: int) -> Row:
    name = columns.columns.get(at)
    taken: Words = T("left aside") if name is None else mapping.label(columns.kind, name)
    seen = [str(cell) for _number, row in table.rows[:50] if (cell := row[at]) not in ("", None)][:EXAMPLES]
    return Row(at, (table.headers[at], taken, " · ".join(seen)), tone="quiet" if name is None else "")


def _said(found: Preview) -> list[Row]:
    rows = [
        Row(name, (Text(words.OUTCOMES[name]), f"{found.rows[name]:,}"))
        for name in words.OUTCOMES
        if found.rows.get(name)
    ]
    if found.near:
        rows.append(Row("near", (T("of them nearly another"), f"{found.near:,}")))
    for name, amount in found.amounts.items():
        if name in words.AMOUNTS:
            rows.append(Row(name, (T("they bring: {what}", what=Text(words.AMOUNTS[name])), written(name, amount))))
    rows += [Row(one, (one.reason, f"{one.count:,}"), tone="bad") for one in found.reasons]
    return rows


def _done_form(moved: Moved) -> Form:
    lines: list[Words] = [T("What the file brought, and what the shop holds of it:")]
    for name, label in words.AMOUNTS.items():
        if name in moved.brought:
            brought, held = written(name, moved.brought[name]), written(name, moved.held[name])
            lines.append(T("{what}: {brought} = {held}", what=Text(label), brought=brought, held=held))
    return Form("moved", T("Moved in"), tuple(lines), done=N_("good"))


def _undone_said(done: Sequence[Undone]) -> Text:
    if not done:
        return T("Stopped. Go on with u; what is taken back stays so.")
    one = done[0]
    if not one.kept:
        return T("All {count} are taken back.", count=one.undone)
    named = ", ".join(kept.shown for kept in one.kept[:5])
    return T("{undone} are taken back, {kept} stay because they were used: {named}", undone=one.undone,
             kept=len(one.kept), named=named)  # fmt: skip


def _amounts(figures: Pairs[str, int]) -> str:
    return " · ".join(
        f"{T(words.AMOUNTS[name])} {written(name, n)}" for name, n in figures.items() if name in words.AMOUNTS
    )


def _batch(one: Batch) -> Row:
    new = one.outcomes.get("new", 0) + one.outcomes.get("undone", 0) + one.outcomes.get("kept", 0)
    rest = sum(count for name, count in one.outcomes.items() if name in ("double", "there", "faulty"))
    cells = (
        moment(one.started_at),
        Text(NAMES[one.kind]),
        one.file_name,
        f"{new:,}",
        f"{rest:,}",
        Text(words.STATES[one.state]),
    )
    return Row(one.id, cells, tone={"running": "bad", "undone": "quiet"}.get(one.state, ""))


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB" if size >= 100_000 else f"{max(size // 1000, 1)} kB"
