"""What is done in a restored database before it is put in place, so that nothing stale leaves and nobody comes back.

Ids jump ahead; messages that may have left are called off; jobs that write to members are not run twice; sessions
end; whoever was deleted, shut out or said no after the backup was made is so again.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial

from core.base import db, ids
from core.base.access import Actor
from core.base.clock import Millis
from core.base.errors import RegularsError
from core.books import audit
from core.keeping import erasure, jobs
from core.keeping.copies import present
from core.keeping.copies.present import Ended
from core.outreach import restored
from core.outreach.restored import HeldBack
from core.people import consent, devices, staff, verification, websessions

OWNER = "restore"


@dataclass(frozen=True)
class Safe:
    """What was done; `again` counts what was ended once more, by kind, `left` what could not be."""

    messages: HeldBack
    skipped: tuple[tuple[str, str], ...]
    sessions: int
    again: dict[str, int]
    left: tuple[str, ...]


def make_safe(
    *, made_at: Millis, ended: Ended, runs: Collection[tuple[str, str]] | None, by: Actor, now: Millis
) -> Safe:
    """Do all of it in the open database; `runs` is None if the replaced database could not be read."""
    _jump()
    skipped = jobs.skip_told(since=made_at, ran=runs, owner=OWNER, now=now)
    messages = restored.hold_back(now=now)
    sessions = websessions.end_all_sessions()
    verification.end_all()
    again, left = _end_again(ended, by, now)
    return Safe(messages, tuple(skipped), sessions, again, left)


@db.atomic
def _jump() -> None:
    ids.leave_gap()


def _end_again(ended: Ended, by: Actor, now: Millis) -> tuple[dict[str, int], tuple[str, ...]]:
    here = present.open_now()
    todo: tuple[tuple[str, Iterable[object], Callable[..., object]], ...] = (
        ("members", sorted(_known("member") & ended.members - here.members), partial(_erase, by=by, now=now)),
        ("keys", sorted(ended.keys - here.keys), partial(devices.revoke_key, by=by, now=now)),
        ("devices", sorted(_known("device") & ended.devices - here.devices), partial(devices.revoke, by=by, now=now)),
        ("staff", sorted(_known("staff") & ended.staff - here.staff), partial(staff.close, by=by, now=now)),
        ("consents", sorted(_still_given(ended)), partial(_withdraw, by=by, now=now)),
    )
    counted, left = {}, []
    for kind, things, verb in todo:
        done = 0
        for thing in things:
            try:
                verb(thing)
                done += 1
            except RegularsError:
                left.append(f"{kind} {thing}")
        counted[kind] = done
    counted["addresses"] = restored.suppress_again(list(ended.suppressed))
    return counted, tuple(left)


def _known(table: str) -> frozenset[int]:
    return frozenset(int(row[0]) for row in db.rows(f"SELECT id FROM {table}"))


def _still_given(ended: Ended) -> frozenset[tuple[int, str, str]]:
    given = "SELECT DISTINCT member_id, purpose FROM consent WHERE granted = 1"
    rows = frozenset((int(row[0]), str(row[1])) for row in db.rows(given))
    since = ended.withdrawn - present.open_now().withdrawn
    return frozenset(one for one in since if one[:2] in rows)


def _erase(member_id: int, *, by: Actor, now: Millis) -> None:
    losses = erasure.preview(member_id, now=now)
    erasure.erase(member_id, mark=losses.mark, give_up=True, by=by, now=now)


def _withdraw(given: tuple[int, consent.Purpose, str], *, by: Actor, now: Millis) -> None:
    consent.withdraw(given[0], given[1], source="restore", channel=given[2], by=by, now=now)


@db.atomic
def note(facts: dict[str, object], *, by: Actor, now: Millis) -> None:
    """The line of the audit log."""
    audit.record("backup.restored", "backup", 0, by=by, now=now, after=facts)
