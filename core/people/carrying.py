"""Carrying people: profile, credentials, tags, own fields and consents of a member who goes into another, and back.

Each field keeps the kept member's value unless it is empty or the other one is chosen. What the gone member's own
row says stays there unseen, so that it can come back; to be forgotten means both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Literal

from core.base import db, ids, text
from core.base.access import Actor
from core.base.errors import Invalid, Refused
from core.base.i18n import N_
from core.books import merges
from core.books.merges import Merge
from core.people import consent, credentials, members, websessions
from core.people.consent import ConsentState

Side = Literal["kept", "gone"]
FIELDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "name": ("member_person", ("name",)),
    "phone": ("member_person", ("phone",)),
    "email": ("member_person", ("email",)),
    "gender": ("member_person", ("gender",)),
    "birthday": ("member_person", ("birth_calendar", "birth_year", "birth_month", "birth_day", "birth_leap")),
    "address": ("member_person", ("address",)),
    "region": ("member_person", ("region",)),
    "occupation": ("member_person", ("occupation",)),
    "interests": ("member_person", ("interests",)),
    "note": ("member_person", ("note",)),
    "alert": ("member_person", ("alert",)),
    "language": ("member", ("language",)),
    "home_store": ("member", ("home_store_id",)),
}
"""What can be chosen of either member, and the columns it stands in."""

FIELD_WORDS: dict[str, str] = {
    "name": N_("name"), "phone": N_("phone"), "email": N_("email"), "gender": N_("gender"),
    "birthday": N_("birthday"), "address": N_("address"), "region": N_("region"), "occupation": N_("occupation"),
    "interests": N_("interests"), "note": N_("note"), "alert": N_("alert"), "language": N_("language"),
    "home_store": N_("home store"),
}  # fmt: skip
"""What each is called."""


@dataclass(frozen=True)
class MergedField:
    """A field in which two members differ; which value stays."""

    name: str
    kept: str
    gone: str
    stays: Side


class FieldChoiceUnknown(Invalid):
    """A choice names no field that can be chosen, or neither of the two members."""

    code = "field_choice_unknown"
    text = N_("“{given}” cannot be chosen. Choose for one of {known}: kept or gone.")


class CredentialTaken(Refused):
    """A number or card of the member who would come back belongs to somebody else by now."""

    code = "credential_taken"
    text = N_("{value} belongs to another member by now (number {member}). Give that one another first, then undo.")


# --- fields ----------------------------------------------------------------------------------------


def check_choices(choices: Mapping[str, str]) -> None:
    """Raise unless each choice is of a known field. Raises: FieldChoiceUnknown."""
    for name, side in choices.items():
        if name not in FIELDS or side not in ("kept", "gone"):
            raise FieldChoiceUnknown(field="choices", given=f"{name}={side}", known=", ".join(FIELDS))


def differing(kept_id: int, gone_id: int, choices: Mapping[str, str], *, by: Actor) -> list[MergedField]:
    """The fields in which two members differ, with the value that stays; numbers masked for who may not see them."""
    found = []
    for name, values in _both(kept_id, gone_id).items():
        kept, gone = values
        if gone not in (kept, _EMPTY[name]):
            shown = [_shown(name, one, by) for one in values]
            found.append(MergedField(name, shown[0], shown[1], _stays(name, kept, choices)))
    return found


_EMPTY: dict[str, tuple[object, ...]] = {
    name: (None, None, None, None, 0) if name == "birthday" else (None,) for name in FIELDS
}


def _both(kept_id: int, gone_id: int) -> dict[str, tuple[tuple[object, ...], tuple[object, ...]]]:
    return {name: (_values(name, kept_id), _values(name, gone_id)) for name in FIELDS}


def _values(name: str, member_id: int) -> tuple[object, ...]:
    table, columns = FIELDS[name]
    key = "id" if table == "member" else "member_id"
    found = db.one(f"SELECT {', '.join(columns)} FROM {table} WHERE {key} = ?", (member_id,))
    return tuple(one if one != "" else None for one in found or ())


def _stays(name: str, kept: tuple[object, ...], choices: Mapping[str, str]) -> Side:
    return "gone" if kept == _EMPTY[name] or choices.get(name) == "gone" else "kept"


def _shown(name: str, values: tuple[object, ...], by: Actor) -> str:
    if values == _EMPTY[name]:
        return ""
    if name == "phone" and not by.may("member.phone"):
        return text.masked_phone(str(values[0]))
    if name == "home_store":
        return str(db.value("SELECT name FROM store WHERE id = ?", values) or "")
    if name == "birthday":
        day = "-".join(str(part) for part in values[1:4] if part is not None)
        return day if values[0] == "solar" else f"{day} ({values[0]})"
    return str(values[0])


def _put(name: str, member_id: int, values: Sequence[object]) -> None:
    table, columns = FIELDS[name]
    parts = ", ".join(f"{column} = ?" for column in columns)
    if table == "member":
        db.run(f"UPDATE member SET {parts} WHERE id = ?", (*values, member_id))
    else:
        db.run(f"UPDATE member_person SET {parts} WHERE member_id = ?", (*values, member_id))


# --- consents --------------------------------------------------------------------------------------


def consents_after(kept_id: int, gone_id: int) -> list[ConsentState]:
    """What holds after a merge: of each purpose the last word of the two; said at once, the withdrawal."""
    own = {one.purpose: one for one in consent.states(kept_id)}
    own.update({one.purpose: one for one in _carried(kept_id, gone_id)})
    return [own[purpose] for purpose in consent.WORDINGS if purpose in own]


def _carried(kept_id: int, gone_id: int) -> list[ConsentState]:
    own = {one.purpose: one for one in consent.states(kept_id)}
    return [
        one
        for one in consent.states(gone_id)
        if (mine := own.get(one.purpose)) is None or (one.at, not one.granted) > (mine.at, not mine.granted)
    ]


def _copy(from_id: int, to_id: int, purpose: str, merge: Merge, channel: str = "") -> int:
    """Write the last word of one member on a purpose for another, with its own time and wording; the row's id."""
    sql = (
        "SELECT granted, wording, language, source, store_id, at FROM consent WHERE member_id = ? AND purpose = ?"
        " AND channel = ? ORDER BY at DESC, id DESC LIMIT 1"
    )
    granted, wording, language, source, store_id, at = db.rows(sql, (from_id, purpose, channel))[0]
    row_id = ids.new()
    db.add("consent", id=row_id, member_id=to_id, purpose=purpose, granted=granted, wording=wording,
           language=language, source=source, store_id=store_id, at=at, actor=merge.by.tag, channel=channel)  # fmt: skip
    return row_id


