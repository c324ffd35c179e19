"""Own fields 自定义字段: what a shop wants to know of its members beside what every shop does."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from core.base import db, ids
from core.base.access import Actor, require
from core.base.clock import Millis
from core.base.errors import Invalid, Refused
from core.base.i18n import N_, T, Text
from core.base.text import clean
from core.books import audit, locks

Kind = Literal["text", "number", "day", "choice"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MOST, LONGEST = 20, 200


@dataclass(frozen=True)
class OwnField:
    """A field; `choices` only of the kind 'choice'."""

    id: int
    name: str
    kind: Kind
    choices: tuple[str, ...] = ()


class OwnFieldInvalid(Invalid):
    """A field that cannot be added."""

    code = "own_field_invalid"
    text = N_("“{given}” cannot be a field. {wanted}")


class OwnFieldsFull(Refused):
    """A shop has only so many fields of its own."""

    code = "own_fields_full"
    text = N_("There are {most} fields of your own already. Retire one that nobody uses, then add this one.")


class OwnValueInvalid(Invalid):
    """A value does not fit its field."""

    code = "own_value_invalid"
    text = N_("{name}: “{given}” does not fit. {wanted}")


def all_fields() -> list[OwnField]:
    """The fields in use, the oldest first."""
    sql = "SELECT id, name, kind, choices FROM own_field WHERE active = 1 ORDER BY created_at, id"
    return [OwnField(row[0], row[1], row[2], tuple(json.loads(row[3]))) for row in db.rows(sql)]


@db.atomic
def create(name: str, kind: str, choices: Sequence[str] = (), *, by: Actor, now: Millis) -> int:
    """Add a field; its id. Raises: NotAllowed, OwnFieldInvalid, OwnFieldsFull."""
    require(by, "settings")
    cleaned = clean(name)[:40]
    options = tuple(dict.fromkeys(one for one in (clean(choice)[:40] for choice in choices) if one))
    if not cleaned:
        raise OwnFieldInvalid(field="name", given=name[:24], wanted=T("A name is needed."))
    if kind not in KINDS:
        raise OwnFieldInvalid(field="kind", given=kind[:24], wanted=" | ".join(KINDS))
    if (kind == "choice") != (len(options) > 1):
        wanted = T("A choice needs at least two things to choose from; other kinds have none.")
        raise OwnFieldInvalid(field="choices", given=cleaned, wanted=wanted)
    known = all_fields()
    if any(one.name == cleaned for one in known):
        raise OwnFieldInvalid(field="name", given=cleaned, wanted=T("There is a field of this name already."))
    if len(known) >= MOST:
        raise OwnFieldsFull(most=MOST)
    field_id = ids.new()
    stored = json.dumps(options, ensure_ascii=False)
    db.add("own_field", id=field_id, name=cleaned, kind=kind, choices=stored, created_at=now)
    audit.record("field.created", "own_field", field_id, by=by, now=now, after={"name": cleaned, "kind": kind})
    return field_id


@db.atomic
def retire(field_id: int, *, by: Actor, now: Millis) -> None:
    """Show a field no more; what members have in it is kept. Raises: NotAllowed."""
    require(by, "settings")
    if db.change("UPDATE own_field SET active = 0 WHERE id = ? AND active = 1", (field_id,)):
        audit.record("field.retired", "own_field", field_id, by=by, now=now)


def read(field: OwnField, typed: str) -> str | None:
    """A value as it is stored; None for an empty one. Raises: OwnValueInvalid."""
    given = clean(unicodedata.normalize("NFKC", typed))
    if not given:
        return None
    if (wanted := _misfit(field, given)) is not None:
        raise OwnValueInvalid(field=f"own_{field.id}", name=field.name, given=given[:24], wanted=wanted)
    return given


def _misfit(field: OwnField, given: str) -> Text | None:
    if field.kind == "number" and not (given.removeprefix("-").isdecimal() and len(given) <= 12):
        return T("Type a whole number.")
    if field.kind == "day" and not _is_day(given):
        return T("Type a date like 2026-12-31.")
    if field.kind == "choice" and given not in field.choices:
        return T("Choose one of: {choices}.", choices=", ".join(field.choices))
    return T("At most {longest} characters.", longest=LONGEST) if len(given) > LONGEST else None


def _is_day(given: str) -> bool:
    try:
        return date.fromisoformat(given).isoformat() == given
    except ValueError:
        return False


def of(member_id: int) -> tuple[tuple[OwnField, str], ...]:
    """What a member has in the fields in use."""
    values: dict[int, str] = dict(db.rows("SELECT field_id, value FROM own_value WHERE member_id = ?", (member_id,)))
    return tuple((field, values[field.id]) for field in all_fields() if field.id in values) if values else ()


@db.atomic
def set_values(member_id: int, values: Mapping[int, str], *, by: Actor, now: Millis) -> None:
    """Set what is typed for a member, by field; an empty value takes it away.

    Raises: NotAllowed, OwnValueInvalid, MemberUnknown …
    """
    require(by, "member.edit")
    known = {field.id: field for field in all_fields()}
    given = {known[id]: read(known[id], typed) for id, typed in values.items() if id in known}
    locks.hold(member_id)
    for field, value in given.items():
        if value is None:
            db.run("DELETE FROM own_value WHERE member_id = ? AND field_id = ?", (member_id, field.id))
        else:
            sql = (
                "INSERT INTO own_value (member_id, field_id, value) VALUES (?, ?, ?)"
                " ON CONFLICT (member_id, field_id) DO UPDATE SET value = excluded.value"
            )
            db.run(sql, (member_id, field.id, value))
    if given:
        after = {"fields": sorted(field.name for field in given)}
        audit.record("member.fields", "member", member_id, by=by, now=now, after=after)
