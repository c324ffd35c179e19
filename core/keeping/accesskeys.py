"""What the doctor says of API keys: those that run out soon, and those nobody uses."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.base import db
from core.base.clock import DAY, Millis
from core.base.i18n import T
from core.keeping.findings import Finding

SOON, UNUSED = 14 * DAY, 180 * DAY
SINCE = 15
"""The migration from which on uses are noted."""


@dataclass(frozen=True)
class KeyInUse:
    """A key that lets someone in; `program` is the key it began with."""

    program: int
    key_id: str
    name: str
    expires_at: Millis | None
    used_at: Millis | None
    quiet_since: Millis


def findings(*, now: Millis) -> list[Finding]:
    """What is to be done about the shop's API keys."""
    rows = db.rows(
        "SELECT coalesce(first_id, id), key_id, name, expires_at, last_used_at, created_at FROM api_key"
        " WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?) ORDER BY created_at, id",
        (now,),
    )
    noted = db.value("SELECT at FROM migration WHERE number = ?", (SINCE,)) or now
    keys = [KeyInUse(program, key_id, name, ends, used, max(used or made, noted))
            for program, key_id, name, ends, used, made in rows]  # fmt: skip
    return judged(keys, now=now)


def judged(keys: Sequence[KeyInUse], *, now: Millis) -> list[Finding]:
    """The same of values: keys in use, the oldest first."""
    newest = {one.program: one for one in keys}
    found = []
    for one in keys:
        after = newest[one.program]
        if one.expires_at is not None and one.expires_at <= now + SOON:
            found += _ending(one, after)
        elif one.quiet_since <= now - UNUSED:
            what = T("The API key {key} of {name} was not used for {days} days.", key=one.key_id, name=one.name,
                     days=(now - one.quiet_since) // DAY)  # fmt: skip
            step = T("If no program needs it, end it: `regulars key revoke {key}`.", key=one.key_id)
            found.append(Finding("API keys", what, step))
    return found


def _ending(one: KeyInUse, after: KeyInUse) -> list[Finding]:
    """A key that ends soon is no finding when its program has taken the next one up."""
    if after is one:
        what = T("The API key {key} of {name} runs out at {ends_at}.", key=one.key_id, name=one.name,
                 ends_at=one.expires_at)  # fmt: skip
        return [Finding("API keys", what, T("Make its next one: `regulars key rotate {key}`.", key=one.key_id))]
    if one.used_at is None or (after.used_at or 0) >= one.used_at:
        return []
    what = T("{name} still uses its old API key {key}, which ends at {ends_at}.", key=one.key_id, name=one.name,
             ends_at=one.expires_at)  # fmt: skip
    step = T("Give it the new key, {after}; if that was lost, end it and rotate again.", after=after.key_id)
    return [Finding("API keys", what, step)]
