"""What is wrong with a cell: why it cannot be taken, and what to do about it."""

from dataclasses import dataclass

from core.base import text
from core.base.i18n import Text


@dataclass(frozen=True)
class Wrong:
    """A cell that cannot be read."""

    reason: Text
    step: Text


@dataclass(frozen=True)
class Fault:
    """A row that stays outside, for one of its cells. `given` is what stands there, masked if it is about a person."""

    row: int
    column: str
    given: str
    reason: Text
    step: Text


def shown(field: str, given: str) -> str:
    """A cell as a list of faults shows it: what names a person is masked."""
    if field in ("name", "address", "note") or field.startswith("own:"):
        return text.masked_name(given)
    if field in ("phone", "card", "email") and len(given) > 4:
        kept = min(3, len(given) // 4)
        return f"{given[:kept]}****{given[-kept:]}"
    return "****" if field in ("phone", "card", "email") else given[:40]
