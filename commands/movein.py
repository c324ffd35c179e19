"""`regulars import`: members with balances, products and past sales from an old system's files."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.frame import AS_JSON, STORE, columns, open_shop, owner, say, say_json, store_of, verb
from core.base.i18n import T, _

if TYPE_CHECKING:
    from core.keeping.movein.batches import Batch
    from core.keeping.movein.fields import Kind
    from core.keeping.movein.mapping import Mapping
    from core.keeping.movein.moving import Preview
    from core.keeping.movein.reading import Table
    from core.keeping.movein.sides import Progress


OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path)),
    click.option(
        "--map",
        "maps",
        multiple=True,
        metavar="COLUMN=FIELD",
        help=_("What a column means; COLUMN= leaves it aside. Repeat it."),
    ),
    click.option("--encoding", default="", help=_("Of a text file, like gb18030; found out if left out.")),
    click.option("--sheet", default="", help=_("Name or number of the sheet; the first if left out.")),
    click.option("--day-order", type=click.Choice(["dmy", "mdy"]), help=_("How 03/04/2024 is meant.")),
    STORE,
    click.option("--dry-run", is_flag=True, help=_("Only look; nothing is written.")),
    click.option("--resume", is_flag=True, help=_("Go on with an import that was broken off.")),
    click.option("--yes", is_flag=True, help=_("Do not ask.")),
)


@click.group("import", help=_("Move in from another system: look at a file, bring it in, undo it."))
def import_() -> None:
    """Group."""


@verb(import_, "members", _("Members with points, stored value, passes and coupons: CSV, XLS, XLSX or ODS."), *OPTIONS)
def import_members(folder: Path, file: Path, **given: Any) -> None:
    """Looks first, then asks."""
    _import(folder, file, "members", given)


@verb(import_, "products", _("Products with prices, numbers and stock."), *OPTIONS)
def import_products(folder: Path, file: Path, **given: Any) -> None:
    """Looks first, then asks."""
    _import(folder, file, "products", given)


@verb(import_, "sales", _("Past sales, for visits and spend: nobody earns by them."), *OPTIONS)
def import_sales(folder: Path, file: Path, **given: Any) -> None:
    """Looks first, then asks."""
    _import(folder, file, "sales", given)


def _import(folder: Path, file: Path, kind: "Kind", given: dict[str, Any]) -> None:
    open_shop(folder)
    from core.base import clock
    from core.keeping.movein import lists, moving, reading

    now, by = clock.now(), owner()
    table = reading.read(file, kind, encoding=given["encoding"], sheet=given["sheet"])
    batch, mapping = _begun(table, kind, given)
    _say_table(table, mapping)
    store_id = store_of(given["store"]) if batch is None else batch.store_id
    with _bar(_("Reading"), len(table.rows)) as progress:
        found = moving.preview(table, mapping, store_id=store_id, by=by, now=now, progress=progress)
    _say_preview(found)
    written = () if batch else (lists.write_faults(found, by=by, now=now), lists.write_doubles(found, by=by, now=now))
    for path in written:
        if path is not None:
            say(_("{path} is written.", path=str(path)))
    if given["dry_run"] or not (found.rows.get("new") or batch):
        return
    if not given["yes"]:
        click.confirm(_("Bring in {count} rows now?", count=found.rows.get("new", 0)), abort=True)
    batch_id = batch.id if batch is not None else moving.begin(found, by=by, now=now)
    with _bar(_("Bringing in"), len(found.items)) as progress:
        moved = moving.go_on(batch_id, found, by=by, now=now, progress=progress)
    _say_moved(moved.batch_id, moved.brought, moved.held)


def _begun(table: "Table", kind: "Kind", given: dict[str, Any]) -> tuple["Batch | None", "Mapping"]:
    """The import of this file to go on with, and how its columns are read."""
    from core.keeping.movein import batches, mapping

    if given["resume"]:
        found = batches.of_file(kind, table.hash, by=owner())
        if found is None or found.state != "running":
            raise click.UsageError(_("No import of {file} was broken off.", file=table.file_name))
        return found, mapping.restored(table, kind, found.mapping)
    if not given["dry_run"]:
        batches.check_fresh(kind, table.file_name, table.hash, by=owner())
    made = mapping.guess(table, kind)
    for one in given["maps"]:
        column, mark, name = one.rpartition("=")
        if not mark:
            raise click.UsageError(_("Write --map as COLUMN=FIELD, not “{given}”.", given=one[:40]))
        made = mapping.changed(made, column, name)
    return None, mapping.ordered(made, given["day_order"] or "")


@contextmanager
def _bar(label: str, length: int) -> Iterator["Progress"]:
    """A bar on the terminal's error output, nothing elsewhere."""
    hidden = not sys.stderr.isatty()
    with click.progressbar(length=length, label=label, file=sys.stderr, hidden=hidden) as bar:
        yield lambda done, _of: bar.update(done - bar.pos)