def _carry_consents(merge: Merge) -> None:
    own = {one.purpose: one for one in consent.states(merge.kept_id)}
    for one in _carried(merge.kept_id, merge.gone_id):
        before = own.get(one.purpose)
        row_id = _copy(merge.gone_id, merge.kept_id, one.purpose, merge)
        merges.note(merge, "consent", row_id, {"purpose": one.purpose, "granted": bool(before and before.granted)})
        if not one.granted:
            consent.cancel_queued(merge.kept_id, one.purpose, now=merge.now)
    for one in consent.by_channel(merge.gone_id):
        held = consent.holds(merge.kept_id, one.purpose, one.channel)
        row_id = _copy(merge.gone_id, merge.kept_id, one.purpose, merge, one.channel)
        before_ = {"purpose": one.purpose, "channel": one.channel, "granted": held}
        merges.note(merge, "consent", row_id, before_)
        if held and not consent.holds(merge.kept_id, one.purpose, one.channel):
            consent.cancel_queued(merge.kept_id, one.purpose, channel=one.channel, now=merge.now)


def _return_consents(merge: Merge) -> None:
    """Put back what held before, unless something was said since; who withdrew since withdrew for both."""
    carried = {
        (one["purpose"], one.get("channel", "")): (row_id, one["granted"])
        for row_id, one in merges.noted(merge, "consent").items()
    }
    said = {channel for _, channel in carried} | {one.channel for one in consent.by_channel(merge.kept_id)}
    for purpose, channel in product(consent.PURPOSES, sorted({"", *said})):
        sql = (
            "SELECT id, granted, at FROM consent WHERE member_id = ? AND purpose = ? AND channel = ?"
            " ORDER BY at DESC, id DESC LIMIT 1"
        )
        last = db.one(sql, (merge.kept_id, purpose, channel))
        row_id, before = carried.get((purpose, channel), (0, False))
        if last is None:
            continue
        if last[0] == row_id:
            if consent.holds(merge.kept_id, purpose, channel) != before:
                consent.put(merge.kept_id, purpose, before, channel=channel, by=merge.by, now=merge.now)
        elif (
            (last[2], last[0]) > (merge.at, merge.id) and not last[1] and consent.holds(merge.gone_id, purpose, channel)
        ):
            _copy(merge.kept_id, merge.gone_id, purpose, merge, channel)


# --- doing -----------------------------------------------------------------------------------------


