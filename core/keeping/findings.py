"""What the doctor finds."""

from dataclasses import dataclass

from core.base.i18n import Text


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be, where, and what to do."""

    check: str
    what: Text
    next_step: Text