def _say_table(table: "Table", columns_: "Mapping") -> None:
    from core.keeping.movein import mapping

    how = table.encoding or _("sheet {sheet}", sheet=table.sheet)
    say(_("{file}: {count} rows, {how}.", file=table.file_name, count=len(table.rows), how=how))
    for at, header in enumerate(table.headers):
        name = columns_.columns.get(at)
        if header:
            said = _("left aside") if name is None else f"{mapping.label(columns_.kind, name)} ({name})"
            say(columns(header, cells=0) + f"  → {said}   {mapping.example(table, at)}".rstrip())


def _say_preview(found: "Preview") -> None:
    from core.base.i18n import written
    from core.keeping.movein import words

    for outcome, count in sorted(found.rows.items(), key=lambda one: list(words.OUTCOMES).index(one[0])):
        say(columns(str(T(words.OUTCOMES[outcome])), written("count", count)))
    if found.near:
        say(columns(_("of them nearly another"), written("count", found.near)))
    for name, amount in found.amounts.items():
        say(columns(str(T(words.AMOUNTS[name])), written(name, amount)))
    for one in found.reasons:
        first = one.examples[0]
        where = _("row {row}, {column}: “{given}”", row=str(first.row), column=first.column, given=first.given)
        say(f"✗ {one.count} × {one.reason} {one.step}\n    {where}")


def _say_moved(batch_id: int, brought: Any, held: Any) -> None:
    from core.base.i18n import written
    from core.keeping.movein import words

    say(_("Import {batch} is done. What the file brought, and what the shop holds of it:", batch=str(batch_id)))
    for name in words.AMOUNTS:
        if name in brought:
            say(columns(str(T(words.AMOUNTS[name])), written(name, brought[name]), written(name, held[name]), cells=18))


@verb(import_, "list", _("All imports with how far each got."), AS_JSON)
def import_list(folder: Path, as_json: bool) -> None:
    """The newest first."""
    open_shop(folder)
    from dataclasses import asdict

    from core.base.i18n import written
    from core.keeping.movein import batches, words

    found = batches.listing(by=owner())
    if as_json:
        say_json([asdict(one) | {"id": str(one.id), "store_id": str(one.store_id)} for one in found])
        return
    for one in found:
        say(f"{one.id:<12} {written('started_at', one.started_at)}  {T(words.STATES[one.state])}  {one.file_name}")
        counted = (f"{T(words.OUTCOMES[name])} {count:,}" for name, count in one.outcomes.items())
        say(f"{'':<12} {'   '.join(counted)}")


@verb(
    import_,
    "undo",
    _("Take back what an import brought, where nobody used it since."),
    click.argument("batch", type=int),
    click.option("--yes", is_flag=True, help=_("Do not ask.")),
)
def import_undo(folder: Path, batch: int, yes: bool) -> None:
    """Names who stays."""
    open_shop(folder)
    from core.base import clock
    from core.keeping.movein import batches, undoing

    found = batches.get(batch, by=owner())
    count = found.outcomes.get("new", 0)
    if not yes:
        click.confirm(_("Take back the {count} rows {file} brought?", count=count, file=found.file_name), abort=True)
    with _bar(_("Taking back"), count) as progress:
        undone = undoing.undo(batch, by=owner(), now=clock.now(), progress=progress)
    say(_("{undone} were taken back, {kept} stay.", undone=undone.undone, kept=len(undone.kept)))
    for one in undone.kept:
        say(_("row {row}: {shown} was used since and stays.", row=str(one.row), shown=one.shown))