def carry(merge: Merge, choices: Mapping[str, str]) -> None:
    """Carry a person; inside the caller's transaction, both members locked. Raises: FieldChoiceUnknown."""
    check_choices(choices)
    kept, gone = merge.kept_id, merge.gone_id
    members.unindex(gone)
    db.run("UPDATE member_person SET search_keys = '' WHERE member_id = ?", (gone,))
    for (row_id,) in db.rows("SELECT id FROM credential WHERE member_id = ? AND state = 'active'", (gone,)):
        merges.note(merge, "credential.active", row_id)
    merges.repoint(merge, "credential")
    for name, (mine, other) in _both(kept, gone).items():
        if other not in (mine, _EMPTY[name]) and _stays(name, mine, choices) == "gone":
            merges.note(merge, f"field.{name}", kept, {"values": mine})
            _put(name, kept, other)
    _carry_tags(merge)
    merges.repoint(merge, "own_value", key="field_id",
                   only=f"field_id NOT IN (SELECT field_id FROM own_value WHERE member_id = {kept})")  # fmt: skip
    _carry_consents(merge)
    websessions.end_sessions_of(gone)
    merges.repoint(merge, "member", "merged_into")
    db.run("UPDATE member SET state = 'merged', merged_into = ?, version = version + 1 WHERE id = ?", (kept, gone))
    db.run("UPDATE member SET version = version + 1 WHERE id = ?", (kept,))
    members.index_again(kept)


def _carry_tags(merge: Merge) -> None:
    own = f"(SELECT tag_id FROM member_tag WHERE member_id = {merge.kept_id})"
    merges.repoint(merge, "member_tag", key="tag_id", only=f"tag_id NOT IN {own}")
    for tag_id, at in db.rows("SELECT tag_id, at FROM member_tag WHERE member_id = ?", (merge.gone_id,)):
        merges.note(merge, "member_tag", tag_id, {"at": at})
    db.run("DELETE FROM member_tag WHERE member_id = ?", (merge.gone_id,))


def check_free(merge: Merge) -> None:
    """Raise if a number or card that would come back belongs to somebody else by now. Raises: CredentialTaken."""
    sql = (
        "SELECT c.kind, c.value, o.member_id FROM credential c JOIN merge_move v ON v.row_id = c.id JOIN credential o"
        " ON o.kind = c.kind AND o.value = c.value AND o.state = 'active' WHERE v.merge_id = ?"
        " AND v.place = 'credential.active' AND o.id <> c.id ORDER BY c.id"
    )
    for kind, value, member_id in db.rows(sql, (merge.id,)):
        shown = text.masked_phone(value) if kind == "phone" else value
        raise CredentialTaken(value=shown, member=str(member_id))


def _return_credentials(merge: Merge) -> None:
    """Numbers come back even if they were ended since; a card that was may be lost, so a fresh one is given."""
    merges.point_back(merge, "credential")
    db.run(
        "UPDATE credential SET state = 'active', ended_at = NULL WHERE member_id = ? AND state = 'revoked'"
        " AND kind <> 'card' AND id IN (SELECT row_id FROM merge_move WHERE merge_id = ? AND place = ?)",
        (merge.gone_id, merge.id, "credential.active"),
    )
    if credentials.card_of(merge.gone_id) is None:
        credentials.add_card(merge.gone_id, now=merge.now)


def carry_back(merge: Merge) -> None:
    """Bring the person back; inside the caller's transaction, both members locked. Raises: CredentialTaken."""
    kept, gone = merge.kept_id, merge.gone_id
    check_free(merge)
    db.run("UPDATE member SET state = 'active', merged_into = NULL, version = version + 1 WHERE id = ?", (gone,))
    merges.point_back(merge, "member", "merged_into")
    _return_credentials(merge)
    for name, (mine, other) in _both(kept, gone).items():
        before = merges.noted(merge, f"field.{name}").get(kept)
        if before is not None and mine == other:  # not changed since
            _put(name, kept, before["values"])
    merges.point_back(merge, "own_value", key="field_id")
    merges.point_back(merge, "member_tag", key="tag_id")
    for tag_id, was in merges.noted(merge, "member_tag").items():
        db.run("INSERT INTO member_tag (tag_id, member_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
               (tag_id, gone, was["at"]))  # fmt: skip
    _return_consents(merge)
    websessions.end_sessions_of(kept)  # a phone of who comes back may have signed in
    db.run("UPDATE member SET version = version + 1 WHERE id = ?", (kept,))
    for member_id in (kept, gone):
        members.index_again(member_id)
