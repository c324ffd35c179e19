"""Which column means what: guessed from the headers, changed by hand, checked before anything is read by it."""

import json
from collections.abc import Mapping as Pairs
from dataclasses import dataclass, field, replace
from typing import Literal

from core.base.errors import Invalid
from core.base.i18n import N_, Text, say
from core.keeping import opening
from core.keeping.movein import cells, fields
from core.keeping.movein.fields import Kind
from core.keeping.movein.reading import Table
from core.people import ownfields

DayOrder = Literal["", "dmy", "mdy"]
OWN, STOCK = "own:", "stock:"
"""Fields beside the fixed ones: a field of the shop's own by its id, the stock of one store by its id."""


@dataclass(frozen=True)
class Mapping:
    """Fields by the place of their column (0 is the first); a column that is not named is left aside.

    `day_order` says how 03/04/2024 is meant: 'dmy' the third of April, 'mdy' the fourth of March, '' not at all.
    """

    kind: Kind
    headers: tuple[str, ...]
    columns: Pairs[int, str] = field(default_factory=dict)
    day_order: DayOrder = ""

    def place(self, name: str) -> int | None:
        """Where a field stands."""
        return next((at for at, found in self.columns.items() if found == name), None)

    def stored(self) -> str:
        """As it is kept with its import."""
        columns = {str(at): name for at, name in sorted(self.columns.items())}
        return json.dumps({"columns": columns, "day_order": self.day_order}, ensure_ascii=False)


class ColumnUnknown(Invalid):
    """The file has no such column."""

    code = "column_unknown"
    text = N_("There is no column “{given}”. The file has: {known}.")


class FieldUnknown(Invalid):
    """A column cannot mean this."""

    code = "field_unknown"
    text = N_("A column cannot be “{given}”. Choose one of: {known}.")


class FieldTwice(Invalid):
    """Two columns are given the same meaning."""

    code = "field_twice"
    text = N_("“{first}” and “{second}” are both taken as {field_name}. Leave one of them aside.")


class ColumnMissing(Invalid):
    """A column that an import cannot do without is not there."""

    code = "column_missing"
    text = N_("No column is taken as {wanted}. Say which one is, or add it to the file. The file has: {known}.")


def label(kind: Kind, name: str) -> Text:
    """What a field is called."""
    found = fields.LABELS[kind].get(name)
    if found is not None:
        return Text(found)
    return Text(fields.LABELS["products"]["stock"]) if name.startswith(STOCK) else Text(N_("own field"))


def options(kind: Kind) -> list[tuple[str, Text | str]]:
    """All that a column can be taken for: field and what it is called, the shop's own fields and stores by name."""
    found: list[tuple[str, Text | str]] = [(name, Text(words)) for name, words in fields.LABELS[kind].items()]
    if kind == "members":
        found += [(f"{OWN}{one.id}", one.name) for one in ownfields.all_fields()]
    if kind == "products":
        stock = Text(fields.LABELS["products"]["stock"])
        found += [(f"{STOCK}{id}", f"{stock} {name}") for id, name in opening.stores()]
    return found


def example(table: Table, at: int) -> str:
    """What stands first in a column, so that a wrong encoding or a wrong meaning is seen; '' in an empty one."""
    found = (row[at] for _, row in table.rows[:200] if row[at] not in ("", None))
    return cells.plain(next(found, ""))[:40]


def guess(table: Table, kind: Kind) -> Mapping:
    """The meaning of each column as its header says; of two for one field the usual word, then the first."""
    own = {fields.key(one.name): f"{OWN}{one.id}" for one in ownfields.all_fields()} if kind == "members" else {}
    best: dict[str, tuple[int, int]] = {}
    for at, header in enumerate(table.headers):
        found = (own[fields.key(header)], 0) if fields.key(header) in own else _meaning(header, kind)
        if found is not None and (found[0] not in best or found[1] < best[found[0]][0]):
            best[found[0]] = found[1], at
    return Mapping(kind, table.headers, dict(sorted((at, name) for name, (_place, at) in best.items())))


def _meaning(header: str, kind: Kind) -> tuple[str, int] | None:
    found = fields.meaning(header, kind)
    if kind != "products" or (found is not None and found[0] != "stock"):
        return found
    if "库存" in header or "stock" in header.lower():
        for store_id, name in opening.stores():
            if name and name in header:
                return f"{STOCK}{store_id}", 0
    return found


def changed(mapping: Mapping, header: str, name: str) -> Mapping:
    """A column by its header or number (from 1) with another meaning; '' leaves it aside.

    Raises: ColumnUnknown, FieldUnknown.
    """
    at = _column(mapping, header)
    if name and not _is_field(mapping.kind, name):
        known = ", ".join(fields.LABELS[mapping.kind])
        raise FieldUnknown(field="map", given=name[:40], known=known)
    columns = dict(mapping.columns)
    columns.pop(at, None)
    return replace(mapping, columns=columns | ({at: name} if name else {}))


def ordered(mapping: Mapping, order: DayOrder) -> Mapping:
    """A mapping that says how 03/04/2024 is meant."""
    return replace(mapping, day_order=order)


def _column(mapping: Mapping, header: str) -> int:
    keys = [fields.key(one) for one in mapping.headers]
    if header in mapping.headers:
        return mapping.headers.index(header)
    if header.isdecimal() and 1 <= int(header) <= len(keys):
        return int(header) - 1
    if fields.key(header) in keys:
        return keys.index(fields.key(header))
    raise ColumnUnknown(field="map", given=header[:40], known=_known(mapping))


def _known(mapping: Mapping) -> str:
    return ", ".join(one for one in mapping.headers if one)[:400] or "—"


def _is_field(kind: Kind, name: str) -> bool:
    if name in fields.LABELS[kind]:
        return True
    mark, _, id = name.partition(":")
    if not id.isdecimal():
        return False
    if mark == "own" and kind == "members":
        return any(one.id == int(id) for one in ownfields.all_fields())
    return mark == "stock" and kind == "products" and any(store == int(id) for store, _ in opening.stores())


def check(mapping: Mapping) -> None:
    """Raise unless every field stands once and what is needed is there. Raises: FieldTwice, ColumnMissing."""
    seen: dict[str, int] = {}
    for at, name in sorted(mapping.columns.items()):
        if name in seen:
            first, second = mapping.headers[seen[name]], mapping.headers[at]
            said = label(mapping.kind, name)
            raise FieldTwice(field="map", first=first, second=second, field_name=said)
        seen[name] = at
    for options in fields.NEEDED[mapping.kind]:
        if not any(name in seen for name in options):
            wanted = " / ".join(say(fields.LABELS[mapping.kind][name]) for name in options)
            raise ColumnMissing(field="map", wanted=wanted, known=_known(mapping))


def restored(table: Table, kind: Kind, stored: str) -> Mapping:
    """The mapping kept with an import, for the same file."""
    found = json.loads(stored)
    columns = {int(at): name for at, name in found["columns"].items()}
    return Mapping(kind, table.headers, columns, found["day_order"])
